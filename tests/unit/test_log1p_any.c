/* num/log: the error of log(1 + x) beyond 1 in units in the last place, against MPFR, and the edges. */
#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

#include "base/random.h"
#include "num/exp.h"
#include "num/log.h"

/* |got - log(1 + x)| in units of the last place that binary64 has at the exact value. */
static double error_at(double x) {
    mpfr_t value, difference;
    mpfr_init2(value, 160);
    mpfr_init2(difference, 160);
    mpfr_set_d(value, x, MPFR_RNDN);
    mpfr_log1p(value, value, MPFR_RNDN);
    mpfr_sub_d(difference, value, sqi_log1p_any(x), MPFR_RNDN);
    mpfr_mul_2si(difference, difference, 53 - (long)mpfr_get_exp(value), MPFR_RNDN);
    double error = fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clear(value);
    mpfr_clear(difference);
    return error;
}

Test(log1p_any, within_two_units) {
    sqi_words words = sqi_words_at(2024, 41, 0);
    double worst = 0, at = 0;
    for (int i = 0; i < 200000; i++) {
        int scale = i % 2 ? (int)sqi_words_below(&words, 18) : (int)sqi_words_below(&words, 1023);
        double x = ldexp(1 + sqi_words_unit(&words), scale), error = error_at(x);
        if (!(error <= worst)) {
            worst = error;
            at = x;
        }
    }
    for (int power = 0; power < 60; power++)
        for (int steps = -3; steps <= 3; steps++) {
            double x = ldexp(1, power) - 1 + steps * 0x1p-40;
            double error = x > 0 ? error_at(x) : 0;
            worst = error > worst ? error : worst;
        }
    mpfr_free_cache();
    cr_log_info("worst %.4f ulps at %a", worst, at);
    cr_assert(worst < 2, "%.4f ulps at %a", worst, at);
}

Test(log1p_any, up_to_one_it_is_log1p) {
    sqi_words words = sqi_words_at(2024, 42, 0);
    for (int i = 0; i < 10000; i++) {
        double x = ldexp(sqi_words_unit(&words), -(int)sqi_words_below(&words, 80));
        double a = sqi_log1p_any(x), b = sqi_log1p(x);
        cr_assert(memcmp(&a, &b, sizeof a) == 0);
    }
}

Test(log1p_any, edges) {
    cr_assert(sqi_log1p_any(0) == 0 && sqi_log1p_any(3) == 2 * 0x1.62e42fefa39efp-1);
    cr_assert(sqi_log1p_any((double)INFINITY) == (double)INFINITY);
    cr_assert(isnan(sqi_log1p_any((double)NAN)));
}
