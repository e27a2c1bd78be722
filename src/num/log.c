/* log x = n ln(2) + log f for x = 2^n f, 1 ≤ f < 2. */
#include "num/log.h"

#include <stdint.h>
#include <string.h>

#include "num/exp.h"
#include "num/float_env.h"

double sqi_log(double x) {
    static const double LN2_HIGH = 0x1.62e42fee00000p-1; /* 32 bits: n × LN2_HIGH is exact */
    static const double LN2_LOW = 0x1.a39ef35793c76p-33; /* ln(2) - LN2_HIGH */
    if (!(x < 0x1p1023 * 2))
        return x;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    double n = (double)((int64_t)(bits >> 52) - 1023), f;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52;
    memcpy(&f, &bits, sizeof f);
    return n * LN2_HIGH + (n * LN2_LOW + sqi_log1p(f - 1));
}

double sqi_log1p_any(double x) {
    return x <= 1 ? sqi_log1p(x) : sqi_log(1 + x);
}
