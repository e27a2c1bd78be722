/* The public entry to the counter-based generator of base/random.h. */
#include "base/random.h"

void sq_random(uint64_t seed, uint32_t stream, uint32_t epoch, uint64_t index, uint32_t out[4]) {
    sqi_philox(seed, stream, epoch, index, out);
}
