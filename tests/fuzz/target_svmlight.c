/* svmlight files. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    return fuzz_data(bytes, size, SQ_ROWS, SQ_FORMAT_SVMLIGHT);
}
