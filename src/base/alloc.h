/* The one seam through which the library allocates.
 *
 * Sizes are given as count × size, checked for overflow. A test program that defines these four
 * functions itself replaces the whole seam at link time (archive members are only pulled in for
 * undefined symbols), so that faults can be injected without a hook in the library. */
#ifndef SQI_BASE_ALLOC_H
#define SQI_BASE_ALLOC_H

#include <stddef.h>

#include "base/status.h"

/* count × size bytes, zeroed, aligned to 64 bytes; NULL with a message where there is no memory.
 * Zero bytes give a valid pointer. Release with sqi_free. */
void *sqi_alloc(size_t count, size_t size, sq_error *error);

/* Grows or shrinks *memory (NULL: allocates) to count × size bytes; the added bytes are
 * indeterminate and the alignment is malloc's. On failure *memory is unchanged and still owned. */
int sqi_resize(void **memory, size_t count, size_t size, sq_error *error);

/* Releases memory of sqi_alloc or sqi_resize; NULL is ignored. Returns NULL, so that
 * p = sqi_free(p) leaves no dangling pointer. */
void *sqi_free(void *memory);

/* A copy of a string, released with sqi_free. */
char *sqi_strdup(const char *text, sq_error *error);

#endif
