/* num/log: errors in units in the last place, against MPFR, and the edges. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>

#include "base/random.h"
#include "num/log.h"

/* |sqi_log(x) - log(x)| in units of the last place that binary64 has there. */
static double error_at(double x) {
    mpfr_t argument, value, difference;
    mpfr_init2(argument, 53);
    mpfr_inits2(120, value, difference, (mpfr_ptr)0);
    mpfr_set_d(argument, x, MPFR_RNDN);
    mpfr_log(value, argument, MPFR_RNDN);
    mpfr_sub_d(difference, value, sqi_log(x), MPFR_RNDN);
    mpfr_mul_2si(difference, difference, 53 - (long)mpfr_get_exp(value), MPFR_RNDN);
    double error = fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clears(argument, value, difference, (mpfr_ptr)0);
    return error;
}

Test(log, within_two_ulps) {
    sqi_words words = sqi_words_at(2025, SQ_STREAM_USER, 0);
    double worst = 0, at = 0;
    for (int i = 0; i < 200000; i++) {
        double scale = i % 3 == 0   ? 1
                       : i % 3 == 1 ? ldexp(1, (int)sqi_words_below(&words, 13))
                                    : ldexp(1, (int)sqi_words_below(&words, 1023));
        double x = scale * (1 + sqi_words_unit(&words));
        if (i % 5 == 0)
            x = 1 + ldexp(sqi_words_unit(&words), -(int)sqi_words_below(&words, 52));
        double error = x > 1 ? error_at(x) : 0;
        if (!(error <= worst)) {
            worst = error;
            at = x;
        }
    }
    cr_log_info("log: worst %.4f ulps at %a", worst, at);
    cr_assert(worst < 2, "%.4f ulps at %a", worst, at);
}

Test(log, edges) {
    cr_assert(sqi_log(1) == 0 && !signbit(sqi_log(1)));
    cr_assert(sqi_log(2) == 0x1.62e42fefa39efp-1);
    cr_assert(error_at(DBL_MAX) < 2 && error_at(1 + DBL_EPSILON) < 2 &&
              error_at(2 - DBL_EPSILON) < 2);
    cr_assert(isinf(sqi_log(INFINITY)) && isnan(sqi_log(NAN)));
}
