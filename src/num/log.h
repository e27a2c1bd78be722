/* Logarithms from sqi_log1p; doc/arithmetic.md, "exp and log1p", fixes every operation. */
#ifndef SQI_NUM_LOG_H
#define SQI_NUM_LOG_H

/* log(1 + x) for x ≥ 0, off by less than 2 units in the last place; infinity for infinity, NaN for
 * NaN. */
double sqi_log1p_any(double x);

#endif
