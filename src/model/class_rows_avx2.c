/* The kernels of more than two labels for AVX2. */
#include "base/target.h"
#include "model/multiclass.h"

#if defined(__x86_64__)

SQI_TARGET_PUSH("avx2")

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

SQI_TARGET_POP

const sqi_class_kernels sqi_class_kernels_avx2 = {margins, change};

#endif
