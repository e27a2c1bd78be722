/* Sorting by 32-bit keys: names, and the entries of rows that are not in order. */
#ifndef SQI_DATA_SORT_H
#define SQI_DATA_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Sorts count items by their high 32 bits, equal ones staying in order. scratch: size count. Cost:
 * at most four passes for long arrays, O(count²) for count < 32. */
void sqi_sort_high(uint64_t *items, uint64_t *scratch, size_t count);

#endif
