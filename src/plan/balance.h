/* The least loaded of L lanes; ties go to the lane with the lowest number.
 *
 * Loads only grow, so the lanes are swept from the first to the last: those before `next` have more
 * than the floor, and none has less. A sweep costs O(L) and ends with every lane above the floor,
 * which is then raised; so all sweeps together cost no more than the loads that were added. */
#ifndef SQI_PLAN_BALANCE_H
#define SQI_PLAN_BALANCE_H

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

typedef struct sqi_balance {
    uint32_t lanes, next;
    uint64_t floor;
    uint64_t *load; /* cost so far (size lanes) */
} sqi_balance;

static inline void sqi_balance_reset(sqi_balance *b) {
    memset(b->load, 0, b->lanes * sizeof *b->load);
    b->floor = b->next = 0;
}

/* Begins a new sweep at the least load of all lanes. */
static inline void sqi_balance_raise(sqi_balance *b) {
    b->next = 0;
    b->floor = b->load[0];
    for (uint32_t l = 1; l < b->lanes; l++)
        b->floor = b->load[l] < b->floor ? b->load[l] : b->floor;
}

static inline uint32_t sqi_balance_least(sqi_balance *b) {
    while (b->load[b->next] != b->floor)
        if (++b->next == b->lanes)
            sqi_balance_raise(b);
    return b->next;
}

static inline void sqi_balance_add(sqi_balance *b, uint32_t lane, uint64_t cost) {
    b->load[lane] += cost;
}

static inline int sqi_balance_init(sqi_balance *b, uint32_t lanes, sq_error *error) {
    b->lanes = lanes;
    b->load = sqi_alloc(lanes, sizeof *b->load, error);
    if (!b->load)
        return SQ_NO_MEMORY;
    sqi_balance_reset(b);
    return SQ_OK;
}

static inline void sqi_balance_fini(sqi_balance *b) {
    sqi_free(b->load);
}

#endif
