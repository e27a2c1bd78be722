/* Drawing from Zipf laws, with the same results on every machine. */
#ifndef SQI_DATA_ZIPF_H
#define SQI_DATA_ZIPF_H

#include "base/random.h"
#include "base/status.h"

/* The streams of the generators' random numbers. */
enum {
    SQI_GENERATE_DRAWS = SQ_STREAM_GENERATE, /* what is drawn for the samples, one after another */
    SQI_GENERATE_NAMES,                      /* permutations of names: epoch 0, 1 */
    SQI_GENERATE_FACTORS                     /* what is planted: epoch 0, 1 */
};

/* The alias method (Walker 1977; Vose 1991, "A linear algorithm for generating random numbers with
 * a given distribution"). Rank i, from 0, has a probability proportional to (i + 1)^-skew. */
typedef struct sqi_zipf {
    uint32_t count;
    uint32_t *threshold; /* of a place: the chance that it keeps its own rank, times 2^32 */
    uint32_t *alias;     /* of a place: the rank that has the other part */
    uint32_t *name;      /* of a rank: a permutation of 0 … count - 1 */
} sqi_zipf;

/* count > 0; skew: a multiple of 0.25 in [0, 4]; the names are permuted by (seed, epoch). Memory:
 * 12 bytes a rank, 24 while it is built. Errors: SQ_NO_MEMORY, SQ_BAD_ARGUMENT (the skew). */
int sqi_zipf_init(sqi_zipf *zipf, uint32_t count, double skew, uint64_t seed, uint32_t epoch,
                  sq_error *error);

/* Released or zeroed: nothing happens. */
void sqi_zipf_fini(sqi_zipf *zipf);

/* A rank, from two words; each rank's probability is exact to about 2^-32. */
static inline uint32_t sqi_zipf_draw(const sqi_zipf *zipf, sqi_words *words) {
    uint32_t place = (uint32_t)((uint64_t)sqi_words_next(words) * zipf->count >> 32);
    return sqi_words_next(words) < zipf->threshold[place] ? place : zipf->alias[place];
}

/* A rank that is not yet taken, which is then: taken has a byte a rank, at least one of them 0.
 * After 16 draws in vain the lowest free rank is given, so that a law with a steep end still ends;
 * *lowest, 0 before the first call, remembers how far it was sought. */
uint32_t sqi_zipf_draw_distinct(const sqi_zipf *zipf, sqi_words *words, unsigned char *taken,
                                uint32_t *lowest);

/* A bell-shaped integer in [-510, 510] from one word: the sum of its four bytes, less the mean. Its
 * variance is SQI_BELL_VARIANCE. */
static inline int sqi_bell(uint32_t word) {
    return (int)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24)) - 510;
}

#define SQI_BELL_VARIANCE 21845.0 /* 4 · (256² - 1) / 12 */

#endif
