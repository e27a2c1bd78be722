/* Random numbers for test cases: SplitMix64 (Steele, Lea, Flood 2014), so that nothing a test draws
 * depends on the generator that it tests. */
#ifndef TEST_CHANCE_H
#define TEST_CHANCE_H

#include <stdint.h>

typedef struct chance {
    uint64_t state;
} chance;

/* A bijection of 64 bits whose every output bit depends on every input bit. */
static inline uint64_t chance_mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint64_t chance_next(chance *c) {
    return chance_mix(c->state += UINT64_C(0x9E3779B97F4A7C15));
}

/* In [0, bound), bound > 0. */
static inline uint32_t chance_below(chance *c, uint32_t bound) {
    return (uint32_t)((chance_next(c) >> 32) * bound >> 32);
}

static inline int chance_one_in(chance *c, uint32_t n) {
    return chance_below(c, n) == 0;
}

/* In [1, 2^bits), small numbers as likely as large ones. */
static inline uint32_t chance_size(chance *c, uint32_t bits) {
    return 1 + chance_below(c, (UINT32_C(1) << (1 + chance_below(c, bits))) - 1);
}

/* In [-1, 1). */
static inline double chance_unit(chance *c) {
    return (double)(int64_t)chance_next(c) * 0x1p-63;
}

#endif
