/* How a thread waits for a word to change: a pause while it spins, and sleep until it is woken.
 *
 * Sleep may end for no reason (a signal, a wake-up meant for an earlier use of the memory), so
 * every caller looks at its word again. These calls order no memory accesses that anyone may rely
 * on: what is published goes through the atomics around them. */
#ifndef SQI_SYNC_FUTEX_H
#define SQI_SYNC_FUTEX_H

#include "sync/atomics.h"

/* Sleeps if *word is still expected when the kernel looks; the look and the falling asleep are one
 * step towards sqi_futex_wake. */
void sqi_futex_wait(sqi_word *word, uint32_t expected);

/* Wakes up to count threads that sleep on word; returns how many. */
unsigned sqi_futex_wake(sqi_word *word, unsigned count);

/* Gives the processor to another thread that wants it, if there is one. */
void sqi_yield(void);

/* A hint inside a spin loop: 20 to 150 cycles, and more room for a sibling hardware thread. */
static inline void sqi_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
