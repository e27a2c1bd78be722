/* A team of threads that is created once and runs one function after the other.
 *
 * The caller is thread 0, so a team of one creates no thread and costs a function call. One thread
 * owns a team: it alone calls run and free, and not from inside a run. */
#ifndef SQI_SYNC_TEAM_H
#define SQI_SYNC_TEAM_H

#include "base/status.h"

typedef struct sqi_team sqi_team;

/* Creates threads - 1 workers, threads ≥ 1. On failure (SQ_BAD_ARGUMENT, SQ_NO_MEMORY,
 * SQ_NO_THREAD) *team is NULL, and workers already created have ended. Workers take no asynchronous
 * signals: a program's handlers run on its own threads. */
int sqi_team_new(sqi_team **team, unsigned threads, sq_error *error);

/* Every thread calls work(context, its number in [0, threads)) once; returns when all have
 * returned. What the caller wrote before is visible to all; what they wrote is visible to the
 * caller afterwards. work must not fail: whatever can fail does so before. Costs one system call
 * and a wake-up of each sleeping worker. */
void sqi_team_run(sqi_team *team, void (*work)(void *context, unsigned thread), void *context);

unsigned sqi_team_threads(const sqi_team *team);

/* Ends and joins the workers; NULL is ignored. Returns NULL. */
sqi_team *sqi_team_free(sqi_team *team);

#endif
