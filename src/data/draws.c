/* Drawing in blocks: first as if no word were refused. One in 2^32 / bound is; then the block is
 * drawn again, number by number. */
#include "data/draws.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "num/isa.h"

#define SQI_VECTOR 2 /* every x86-64 multiplies two pairs of words at once */
#include "data/words.h"

const sqi_words_kernel sqi_words_baseline = {sqi_fill_words, sqi_scale_words};

/* The widest kernel of this processor. */
static const sqi_words_kernel *kernel(void) {
#if defined(__x86_64__)
    switch (sqi_isa()) {
    case SQI_ISA_AVX512:
        return &sqi_words_avx512;
    case SQI_ISA_AVX2:
        return &sqi_words_avx2;
    case SQI_ISA_BASELINE:
        break;
    }
#endif
    return &sqi_words_baseline;
}

void sqi_draws_init(sqi_draws *draws, uint64_t seed, uint32_t stream, uint32_t epoch) {
    draws->seed = seed;
    draws->index = 0;
    draws->stream = stream;
    draws->epoch = epoch;
    draws->used = draws->filled = 0;
    draws->kernel = kernel();
}

/* At least SQI_DRAWS words that are not used yet, at word[used]. */
static void refill(sqi_draws *d) {
    size_t left = d->filled - d->used;
    if (left >= SQI_DRAWS)
        return;
    memmove(d->word, d->word + d->used, left * sizeof *d->word);
    size_t room = sizeof d->word / sizeof *d->word - left, counters = room / 4;
    counters -= counters % SQI_COUNTERS;
    d->kernel->fill(d->seed, d->stream, d->epoch, d->index, d->word + left, counters);
    d->index += counters;
    d->used = 0;
    d->filled = left + 4 * counters;
}

static uint32_t next(sqi_draws *d) {
    refill(d);
    return d->word[d->used++];
}

/* As sqi_words_below. */
static uint32_t below(sqi_draws *d, uint32_t bound) {
    uint64_t product = (uint64_t)next(d) * bound;
    if ((uint32_t)product < bound) {
        uint32_t refused = (uint32_t)(-bound) % bound;
        while ((uint32_t)product < refused)
            product = (uint64_t)next(d) * bound;
    }
    return (uint32_t)(product >> 32);
}

void sqi_draws_below(sqi_draws *draws, uint32_t bound, uint32_t step, uint32_t *out, size_t count) {
    refill(draws);
    uint32_t least = draws->kernel->scale(draws->word + draws->used, bound, step, out, count);
    if (least >= bound) { /* what is refused is lower than its bound */
        draws->used += count;
        return;
    }
    for (size_t k = 0; k < count; k++)
        out[k] = below(draws, bound - (uint32_t)k * step);
}
