/* num/self_check: that it accepts this build, refuses a poisoned environment in words, and leaves
 * the environment alone. That it refuses a build with the wrong flags is tested by tests/golden/run,
 * which makes such builds. */
#include <criterion/criterion.h>
#include <fenv.h>
#include <string.h>

#include "num/float_env.h"
#include "num/self_check.h"
#include "support/rounding.h"

Test(self_check, this_build_passes) {
    sq_error error = {0};
    cr_assert(sqi_self_check(&error) == SQ_OK, "%s", error.message);
    cr_assert(error.message[0] == '\0');
    cr_assert(sqi_self_check(NULL) == SQ_OK);
}

Test(self_check, other_directions_are_refused) {
    static const int directions[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++) {
        sq_error error = {0};
        fesetround(directions[i]);
        int status = sqi_self_check(&error), quiet = sqi_self_check(NULL), after = rounding_now();
        fesetround(FE_TONEAREST);
        cr_assert(status == SQ_INVALID && quiet == SQ_INVALID, "direction %zu", i);
        cr_assert(strstr(error.message, "round to nearest"), "'%s'", error.message);
        cr_assert(after == directions[i], "direction %zu was changed", i);
    }
}

#if defined(__SSE2__)
#include <xmmintrin.h>

Test(self_check, flushing_is_refused) {
    static const unsigned flags[] = {0x8000, 0x0040, 0x8040}; /* results, operands, both */
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        sq_error error = {0};
        _mm_setcsr(_mm_getcsr() | flags[i]);
        int status = sqi_self_check(&error);
        fesetenv(FE_DFL_ENV);
        cr_assert(status == SQ_INVALID, "flags %x", flags[i]);
        cr_assert(strstr(error.message, "subnormal"), "'%s'", error.message);
    }
}
#endif

Test(self_check, the_entered_environment_passes) {
    fesetround(FE_UPWARD);
    sqi_float_env was = sqi_float_env_enter();
    sq_error error = {0};
    int status = sqi_self_check(&error);
    sqi_float_env_leave(was);
    fesetround(FE_TONEAREST);
    cr_assert(status == SQ_OK, "%s", error.message);
}
