/* exp and log1p from +, -, × and / alone, so that no libm decides a bit.
 *
 * doc/arithmetic.md, sections "exp" and "log1p", fixes every operation. */
#ifndef SQI_NUM_EXP_H
#define SQI_NUM_EXP_H

/* e^x, off by less than 1 unit in the last place; 0 below about -745, infinity above about 709.8,
 * NaN for NaN. */
double sqi_exp(double x);

/* log(1 + x) for 0 ≤ x ≤ 1, off by less than 1.5 units in the last place. */
double sqi_log1p(double x);

#endif
