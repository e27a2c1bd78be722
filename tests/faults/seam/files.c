/* The seam of base/system.h, with faults. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system.h"
#include "faults/seam/faults.h"

enum { DESCRIPTORS = 256 };

static char *paths[DESCRIPTORS]; /* of what is open; the program opens files on one thread */

static const char *path_of(int descriptor) {
    const char *path = descriptor >= 0 && descriptor < DESCRIPTORS ? paths[descriptor] : NULL;
    return path ? path : descriptor == STDIN_FILENO ? "standard input" : "";
}

__attribute__((destructor)) static void forget(void) {
    for (int d = 0; d < DESCRIPTORS; d++) {
        free(paths[d]);
        paths[d] = NULL;
    }
}

/* -1 with the errno. */
static int failed(int number) {
    errno = number;
    return -1;
}

int sqi_system_open(const char *path, int flags, mode_t mode) {
    fault_action action = fault_at(CALL_OPEN, path, __builtin_return_address(0));
    if (action == FAULT_FAIL)
        return failed(flags & O_CREAT ? ENOSPC : EMFILE);
    int descriptor = open(path, flags, mode);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        free(paths[descriptor]);
        paths[descriptor] = strdup(path);
    }
    fault_signal(action);
    return descriptor;
}

ssize_t sqi_system_read(int descriptor, void *into, size_t size) {
    fault_action action = fault_at(CALL_READ, path_of(descriptor), __builtin_return_address(0));
    if (action == FAULT_FAIL || action == FAULT_INTERRUPT)
        return failed(action == FAULT_FAIL ? EIO : EINTR);
    ssize_t n = read(descriptor, into, action == FAULT_SHORT && size ? 1 : size);
    fault_signal(action);
    return n;
}

ssize_t sqi_system_write(int descriptor, const void *bytes, size_t size) {
    fault_action action = fault_at(CALL_WRITE, path_of(descriptor), __builtin_return_address(0));
    if (action == FAULT_FAIL || action == FAULT_INTERRUPT)
        return failed(action == FAULT_FAIL ? ENOSPC : EINTR);
    if (action == FAULT_KILL) {
        (void)!write(descriptor, bytes, size / 2);
        (void)raise(SIGKILL);
    }
    ssize_t n = write(descriptor, bytes, action == FAULT_SHORT && size ? 1 : size);
    fault_signal(action);
    return n;
}

int sqi_system_fsync(int descriptor) {
    fault_action action = fault_at(CALL_FSYNC, path_of(descriptor), __builtin_return_address(0));
    if (action == FAULT_FAIL)
        return failed(EIO);
    if (action == FAULT_KILL)
        (void)raise(SIGKILL);
    int status = fsync(descriptor);
    fault_signal(action);
    return status;
}

/* Gives a completed file a second name in the folder of SEQUENT_FAULT_KEEP. */
static void keep(const char *path) {
    static int number;
    const char *folder = getenv("SEQUENT_FAULT_KEEP"), *slash = strrchr(path, '/');
    char name[1024];
    if (!folder)
        return;
    (void)snprintf(name, sizeof name, "%s/%d.%s", folder, ++number, slash ? slash + 1 : path);
    if (link(path, name) != 0) {
        perror(name);
        _exit(98);
    }
}

int sqi_system_rename(const char *from, const char *to) {
    fault_action action = fault_at(CALL_RENAME, to, __builtin_return_address(0));
    if (action == FAULT_FAIL)
        return failed(EACCES);
    if (action == FAULT_KILL)
        (void)raise(SIGKILL);
    if (action == FAULT_SKIP)
        return unlink(from);
    int status = rename(from, to);
    if (status == 0)
        keep(to);
    fault_signal(action);
    return status;
}
