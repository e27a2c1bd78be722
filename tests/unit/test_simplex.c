/* num/simplex: projections against three oracles, and what the header promises of them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/simplex.h"
#include "oracle/simplex.h"
#include "support/chance.h"
#include "support/scale.h"

enum { CASES = 20000, MOST = 80 };

/* Numbers of very different sizes, with ties, near the simplex or far from it. */
static size_t draw_numbers(double *a, size_t most, chance *draw) {
    size_t count = 1 + chance_below(draw, (uint32_t)most);
    double scale = ldexp(1, (int)chance_below(draw, 40) - 20);
    uint32_t kind = chance_below(draw, 4);
    for (size_t c = 0; c < count; c++) {
        double number = chance_unit(draw) * scale;
        a[c] = kind == 0   ? number
               : kind == 1 ? (double)(float)(1.0 / (double)count) + 0.1 * (chance_unit(draw) > 0)
               : kind == 2 ? (double)chance_below(draw, 3) * scale
                           : (double)(float)chance_unit(draw);
        if (c > 0 && chance_one_in(draw, 5))
            a[c] = a[chance_below(draw, (uint32_t)c)];
    }
    return count;
}

static void project(const double *a, size_t count, float *x) {
    double copy[SQI_SIMPLEX_MAX];
    memcpy(copy, a, count * sizeof *a);
    sqi_simplex_project(copy, count, x);
}

Test(simplex, has_the_bits_of_the_words) {
    chance draw = {8000000};
    for (size_t i = 0; i < scale_cases(CASES); i++) {
        double a[MOST];
        float x[MOST], want[MOST], pair[2];
        size_t count = draw_numbers(a, MOST, &draw);
        project(a, count, x);
        oracle_project(a, count, want);
        cr_assert(memcmp(x, want, count * sizeof *x) == 0, "case %zu of %zu numbers", i, count);
        if (count < 2)
            continue;
        project(a, 2, x);
        sqi_simplex_project_pair(a[0], a[1], pair);
        cr_assert(memcmp(x, pair, sizeof pair) == 0, "case %zu: a pair", i);
    }
}

/* Off by no more than a binary32 rounding and what binary64 loses: 2^-25 and count × 2^-52 × |a|. */
static void check_near(const double *a, size_t count, const float *x, const long double *want) {
    long double most = 1;
    for (size_t c = 0; c < count; c++)
        most = fabsl((long double)a[c]) > most ? fabsl((long double)a[c]) : most;
    for (size_t c = 0; c < count; c++)
        cr_assert(fabsl((long double)x[c] - want[c]) <=
                      0x1p-25L + 0x1p-52L * (long double)count * most,
                  "number %zu of %zu: %.9g, not %.9Lg", c, count, (double)x[c], want[c]);
}

Test(simplex, is_the_nearest_point) {
    chance draw = {8100000};
    for (size_t i = 0; i < scale_cases(CASES) / 4; i++) {
        double a[MOST];
        float x[MOST];
        long double want[MOST];
        size_t count = draw_numbers(a, i % 2 ? 10 : MOST, &draw);
        project(a, count, x);
        if (i % 2) {
            oracle_project_by_supports(a, count, want);
            check_near(a, count, x, want);
        }
        oracle_project_by_bisection(a, count, want);
        check_near(a, count, x, want);
    }
}

static void random_point(double *y, size_t count, chance *draw) {
    double sum = 0;
    for (size_t c = 0; c < count; c++)
        sum += y[c] = chance_one_in(draw, 3) ? 0 : fabs(chance_unit(draw));
    y[0] += sum > 0 ? 0 : 1;
    sum = sum > 0 ? sum : 1;
    for (size_t c = 0; c < count; c++)
        y[c] /= sum;
}

static double distance(const double *a, const double *y, size_t count) {
    double sum = 0;
    for (size_t c = 0; c < count; c++)
        sum += (a[c] - y[c]) * (a[c] - y[c]);
    return sqrt(sum);
}

/* On the simplex, ordered as before, nearer than others. */
Test(simplex, properties) {
    chance draw = {8200000};
    for (size_t i = 0; i < scale_cases(CASES); i++) {
        double a[MOST], y[MOST], other[MOST], exact = 0;
        float x[MOST];
        size_t count = draw_numbers(a, MOST, &draw);
        project(a, count, x);
        for (size_t c = 0; c < count; c++) {
            cr_assert(x[c] >= 0 && x[c] <= 1 && !signbit(x[c]));
            exact += y[c] = (double)x[c];
            for (size_t d = 0; d < c; d++)
                cr_assert(a[c] == a[d] ? x[c] == x[d]
                                       : (a[c] < a[d] ? x[c] <= x[d] : x[c] >= x[d]));
        }
        cr_assert(fabs(exact - 1) <= 0x1p-24 + (double)count * 0x1p-51, "a sum of 1%+g", exact - 1);
        for (int j = 0; j < 10; j++) {
            random_point(other, count, &draw);
            double near = distance(a, y, count), far = distance(a, other, count);
            cr_assert(near <= far * (1 + 1e-12) + 0x1p-22, "%.17g, not %.17g", near, far);
        }
    }
}

static void check_fixed(const float *x, size_t count) {
    double a[SQI_SIMPLEX_MAX];
    float again[SQI_SIMPLEX_MAX];
    for (size_t c = 0; c < count; c++)
        a[c] = (double)x[c];
    project(a, count, again);
    cr_assert(memcmp(x, again, count * sizeof *x) == 0, "%zu numbers", count);
}

/* Unit vectors, and multiples of 2^-20 that add up to 1. */
Test(simplex, fixed_points) {
    chance draw = {8300000};
    static float x[SQI_SIMPLEX_MAX];
    for (size_t count = 1; count <= SQI_SIMPLEX_MAX; count += 1 + count / 8)
        for (int i = 0; i < 20; i++) {
            size_t one = chance_below(&draw, (uint32_t)count);
            memset(x, 0, sizeof x);
            x[one] = 1;
            check_fixed(x, count);
            for (int moved = 0; moved < 1 << 20;) {
                int some = 1 + (int)chance_below(&draw, 1 << 18);
                some = some < (1 << 20) - moved ? some : (1 << 20) - moved;
                x[one] -= (float)some * 0x1p-20f;
                x[chance_below(&draw, (uint32_t)count)] += (float)some * 0x1p-20f;
                moved += some;
            }
            check_fixed(x, count);
        }
}

Test(simplex, projected_again_moves_little) {
    chance draw = {8400000};
    for (size_t i = 0; i < scale_cases(CASES); i++) {
        double a[MOST];
        float x[MOST], again[MOST];
        size_t count = draw_numbers(a, MOST, &draw);
        project(a, count, x);
        for (size_t c = 0; c < count; c++)
            a[c] = (double)x[c];
        project(a, count, again);
        for (size_t c = 0; c < count; c++)
            cr_assert(fabs((double)x[c] - (double)again[c]) <= 0x1p-24);
    }
}

Test(simplex, huge_and_infinite_numbers) {
    static const struct {
        double a[3];
        float want[3];
    } cases[] = {{{1e300, -1e300, 0}, {1, 0, 0}},
                 {{1e300, 1e300, -1e308}, {0.5f, 0.5f, 0}},
                 {{1.7e308, -1.7e308, 1.7e308}, {0.5f, 0, 0.5f}},
                 {{-1.7e308, -1.7e308, -1.7e308}, {0x1.555556p-2f, 0x1.555556p-2f, 0x1.555556p-2f}},
                 {{-INFINITY, 0.25, 0.75}, {0, 0.25f, 0.75f}},
                 {{-INFINITY, -INFINITY, -5}, {0, 0, 1}},
                 {{0x1p-1074, 0, 0}, {0x1.555556p-2f, 0x1.555556p-2f, 0x1.555556p-2f}},
                 {{-0.0, 0.0, 1}, {0, 0, 1}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float x[3], pair[2], want[2];
        project(cases[i].a, 3, x);
        cr_assert(memcmp(x, cases[i].want, sizeof x) == 0, "case %zu: %g %g %g", i, (double)x[0],
                  (double)x[1], (double)x[2]);
        if (i == 5)
            continue;
        project(cases[i].a, 2, want);
        sqi_simplex_project_pair(cases[i].a[0], cases[i].a[1], pair);
        cr_assert(memcmp(pair, want, sizeof pair) == 0, "case %zu", i);
    }
    float x[2];
    project((double[]){INFINITY, 0}, 2, x);
    cr_assert(isnan(x[0]));
    sqi_simplex_project_pair(INFINITY, 0, x);
    cr_assert(isnan(x[0]));
    project((double[]){NAN, 0}, 2, x);
    cr_assert(isnan(x[0]));
    sqi_simplex_project_pair(0, NAN, x);
    cr_assert(isnan(x[0]) || isnan(x[1]));
}
