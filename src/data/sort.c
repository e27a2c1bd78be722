/* Insertion sort for few items, a radix sort by bytes, lowest first, for many. */
#include "data/sort.h"

#include <string.h>

static void insertion_sort(uint64_t *items, size_t count) {
    for (size_t i = 1; i < count; i++) {
        uint64_t item = items[i];
        size_t j = i;
        for (; j > 0 && items[j - 1] >> 32 > item >> 32; j--)
            items[j] = items[j - 1];
        items[j] = item;
    }
}

/* One pass: from → to by the byte at shift. Returns 0, with `to` untouched, where all are equal. */
static int pass(const uint64_t *from, uint64_t *to, size_t count, int shift) {
    size_t next[256] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
        next[from[i] >> shift & 255]++;
    if (next[from[0] >> shift & 255] == count)
        return 0;
    for (int b = 0; b < 256; b++) {
        size_t here = next[b];
        next[b] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[next[from[i] >> shift & 255]++] = from[i];
    return 1;
}

void sqi_sort_high(uint64_t *items, uint64_t *scratch, size_t count) {
    if (count < 32) {
        insertion_sort(items, count);
        return;
    }
    uint64_t *from = items, *to = scratch;
    for (int shift = 32; shift < 64; shift += 8) {
        if (pass(from, to, count, shift)) {
            uint64_t *swap = from;
            from = to;
            to = swap;
        }
    }
    if (from != items)
        memcpy(items, from, count * sizeof *items);
}
