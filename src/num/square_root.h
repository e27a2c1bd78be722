/* The square root, which IEEE 754 rounds correctly: one instruction, without errno. */
#ifndef SQI_NUM_SQUARE_ROOT_H
#define SQI_NUM_SQUARE_ROOT_H

#include <math.h>

/* sqrt(x) for x ≥ 0. */
static inline double sqi_square_root(double x) {
    return sqrt(x);
}

#endif
