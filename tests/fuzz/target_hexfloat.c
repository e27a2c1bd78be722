/* Hexadecimal numbers: texts against strtod, and the input's bits as a number against printf. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "num/hexfloat.h"

static int same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_text(const char *text) {
    double number = 1, expected;
    char *end;
    char printed[64];
    if (sqi_hexfloat_read(text, &number) != 0) {
        /* What printf writes of a finite number may not be refused. */
        expected = strtod(text, &end);
        (void)snprintf(printed, sizeof printed, "%a", expected);
        if (*text && *end == '\0' && isfinite(expected) && strcmp(printed, text) == 0)
            fuzz_breach("'%s' is refused", text);
        return;
    }
    expected = strtod(text, &end);
    if (*end || !isfinite(number) || !same_bits(number, expected))
        fuzz_breach("'%s' is %a; strtod has %a", text, number, expected);
    if (strcmp(sqi_hexfloat_of(number).text, text) != 0)
        fuzz_breach("'%s' is written as '%s'", text, sqi_hexfloat_of(number).text);
}

static void check_bits(double number) {
    double back = 1;
    char printed[64];
    if (!isfinite(number))
        return;
    sqi_hexfloat written = sqi_hexfloat_of(number);
    (void)snprintf(printed, sizeof printed, "%a", number);
    if (strcmp(written.text, printed) != 0)
        fuzz_breach("%s is written as %s", printed, written.text);
    if (sqi_hexfloat_read(written.text, &back) != 0 || !same_bits(back, number))
        fuzz_breach("%s is read as %a", written.text, back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *text = malloc(size + 1);
    double number = 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    check_text(text);
    memcpy(&number, bytes, size < sizeof number ? size : sizeof number);
    check_bits(number);
    free(text);
    return 0;
}
