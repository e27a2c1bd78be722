/* What the program calls in libc past the seams, wrapped by the linker (--wrap): allocations that
 * libc makes for it, close, and the clock, which stands still so that two runs print the same
 * bytes. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "faults/seam/faults.h"

char *__real_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
void *__real___sched_cpualloc(size_t count);
void *__wrap___sched_cpualloc(size_t count);
int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* Counts an allocation; whether it is to fail, with errno. */
static int refused(void *caller) {
    if (fault_at(CALL_ALLOC, NULL, caller) != FAULT_FAIL)
        return 0;
    errno = ENOMEM;
    return 1;
}

char *__wrap_realpath(const char *path, char *resolved) {
    return refused(__builtin_return_address(0)) ? NULL : __real_realpath(path, resolved);
}

FILE *__wrap_fopen(const char *path, const char *mode) {
    if (fault_at(CALL_FOPEN, path, __builtin_return_address(0)) == FAULT_FAIL) {
        errno = EMFILE;
        return NULL;
    }
    return __real_fopen(path, mode);
}

FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions) {
    return refused(__builtin_return_address(0)) ? NULL
                                                : __real_fopencookie(cookie, mode, functions);
}

void *__wrap___sched_cpualloc(size_t count) {
    return refused(__builtin_return_address(0)) ? NULL : __real___sched_cpualloc(count);
}

/* As Linux does it: the descriptor is gone, and the error tells that data may be. */
int __wrap_close(int descriptor) {
    int failing = fault_at(CALL_CLOSE, NULL, __builtin_return_address(0)) == FAULT_FAIL;
    int status = __real_close(descriptor);
    if (!failing)
        return status;
    errno = EIO;
    return -1;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    (void)clock;
    *now = (struct timespec){.tv_sec = 0};
    return 0;
}
