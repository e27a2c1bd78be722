/* The kernel of matrix completion for AVX2. */
#include "base/target.h"
#include "model/completion.h"

#if defined(__x86_64__)

SQI_TARGET_PUSH("avx2,prfchw")

#define SQI_VECTOR 8
#include "model/rating_steps.h"

void sqi_rating_steps_avx2(const void *context, float *x, const sq_steps *list) {
    sqi_run_ratings_of_any_rank(context, x, list);
}

double sqi_rating_losses_avx2(const void *context, const float *x, size_t first, size_t count) {
    return sqi_sum_losses_of_any_rank(context, x, first, count);
}

SQI_TARGET_POP

#endif
