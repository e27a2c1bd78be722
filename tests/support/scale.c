/* SEQUENT_CASES and SEQUENT_SEED. */
#include "support/scale.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

size_t scale_cases(size_t cases) {
    const char *wanted = getenv("SEQUENT_CASES");
    if (!wanted || !*wanted)
        return cases;
    char *end;
    unsigned long long all = strtoull(wanted, &end, 10);
    cr_assert(*end == '\0' && all > 0, "SEQUENT_CASES: found '%s', expected a number above 0",
              wanted);
    size_t scaled = (size_t)((double)cases * (double)all / SCALE_CASES);
    scaled = scaled ? scaled : 1;
    static size_t told; /* a test that asks again says it once */
    if (scaled < cases && told != cases) {
        told = cases;
        (void)fprintf(stderr, "SEQUENT_CASES=%llu: %zu cases instead of %zu\n", all, scaled, cases);
    }
    return scaled;
}

size_t scale_stride(void) {
    size_t cases = scale_cases(SCALE_CASES);
    return cases < SCALE_CASES ? SCALE_CASES / cases : 1;
}

unsigned long long scale_seed(unsigned long long seed) {
    const char *wanted = getenv("SEQUENT_SEED");
    return wanted && *wanted ? strtoull(wanted, NULL, 0) : seed;
}
