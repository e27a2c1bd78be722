/* The kernel of the whole network's evaluation for AVX2. */
#include "base/target.h"
#include "model/mlp.h"

#if defined(__x86_64__)

SQI_TARGET_PUSH("avx2")

#define SQI_VECTOR 4
#include "model/mlp_tiles.h"

void sqi_add_tile_avx2(double *sum, const float *tile, sqi_inputs in, uint32_t base) {
    sqi_add_tile(sum, tile, in, base);
}

SQI_TARGET_POP

#endif
