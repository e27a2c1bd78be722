/* The one seam through which the library creates threads.
 *
 * A test program that defines sqi_thread_start itself replaces it at link time, as base/alloc.h
 * explains for allocation, so that a failure can be injected without a hook in the library. */
#ifndef SQI_SYNC_THREAD_H
#define SQI_SYNC_THREAD_H

#include <pthread.h>

/* pthread_create with default attributes, but a stack of at least 1 MB: 0, or an error number and no
 * thread. */
int sqi_thread_start(pthread_t *thread, void *(*body)(void *), void *argument);

#endif
