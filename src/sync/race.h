/* The one place that hides memory accesses from ThreadSanitizer.
 *
 * Hogwild! runs the kernels of the planned mode on shared memory without any order: racy by design,
 * as every Hogwild! program is. Slowing it down with atomics would make every comparison with it
 * worthless, and an attribute on the executor does not reach the kernels that it calls. So the
 * hogwild executor brackets its steps with these two calls, and round-robin the gradients that it
 * computes while others write; all other code is tested in full. They act on the calling thread and may
 * nest. */
#ifndef SQI_SYNC_RACE_H
#define SQI_SYNC_RACE_H

#if defined(__SANITIZE_THREAD__)
#define SQI_RACE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SQI_RACE_TSAN 1
#endif
#endif

#ifdef SQI_RACE_TSAN
/* Of the ThreadSanitizer runtime (gcc and clang); no public header declares them for C. */
void __tsan_ignore_thread_begin(void);
void __tsan_ignore_thread_end(void);
#endif

static inline void sqi_race_begin(void) {
#ifdef SQI_RACE_TSAN
    __tsan_ignore_thread_begin();
#endif
}

static inline void sqi_race_end(void) {
#ifdef SQI_RACE_TSAN
    __tsan_ignore_thread_end();
#endif
}

#endif
