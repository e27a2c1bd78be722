/* Order files, against a reading of their definition that is as plain as can be. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sequent/order.h"

typedef struct plain {
    uint32_t *pi;
    size_t steps;
    unsigned long long wrong; /* the first line that is refused; 0: none */
} plain;

static int blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

/* Reads the line text … end; 1: a number, 0: nothing, -1: wrong. */
static int read_plain_line(const uint8_t *p, const uint8_t *end, size_t samples, uint32_t *pi) {
    uint64_t number = 0;
    if (memchr(p, '\0', (size_t)(end - p)))
        return -1;
    while (p < end && blank(*p))
        p++;
    if (p < end && *p == '#')
        return 0;
    if (end > p && end[-1] == '\r')
        end--;
    while (end > p && blank(end[-1]))
        end--;
    if (p == end)
        return 0;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return -1;
        number = 10 * number + (uint64_t)(*p - '0');
        if (number >= samples)
            return -1;
    }
    *pi = (uint32_t)number;
    return 1;
}

static plain read_plain(const uint8_t *bytes, size_t size, size_t samples) {
    plain result = {.pi = malloc((size + 1) * sizeof *result.pi)};
    unsigned long long line = 0;
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        size -= 3;
        line += size == 0; /* a mark alone is an empty line */
    }
    const uint8_t *p = bytes, *end = bytes + size;
    while (p < end && !result.wrong) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
        line++;
        int kind = read_plain_line(p, stop ? stop : end, samples, &result.pi[result.steps]);
        if (kind < 0)
            result.wrong = line;
        result.steps += kind > 0;
        p = stop ? stop + 1 : end;
    }
    if (!result.wrong && result.steps == 0)
        result.wrong = line + 1;
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const size_t counts[] = {4294967294u, 10, 1000, 1};
    size_t samples = counts[size % 4];
    sq_order order;
    sq_error error = {""};
    unsigned long long line = 0;
    if (size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B)
        return -1;
    fuzz_begin(bytes, size);
    fuzz_file("/fuzz/order", bytes, size);
    int status = sq_order_init(&order, "file:/fuzz/order", 1, samples, &error);
    plain expected = read_plain(bytes, size, samples);
    if (status == SQ_BAD_INPUT)
        fuzz_check_place(&error, "/fuzz/order", bytes, size);
    else if (status != SQ_OK)
        fuzz_breach("status %d: %s", status, error.message);
    if ((status == SQ_OK) == (expected.wrong != 0))
        fuzz_breach("status %d, but line %llu is wrong", status, expected.wrong);
    if (status != SQ_OK && (sscanf(error.message, "/fuzz/order:%llu:", &line) != 1 || order.file))
        fuzz_breach("no place, or a file: %s", error.message);
    if (line != expected.wrong)
        fuzz_breach("line %llu is wrong, not %s", expected.wrong, error.message);
    if (status == SQ_OK && (order.steps != expected.steps ||
                            memcmp(order.file, expected.pi, order.steps * sizeof *order.file) != 0))
        fuzz_breach("another order");
    sq_order_fini(&order);
    free(expected.pi);
    fuzz_end();
    return 0;
}
