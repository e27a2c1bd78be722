/* num/hexfloat: exact, one text a number, refused where it is any other. */
#include "num/hexfloat.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/chance.h"

static double of_bits(uint64_t bits) {
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static uint64_t bits_of(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* There and back; by strtod; and glibc's %a, which has the same leading digit. */
static void expect_exact(uint64_t bits) {
    char other[40];
    double back = 1;
    sqi_hexfloat text = sqi_hexfloat_of(of_bits(bits));
    cr_assert(sqi_hexfloat_read(text.text, &back) == 0 && bits_of(back) == bits, "%016llx: %s",
              (unsigned long long)bits, text.text);
    char *end;
    cr_assert(bits_of(strtod(text.text, &end)) == bits && *end == '\0', "%s", text.text);
    snprintf(other, sizeof other, "%a", of_bits(bits));
    cr_assert(strcmp(text.text, other) == 0, "%s, by %%a %s", text.text, other);
}

Test(hexfloat, every_exponent) {
    chance draw = {1};
    for (uint64_t exponent = 0; exponent < 2047; exponent++)
        for (int i = 0; i < 40; i++) {
            uint64_t fraction = chance_next(&draw) >> 12;
            if (i < 8)
                fraction = (uint64_t[]){0,
                                        1,
                                        UINT64_C(1) << 51,
                                        UINT64_C(0xFFFFFFFFFFFFF),
                                        16,
                                        UINT64_C(0xFFFFFFFFFFFF0),
                                        UINT64_C(1) << 48,
                                        3}[i];
            else if (i < 24) /* zeros at the end, of every number of digits */
                fraction &= ~UINT64_C(0) << 4 * (i % 13);
            expect_exact((uint64_t)(i % 2) << 63 | exponent << 52 | fraction);
        }
}

Test(hexfloat, every_bit_of_a_subnormal_number) {
    for (int i = 0; i < 52; i++) {
        expect_exact(UINT64_C(1) << i);
        expect_exact((UINT64_C(1) << i) - 1);
        expect_exact(UINT64_C(1) << 63 | UINT64_C(1) << i);
    }
}

Test(hexfloat, known_texts) {
    static const struct {
        double number;
        const char *text;
    } known[] = {{0, "0x0p+0"},
                 {-0.0, "-0x0p+0"},
                 {1, "0x1p+0"},
                 {0.1, "0x1.999999999999ap-4"},
                 {-2.5, "-0x1.4p+1"},
                 {5e-324, "0x0.0000000000001p-1022"},
                 {2.2250738585072014e-308, "0x1p-1022"},
                 {1.7976931348623157e308, "0x1.fffffffffffffp+1023"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect(strcmp(sqi_hexfloat_of(known[i].number).text, known[i].text) == 0, "%s",
                  known[i].text);
}

static int refused(const char *text) {
    double number = 7;
    return sqi_hexfloat_read(text, &number) != 0;
}

Test(hexfloat, other_texts_are_refused) {
    static const char *const texts[] = {"",
                                        "-",
                                        "0",
                                        "1",
                                        "0.5",
                                        "nan",
                                        "inf",
                                        "0x",
                                        "0x1",
                                        "0x1p",
                                        "0x1p+",
                                        "0x1p0",
                                        "0x1p+00",
                                        "0x1p-0",
                                        "0x1.p+0",
                                        "0x1.0p+0",
                                        "0x1.80p+0",
                                        "0x1.8p+01",
                                        "0x1.8P+0",
                                        "0X1.8p+0",
                                        "0x1.Ap+0",
                                        "0x2p+0",
                                        "0x3p+0",
                                        "0xap+0",
                                        "0x01p+0",
                                        "+0x1p+0",
                                        "--0x1p+0",
                                        " 0x1p+0",
                                        "0x1p+0 ",
                                        "0x1p+0x",
                                        "0x1p+1024",
                                        "0x1p-1023",
                                        "0x1p+9999",
                                        "0x1p+123456",
                                        "0x0p+1",
                                        "0x0p-0",
                                        "0x0.p+0",
                                        "0x0.0p+0",
                                        "0x0.8p-1021",
                                        "0x0.8p+0",
                                        "0x0p-1022",
                                        "-0x0p-0",
                                        "0x0.8p-1023",
                                        "0x1.00000000000001p+0",
                                        "0x1.fffffffffffff8p+0",
                                        "0x1,8p+0",
                                        "0x1.8p+ 0",
                                        "0x1.8p++0",
                                        "0x1.8p+-1",
                                        "0x1.8p+18446744073709551616",
                                        "0x1.gp+0",
                                        "0x.8p+0"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect(refused(texts[i]), "'%s'", texts[i]);
}

/* Whatever is read is what would be written: no two texts for one number. */
Test(hexfloat, one_text_a_number) {
    static const char alphabet[] = "0123456789abcdefpxX.+- AFgn";
    chance draw = {2};
    size_t read = 0;
    for (int i = 0; i < 3000; i++) {
        uint64_t bits = chance_next(&draw) & ~(~UINT64_C(0) >> 12 >> 4 * chance_below(&draw, 14));
        if (!isfinite(of_bits(bits)))
            continue;
        char text[32];
        strcpy(text, sqi_hexfloat_of(of_bits(bits)).text);
        for (size_t at = 0; text[at]; at++) {
            char was = text[at];
            text[at] = alphabet[chance_below(&draw, sizeof alphabet - 1)];
            double number;
            if (sqi_hexfloat_read(text, &number) == 0) {
                cr_assert(strcmp(sqi_hexfloat_of(number).text, text) == 0, "%s", text);
                read++;
            }
            text[at] = was;
        }
    }
    cr_assert(read > 10000);
}

Test(hexfloat, whatever_the_locale) {
    if (setlocale(LC_ALL, "de_DE.UTF-8"))
        cr_log_info("with a decimal comma");
    cr_assert(strcmp(sqi_hexfloat_of(0.1).text, "0x1.999999999999ap-4") == 0);
    cr_assert(refused("0x1,8p+0"));
}
