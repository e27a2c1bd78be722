/* Traces: the input is two of them, one after the other (or one, which is then compared with
 * itself). The second begins where the format's first bytes come again. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sequent/trace.h"

static const char A[] = "/fuzz/a", B[] = "/fuzz/b";
static const char MAGIC[] = "sqtrace\n";

/* Where the second trace begins; size: there is none. */
static size_t second(const uint8_t *bytes, size_t size) {
    const uint8_t *found = size > 1 ? memmem(bytes + 1, size - 1, MAGIC, 8) : NULL;
    return found ? (size_t)(found - bytes) : size;
}

static int bisect(sq_bisection *result, const char *a, const char *b) {
    sq_error error = {""};
    int status = sq_bisect(result, a, b, &error);
    if (status == SQ_BAD_INPUT)
        fuzz_check_message(&error);
    else if (status != SQ_OK)
        fuzz_breach("status %d: %s", status, error.message);
    if (!memchr(result->blocks, '\0', sizeof result->blocks))
        fuzz_breach("the blocks' names do not end");
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    sq_bisection ab, ba, aa;
    size_t middle = second(bytes, size);
    if (size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B)
        return -1;
    fuzz_begin(bytes, size);
    fuzz_file(A, bytes, middle);
    fuzz_file(B, middle < size ? bytes + middle : bytes, middle < size ? size - middle : size);
    int status = bisect(&ab, A, B);
    if (status == SQ_OK) {
        if (bisect(&ba, B, A) != SQ_OK || ab.parting != ba.parting || ab.epoch != ba.epoch ||
            ab.step != ba.step || ab.data != ba.data || ab.recipe != ba.recipe ||
            ab.sample[0] != ba.sample[1] || ab.sample[1] != ba.sample[0])
            fuzz_breach("the traces the other way round part elsewhere");
        if (bisect(&aa, A, A) != SQ_OK || aa.parting != SQ_SAME || aa.data || aa.recipe)
            fuzz_breach("a trace differs from itself");
    }
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed) {
    size_t middle = second(bytes, size), rest = size - middle;
    if (rest == 0 && seed % 8 == 0 && 2 * size <= most) { /* a second, the same for now */
        memcpy(bytes + size, bytes, size);
        middle = rest = size;
        size *= 2;
    }
    if (rest && seed % 2) /* the second one is changed in place … */
        return middle + fuzz_mutate_sealed(bytes + middle, rest, most - middle, seed / 16, 1);
    /* … or the first, beside a copy of the second */
    uint8_t *copy = malloc(rest + 1);
    memcpy(copy, bytes + middle, rest);
    middle = fuzz_mutate_sealed(bytes, middle, most - rest, seed / 16, 1);
    memcpy(bytes + middle, copy, rest);
    free(copy);
    return middle + rest;
}
