/* What the two ways to plan pairs share; pairs.c says how they work. */
#ifndef SQI_PLAN_PAIRS_H
#define SQI_PLAN_PAIRS_H

#include "base/inline.h"
#include "plan/builder.h"
#include "plan/deferral.h"

/* The lanes with the least load, a window of 64 at a time: balance.h's sweep. */
typedef struct sqi_sweep {
    uint32_t first,
        floor;    /* of the window, from 1; no lane has less than the floor, none before the
                              window has the floor itself */
    uint64_t low; /* which of the window's lanes have it; never 0 */
} sqi_sweep;

typedef struct sqi_pairs {
    const sq_hypergraph *graph;
    sqi_deferral deferral;
    uint32_t *state;               /* the blocks' words (size blocks) */
    uint32_t lanes, bits, blocked; /* blocked: its code, 2^bits - 1 */
    uint32_t batch;
    size_t batch_steps;  /* a batch is closed at so many, deferred ones not counted */
    uint32_t quota;      /* of them, at which a lane is full */
    size_t visited;      /* steps of this batch, deferred ones counted */
    size_t next, opened; /* the next new step, and that with which this batch began */
    uint32_t *load;      /* visits of this batch with each code (size 2^bits) */
    void *log;           /* two lanes: uint16_t; else uint64_t (size batch_steps + deferrals) */
    uint32_t *second;    /* two lanes: room for lane 1's steps (size batch_steps + 1) */
    sqi_sweep sweep;     /* else */
    uint32_t **to;       /* else: where each code's steps go (size 2^bits) */
} sqi_pairs;

/* 1 where x is below 0 as a signed number. Comparisons would do, but compilers make branches of
 * them. */
static inline uint32_t sqi_negative(uint32_t x) {
    return x >> 31;
}

/* The pair of the i-th of the steps to visit: those of the list, or, where it is NULL, the next ones.
 */
SQI_INLINED const uint32_t *sqi_pair_of(const sqi_pairs *w, const sqi_segment *seg,
                                        const uint32_t *list, size_t i) {
    size_t step = list ? list[i] : w->next + i;
    if (!list)
        sqi_edge_ask(w->graph, seg->pi, step + SQI_EDGE_AHEAD, seg->first + seg->steps);
    return w->graph->block + 2 * (size_t)sqi_sample(seg->pi, step);
}

/* Visit count steps, of the list or the next ones; load counts their codes. to: where the steps of
 * the batch go. */
void sqi_pairs_visit_two(sqi_pairs *w, const sqi_segment *seg, uint32_t *to, const uint32_t *list,
                         size_t count);
void sqi_pairs_visit_many(sqi_pairs *w, const sqi_segment *seg, const uint32_t *list, size_t count);

/* At a batch's end: its steps from `to` on, lane after lane; and the deferred ones. */
void sqi_pairs_deal_two(sqi_pairs *w, uint32_t *to);
void sqi_pairs_deal_many(sqi_pairs *w, uint32_t *to);

#endif
