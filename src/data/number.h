/* Decimal text to numbers, exactly, and whatever the locale.
 *
 * The texts need no end mark of their own: scanning stops at the first byte that cannot go on, so
 * the text must be followed by one that does not occur in numbers (a line's end is enough). */
#ifndef SQI_DATA_NUMBER_H
#define SQI_DATA_NUMBER_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The largest name of a coordinate: 2^32 - 2. */
#define SQI_NAME_MAX UINT32_C(0xFFFFFFFE)

/* 10^0 … 10^22: the powers of ten that binary64 holds exactly. */
extern const double sqi_exact_ten[23];

/* As sqi_number_read, for every number. */
const char *sqi_number_read_any(const char *text, float *value);

/* Whether rounding a binary64 number with these bits to binary32 could go the wrong way if the
 * number is up to 8 units in its last place off: it is that near to a half-way point between two
 * normal binary32 numbers. */
static inline int sqi_near_half(uint64_t bits) {
    return ((bits - (0x10000000 - 8)) & 0x1FFFFFFF) <= 16;
}

/* Reads [+-] digits [. digits] [(e|E) [+-] digits], with at least one digit before the exponent, as
 * the binary32 number nearest to it, ties to even. Returns where it ends. NULL: there is no such
 * number at text (*value = 0), or it rounds to infinity (*value = infinity).
 *
 * The short way (after Clinger 1990, "How to read floating point numbers accurately"): up to 18
 * digits, a power of ten that binary64 holds exactly. The conversion and the division are each
 * rounded once, so d is off by less than 2 units in its last place, and its own rounding is right
 * where no half-way point is near. d is zero or from 1e-22 to 1e18: binary32 neither overflows nor
 * becomes subnormal. */
static inline const char *sqi_number_read(const char *text, float *value) {
    const char *p = text;
    uint64_t digits = 0;
    unsigned digit;
    int negative = *p == '-';
    p += *p == '-' || *p == '+';
    const char *begin = p;
    while ((digit = (unsigned char)*p - (unsigned)'0') < 10) {
        digits = 10 * digits + digit;
        p++;
    }
    long length = (long)(p - begin), fraction = 0;
    if (*p == '.') {
        const char *point = ++p;
        while ((digit = (unsigned char)*p - (unsigned)'0') < 10) {
            digits = 10 * digits + digit;
            p++;
        }
        fraction = p - point;
        length += fraction;
    }
    if (length < 1 || length > 18 || *p == 'e' || *p == 'E')
        return sqi_number_read_any(text, value);
    double d = (double)(int64_t)digits / sqi_exact_ten[fraction];
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if (sqi_near_half(bits))
        return sqi_number_read_any(text, value);
    *value = (float)(negative ? -d : d);
    return p;
}

/* Reads decimal digits as an integer up to limit. Returns where they end; NULL where there are none
 * or the limit is passed. */
static inline const char *sqi_integer_read(const char *text, uint64_t limit, uint64_t *value) {
    const char *p = text;
    uint64_t sum = 0, before = 0;
    unsigned digit;
    while ((digit = (unsigned char)*p - (unsigned)'0') < 10) {
        before |= sum >> 59; /* 10 · 2^59 + 9 still fits 64 bits */
        sum = 10 * sum + digit;
        p++;
    }
    *value = sum;
    return p == text || before || sum > limit ? NULL : p;
}

/* Reads a coordinate's name: decimal digits, at most SQI_NAME_MAX. */
static inline const char *sqi_name_read(const char *text, uint32_t *name) {
    uint64_t value = 0;
    const char *end = sqi_integer_read(text, SQI_NAME_MAX, &value);
    *name = (uint32_t)value;
    return end;
}

#endif
