/* Many random integers at once: the numbers that sqi_words_below gives one by one (base/random.h). */
#ifndef SQI_DATA_DRAWS_H
#define SQI_DATA_DRAWS_H

#include <stddef.h>

#include "base/random.h"

/* Draws that are asked for at once, at most; counters that a kernel turns into words at a time. */
enum { SQI_DRAWS = 256, SQI_COUNTERS = 16 };

/* The two inner loops, compiled for one kind of vector unit (words.h). */
typedef struct sqi_words_kernel {
    /* Words of counters index, index + 1, … (count, a multiple of SQI_COUNTERS) of a seed's stream,
     * four a counter. */
    void (*fill)(uint64_t seed, uint32_t stream, uint32_t epoch, uint64_t index, uint32_t *word,
                 size_t count);
    /* out[k] = the upper half of word[k] × (bound - k × step); returns the least of the lower
     * halves. */
    uint32_t (*scale)(const uint32_t *word, uint32_t bound, uint32_t step, uint32_t *out,
                      size_t count);
} sqi_words_kernel;

extern const sqi_words_kernel sqi_words_baseline, sqi_words_avx2, sqi_words_avx512;

/* The words of (seed, stream, epoch) in their order. */
typedef struct sqi_draws {
    uint64_t seed, index;
    uint32_t stream, epoch;
    const sqi_words_kernel *kernel;
    size_t used, filled; /* of word */
    uint32_t word[4 * SQI_DRAWS];
} sqi_draws;

void sqi_draws_init(sqi_draws *draws, uint64_t seed, uint32_t stream, uint32_t epoch);

/* out[k] is an unbiased integer in [0, bound - k × step), as the k-th of sqi_words_below; count at
 * most SQI_DRAWS, bound > count × step. */
void sqi_draws_below(sqi_draws *draws, uint32_t bound, uint32_t step, uint32_t *out, size_t count);

#endif
