/* The steps that a batch puts off, and those that earlier ones did.
 *
 * Pending steps are visited before new ones, so neither list outgrows the deferrals at which a
 * batch is closed. */
#ifndef SQI_PLAN_DEFERRAL_H
#define SQI_PLAN_DEFERRAL_H

#include <string.h>

#include "base/alloc.h"

typedef struct sqi_deferral {
    uint32_t *pending;    /* deferred before, pending[head … waiting) not yet visited … */
    uint32_t *deferred;   /* … and those of this batch; they swap at its end (size most) */
    size_t head, waiting; /* of pending */
    size_t count;         /* of deferred */
    size_t most;          /* a batch is closed at so many */
} sqi_deferral;

static inline int sqi_deferral_init(sqi_deferral *d, size_t most, sq_error *error) {
    d->most = most;
    d->pending = sqi_alloc(most + 1, sizeof *d->pending, error);
    d->deferred = sqi_alloc(most + 1, sizeof *d->deferred, error);
    return d->pending && d->deferred ? SQ_OK : SQ_NO_MEMORY;
}

static inline void sqi_deferral_fini(sqi_deferral *d) {
    sqi_free(d->pending);
    sqi_free(d->deferred);
}

/* Ends a batch: the next one's pending steps are the newly deferred ones, then those that were not
 * visited, all in the order of pi. */
static inline void sqi_deferral_turn(sqi_deferral *d) {
    memcpy(d->deferred + d->count, d->pending + d->head,
           (d->waiting - d->head) * sizeof *d->pending);
    d->waiting = d->count + d->waiting - d->head;
    uint32_t *empty = d->pending;
    d->pending = d->deferred;
    d->deferred = empty;
    d->head = d->count = 0;
}

#endif
