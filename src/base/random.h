/* Philox4x32-10 inline, and a sequential reader of one stream.
 *
 * The round constants are those of the paper (table 2 and section 4.3). */
#ifndef SQI_BASE_RANDOM_H
#define SQI_BASE_RANDOM_H

#include "sequent/random.h"

static inline void sqi_philox(uint64_t seed, uint32_t stream, uint32_t epoch, uint64_t index,
                              uint32_t out[4]) {
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32), c2 = epoch, c3 = stream;
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * c0, product1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
        c3 = (uint32_t)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* The words of (seed, stream, epoch) in the order index 0 word 0…3, index 1 word 0…3, … */
typedef struct sqi_words {
    uint64_t seed, index;
    uint32_t stream, epoch, word[4];
    unsigned used; /* of word */
} sqi_words;

static inline sqi_words sqi_words_at(uint64_t seed, uint32_t stream, uint32_t epoch) {
    return (sqi_words){.seed = seed, .stream = stream, .epoch = epoch, .used = 4};
}

static inline uint32_t sqi_words_next(sqi_words *words) {
    if (words->used == 4) {
        sqi_philox(words->seed, words->stream, words->epoch, words->index++, words->word);
        words->used = 0;
    }
    return words->word[words->used++];
}

/* An unbiased integer in [0, bound), bound > 0: Lemire 2019, "Fast random integer generation in an
 * interval", algorithm 5, on 32-bit words. */
static inline uint32_t sqi_words_below(sqi_words *words, uint32_t bound) {
    uint64_t product = (uint64_t)sqi_words_next(words) * bound;
    if ((uint32_t)product < bound) {
        uint32_t threshold = (uint32_t)(-bound) % bound;
        while ((uint32_t)product < threshold)
            product = (uint64_t)sqi_words_next(words) * bound;
    }
    return (uint32_t)(product >> 32);
}

/* A binary64 number in [0, 1): the top 53 bits of two words (first the high one), times 2^-53. */
static inline double sqi_words_unit(sqi_words *words) {
    uint64_t high = sqi_words_next(words);
    uint64_t bits = high << 32 | sqi_words_next(words);
    return (double)(bits >> 11) * 0x1p-53;
}

#endif
