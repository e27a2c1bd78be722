/* Philox4x32-10 for SQI_COUNTERS counters at once. Included once by each file that compiles it for
 * one kind of vector unit: SQI_VECTOR is the number of 64-bit numbers in a vector.
 *
 * Each of a counter's four words has a 64-bit number for itself, of which only the lower half
 * counts: that is the form in which vector units multiply 32-bit words into 64-bit products. So the
 * lower half of a product need not be cut out. */
#ifndef SQI_DATA_WORDS_H
#define SQI_DATA_WORDS_H

#include "data/draws.h"

/* out[k] = the upper half of word[k] × (bound - k × step); the least of the lower halves. */
static inline uint32_t sqi_scale_plainly(const uint32_t *word, uint32_t bound, uint32_t step,
                                         uint32_t *out, size_t count) {
    uint32_t least = UINT32_MAX;
    for (size_t k = 0; k < count; k++, bound -= step) {
        uint64_t product = (uint64_t)word[k] * bound;
        out[k] = (uint32_t)(product >> 32);
        least = (uint32_t)product < least ? (uint32_t)product : least;
    }
    return least;
}

#if defined(__x86_64__)

typedef uint64_t sqi_vector __attribute__((vector_size(8 * SQI_VECTOR)));
typedef uint64_t sqi_vector_anywhere
    __attribute__((vector_size(8 * SQI_VECTOR), aligned(4), may_alias));

static inline sqi_vector sqi_multiply(sqi_vector a, sqi_vector b) {
#if SQI_VECTOR == 8
    return (sqi_vector)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif SQI_VECTOR == 4
    return (sqi_vector)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#else
    return (sqi_vector)_mm_mul_epu32((__m128i)a, (__m128i)b);
#endif
}

typedef struct sqi_block {
    sqi_vector c0, c1, c2, c3;
} sqi_block;

static inline sqi_block sqi_round(sqi_block c, sqi_vector key0, sqi_vector key1) {
    const sqi_vector zero = {0};
    sqi_vector p = sqi_multiply(c.c0, zero + 0xD2511F53u);
    sqi_vector q = sqi_multiply(c.c2, zero + 0xCD9E8D57u);
    return (sqi_block){q >> 32 ^ c.c1 ^ key0, q, p >> 32 ^ c.c3 ^ key1, p};
}

/* The four words of each counter one after another. */
static inline void sqi_store_block(uint32_t *word, sqi_block c) {
    sqi_vector low = (c.c0 & 0xFFFFFFFFu) | c.c1 << 32, high = (c.c2 & 0xFFFFFFFFu) | c.c3 << 32;
    sqi_vector_anywhere *out = (sqi_vector_anywhere *)(void *)word;
#if SQI_VECTOR == 8
    out[0] = __builtin_shufflevector(low, high, 0, 8, 1, 9, 2, 10, 3, 11);
    out[1] = __builtin_shufflevector(low, high, 4, 12, 5, 13, 6, 14, 7, 15);
#elif SQI_VECTOR == 4
    out[0] = __builtin_shufflevector(low, high, 0, 4, 1, 5);
    out[1] = __builtin_shufflevector(low, high, 2, 6, 3, 7);
#else
    out[0] = __builtin_shufflevector(low, high, 0, 2);
    out[1] = __builtin_shufflevector(low, high, 1, 3);
#endif
}

/* Two vectors at once, as each round waits for the multiplications of the one before. */
static inline void sqi_fill_words(uint64_t seed, uint32_t stream, uint32_t epoch, uint64_t index,
                                  uint32_t *word, size_t count) {
    const sqi_vector zero = {0};
    sqi_vector places = zero;
    for (int p = 0; p < SQI_VECTOR; p++)
        places[p] = (uint64_t)p;
    sqi_vector key0[10], key1[10];
    for (uint32_t r = 0; r < 10; r++) {
        key0[r] = zero + ((uint32_t)seed + r * 0x9E3779B9u);
        key1[r] = zero + ((uint32_t)(seed >> 32) + r * 0xBB67AE85u);
    }
    for (size_t done = 0; done < count; done += 2 * SQI_VECTOR, word += 8 * SQI_VECTOR) {
        sqi_vector low = places + (index + done), high = low + SQI_VECTOR;
        sqi_block a = {low, low >> 32, zero + epoch, zero + stream};
        sqi_block b = {high, high >> 32, zero + epoch, zero + stream};
        for (int r = 0; r < 10; r++) {
            a = sqi_round(a, key0[r], key1[r]);
            b = sqi_round(b, key0[r], key1[r]);
        }
        sqi_store_block(word, a);
        sqi_store_block(word + 4 * SQI_VECTOR, b);
    }
}

/* As the plain version, with vectors. */
static inline uint32_t sqi_scale_words(const uint32_t *word, uint32_t bound, uint32_t step,
                                       uint32_t *out, size_t count) {
    typedef uint32_t half __attribute__((vector_size(8 * SQI_VECTOR)));
    const sqi_vector zero = {0}, low_half = zero + 0xFFFFFFFFu;
    sqi_vector even = zero, odd = zero;
    for (int p = 0; p < SQI_VECTOR; p++) {
        even[p] = bound - (uint32_t)(2 * p) * step;
        odd[p] = bound - (uint32_t)(2 * p + 1) * step;
    }
    half least = (half)(zero - 1);
    size_t k = 0;
    for (; k + 2 * SQI_VECTOR <= count; k += 2 * SQI_VECTOR) {
        sqi_vector words = *(const sqi_vector_anywhere *)(const void *)(word + k);
        sqi_vector a = sqi_multiply(words, even), b = sqi_multiply(words >> 32, odd);
        *(sqi_vector_anywhere *)(void *)(out + k) = a >> 32 | (b & ~low_half);
        half low = (half)((a & low_half) | b << 32);
        half lower = (half)(low < least);
        least = (low & lower) | (least & ~lower);
        even -= 2 * SQI_VECTOR * (uint64_t)step;
        odd -= 2 * SQI_VECTOR * (uint64_t)step;
    }
    uint32_t low = UINT32_MAX;
    for (int p = 0; p < 2 * SQI_VECTOR; p++)
        low = least[p] < low ? least[p] : low;
    uint32_t rest =
        sqi_scale_plainly(word + k, bound - (uint32_t)k * step, step, out + k, count - k);
    return rest < low ? rest : low;
}

#else

static inline void sqi_fill_words(uint64_t seed, uint32_t stream, uint32_t epoch, uint64_t index,
                                  uint32_t *word, size_t count) {
    for (size_t i = 0; i < count; i++)
        sqi_philox(seed, stream, epoch, index + i, word + 4 * i);
}

static inline uint32_t sqi_scale_words(const uint32_t *word, uint32_t bound, uint32_t step,
                                       uint32_t *out, size_t count) {
    return sqi_scale_plainly(word, bound, step, out, count);
}

#endif

#endif
