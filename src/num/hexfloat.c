/* Hexadecimal floating-point text from the bits themselves: no locale, no libc. */
#include "num/hexfloat.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

sqi_hexfloat sqi_hexfloat_of(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0xFFFFFFFFFFFFF;
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%013llx", (unsigned long long)fraction);
    size_t length = 13;
    while (length > 0 && digits[length - 1] == '0')
        digits[--length] = '\0';
    int power = exponent ? exponent - 1023 : fraction ? -1022 : 0;
    sqi_hexfloat out;
    (void)snprintf(out.text, sizeof out.text, "%s0x%d%s%sp%+d", bits >> 63 ? "-" : "",
                   exponent != 0, length ? "." : "", digits, power);
    return out;
}

/* Up to 13 hexadecimal digits behind the point, as 52 bits; NULL where there are none or more. */
static const char *read_fraction(const char *p, uint64_t *fraction) {
    int count = 0;
    for (;; p++, count++) {
        int digit = *p >= '0' && *p <= '9' ? *p - '0' : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10 : -1;
        if (digit < 0)
            break;
        if (count == 13)
            return NULL;
        *fraction = *fraction << 4 | (uint64_t)digit;
    }
    *fraction <<= 4 * (13 - count);
    return count ? p : NULL;
}

int sqi_hexfloat_read(const char *text, double *number) {
    const char *p = text;
    uint64_t sign = *p == '-', fraction = 0;
    p += sign;
    if (p[0] != '0' || p[1] != 'x' || (p[2] != '0' && p[2] != '1'))
        return -1;
    int normal = p[2] == '1', power = 0;
    p += 3;
    if (*p == '.')
        p = read_fraction(p + 1, &fraction);
    if (!p || p[0] != 'p' || (p[1] != '+' && p[1] != '-'))
        return -1;
    for (const char *digit = p + 2; *digit >= '0' && *digit <= '9' && power < 10000; digit++)
        power = 10 * power + (*digit - '0');
    power = p[1] == '-' ? -power : power;
    if (normal && (power < -1022 || power > 1023))
        return -1;
    uint64_t bits = sign << 63 | fraction;
    if (normal)
        bits |= (uint64_t)(power + 1023) << 52;
    memcpy(number, &bits, sizeof bits);
    return strcmp(sqi_hexfloat_of(*number).text, text) == 0 ? 0 : -1;
}
