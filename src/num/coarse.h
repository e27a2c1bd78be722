/* Statistics of data, rounded so coarsely that they seldom change when one sample does.
 *
 * Default step sizes and initial values are made from them. Were these exact, one changed rating
 * would change every step of a run, and the first step that differs would say nothing. */
#ifndef SQI_NUM_COARSE_H
#define SQI_NUM_COARSE_H

#include <stdint.h>
#include <string.h>

/* A positive normal number rounded to 4 significant bits, ties away from zero. */
static inline double sqi_coarse(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits + (UINT64_C(1) << 48)) & ~((UINT64_C(1) << 49) - 1);
    memcpy(&x, &bits, sizeof x);
    return x;
}

#endif
