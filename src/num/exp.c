/* exp by reduction to |r| ≤ ln(2)/2 and its Taylor polynomial, log1p by the series of artanh. */
#include "num/exp.h"

#include <stdint.h>
#include <string.h>

#include "num/float_env.h"

/* 2^n for -1022 ≤ n ≤ 1023. */
static double power_of_two(int64_t n) {
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double sqi_exp(double x) {
    static const double LOG2_E = 0x1.71547652b82fep+0;
    static const double LN2_HIGH = 0x1.62e42fee00000p-1; /* 32 bits: n × LN2_HIGH is exact */
    static const double LN2_LOW = 0x1.a39ef35793c76p-33; /* ln(2) - LN2_HIGH */
    static const double ROUND = 0x1.8p52;                /* adding it rounds to an integer */
    if (x != x)
        return x;
    if (x > 710)
        return 0x1p1023 * 2;
    if (x < -746)
        return 0;
    double n = (x * LOG2_E + ROUND) - ROUND;
    double high_r = x - n * LN2_HIGH, low_r = n * LN2_LOW, r = high_r - low_r;
    double r2 = r * r, r4 = r2 * r2;
    /* Σ r^i / i! for i = 2 … 13, divided by r², in Estrin's order. */
    double p01 = 0.5 + r * (1.0 / 6), p23 = 1.0 / 24 + r * (1.0 / 120);
    double p45 = 1.0 / 720 + r * (1.0 / 5040), p67 = 1.0 / 40320 + r * (1.0 / 362880);
    double p89 = 1.0 / 3628800 + r * (1.0 / 39916800);
    double pab = 1.0 / 479001600 + r * (1.0 / 6227020800);
    double low = p01 + r2 * p23, middle = p45 + r2 * p67, high = p89 + r2 * pab;
    double p = low + r4 * (middle + r4 * high);
    double y = 1 + (high_r + (r2 * p - low_r));
    int64_t whole = (int64_t)n, half = whole / 2; /* in two steps, so that no factor overflows */
    return y * power_of_two(half) * power_of_two(whole - half);
}

double sqi_log1p(double x) {
    /* log(1 + x) = 2 artanh(s) = 2 s + 2 s Σ s^(2i) / (2i + 1), i = 1 … 17, with s = x / (2 + x) ≤ 1/3;
     * and 2 s = x - s x, in which x is exact. */
    double s = x / (2 + x), s2 = s * s, sum = 0;
    for (int i = 17; i >= 1; i--)
        sum = s2 * (sum + 1.0 / (2 * i + 1));
    return x - s * (x - 2 * sum);
}
