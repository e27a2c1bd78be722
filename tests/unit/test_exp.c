/* num/exp: errors of exp and log1p in units in the last place, against MPFR, and the edges. */
#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"
#include "num/exp.h"

typedef struct judge {
    double (*function)(double);
    int (*exact)(mpfr_t, const mpfr_t, mpfr_rnd_t);
    mpfr_t argument, value, difference;
    double worst, at; /* the largest error so far, in ulps, and its argument */
    size_t count, infinite;
} judge;

static void judge_init(judge *j, double (*function)(double),
                       int (*exact)(mpfr_t, const mpfr_t, mpfr_rnd_t)) {
    *j = (judge){.function = function, .exact = exact};
    mpfr_init2(j->argument, 53);
    mpfr_init2(j->value, 110);
    mpfr_init2(j->difference, 110);
}

static void judge_fini(judge *j) {
    mpfr_clear(j->argument);
    mpfr_clear(j->value);
    mpfr_clear(j->difference);
    mpfr_free_cache();
}

/* |function(x) - exact| in units of the last place that binary64 has at the exact value: 2^(e - 53)
 * for 2^(e-1) ≤ value < 2^e, never less than 2^-1074. */
static void try(judge *j, double x) {
    double got = j->function(x);
    mpfr_set_d(j->argument, x, MPFR_RNDN);
    j->exact(j->value, j->argument, MPFR_RNDN);
    j->count++;
    if (mpfr_zero_p(j->value) && got == 0)
        return;
    if (isinf(got)) { /* right where the exact value rounds to infinity */
        j->infinite++;
        if (mpfr_get_d(j->value, MPFR_RNDN) < got) {
            j->worst = INFINITY;
            j->at = x;
        }
        return;
    }
    long unit = (long)mpfr_get_exp(j->value) - 53;
    unit = unit < -1074 ? -1074 : unit;
    mpfr_sub_d(j->difference, j->value, got, MPFR_RNDN);
    mpfr_mul_2si(j->difference, j->difference, -unit, MPFR_RNDN);
    double error = fabs(mpfr_get_d(j->difference, MPFR_RNDN));
    if (!(error <= j->worst)) { /* NaN counts as worse */
        j->worst = error;
        j->at = x;
    }
}

static double between(sqi_words *words, double low, double high) {
    return low + (high - low) * sqi_words_unit(words);
}

/* A number with a random exponent in [low, high] and random other bits. */
static double any_scale(sqi_words *words, int low, int high) {
    int exponent = low + (int)sqi_words_below(words, (uint32_t)(high - low + 1));
    return ldexp(1 + sqi_words_unit(words), exponent);
}

static void expect_within(const judge *j, double bound, const char *what) {
    cr_log_info("%s: %zu arguments, worst %.4f ulps at %a", what, j->count, j->worst, j->at);
    cr_assert(j->worst < bound, "%s: %.4f ulps at %a, not below %g", what, j->worst, j->at, bound);
}

enum { MANY = 210000 };

#define EXP_WITHIN_AN_ULP(stratum, argument)                                                       \
    Test(exp, stratum) {                                                                           \
        judge j;                                                                                   \
        judge_init(&j, sqi_exp, mpfr_exp);                                                         \
        sqi_words words = sqi_words_at(2024, 40, 0);                                               \
        for (int i = 0; i < MANY; i++)                                                             \
            try(&j, argument);                                                                     \
        expect_within(&j, 1, #stratum);                                                            \
        judge_fini(&j);                                                                            \
    }

EXP_WITHIN_AN_ULP(everywhere, between(&words, -746, 710))
EXP_WITHIN_AN_ULP(around_one, between(&words, -1.1, 1.1))
EXP_WITHIN_AN_ULP(every_scale_above, any_scale(&words, -1074, 8))
EXP_WITHIN_AN_ULP(every_scale_below, -any_scale(&words, -1074, 8))
EXP_WITHIN_AN_ULP(subnormal_results, between(&words, -745.2, -708.3))
/* The ends of the reduction: odd multiples of ln(2)/2, and a few thousand numbers around. */
EXP_WITHIN_AN_ULP(reduction_ends, ((double)sqi_words_below(&words, 2050) - 1024.5) *
                                      0x1.62e42fefa39efp-1 *
                                      between(&words, 1 - 0x1p-40, 1 + 0x1p-40))

static double next(double x, int steps) {
    for (; steps > 0; steps--)
        x = nextafter(x, INFINITY);
    for (; steps < 0; steps++)
        x = nextafter(x, -INFINITY);
    return x;
}

/* The numbers around the last finite result, the last non-zero result, the first subnormal one,
 * zero, and the logarithms of powers of two. */
Test(exp, neighbours_of_the_edges) {
    judge j;
    judge_init(&j, sqi_exp, mpfr_exp);
    static const double edges[] = {0x1.62e42fefa39efp+9,  -0x1.74910d52d3051p+9,
                                   -0x1.6232bdd7abcd2p+9, 0.0,
                                   0x1.62e42fefa39efp-1,  -0x1.62e42fefa39efp-1};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        for (int steps = -500; steps <= 500; steps++)
            try(&j, next(edges[i], steps));
    for (int n = -1074; n <= 1024; n++)
        for (int steps = -3; steps <= 3; steps++)
            try(&j, next(n * 0x1.62e42fefa39efp-1, steps));
    cr_assert(j.infinite > 100, "overflow was not met");
    expect_within(&j, 1, "edges");
    judge_fini(&j);
}

/* Arguments at which a search over 10^8 others found the largest errors of polynomials in a rounded
 * remainder: what the remainder loses is worth a quarter of an ulp there. */
Test(exp, worst_known) {
    judge j;
    judge_init(&j, sqi_exp, mpfr_exp);
    static const double hard[] = {
        -0x1.a6cc83fd49f28p+6, 0x1.472d06a9535b6p+4, -0x1.0a23568ab395ep+0, -0x1.0a297a64bbe56p+0,
        -0x1.ff464f4fe5ecbp-1, 0x1.51bc75268ccf6p+9, 0x1.64f4db28a4628p-2};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        try(&j, hard[i]);
    expect_within(&j, 1, "worst known");
    judge_fini(&j);
}

static int same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

Test(exp, edges) {
    cr_assert(same_bits(sqi_exp(0.0), 1.0) && same_bits(sqi_exp(-0.0), 1.0));
    cr_assert(same_bits(sqi_exp(INFINITY), INFINITY) && same_bits(sqi_exp(-INFINITY), 0.0));
    cr_assert(isnan(sqi_exp(NAN)) && isnan(sqi_exp(-NAN)));
    cr_assert(same_bits(sqi_exp(1e308), INFINITY) && same_bits(sqi_exp(-1e308), 0.0));
    cr_assert(isfinite(sqi_exp(0x1.62e42fefa39efp+9)), "e^709.7827… is finite");
    cr_assert(same_bits(sqi_exp(0x1.62e42fefa39f0p+9), INFINITY));
    cr_assert(same_bits(sqi_exp(-0x1.74910d52d3051p+9), 0x1p-1074), "the least number");
    cr_assert(same_bits(sqi_exp(-746), 0.0) && same_bits(sqi_exp(-745.2), 0.0));
    cr_assert(same_bits(sqi_exp(0x1p-1074), 1.0) && same_bits(sqi_exp(-0x1p-54), 1.0));
}

#define LOG1P_WITHIN_TWO_ULPS(stratum, argument)                                                   \
    Test(log1p, stratum) {                                                                         \
        judge j;                                                                                   \
        judge_init(&j, sqi_log1p, mpfr_log1p);                                                     \
        sqi_words words = sqi_words_at(2024, 41, 0);                                               \
        for (int i = 0; i < 2 * MANY; i++)                                                         \
            try(&j, argument);                                                                     \
        expect_within(&j, 2, #stratum);                                                            \
        judge_fini(&j);                                                                            \
    }

LOG1P_WITHIN_TWO_ULPS(everywhere, sqi_words_unit(&words))
LOG1P_WITHIN_TWO_ULPS(every_scale, any_scale(&words, -1074, -1))
LOG1P_WITHIN_TWO_ULPS(small, any_scale(&words, -60, -4))
/* Just below powers of two, where an ulp is the smallest share of the value. */
LOG1P_WITHIN_TWO_ULPS(tops_of_binades,
                      ldexp(between(&words, 0.985, 1), -(int)sqi_words_below(&words, 30)))

Test(log1p, edges) {
    judge j;
    judge_init(&j, sqi_log1p, mpfr_log1p);
    for (int steps = 0; steps < 2000; steps++) {
        try(&j, next(1.0, -steps));
        try(&j, next(0.0, steps)); /* subnormal numbers */
        try(&j, next(0x1p-1022, steps - 1000));
        try(&j, next(0.5, steps - 1000));
    }
    expect_within(&j, 2, "edges");
    judge_fini(&j);
    cr_assert(same_bits(sqi_log1p(0.0), 0.0));
    cr_assert(isnan(sqi_log1p(NAN)));
}
