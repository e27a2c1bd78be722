/* data/draws, data/words: many at once are what base/random.h gives one by one. */
#include <criterion/criterion.h>
#include <string.h>

#include "data/draws.h"
#include "num/isa.h"
#include "support/chance.h"

/* The kernels that this processor runs. */
static size_t kernels(const sqi_words_kernel *list[3]) {
    size_t count = 0;
    list[count++] = &sqi_words_baseline;
#if defined(__x86_64__)
    if (sqi_isa() >= SQI_ISA_AVX2)
        list[count++] = &sqi_words_avx2;
    if (sqi_isa() >= SQI_ISA_AVX512)
        list[count++] = &sqi_words_avx512;
#endif
    return count;
}

/* Counters that cross 2^32, and 2^64. */
Test(draws, words_are_those_of_the_generator) {
    const sqi_words_kernel *list[3];
    chance draw = {11};
    for (size_t k = 0; k < kernels(list); k++)
        for (int i = 0; i < 2000; i++) {
            uint64_t seed = chance_next(&draw), index = chance_next(&draw);
            index = i % 3 ? index : (UINT64_C(1) << (i % 2 ? 32 : 63) << (i % 2 ? 0 : 1)) - 5;
            uint32_t stream = (uint32_t)chance_next(&draw), epoch = (uint32_t)chance_next(&draw);
            size_t count = SQI_COUNTERS * (size_t)chance_below(&draw, 5);
            uint32_t got[16 * SQI_COUNTERS + 1], want[4];
            got[4 * count] = 77;
            list[k]->fill(seed, stream, epoch, index, got, count);
            cr_assert(got[4 * count] == 77, "kernel %zu writes too far", k);
            for (size_t c = 0; c < count; c++) {
                sqi_philox(seed, stream, epoch, index + c, want);
                cr_assert(memcmp(got + 4 * c, want, sizeof want) == 0, "kernel %zu, counter %zu", k,
                          c);
            }
        }
}

Test(draws, words_are_scaled_exactly) {
    const sqi_words_kernel *list[3];
    chance draw = {12};
    for (size_t k = 0; k < kernels(list); k++)
        for (int i = 0; i < 5000; i++) {
            uint32_t word[100], got[101], least = UINT32_MAX;
            size_t count = chance_below(&draw, 101);
            uint32_t bound = (uint32_t)chance_next(&draw) | 1u << 20, step = i % 2 ? 1 : 0;
            for (size_t w = 0; w < count; w++)
                word[w] = (uint32_t)(chance_next(&draw) >> chance_below(&draw, 40));
            got[count] = 77;
            uint32_t lowest = list[k]->scale(word, bound, step, got, count);
            cr_assert(got[count] == 77, "kernel %zu writes too far", k);
            for (size_t w = 0; w < count; w++) {
                uint64_t product = (uint64_t)word[w] * (bound - (uint32_t)w * step);
                cr_assert(got[w] == product >> 32, "kernel %zu, word %zu of %zu", k, w, count);
                least = (uint32_t)product < least ? (uint32_t)product : least;
            }
            cr_assert(lowest == least, "kernel %zu", k);
        }
}

/* Bounds of all sizes, above 2^31 with many refusals. */
Test(draws, are_drawn_as_one_by_one) {
    chance draw = {13};
    for (int i = 0; i < 300; i++) {
        uint64_t seed = chance_next(&draw);
        uint32_t epoch = (uint32_t)chance_next(&draw), out[SQI_DRAWS];
        sqi_draws many;
        sqi_draws_init(&many, seed, 3, epoch);
        sqi_words one = sqi_words_at(seed, 3, epoch);
        for (int block = 0; block < 30; block++) {
            size_t count = chance_one_in(&draw, 3) ? SQI_DRAWS : chance_below(&draw, SQI_DRAWS);
            uint32_t step = chance_below(&draw, 2);
            uint32_t bound = (uint32_t)(chance_next(&draw) >> (32 + chance_below(&draw, 22)));
            bound = bound > SQI_DRAWS ? bound : SQI_DRAWS + 1;
            sqi_draws_below(&many, bound, step, out, count);
            for (size_t k = 0; k < count; k++)
                cr_assert(out[k] == sqi_words_below(&one, bound - (uint32_t)k * step),
                          "case %d, block %d, bound %u, step %u, number %zu of %zu", i, block,
                          bound, step, k, count);
        }
    }
}
