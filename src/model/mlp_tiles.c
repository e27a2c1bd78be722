/* The kernel of the whole network's evaluation that every processor runs. */
#define SQI_VECTOR 2 /* what every processor with vectors has as one */
#include "model/mlp_tiles.h"

void sqi_add_tile_baseline(double *sum, const float *tile, sqi_inputs in, uint32_t base) {
    sqi_add_tile(sum, tile, in, base);
}
