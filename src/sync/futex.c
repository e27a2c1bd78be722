/* Sleeping and waking: Linux futexes, private to the process. */
#include "sync/futex.h"

#include <limits.h>
#include <sched.h>

#ifdef __linux__

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(sqi_word) == 4, "a futex is a 32-bit word");

void sqi_futex_wait(sqi_word *word, uint32_t expected) {
    /* Every outcome (woken, the word differs, a signal) sends the caller back to its word. */
    (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

unsigned sqi_futex_wake(sqi_word *word, unsigned count) {
    int limit = count > INT_MAX ? INT_MAX : (int)count;
    long woken = syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, limit, NULL, NULL, 0);
    return woken > 0 ? (unsigned)woken : 0;
}

#else

#include <time.h>

/* Without futexes sleep is a short one that always ends by itself, which the interface allows. */
void sqi_futex_wait(sqi_word *word, uint32_t expected) {
    const struct timespec nap = {.tv_nsec = 50000};
    if (sqi_load_relaxed(word) == expected)
        (void)nanosleep(&nap, NULL);
}

unsigned sqi_futex_wake(sqi_word *word, unsigned count) {
    (void)word;
    (void)count;
    return 0;
}

#endif

void sqi_yield(void) {
    (void)sched_yield();
}
