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

/* How much to take of count at a time: so that each thread takes about 64 times, but not less than `least`
 * (which hides what taking costs) nor more than `most` (a suspended thread holds back as much). */
static inline uint64_t sqi_counter_chunk(uint64_t count, unsigned threads, uint64_t least,
                                         uint64_t most) {
    uint64_t chunk = count / threads / 64;
    return chunk < least ? least : chunk > most ? most : chunk;
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
