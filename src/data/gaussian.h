/* Nearly Gaussian noise, with the same bits on every machine. */
#ifndef SQI_DATA_GAUSSIAN_H
#define SQI_DATA_GAUSSIAN_H

#include "base/random.h"
#include "num/square_root.h"

/* The sum of the eight 16-bit halves of four words, brought to mean 0 and variance 1. */
static inline double sqi_gaussian(sqi_words *words) {
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t word = sqi_words_next(words);
        sum += (word & 0xFFFF) + (word >> 16);
    }
    /* Mean 8 · 65535 / 2, variance 8 · (65536² - 1) / 12. */
    return ((double)sum - 262140.0) / sqi_square_root(8.0 * 4294967295.0 / 12.0);
}

#endif
