/* The batch boundary: the lanes of a batch run concurrently, batches one after the other.
 *
 * A run is `batches` batches of `lanes` lanes each. Every thread of a team enters sqi_boundary_run,
 * and each lane of each batch is run by exactly one of them, after all lanes of all earlier batches
 * have been run; their writes are visible to it. Threads claim lanes, so a thread that the system
 * has suspended, or that sleeps, holds nobody up unless it is in the middle of a lane.
 *
 * Any number of threads may run any number of lanes: results cannot depend on the mapping, only
 * time does. Cost of a boundary: a few cache-line transfers (see bench/boundary.c). */
#ifndef SQI_SYNC_BOUNDARY_H
#define SQI_SYNC_BOUNDARY_H

#include <stdint.h>

#include "base/status.h"

typedef struct sqi_boundary sqi_boundary;

/* lanes, threads ≥ 1; processors ≥ 1 is how many threads can really run at once (sqi_processors):
 * beyond it threads do not spin. Errors: SQ_BAD_ARGUMENT, SQ_NO_MEMORY; then *boundary is NULL. */
int sqi_boundary_new(sqi_boundary **boundary, unsigned lanes, unsigned threads, unsigned processors,
                     sq_error *error);

/* Back to batch 0, between two runs: when no thread is inside sqi_boundary_run, and ordered with
 * both runs by the caller (sqi_team_run does). A new boundary needs no reset. */
void sqi_boundary_reset(sqi_boundary *boundary);

/* Called once per run by every thread, each with its own number in [0, threads) and all with the
 * same other arguments. Calls lane(context, batch, l) for the lanes that this thread gets: first
 * those with l % threads == thread, so that they stay in its cache, then any that nobody has
 * claimed yet. Returns when all batches are finished. */
void sqi_boundary_run(sqi_boundary *boundary, unsigned thread, uint32_t batches,
                      void (*lane)(void *context, uint32_t batch, unsigned lane), void *context);

/* NULL is ignored. Returns NULL. */
sqi_boundary *sqi_boundary_free(sqi_boundary *boundary);

#endif
