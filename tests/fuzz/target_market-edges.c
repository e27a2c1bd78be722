/* Matrix Market files as graphs; without the banner, edge lists, as the format is found out. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    return fuzz_data(bytes, size, SQ_EDGES, SQ_FORMAT_AUTO);
}
