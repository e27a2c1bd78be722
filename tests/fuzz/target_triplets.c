/* Rating triplets. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    return fuzz_data(bytes, size, SQ_RATINGS, SQ_FORMAT_TRIPLETS);
}
