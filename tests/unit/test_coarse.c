/* num/coarse: four significant bits, and steps that one changed sample does not change. */
#include <criterion/criterion.h>
#include <float.h>

#include "base/random.h"
#include "num/coarse.h"
#include "oracle/coarse.h"

Test(coarse, known) {
    cr_assert(sqi_coarse(1) == 1 && sqi_coarse(15) == 15 && sqi_coarse(16) == 16);
    cr_assert(sqi_coarse(17) == 18, "a tie goes away from zero");
    cr_assert(sqi_coarse(16.99) == 16 && sqi_coarse(31) == 32 && sqi_coarse(0x1.fp-3) == 0.25);
}

Test(coarse, against_frexp) {
    sqi_words words = sqi_words_at(7, SQ_STREAM_USER, 0);
    for (int i = 0; i < 1000000; i++) {
        double x = (sqi_words_unit(&words) + DBL_EPSILON) *
                   ldexp(1, (int)sqi_words_below(&words, 200) - 100);
        cr_assert(sqi_coarse(x) == oracle_coarse(x), "%a", x);
    }
}
