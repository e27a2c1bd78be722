/* Decimal to binary32 for the numbers that the short way of number.h cannot do: first with an
 * exponent or many digits, still in binary64; then, for subnormal results and next to half-way
 * points, exactly.
 *
 * The exact way takes the text as a fraction of two integers, divided bit by bit. Digits behind the
 * 120th only matter as "something follows": half-way points between binary32 numbers have at most
 * 113 significant digits, so no such point lies strictly between a text and its first 120 digits.
 */
#include "data/number.h"

#include <float.h>
#include <stdbool.h>

#if FLT_EVAL_METHOD != 0
#error "binary64 operations must be rounded to binary64 (FLT_EVAL_METHOD 0)"
#endif

const double sqi_exact_ten[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum {
    DIGITS = 121, /* kept: 120, and one that stands for all that follow */
    WORDS = 32    /* 1024 bits: 10^121 · 5^38 has 491, 5^166 and its shifts below 800 */
};

/* A number in decimal: 0.d[0]d[1]… · 10^point; without digits: zero. */
typedef struct decimal {
    bool negative;
    int count; /* of digits, the first of which is not 0 */
    int64_t point;
    unsigned char d[DIGITS];
} decimal;

/* An unsigned integer, low words first; words from count on are zero. */
typedef struct big {
    int count;
    uint32_t word[WORDS];
} big;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void add_digit(decimal *number, char c) {
    if (number->count < DIGITS - 1)
        number->d[number->count++] = (unsigned char)(c - '0');
    else if (c != '0') {
        number->d[DIGITS - 1] = 1;
        number->count = DIGITS;
    }
}

/* Digits of one side of the point; returns where they end. */
static const char *scan_digits(const char *p, bool fraction, decimal *number) {
    for (; is_digit(*p); p++) {
        bool leading = number->count == 0 && *p == '0';
        if (!leading)
            add_digit(number, *p);
        if (fraction && leading)
            number->point--;
        else if (!fraction && !leading)
            number->point++;
    }
    return p;
}

/* The exponent behind e, held within ±2^60, which no text's own digits can make up for. */
static const char *scan_exponent(const char *p, int64_t *exponent) {
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    if (!is_digit(*p))
        return NULL;
    const int64_t most = INT64_C(1) << 60;
    int64_t sum = 0;
    for (; is_digit(*p); p++)
        sum = sum < most / 16 ? 10 * sum + (*p - '0') : most;
    *exponent = negative ? -sum : sum;
    return p;
}

static const char *scan(const char *text, decimal *number) {
    const char *p = text;
    *number = (decimal){.negative = *p == '-'};
    p += *p == '-' || *p == '+';
    const char *begin = p;
    p = scan_digits(p, false, number);
    size_t length = (size_t)(p - begin);
    if (*p == '.') {
        begin = ++p;
        p = scan_digits(p, true, number);
        length += (size_t)(p - begin);
    }
    if (length == 0)
        return NULL;
    int64_t exponent = 0;
    if (*p == 'e' || *p == 'E')
        p = scan_exponent(p + 1, &exponent);
    number->point += exponent;
    return p;
}

static void big_multiply_add(big *a, uint32_t factor, uint32_t carry) {
    for (int i = 0; i < a->count; i++) {
        uint64_t product = (uint64_t)a->word[i] * factor + carry;
        a->word[i] = (uint32_t)product;
        carry = (uint32_t)(product >> 32);
    }
    if (carry)
        a->word[a->count++] = carry;
}

static int big_bits(const big *a) {
    int bits = 32 * a->count;
    for (uint32_t top = a->word[a->count - 1]; !(top >> 31); top <<= 1)
        bits--;
    return bits;
}

static void big_shift(big *a, int bits) {
    for (; bits >= 16; bits -= 16)
        big_multiply_add(a, UINT32_C(1) << 16, 0);
    big_multiply_add(a, UINT32_C(1) << bits, 0);
}

static int big_compare(const big *a, const big *b) {
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--)
        if (a->word[i] != b->word[i])
            return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}

/* a -= b, where a >= b. */
static void big_subtract(big *a, const big *b) {
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        int64_t difference = (int64_t)a->word[i] - b->word[i] + borrow;
        a->word[i] = (uint32_t)difference;
        borrow = difference < 0 ? -1 : 0;
    }
    while (a->count && a->word[a->count - 1] == 0)
        a->count--;
}

/* The bits of the binary32 number nearest to top / bottom · 2^exponent, both positive. */
static uint32_t divide(big *top, big *bottom, int exponent) {
    int shift = big_bits(top) - big_bits(bottom);
    if (shift < 0)
        big_shift(top, -shift);
    else
        big_shift(bottom, shift);
    if (big_compare(top, bottom) < 0) {
        big_shift(top, 1);
        shift--;
    }
    /* Now 1 <= top / bottom < 2, and the number is top / bottom · 2^exponent. */
    exponent += shift;
    int precision = exponent >= -126 ? 24 : 24 - (-126 - exponent);
    if (precision < 0)
        return 0;
    uint32_t quotient = 0;
    for (int i = 0; i < precision; i++) {
        quotient <<= 1;
        if (big_compare(top, bottom) >= 0) {
            big_subtract(top, bottom);
            quotient |= 1;
        }
        big_shift(top, 1);
    }
    /* What is left, compared with half a unit; a carry runs into the exponent, as it should. */
    int half = big_compare(top, bottom);
    quotient += half > 0 || (half == 0 && (quotient & 1));
    if (exponent < -126)
        return quotient;
    return quotient + ((uint32_t)(exponent + 126) << 23);
}

/* The bits of |number|; those of infinity where it is too large. */
static uint32_t nearest(const decimal *number) {
    const uint32_t infinity = UINT32_C(0x7F800000);
    if (number->count == 0 || number->point < -45)
        return 0; /* below 10^-46, and half the least subnormal is 7.006e-46 */
    if (number->point > 39)
        return infinity;
    big top = {0}, bottom = {.count = 1, .word = {1}};
    for (int i = 0; i < number->count; i++)
        big_multiply_add(&top, 10, number->d[i]);
    int power = (int)number->point - number->count;
    for (int i = 0; i < power; i++)
        big_multiply_add(&top, 5, 0);
    for (int i = 0; i > power; i--)
        big_multiply_add(&bottom, 5, 0);
    uint32_t bits = divide(&top, &bottom, power);
    return bits < infinity ? bits : infinity;
}

static const char *read_exactly(const char *text, float *value) {
    decimal number;
    *value = 0.0f;
    const char *end = scan(text, &number);
    if (!end)
        return NULL;
    uint32_t bits = nearest(&number);
    bool finite = bits < UINT32_C(0x7F800000);
    bits |= (uint32_t)number.negative << 31;
    memcpy(value, &bits, sizeof bits);
    return finite ? end : NULL;
}

/* The first 18 digits as an integer, times 10^power. */
static double approximate(uint64_t digits, int64_t power) {
    double d = (double)(int64_t)digits;
    int64_t first = power < -22 ? -22 : power > 22 ? 22 : power, second = power - first;
    d = first < 0 ? d / sqi_exact_ten[-first] : d * sqi_exact_ten[first];
    return second < 0 ? d / sqi_exact_ten[-second] : d * sqi_exact_ten[second];
}

/* Digits behind the 18th are dropped, which makes the number less than a tenth of a unit of
 * binary64 smaller (18 digits without leading zeros are at least 10^17); conversion and two
 * operations are rounded: less than 4 units in all. */
const char *sqi_number_read_any(const char *text, float *value) {
    const char *p = text;
    uint64_t digits = 0;
    int64_t power = 0, exponent = 0;
    size_t length = 0;
    bool negative = *p == '-', fraction = false;
    p += *p == '-' || *p == '+';
    for (;; p++) {
        if (is_digit(*p)) {
            bool kept = digits < UINT64_C(100000000000000000);
            if (kept)
                digits = 10 * digits + (uint64_t)(*p - '0');
            power += !kept - fraction;
            length++;
        } else if (*p == '.' && !fraction) {
            fraction = true;
        } else {
            break;
        }
    }
    if (length && (*p == 'e' || *p == 'E'))
        p = scan_exponent(p + 1, &exponent);
    *value = 0.0f;
    if (length == 0 || !p)
        return NULL;
    power += exponent;
    if (power < -44 || power > 44)
        return read_exactly(text, value);
    double d = approximate(digits, power);
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    bool normal = d == 0.0 || (d > 1.1754944e-38 && d < 3.4028234e38);
    if (!normal || sqi_near_half(bits))
        return read_exactly(text, value);
    *value = (float)(negative ? -d : d);
    return p;
}
