/* The kernel of the whole network's evaluation for AVX-512. */
#include "base/target.h"
#include "model/mlp.h"

#if defined(__x86_64__)

SQI_TARGET_PUSH("avx512f")

#define SQI_VECTOR 8
#include "model/mlp_tiles.h"

void sqi_add_tile_avx512(double *sum, const float *tile, sqi_inputs in, uint32_t base) {
    sqi_add_tile(sum, tile, in, base);
}

SQI_TARGET_POP

#endif
