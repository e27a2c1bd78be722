/* The kernels of more than two labels for AVX2. */
#include "model/multiclass.h"

#if defined(__x86_64__)

/* Everything below is compiled for processors that have it; the caller has asked. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#define SQI_DOUBLES 4
#include "model/class_rows.h"

static void margins(const sqi_row *row, const float *w, uint32_t stride, uint32_t count,
                    double *m) {
    sqi_add_margins(row, w, stride, count, m);
}

static void change(const sqi_row *row, float *w, uint32_t stride, uint32_t count,
                   const double *pull, const double *shrink, double gamma, int some) {
    sqi_change_rows(row, w, stride, count, pull, shrink, gamma, some);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const sqi_class_kernels sqi_class_kernels_avx2 = {margins, change};

#endif
