/* A lock of four bytes, for very many of them held for very short times (Drepper 2011, "Futexes are
 * tricky", mutex 3).
 *
 * It is free, taken, or taken while others may sleep on it. Whoever takes it sees all that earlier
 * holders wrote. It is not recursive, and not fair: a thread that finds it free has it. */
#ifndef SQI_SYNC_MUTEX_H
#define SQI_SYNC_MUTEX_H

#include "sync/atomics.h"
#include "sync/futex.h"

enum { SQI_MUTEX_FREE, SQI_MUTEX_TAKEN, SQI_MUTEX_WANTED };

/* The slow half of sqi_mutex_take: spins a little, then sleeps until the mutex is had. */
void sqi_mutex_wait(sqi_word *mutex);

static inline void sqi_mutex_init(sqi_word *mutex) {
    sqi_word_init(mutex, SQI_MUTEX_FREE);
}

static inline void sqi_mutex_take(sqi_word *mutex) {
    /* [mutex.take] acquire, pairs with [mutex.release]: what the holders before wrote is visible, and
     * nothing of the critical section moves before it. Relaxed, a step could read a parameter older
     * than the last holder's. Checked by ThreadSanitizer on tests/unit/test_mutex.c. */
    if (!sqi_claim_acquire(mutex, SQI_MUTEX_FREE, SQI_MUTEX_TAKEN))
        sqi_mutex_wait(mutex);
}

static inline void sqi_mutex_release(sqi_word *mutex) {
    /* [mutex.release] release, pairs with [mutex.take] and [mutex.want]: publishes the critical
     * section. One operation that also tells whether somebody may sleep; with a store after a load a
     * thread that falls asleep between the two would not be woken. Relaxed, the next holder could
     * read what was there before. Checked likewise. */
    if (sqi_swap_release(mutex, SQI_MUTEX_FREE) == SQI_MUTEX_WANTED)
        (void)sqi_futex_wake(mutex, 1);
}

#endif
