/* Arrays that grow while a file is read. */
#ifndef SQI_DATA_GROW_H
#define SQI_DATA_GROW_H

#include "base/alloc.h"
#include "base/pages.h"

/* Room for need elements of `size` bytes at array, whose capacity is *capacity: grown by at least a
 * half, so that growing costs a constant per element (large arrays are remapped by malloc, not
 * copied; what is not yet written takes no memory). array is void to take any pointer; what it
 * returns takes array's place, NULL (with array unchanged) where there is no memory. */
static inline void *sqi_grow(void *array, size_t *capacity, size_t need, size_t size,
                             sq_error *error) {
    size_t wanted = *capacity + *capacity / 2;
    wanted = wanted < need ? need : wanted;
    wanted = wanted < 1024 ? 1024 : wanted;
    if (sqi_resize(&array, wanted, size, error) != SQ_OK)
        return NULL;
    *capacity = wanted;
    return array;
}

/* array cut to count elements; itself where malloc refuses, which harms nobody. */
static inline void *sqi_trim(void *array, size_t count, size_t size) {
    if (sqi_resize(&array, count, size, NULL) == SQ_OK)
        sqi_pages_collapse(array, count * size);
    return array;
}

#endif
