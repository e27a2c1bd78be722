/* Long rows of the linear models by AVX2: the four accumulators of a dot product are one vector, and four
 * weights are changed at a time. Weights are loaded one by one: with gathers news20bd takes 1.6 times as long
 * (AMD EPYC, Zen 3). */
#include "base/target.h"
#include "model/linear.h"

#if defined(__x86_64__)

#include <immintrin.h>

SQI_TARGET_PUSH("avx2")

static inline __m128 two_weights(const float *x, const uint32_t *column) {
    return _mm_insert_ps(_mm_load_ss(x + column[0]), _mm_load_ss(x + column[1]), 0x10);
}

static inline __m256d four_weights(const float *x, const uint32_t *column) {
    return _mm256_cvtps_pd(_mm_movelh_ps(two_weights(x, column), two_weights(x, column + 2)));
}

static inline __m256d four_values(const float *value) {
    return _mm256_cvtps_pd(_mm_loadu_ps(value));
}

static double dot(const float *x, const uint32_t *column, const float *value, size_t n) {
    __m256d sums = _mm256_setzero_pd();
    double a[4];
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        sums =
            _mm256_add_pd(sums, _mm256_mul_pd(four_weights(x, column + i), four_values(value + i)));
    _mm256_storeu_pd(a, sums);
    for (size_t j = 0; i < n; i++, j++)
        a[j] += (double)x[column[i]] * (double)value[i];
    return (a[0] + a[1]) + (a[2] + a[3]);
}

static inline void store_four(float *x, const uint32_t *column, __m256d weights) {
    const __m128 rounded = _mm256_cvtpd_ps(weights);
    _mm_store_ss(x + column[0], rounded);
    _mm_store_ss(x + column[1], _mm_movehdup_ps(rounded));
    _mm_store_ss(x + column[2], _mm_movehl_ps(rounded, rounded));
    _mm_store_ss(x + column[3], _mm_permute_ps(rounded, 3));
}

static void add(float *x, const uint32_t *column, const float *value, size_t n, double c) {
    const __m256d factor = _mm256_set1_pd(c);
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        store_four(x, column + i,
                   _mm256_add_pd(four_weights(x, column + i),
                                 _mm256_mul_pd(factor, four_values(value + i))));
    sqi_add_row(x, column + i, value + i, n - i, c);
}

static inline __m128d two_numbers(const double *number, const uint32_t *column) {
    return _mm_loadh_pd(_mm_load_sd(number + column[0]), number + column[1]);
}

static inline __m256d four_numbers(const double *number, const uint32_t *column) {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(two_numbers(number, column)),
                                two_numbers(number, column + 2), 1);
}

static void shrink_and_add(float *x, const uint32_t *column, const float *value, size_t n, double c,
                           const double *shrink, double gamma) {
    const __m256d factor = _mm256_set1_pd(c), step = _mm256_set1_pd(gamma), one = _mm256_set1_pd(1);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __m256d kept = _mm256_sub_pd(one, _mm256_mul_pd(step, four_numbers(shrink, column + i)));
        store_four(x, column + i,
                   _mm256_add_pd(_mm256_mul_pd(four_weights(x, column + i), kept),
                                 _mm256_mul_pd(factor, four_values(value + i))));
    }
    sqi_shrink_and_add_row(x, column + i, value + i, n - i, c, shrink, gamma);
}

const sqi_long_rows sqi_long_rows_avx2 = {dot, add, shrink_and_add};

SQI_TARGET_POP

#endif
