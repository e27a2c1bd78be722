/* A shared work counter: threads take chunks of a range until it is used up.
 *
 * Hogwild and locked deal out their steps with it. The order in which threads take chunks decides nothing that
 * must be reproducible: the planned mode does not use it. */
#ifndef SQI_SYNC_COUNTER_H
#define SQI_SYNC_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

#include "sync/atomics.h"

typedef struct sqi_counter {
    _Alignas(SQI_LINE) _Atomic uint64_t next;
} sqi_counter;

/* Back to first; only while no thread takes from it. */
static inline void sqi_counter_init(sqi_counter *counter, uint64_t first) {
    atomic_init(&counter->next, first);
}

/* Takes [old, old + amount) and returns old. A caller stops when old is at or beyond the range's
 * end; each thread goes beyond it once, so the end plus threads × amount must fit 64 bits.
 *
 * [counter.take] relaxed, pairs with itself: the only thing it must give is that no two threads get
 * the same chunk, which any atomic read-modify-write does; what the chunks refer to was published
 * when the team started. With load and store instead, two threads would process one chunk. Checked
 * by tests/unit/test_team.c (counter). */
static inline uint64_t sqi_counter_take(sqi_counter *counter, uint64_t amount) {
    return atomic_fetch_add_explicit(&counter->next, amount, memory_order_relaxed);
}

#endif
