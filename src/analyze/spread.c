/* Order statistics of few numbers. */
#include "analyze/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

sqi_spread sqi_spread_sort(double *values, size_t count) {
    if (count == 0)
        return (sqi_spread){(double)NAN, (double)NAN, (double)NAN};
    qsort(values, count, sizeof *values, compare);
    double low = values[(count - 1) / 2], high = values[count / 2];
    return (sqi_spread){values[0], low == high ? low : low + (high - low) / 2, values[count - 1]};
}

sqi_spread sqi_spread_of(const double *values, double *scratch, size_t count) {
    if (count > 0)
        memcpy(scratch, values, count * sizeof *values);
    return sqi_spread_sort(scratch, count);
}

static double at_least_a_tick(double seconds) {
    return seconds > 1e-9 ? seconds : 1e-9;
}

sqi_spread sqi_spread_of_ratios(double factor, const double *over, const double *under,
                                double *scratch, size_t count) {
    for (size_t i = 0; i < count; i++)
        scratch[i] = factor * at_least_a_tick(over[i]) / at_least_a_tick(under[i]);
    return sqi_spread_sort(scratch, count);
}
