/* opt/powers: the error that powers.h states, against long double. */
#include <criterion/criterion.h>
#include <math.h>

#include "opt/powers.h"
#include "support/chance.h"

static void check(const sqi_powers *powers, double q, size_t m) {
    sqi_power p = sqi_power_of(powers, m);
    long double keep = expl((long double)m * logl((long double)q));
    long double sum = q < 1 ? -expm1l((long double)m * logl((long double)q)) / (1 - (long double)q)
                            : (long double)m;
    long double bound = (2 * (long double)m + 4) * 0x1p-53L;
    cr_assert(fabsl((long double)p.keep - keep) <= bound * keep + 0x1p-1070L, "q %a, m %zu", q, m);
    cr_assert(fabsl((long double)p.sum - sum) <= bound * sum, "q %a, m %zu", q, m);
}

Test(powers, have_the_stated_error) {
    enum { MOST = 3000000 };
    static const double rest[] = {0, 0x1p-53, 1e-15, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, 0.3, 0.999};
    sqi_powers powers = {0};
    chance draw = {1};
    cr_assert(sqi_powers_init(&powers, MOST, NULL) == SQ_OK);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        double q = 1 - rest[i];
        sqi_powers_fill(&powers, q);
        for (size_t m = 0; m < 600; m++)
            check(&powers, q, m);
        for (int k = 0; k < 2000; k++)
            check(&powers, q, chance_below(&draw, MOST + 1));
        check(&powers, q, MOST);
    }
    sqi_powers_fini(&powers);
}

Test(powers, nothing_missed_changes_nothing) {
    sqi_powers powers = {0};
    cr_assert(sqi_powers_init(&powers, 0, NULL) == SQ_OK);
    sqi_powers_fill(&powers, 0.25);
    cr_assert(sqi_power_of(&powers, 0).keep == 1 && sqi_power_of(&powers, 0).sum == 0);
    sqi_powers_fini(&powers);
}
