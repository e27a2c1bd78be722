/* The kernel of the whole network's evaluation for AVX-512. */
#include "model/mlp.h"

#if defined(__x86_64__)

/* Everything below is compiled for processors that have it; the caller has asked. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f")
#endif

#define SQI_VECTOR 8
#include "model/mlp_tiles.h"

void sqi_add_tile_avx512(double *sum, const float *tile, sqi_inputs in, uint32_t base) {
    sqi_add_tile(sum, tile, in, base);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
