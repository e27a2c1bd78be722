/* The kernel of the whole network's evaluation, for vectors of SQI_VECTOR binary64 numbers (2, 4 or 8),
 * which the including file defines. It is compiled once for each width (mlp_tiles*.c) with the same
 * operations in the same order, so all give the same bits. */
#ifndef SQI_MODEL_MLP_TILES_H
#define SQI_MODEL_MLP_TILES_H

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/inline.h"
#include "model/mlp.h"
#include "num/float_env.h"

typedef double sqi_wide __attribute__((vector_size(8 * SQI_VECTOR)));
typedef double sqi_wide_anywhere
    __attribute__((vector_size(8 * SQI_VECTOR), aligned(8), may_alias));

/* SQI_VECTOR binary32 numbers in binary64, which is exact. */
static inline sqi_wide sqi_widen(const float *number) {
#if !defined(__x86_64__)
    sqi_wide wide = {0};
    for (int i = 0; i < SQI_VECTOR; i++)
        wide[i] = (double)number[i];
    return wide;
#elif SQI_VECTOR == 8
    return _mm512_cvtps_pd(_mm256_loadu_ps(number));
#elif SQI_VECTOR == 4
    return _mm256_cvtps_pd(_mm_loadu_ps(number));
#else
    return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)number)));
#endif
}

/* The sums of 4 × SQI_VECTOR units; in.index is NULL or not for all calls of a place. */
SQI_INLINED void sqi_add_entries(double *sum, const float *tile, sqi_inputs in, uint32_t base) {
    sqi_wide_anywhere *out = (sqi_wide_anywhere *)(void *)sum;
    sqi_wide a = out[0], b = out[1], c = out[2], d = out[3];
    for (size_t i = 0; i < in.n; i++) {
        const float *w = tile + (in.index ? in.index[i] - base : i) * (size_t)SQI_TILE_UNITS;
        sqi_wide value = (double)in.value[i] - (sqi_wide){0}; /* x - 0 is x, whatever its sign */
        a += sqi_widen(w) * value;
        b += sqi_widen(w + SQI_VECTOR) * value;
        c += sqi_widen(w + 2 * SQI_VECTOR) * value;
        d += sqi_widen(w + 3 * SQI_VECTOR) * value;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

static inline void sqi_add_tile(double *sum, const float *tile, sqi_inputs in, uint32_t base) {
    for (uint32_t u = 0; u < SQI_TILE_UNITS; u += 4 * SQI_VECTOR)
        if (in.index)
            sqi_add_entries(sum + u, tile + u, in, base);
        else
            sqi_add_entries(sum + u, tile + u, (sqi_inputs){NULL, in.value, in.n}, 0);
}

#endif
