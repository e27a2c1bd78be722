/* The seam of sync/thread.h, with faults, and the end of threads. */
#include <errno.h>

#include "faults/seam/faults.h"
#include "sync/thread.h"

int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);

int sqi_thread_start(pthread_t *thread, void *(*body)(void *), void *argument) {
    if (fault_at(CALL_THREAD, NULL, __builtin_return_address(0)) == FAULT_FAIL)
        return EAGAIN;
    int status = pthread_create(thread, NULL, body, argument);
    fault_held_threads(status == 0);
    return status;
}

int __wrap_pthread_join(pthread_t thread, void **result) {
    int status = __real_pthread_join(thread, result);
    fault_held_threads(status == 0 ? -1 : 0);
    return status;
}
