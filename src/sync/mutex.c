/* Waiting for a mutex. Why no wake-up is lost: a thread sleeps only while the word is WANTED, the kernel
 * compares when it queues the thread, and a release that finds WANTED wakes one. The one that is woken
 * takes the mutex as WANTED, whether others sleep or not, so that its own release wakes the next. */
#include "sync/mutex.h"

/* About as long as a step of a few hundred numbers: a holder that takes longer has lost its processor,
 * which it may need to get back from this very thread. */
enum { SPINS = 60 };

void sqi_mutex_wait(sqi_word *mutex) {
    for (unsigned i = 0; i < SPINS; i++) {
        sqi_pause();
        /* [mutex.look] relaxed: a hint that the line is worth taking. */
        if (sqi_load_relaxed(mutex) == SQI_MUTEX_FREE &&
            sqi_claim_acquire(mutex, SQI_MUTEX_FREE, SQI_MUTEX_TAKEN))
            return;
    }
    /* [mutex.want] acquire, pairs with [mutex.release]: if the mutex was free it is had, else its
     * holder now knows of a sleeper. */
    while (sqi_swap_acquire(mutex, SQI_MUTEX_WANTED) != SQI_MUTEX_FREE)
        sqi_futex_wait(mutex, SQI_MUTEX_WANTED);
}
