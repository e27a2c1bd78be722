/* Model files: what is accepted is written again with the same bytes. */
#include <string.h>

#include "fuzz.h"
#include "sequent/hash.h"

static const char PATH[] = "/fuzz/model";

/* But for the version of the arithmetic, which is this program's, and the checksum. */
static void write_again(const sq_model *model, const uint8_t *bytes, size_t size) {
    sq_error error = {""};
    size_t count;
    if (sq_model_write(model, "/fuzz/again", &error) != SQ_OK)
        fuzz_breach("a model cannot be written: %s", error.message);
    const uint8_t *again = fuzz_written(&count);
    if (count != size || memcmp(again, bytes, 12) != 0 ||
        memcmp(again + 16, bytes + 16, size - 32) != 0)
        fuzz_breach("a model differs when it is written again");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    sq_error error = {""};
    sq_model *model = NULL;
    if (size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B)
        return -1;
    fuzz_begin(bytes, size);
    fuzz_file(PATH, bytes, size);
    int status = sq_model_read(&model, PATH, &error);
    if ((status == SQ_OK) != (model != NULL))
        fuzz_breach("status %d and a model %p", status, (void *)model);
    if (status == SQ_BAD_INPUT)
        fuzz_check_message(&error);
    else if (status != SQ_OK)
        fuzz_breach("status %d: %s", status, error.message);
    if (model) {
        fuzz_check_model(model);
        write_again(model, bytes, size);
    }
    sq_model_free(model);
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed) {
    return fuzz_mutate_sealed(bytes, size, most, seed, 0);
}
