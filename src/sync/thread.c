/* The default thread seam: pthread_create, with a stack that is large enough everywhere.
 *
 * A network's steps and losses take up to 320 KB of it (model/mlp.h). Threads have 8 MB with glibc,
 * where nothing else is asked for, and 128 KB with musl. */
#include "sync/thread.h"

enum { STACK_LEAST = 1 << 20 };

int sqi_thread_start(pthread_t *thread, void *(*body)(void *), void *argument) {
    pthread_attr_t attributes;
    size_t stack = 0;
    int failed = pthread_attr_init(&attributes);
    if (failed)
        return failed;
    failed = pthread_attr_getstacksize(&attributes, &stack);
    if (!failed && stack < STACK_LEAST)
        failed = pthread_attr_setstacksize(&attributes, STACK_LEAST);
    if (!failed)
        failed = pthread_create(thread, &attributes, body, argument);
    (void)pthread_attr_destroy(&attributes);
    return failed;
}
