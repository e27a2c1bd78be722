/* Decimal numbers, against the grammar spelled out and strtof's bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/number.h"
#include "fuzz.h"

static size_t digits(const char *p) {
    return strspn(p, "0123456789");
}

/* The length of the number at text; 0: there is none. */
static size_t length_of(const char *text) {
    const char *p = text;
    p += *p == '+' || *p == '-';
    size_t whole = digits(p), fraction = 0;
    p += whole;
    if (*p == '.') {
        fraction = digits(p + 1);
        p += 1 + fraction;
    }
    if (whole + fraction == 0)
        return 0;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        if (digits(p) == 0)
            return 0;
        p += digits(p);
    }
    return (size_t)(p - text);
}

static void check_number(const char *text, const char *terminated) {
    float value = 1, expected;
    size_t length = length_of(terminated);
    const char *end = sqi_number_read(text, &value);
    char *copy = strndup(terminated, length);
    expected = length ? strtof(copy, NULL) : 0.0f;
    free(copy);
    if (!end && (length == 0 ? value != 0 : !isinf(value) || !isinf(expected)))
        fuzz_breach("'%s' is refused with %g; strtof has %g", terminated, (double)value,
                    (double)expected);
    if (!end)
        return;
    if (length == 0 || end != text + length || isinf(expected))
        fuzz_breach("'%s' ends at %td, not %zu; strtof has %g", terminated, end - text, length,
                    (double)expected);
    if (memcmp(&value, &expected, sizeof value) != 0)
        fuzz_breach("'%s' is %a; strtof has %a", terminated, (double)value, (double)expected);
}

static void check_integer(const char *text, const char *terminated) {
    uint64_t value = 0, expected = 0;
    size_t length = digits(terminated);
    int beyond = 0;
    for (size_t i = 0; i < length; i++) {
        expected = 10 * expected + (uint64_t)(terminated[i] - '0');
        beyond |= expected > SQI_NAME_MAX;
        expected = beyond ? 0 : expected;
    }
    const char *end = sqi_integer_read(text, SQI_NAME_MAX, &value);
    if ((end != NULL) != (length > 0 && !beyond))
        fuzz_breach("'%s' as a name", terminated);
    if (end && (end != text + length || value != expected))
        fuzz_breach("'%s' as a name is %llu", terminated, (unsigned long long)value);
}

/* The text ends with '\n', which is also the last byte that may be read. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *text = malloc(size + 1), *terminated = malloc(size + 1);
    memcpy(text, bytes, size);
    memcpy(terminated, bytes, size);
    text[size] = '\n';
    terminated[size] = '\0';
    for (size_t i = 0; i < size; i++) /* a zero byte ends neither */
        if (text[i] == '\0')
            text[i] = terminated[i] = ' ';
    check_number(text, terminated);
    check_integer(text, terminated);
    free(terminated);
    free(text);
    return 0;
}
