/* What repeated measurements say: least, median, greatest; and the ratios of two that were measured
 * side by side. */
#ifndef SQI_ANALYZE_SPREAD_H
#define SQI_ANALYZE_SPREAD_H

#include <stddef.h>

typedef struct sqi_spread {
    double least, median, greatest;
} sqi_spread;

/* Of count numbers, none of them NaN; all are NaN where count is 0. The median of an even count is
 * the mean of the two in the middle. Sorts values. */
sqi_spread sqi_spread_sort(double *values, size_t count);

/* The same, values unchanged. scratch: size count. */
sqi_spread sqi_spread_of(const double *values, double *scratch, size_t count);

/* Of factor × over[i] / under[i], i < count: rounds are compared with themselves, so that what slows
 * a whole round down cancels out. Seconds too few for the clock count as a nanosecond. */
sqi_spread sqi_spread_of_ratios(double factor, const double *over, const double *under,
                                double *scratch, size_t count);

#endif
