/* analyze/spread: medians of odd and even counts, ratios pair by pair, the smallest time. */
#include <criterion/criterion.h>
#include <math.h>

#include "analyze/spread.h"

static int is(sqi_spread s, double least, double median, double greatest) {
    return s.least == least && s.median == median && s.greatest == greatest;
}

Test(spread, of_known_numbers) {
    double scratch[8];
    cr_assert(is(sqi_spread_of((double[]){3}, scratch, 1), 3, 3, 3));
    cr_assert(is(sqi_spread_of((double[]){5, 2}, scratch, 2), 2, 3.5, 5));
    cr_assert(is(sqi_spread_of((double[]){9, -1, 4}, scratch, 3), -1, 4, 9));
    cr_assert(is(sqi_spread_of((double[]){4, 1, 3, 2}, scratch, 4), 1, 2.5, 4));
    cr_assert(is(sqi_spread_of((double[]){7, 7, 7, 7, 0}, scratch, 5), 0, 7, 7));
    cr_assert(is(sqi_spread_of((double[]){1, (double)INFINITY, (double)INFINITY}, scratch, 3), 1,
                 (double)INFINITY, (double)INFINITY));
    cr_assert(is(sqi_spread_of((double[]){(double)INFINITY, (double)INFINITY}, scratch, 2),
                 (double)INFINITY, (double)INFINITY, (double)INFINITY));
}

Test(spread, leaves_the_values) {
    const double values[] = {3, 1, 2};
    double scratch[3];
    (void)sqi_spread_of(values, scratch, 3);
    cr_assert(values[0] == 3 && values[1] == 1 && values[2] == 2);
}

Test(spread, of_nothing) {
    sqi_spread s = sqi_spread_of(NULL, NULL, 0);
    cr_assert(isnan(s.least) && isnan(s.median) && isnan(s.greatest));
}

/* A machine that is ten times slower in one round changes no ratio; the ratio of the medians does
 * change. */
Test(spread, ratios_are_taken_pair_by_pair) {
    const double over[] = {2, 20, 3}, under[] = {1, 10, 1};
    double scratch[3];
    cr_assert(is(sqi_spread_of_ratios(1, over, under, scratch, 3), 2, 2, 3));
    cr_assert(is(sqi_spread_of_ratios(4, over, under, scratch, 3), 8, 8, 12));
    cr_assert(is(sqi_spread_of_ratios(1, under, under, scratch, 3), 1, 1, 1));
}

Test(spread, no_time_at_all_is_no_division_by_zero) {
    const double none[] = {0, 0}, some[] = {1, 2};
    double scratch[2];
    cr_assert(is(sqi_spread_of_ratios(1, none, none, scratch, 2), 1, 1, 1));
    cr_assert(isfinite(sqi_spread_of_ratios(1, some, none, scratch, 2).greatest));
    cr_assert(sqi_spread_of_ratios(1, none, some, scratch, 2).least > 0);
}
