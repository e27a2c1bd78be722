/* Four significant bits, ties away from zero, by frexp: a twin of num/coarse.h. */
#ifndef ORACLE_COARSE_H
#define ORACLE_COARSE_H

#include <math.h>

static inline double oracle_coarse(double x) {
    int exponent;
    double fraction = frexp(x, &exponent); /* in [0.5, 1) */
    return ldexp(floor(fraction * 16 + 0.5), exponent - 4);
}

#endif
