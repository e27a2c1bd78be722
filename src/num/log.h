/* Logarithms from log1p, so that no libm decides a bit; doc/arithmetic.md fixes every operation. */
#ifndef SQI_NUM_LOG_H
#define SQI_NUM_LOG_H

/* The natural logarithm of x ≥ 1, off by less than 2 units in the last place; infinity and NaN stay
 * what they are. */
double sqi_log(double x);

/* log(1 + x) for x ≥ 0, off by less than 2 units in the last place; infinity for infinity, NaN for
 * NaN. */
double sqi_log1p_any(double x);

#endif
