/* What m equal steps of a contraction do at once: x ← q x - c, m times over, is x ← q^m x - S c with
 * S = 1 + q + … + q^(m - 1). Two tables give both with four products and a sum.
 *
 * With m = 256 a + r, and each operation rounded to binary64:
 *
 *     low:    Q_0 = 1,  S_0 = 0,  Q_(i+1) = Q_i × q,         S_(i+1) = S_i + Q_i
 *     high:   Q'_0 = 1, S'_0 = 0, Q'_(a+1) = Q'_a × Q_256,   S'_(a+1) = S'_a + Q'_a × S_256
 *     q^m = Q'_a × Q_r            S = S_r + Q_r × S'_a
 *
 * All terms are positive, so both, unless subnormal, are off by less than (2m + 4) × 2^-53 of themselves: for up to 2^27
 * steps less than half a rounding to binary32. */
#ifndef SQI_OPT_POWERS_H
#define SQI_OPT_POWERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { SQI_POWERS_LOW = 256 };

typedef struct sqi_power {
    double keep; /* q^m */
    double sum;  /* 1 + q + … + q^(m - 1); m, exactly, where q = 1 */
} sqi_power;

typedef struct sqi_powers {
    sqi_power *low;  /* (size 256) */
    sqi_power *high; /* (size most / 256 + 1) */
    size_t most;
} sqi_powers;

/* Room for m ≤ most; sqi_powers_fini releases it. */
int sqi_powers_init(sqi_powers *powers, size_t most, sq_error *error);
void sqi_powers_fini(sqi_powers *powers);

/* The powers of q, 0 < q ≤ 1. */
void sqi_powers_fill(sqi_powers *powers, double q);

static inline sqi_power sqi_power_of(const sqi_powers *powers, uint64_t m) {
    sqi_power low = powers->low[m % SQI_POWERS_LOW], high = powers->high[m / SQI_POWERS_LOW];
    return (sqi_power){high.keep * low.keep, low.sum + low.keep * high.sum};
}

#endif
