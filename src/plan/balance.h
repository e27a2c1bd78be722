/* The least loaded of L lanes, by a tournament over their loads: O(log L) an update, O(1) a look.
 * Ties go to the lane with the lowest number. */
#ifndef SQI_PLAN_BALANCE_H
#define SQI_PLAN_BALANCE_H

#include <stdint.h>

#include "base/alloc.h"

typedef struct sqi_balance {
    uint32_t lanes, leaves; /* leaves: lanes rounded up to a power of two */
    uint64_t *load;         /* cost so far (size leaves); UINT64_MAX beyond lanes */
    uint32_t *winner; /* least loaded leaf below each inner node; the root is 1 (size leaves) */
} sqi_balance;

static inline uint32_t sqi_balance_entrant(const sqi_balance *b, uint32_t node) {
    return node >= b->leaves ? node - b->leaves : b->winner[node];
}

static inline void sqi_balance_play(sqi_balance *b, uint32_t node) {
    uint32_t left = sqi_balance_entrant(b, 2 * node), right = sqi_balance_entrant(b, 2 * node + 1);
    b->winner[node] = b->load[right] < b->load[left] ? right : left;
}

static inline void sqi_balance_reset(sqi_balance *b) {
    for (uint32_t l = 0; l < b->leaves; l++)
        b->load[l] = l < b->lanes ? 0 : UINT64_MAX;
    for (uint32_t node = b->leaves - 1; node >= 1; node--)
        sqi_balance_play(b, node);
}

static inline uint32_t sqi_balance_least(const sqi_balance *b) {
    return b->leaves == 1 ? 0 : b->winner[1];
}

static inline void sqi_balance_add(sqi_balance *b, uint32_t lane, uint64_t cost) {
    b->load[lane] += cost;
    for (uint32_t node = (lane + b->leaves) / 2; node >= 1; node /= 2)
        sqi_balance_play(b, node);
}

static inline int sqi_balance_init(sqi_balance *b, uint32_t lanes, sq_error *error) {
    b->lanes = lanes;
    for (b->leaves = 1; b->leaves < lanes;)
        b->leaves *= 2;
    b->load = sqi_alloc(b->leaves, sizeof *b->load, error);
    b->winner = sqi_alloc(b->leaves, sizeof *b->winner, error);
    if (!b->load || !b->winner)
        return SQ_NO_MEMORY;
    sqi_balance_reset(b);
    return SQ_OK;
}

static inline void sqi_balance_fini(sqi_balance *b) {
    sqi_free(b->load);
    sqi_free(b->winner);
}

#endif
