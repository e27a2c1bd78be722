/* The one seam through which the library calls the system for files.
 *
 * As with base/alloc.h, a test program that defines these functions itself replaces the seam at link
 * time and can make the k-th call fail. Each is the system call of its name: -1 and errno on
 * failure; an interrupted call is not repeated here. */
#ifndef SQI_BASE_SYSTEM_H
#define SQI_BASE_SYSTEM_H

#include <sys/types.h>

int sqi_system_open(const char *path, int flags, mode_t mode);
ssize_t sqi_system_read(int descriptor, void *into, size_t size);
ssize_t sqi_system_write(int descriptor, const void *bytes, size_t size);
int sqi_system_fsync(int descriptor);
int sqi_system_rename(const char *from, const char *to);

#endif
