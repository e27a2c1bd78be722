/* Rows of gradients, eight numbers at a time, which every compiler makes vectors of. Each number is
 * computed on its own, so the bits are those of a plain loop. */
#ifndef SQI_EXEC_GRADIENT_ROWS_H
#define SQI_EXEC_GRADIENT_ROWS_H

#include <stddef.h>

enum { SQI_EIGHT = 8 };

/* sum += gradient (size width each). */
static inline void sqi_gradient_add(double *restrict sum, const double *restrict gradient,
                                    size_t width) {
    size_t j = 0;
    for (; j + SQI_EIGHT <= width; j += SQI_EIGHT)
        for (size_t i = 0; i < SQI_EIGHT; i++)
            sum[j + i] += gradient[j + i];
    for (; j < width; j++)
        sum[j] += gradient[j];
}

/* sum = +0 + gradient: a sum begins with +0, which turns -0 into it. */
static inline void sqi_gradient_begin(double *restrict sum, const double *restrict gradient,
                                      size_t width) {
    size_t j = 0;
    for (; j + SQI_EIGHT <= width; j += SQI_EIGHT)
        for (size_t i = 0; i < SQI_EIGHT; i++)
            sum[j + i] = 0.0 + gradient[j + i];
    for (; j < width; j++)
        sum[j] = 0.0 + gradient[j];
}

/* row ← row - factor × gradient, rounded once to binary32 (size width each). */
static inline void sqi_gradient_apply(float *restrict row, double factor,
                                      const double *restrict gradient, size_t width) {
    size_t j = 0;
    for (; j + SQI_EIGHT <= width; j += SQI_EIGHT)
        for (size_t i = 0; i < SQI_EIGHT; i++)
            row[j + i] = (float)((double)row[j + i] - factor * gradient[j + i]);
    for (; j < width; j++)
        row[j] = (float)((double)row[j] - factor * gradient[j]);
}

#endif
