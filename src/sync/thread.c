/* The default thread seam: pthread_create. */
#include "sync/thread.h"

int sqi_thread_start(pthread_t *thread, void *(*body)(void *), void *argument) {
    return pthread_create(thread, NULL, body, argument);
}
