/* log(1 + x) of large x by its power of two. */
#include "num/log.h"

#include <stdint.h>
#include <string.h>

#include "num/exp.h"
#include "num/float_env.h"

double sqi_log1p_any(double x) {
    static const double LN2 = 0x1.62e42fefa39efp-1;
    if (x <= 1)
        return sqi_log1p(x);
    double s = 1 + x;
    if (!(s - s == 0)) /* infinite or NaN */
        return s;
    uint64_t bits;
    memcpy(&bits, &s, sizeof bits);
    int64_t power = (int64_t)(bits >> 52) - 1023; /* s = 2^power × fraction, 1 ≤ fraction < 2 */
    bits = (bits & UINT64_C(0x000FFFFFFFFFFFFF)) | UINT64_C(0x3FF0000000000000);
    double fraction;
    memcpy(&fraction, &bits, sizeof fraction);
    return (double)power * LN2 + sqi_log1p(fraction - 1);
}
