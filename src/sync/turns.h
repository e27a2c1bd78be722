/* Turns: threads do one thing after the other, each in its turn, round after round.
 *
 * A baton for each thread, on a cache line of its own: whoever has had its turn hands the baton to the
 * next thread. What the threads before wrote is visible to the one whose turn it is. */
#ifndef SQI_SYNC_TURNS_H
#define SQI_SYNC_TURNS_H

#include "base/status.h"

typedef struct sqi_turns sqi_turns;

/* threads ≥ 1; processors as for sqi_boundary_new. SQ_NO_MEMORY: *turns is NULL. */
int sqi_turns_new(sqi_turns **turns, unsigned threads, unsigned processors, sq_error *error);

/* It is thread first's turn. Between two runs: when no thread waits, and ordered with both runs by the
 * caller (sqi_team_run does). */
void sqi_turns_reset(sqi_turns *turns, unsigned first);

/* Returns when it is the thread's turn. */
void sqi_turns_await(sqi_turns *turns, unsigned thread);

/* Ends the thread's turn: it is the next one's, and after the last thread's the first one's. */
void sqi_turns_pass(sqi_turns *turns, unsigned thread);

/* NULL is ignored. Returns NULL. */
sqi_turns *sqi_turns_free(sqi_turns *turns);

#endif
