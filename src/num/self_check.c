/* One witness, or a few, for every rule. Operands are volatile, so that the processor computes them
 * and not the compiler; each is read once, into a local, so that the expression itself is compiled
 * as those of the models are. */
#include "num/self_check.h"

#include <stdint.h>
#include <string.h>

#include "base/endian.h"
#include "num/exp.h"
#include "num/float_env.h"
#include "num/square_root.h"

static double get(double number) {
    volatile double hidden = number;
    return hidden;
}

static float get32(float number) {
    volatile float hidden = number;
    return hidden;
}

static int has_bits(double number, uint64_t expected) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits == expected;
}

static int has_bits32(float number, uint32_t expected) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits == expected;
}

/* Bits of numbers, and bytes of words where the machine is said to be little-endian. */
static int formats(void) {
    volatile uint32_t word = UINT32_C(0x04030201);
    uint32_t copy = word;
    unsigned char bytes[4];
    memcpy(bytes, &copy, sizeof bytes);
    return has_bits(get(1), UINT64_C(0x3FF0000000000000)) &&
           has_bits(get(-0x1p-1074), UINT64_C(0x8000000000000001)) &&
           has_bits32(get32(1), 0x3F800000) && has_bits32(get32(-0x1p-149f), 0x80000001) &&
           (bytes[0] == 1) == SQI_LITTLE_ENDIAN &&
           sqi_load_u32(bytes) == (bytes[0] == 1 ? copy : 0x01020304);
}

/* A result that keeps more bits than its format has is not equal to the rounded one. */
static int precision(void) {
    float one32 = get32(1), little32 = get32(0x1p-25f), a32 = get32(1 + 0x1p-12f);
    double one = get(1), little = get(0x1p-54), a = get(1 + 0x1p-27);
    return one32 + little32 == one32 && a32 * a32 == get32(1 + 0x1p-11f) && one + little == one &&
           a * a == get(1 + 0x1p-26);
}

/* 1 + 2^-26 is the rounded square of 1 + 2^-27; the exact one has 2^-54 more. The differences are
 * looked at as bits: x - c == 0 may be compiled as x == c, without the operation in question. */
static int separate_roundings(void) {
    float a32 = get32(1 + 0x1p-12f), c32 = get32(-1 - 0x1p-11f);
    double a = get(1 + 0x1p-27), c = get(-1 - 0x1p-26);
    return has_bits32(a32 * a32 + c32, 0) && has_bits(a * a + c, 0);
}

/* Laws that hold for real numbers and not for rounded ones, which a compiler may be told to use. */
static int no_algebra(void) {
    double one = get(1), big = get(0x1p53), minus_zero = get(-0.0);
    double three = get(3), five = get(5), seven = get(7);
    float one32 = get32(1), big32 = get32(0x1p24f);
    return has_bits((big + one) - big, 0) && has_bits32((big32 + one32) - big32, 0) &&
           has_bits(minus_zero + 0.0, 0) && has_bits(five / 3, UINT64_C(0x3FFAAAAAAAAAAAAB)) &&
           has_bits(five / three, UINT64_C(0x3FFAAAAAAAAAAAAB)) &&
           has_bits(seven / three, UINT64_C(0x4002AAAAAAAAAAAB));
}

static int special_numbers(void) {
    double zero = get(0), infinity = get(0x1p1023) * 2, nan = infinity - infinity;
    /* cppcheck-suppress incorrectLogicOperator ; it is false of every number but NaN */
    return nan != nan && !(nan < 1) && !(nan >= 1) && 1 / -zero == -infinity && infinity > 0x1p1023;
}

/* Binary64 to binary32: ties to even, also among subnormal numbers and at the upper end. */
static int conversions(void) {
    volatile uint64_t all_ones = UINT64_MAX, tie = (UINT64_C(1) << 53) + 1;
    return has_bits32((float)get(1 + 0x1p-24), 0x3F800000) &&
           has_bits32((float)get(1 + 0x1p-24 + 0x1p-52), 0x3F800001) &&
           has_bits32((float)get(1 + 0x3p-24), 0x3F800002) &&
           has_bits32((float)get(0x1.8p-149), 2) && has_bits32((float)get(0x1p-150), 0) &&
           has_bits32((float)get(0x1.0000000000001p-150), 1) &&
           has_bits32((float)get(0x1.ffffffp127), 0x7F800000) &&
           has_bits32((float)get(-0x1.fffffefffffffp127), 0xFF7FFFFF) &&
           (double)get32(0x1p-149f) == 0x1p-149 && (double)all_ones == 0x1p64 &&
           (double)tie == 0x1p53;
}

static int square_roots(void) {
    return has_bits(sqi_square_root(get(2)), UINT64_C(0x3FF6A09E667F3BCD)) &&
           has_bits(sqi_square_root(get(0.1)), UINT64_C(0x3FD43D136248490F)) &&
           has_bits(sqi_square_root(get(0x1.fffffffffffffp-1)), UINT64_C(0x3FEFFFFFFFFFFFFF)) &&
           has_bits(sqi_square_root(get(0x1.fffffffffffffp1023)), UINT64_C(0x5FEFFFFFFFFFFFFF)) &&
           sqi_square_root(get(0x1p-1074)) == 0x1p-537;
}

/* The values of doc/arithmetic.md's operations, one after another, not those of any libm. */
static int exp_and_log1p(void) {
    return has_bits(sqi_exp(get(-1)), UINT64_C(0x3FD78B56362CEF38)) &&
           has_bits(sqi_exp(get(0x1.999999999999ap-4)), UINT64_C(0x3FF1AEC7B35A00D4)) &&
           has_bits(sqi_exp(get(-700.5)), UINT64_C(0x00C4FF475C68CA02)) &&
           has_bits(sqi_exp(get(3.5)), UINT64_C(0x40408EC721396BDB)) &&
           has_bits(sqi_exp(get(-744.75)), 1) &&
           has_bits(sqi_log1p(get(0.5)), UINT64_C(0x3FD9F323ECBF984C)) &&
           has_bits(sqi_log1p(get(0x1.3333333333333p-2)), UINT64_C(0x3FD0CA937BE1B9DC)) &&
           has_bits(sqi_log1p(get(1)), UINT64_C(0x3FE62E42FEFA39F0));
}

typedef float quarter __attribute__((vector_size(16)));

/* The dot product of matrix completion over two lines of 16 numbers, whose bits differ from those of
 * any other order of the additions that was tried, and of fused ones. */
static int vectors(void) {
    float left[32], right[32];
    volatile uint32_t hidden = 3;
    uint32_t start = hidden;
    for (uint32_t j = 0; j < 32; j++) {
        left[j] = (float)((j * 7919 + start) % 65521) - 32000;
        right[j] = (float)((j * 104729 + start) % 65521) - 33000;
    }
    quarter l[8], r[8];
    memcpy(l, left, sizeof l);
    memcpy(r, right, sizeof r);
    quarter s0 = l[0] * r[0], s1 = l[1] * r[1], s2 = l[2] * r[2], s3 = l[3] * r[3];
    s0 += l[4] * r[4];
    s1 += l[5] * r[5];
    s2 += l[6] * r[6];
    s3 += l[7] * r[7];
    quarter four = (s0 + s2) + (s1 + s3);
    return has_bits32((four[0] + four[2]) + (four[1] + four[3]), 0x4EB3EF22);
}

int sqi_self_check(sq_error *error) {
    static const struct {
        int (*holds)(void);
        const char *otherwise;
    } rules[] = {
        {formats, "numbers are not stored as IEEE 754 and the byte order say"},
        {precision, "float or double is evaluated in a wider format"},
        {separate_roundings, "a * b + c is fused into one rounding (-ffp-contract)"},
        {no_algebra, "operations are reordered or replaced (-fassociative-math, -freciprocal-math, "
                     "-fno-signed-zeros)"},
        {special_numbers, "infinities and NaN are not told apart (-ffinite-math-only)"},
        {conversions, "numbers are converted without rounding to nearest, ties to even"},
        {square_roots, "square roots are not rounded correctly"},
        {exp_and_log1p, "exp or log1p gives other bits"},
        {vectors, "vectors are multiplied or added in another way"},
    };
    int status = sqi_float_env_check(error);
    for (size_t i = 0; i < sizeof rules / sizeof *rules && status == SQ_OK; i++)
        if (!rules[i].holds())
            status = sqi_fail(error, SQ_INVALID,
                              "this build on this processor cannot give the bits of arithmetic "
                              "version %d: %s",
                              sq_arithmetic_version(), rules[i].otherwise);
    return status;
}
