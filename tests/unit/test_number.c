/* data/number: every text must give the bits that the C library's strtof gives. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/number.h"

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Compares with strtof, alone and in a line. */
static void compare(const char *text) {
    static char line[8192];
    snprintf(line, sizeof line, "%s 7\n", text);
    char *end;
    float want = strtof(line, &end), got = 99.0f, again = 99.0f;
    const char *stop = sqi_number_read(line, &got);
    const char *stop_any = sqi_number_read_any(line, &again);
    if (isinf(want)) {
        cr_assert(!stop && !stop_any && isinf(got) && isinf(again), "%s", text);
        return;
    }
    cr_assert(stop == end && stop_any == end, "%s: ends elsewhere", text);
    cr_assert(bits_of(got) == bits_of(want), "%s: %a, not %a", text, (double)got, (double)want);
    cr_assert(bits_of(again) == bits_of(want), "%s: %a, not %a", text, (double)again, (double)want);
}

Test(number, hard_cases) {
    static const char *const text[] = {
        "0",
        "-0",
        "+0",
        "0.0",
        "-.0",
        "0e99999999999999999999",
        "5.",
        ".5",
        "-5.e1",
        "+.5E-1",
        "1e0",
        "1e+0",
        "00000000000000000000000000000000000000012",
        "0.1",
        "0.3",
        "16777216",
        "16777217",
        "16777219",
        "16777217.0000000000000000000000000000000000000000000000000001",
        "16777216.9999999999999999999999999999999999999999999999999999",
        "33554434",
        "33554438",
        "9007199254740993",
        "9007199791611905",
        "1e-45",
        "7.0064923216240853e-46",
        "7.0064923216240854e-46",
        "7.0064923216240862e-46",
        "1.4e-45",
        "2.1019476964872256e-45",
        "1.17549435e-38",
        "1.1754943508222875e-38",
        "1.17549428e-38",
        "1.1754942807573643e-38",
        "1.1754942106924411e-38",
        "1.1754944e-38",
        "3.4028234e38",
        "3.4028235e38",
        "3.40282346638528859811704183484516925440e38",
        "3.4028235677973366163753939545814e38",
        "3.4028235677973366163753939545813e38",
        "3.4028235677973366e38",
        "3.4028236e38",
        "340282346638528859811704183484516925440",
        "340282356779733661637539395458142568447",
        "340282356779733661637539395458142568448",
        "1e39",
        "1e38",
        "1e-46",
        "1e-400",
        "1e400",
        "1e99999999999999999999999",
        "1e-99999999999999999999999",
        "0.30000000000000004",
        "123456789012345678901234567890",
        "1.000000059604644775390625",
        "1.00000005960464477539062500000000000000000000000000000001",
        "1.0000000596046447753906249999999999999999999999999999999",
        "4503599627370497.5",
        "999999999999999999",
        "9999999999999999999",
        "18446744073709551616",
        "1e22",
        "1e23",
        "8.5899345920e9",
        "1e-22",
        "1e-23",
        "100000000000000000000000000000e-29",
        "0.000000000000000000000000000000000000000000001401298464324817070923729583289916131280"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        compare(text[i]);
}

/* 5000 zeros are compensated by the exponent; digits far behind decide a tie. */
Test(number, long_texts) {
    static char text[8000];
    snprintf(text, sizeof text, "0.%05000d1e5001", 0);
    compare(text);
    snprintf(text, sizeof text, "1%05000de-5000", 0);
    compare(text);
    snprintf(text, sizeof text, "16777217.%05000d1", 0);
    compare(text);
    float value;
    cr_assert(sqi_number_read(text, &value) && bits_of(value) == bits_of(16777218.0f));
    snprintf(text, sizeof text, "16777217.%05000d0", 0);
    cr_assert(sqi_number_read(text, &value) && bits_of(value) == bits_of(16777216.0f));
}

Test(number, refused) {
    static const char *const text[] = {"",         "+",   "-",    ".",   "+.",  "-.e1", "e5",
                                       "1e",       "1e+", "1.e-", "nan", "NaN", "inf",  "-inf",
                                       "infinity", "x",   "--1",  "+-1", " 1",  ",5"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char line[32];
        float value = 99.0f;
        snprintf(line, sizeof line, "%s\n", text[i]);
        cr_assert(!sqi_number_read(line, &value), "'%s' was read", text[i]);
        cr_assert(value == 0.0f, "'%s' is not too large", text[i]);
    }
}

/* Hexadecimal, a second point, a suffix: the number ends before them, and its reader refuses it. */
Test(number, ends) {
    static const struct {
        const char *text;
        size_t length;
    } want[] = {{"0x10\n", 1}, {"1.2.3\n", 3}, {"1f\n", 1},       {"1:2\n", 1},
                {"1,5\n", 1},  {"1e5e5\n", 3}, {"1e5.5\n", 3},    {"1-2\n", 1},
                {"5.:\n", 2},  {"12\r\n", 2},  {"1.5e-3#c\n", 6}, {"1_000\n", 1}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        float value;
        cr_assert(sqi_number_read(want[i].text, &value) == want[i].text + want[i].length, "%s",
                  want[i].text);
    }
}

/* Points half way between two neighbouring floats, printed exactly, and texts just beside them. */
Test(number, half_way_points) {
    sqi_words words = sqi_words_at(1, SQ_STREAM_USER, 0);
    for (int i = 0; i < 100000; i++) {
        uint32_t bits = sqi_words_next(&words) % UINT32_C(0x7F7FFFFF);
        if (i % 4 == 0)
            bits %= UINT32_C(0x01000000); /* subnormal, and the first normal ones */
        double low = (double)float_of(bits), high = (double)float_of(bits + 1);
        char text[256], *e;
        snprintf(text, sizeof text, "%.115e", low + (high - low) / 2.0);
        compare(text);
        e = strchr(text, 'e');
        e[-1] = '1'; /* the 115 decimals end with zeros: just above */
        compare(text);
        /* Just below: the last digit that is not 0 one less, then nines. */
        e[-1] = '0';
        char *p = e - 1;
        while (*p == '0')
            p--;
        if (*p == '.')
            continue;
        --*p;
        memset(p + 1, '9', (size_t)(e - p - 1));
        compare(text);
    }
}

/* Short decimal forms of floats and doubles, as programs print them. */
Test(number, printed_numbers) {
    static const char *const format[] = {"%.9g", "%.6g", "%.17g", "%.18e", "%.3f", "%.8e", "%.6f"};
    sqi_words words = sqi_words_at(2, SQ_STREAM_USER, 0);
    for (int i = 0; i < 300000; i++) {
        char text[512];
        uint32_t word = sqi_words_next(&words);
        double value = (double)float_of(word & UINT32_C(0xFF7FFFFF));
        if (i & 1)
            value = ((double)(int32_t)word + sqi_words_unit(&words)) / (1 << (word % 31));
        snprintf(text, sizeof text, format[i % 7], value);
        compare(text);
    }
}

static void random_digits(sqi_words *words, char **p, unsigned most) {
    for (unsigned n = sqi_words_below(words, most + 1); n > 0; n--)
        *(*p)++ = (char)('0' + sqi_words_below(words, 10));
}

/* Random texts of every shape that the grammar has. */
Test(number, random_texts) {
    sqi_words words = sqi_words_at(3, SQ_STREAM_USER, 0);
    for (int i = 0; i < 1000000; i++) {
        char text[256], *p = text;
        uint32_t shape = sqi_words_next(&words);
        unsigned most = shape & 64 ? 40 : 10;
        if (shape & 1)
            *p++ = shape & 2 ? '-' : '+';
        random_digits(&words, &p, most);
        if (shape & 4) {
            *p++ = '.';
            for (unsigned zeros = shape & 8 ? shape >> 24 & 31 : 0; zeros > 0; zeros--)
                *p++ = '0';
            random_digits(&words, &p, most);
        }
        *p++ = (char)('0' + (shape >> 8) % 10);
        if (shape & 16)
            p += sprintf(p, "%c%s%u", shape & 32 ? 'e' : 'E', shape & 128 ? "-" : "",
                         sqi_words_below(&words, 60));
        *p = '\0';
        compare(text);
    }
}

Test(number, names) {
    uint32_t name = 1;
    const char *text = "4294967294\n";
    cr_assert(sqi_name_read(text, &name) == text + 10 && name == SQI_NAME_MAX);
    text = "000000000000000000000000000000000000000000004294967294:";
    cr_assert(sqi_name_read(text, &name) == text + 54 && name == SQI_NAME_MAX);
    text = "0 ";
    cr_assert(sqi_name_read(text, &name) == text + 1 && name == 0);
    static const char *const refused[] = {"4294967295\n",
                                          "4294967296\n",
                                          "18446744073709551616\n",
                                          "18446744073709551617\n",
                                          "-1\n",
                                          "+1\n",
                                          "\n",
                                          ":1\n",
                                          "340282366920938463463374607431768211457\n"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_assert(!sqi_name_read(refused[i], &name), "%s", refused[i]);
}

Test(number, integers) {
    uint64_t value = 0;
    cr_assert(sqi_integer_read("5764607523034234879\n", UINT64_MAX, &value));
    cr_assert(value == UINT64_C(5764607523034234879));
    cr_assert(sqi_integer_read("100\n", 100, &value) && value == 100);
    cr_assert(!sqi_integer_read("101\n", 100, &value));
}
