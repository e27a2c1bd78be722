/* The kernel of matrix completion for AVX2. */
#include "model/completion.h"

#if defined(__x86_64__)

/* Everything below is compiled for processors that have it; the caller has asked. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,prfchw"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,prfchw")
#endif

#define SQI_VECTOR 8
#include "model/rating_steps.h"

void sqi_rating_steps_avx2(const void *context, float *x, const sq_steps *list) {
    sqi_run_ratings_of_any_rank(context, x, list);
}

double sqi_rating_losses_avx2(const void *context, const float *x, size_t first, size_t count) {
    return sqi_sum_losses_of_any_rank(context, x, first, count);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
