/* The default seam: the system calls themselves. */
#include "base/system.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int sqi_system_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

ssize_t sqi_system_read(int descriptor, void *into, size_t size) {
    return read(descriptor, into, size);
}

ssize_t sqi_system_write(int descriptor, const void *bytes, size_t size) {
    return write(descriptor, bytes, size);
}

int sqi_system_fsync(int descriptor) {
    return fsync(descriptor);
}

int sqi_system_rename(const char *from, const char *to) {
    return rename(from, to);
}
