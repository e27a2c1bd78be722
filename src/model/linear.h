/* What the files of the linear models share: the context of their problems, prefetching, the dot product, and the
 * loops that change a row's weights. */
#ifndef SQI_MODEL_LINEAR_H
#define SQI_MODEL_LINEAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/inline.h"
#include "base/prefetch.h"
#include "model/steps.h"
#include "sequent/model.h"

struct sqi_class_kernels;

/* Kernels for long rows, with the bits of what they stand for: sqi_sparse_dot, sqi_add_row and
 * sqi_shrink_and_add_row. The columns are distinct. */
typedef struct sqi_long_rows {
    double (*dot)(const float *x, const uint32_t *column, const float *value, size_t n);
    void (*add)(float *x, const uint32_t *column, const float *value, size_t n, double c);
    void (*shrink_and_add)(float *x, const uint32_t *column, const float *value, size_t n, double c,
                           const double *shrink, double gamma);
} sqi_long_rows;

extern const sqi_long_rows sqi_long_rows_avx2; /* x86-64 */

/* Entries of a long row. Of w8a's 12 and a9a's 14 the call costs more than it gains, up to a tenth of the time;
 * with 150, news20bd's, a fifth is gained. */
enum { SQI_ROW_LONG = 24 };

typedef struct sqi_linear {
    const sq_data *data;
    float positive; /* the label that stands for y = 1, of two */
    double *shrink; /* 2λ/d_u of each block (size blocks); NULL: λ = 0 */
    sq_hypergraph graph;
    uint32_t stride; /* weights of a block */
    uint32_t ahead;  /* how many steps before they are needed weights are asked for; 0: never */
    const sqi_long_rows *long_rows; /* NULL: none for this processor */

    /* Where more than two labels are told apart (multiclass.h): */
    uint32_t classes;
    float *label; /* of each class, ascending (size classes) */
    const struct sqi_class_kernels *kernels;
} sqi_linear;

/* A sample's entries. */
typedef struct sqi_row {
    const uint32_t *column;
    const float *value;
    size_t n;
} sqi_row;

SQI_INLINED sqi_row sqi_row_of(const sq_data *data, size_t sample) {
    uint64_t begin = data->row[sample];
    return (sqi_row){data->column + begin, data->value + begin,
                     (size_t)(data->row[sample + 1] - begin)};
}

/* What is asked for. With 2 million weights rows of 20 took 23 ns an entry, and 9 if they are asked for;
 * with 600,000 7.7 and 6, with 200,000 (0.8 MB, about the second cache) the same, and with news20bd's
 * 89,000, on rows of 150, 3.4 and 5. */
enum {
    SQI_ROW_AHEAD = 4,         /* how many steps before its weights a row is asked for */
    SQI_WEIGHTS_AHEAD = 3,     /* and before they are needed weights are, … */
    SQI_WEIGHTS_FAR = 1 << 18, /* … where the model has so many or more, … */
    SQI_WEIGHTS_MOST = 256     /* … of as many entries of a row at most */
};

SQI_ASKS void sqi_ask_for_row(const sqi_linear *l, const sq_steps *list, size_t i) {
    if (i >= list->count)
        return;
    uint64_t at = l->data->row[sqi_sample_at(list, i)];
    sqi_ask(l->data->column + at);
    sqi_ask(l->data->value + at);
}

/* Of a block of several lines the first one, which the processor takes the next from. */
SQI_ASKS void sqi_ask_for_weights(const sqi_linear *l, const float *w, size_t sample, int write) {
    const sqi_row row = sqi_row_of(l->data, sample);
    for (size_t i = 0; i < row.n && i < SQI_WEIGHTS_MOST; i++) {
        const float *block = w + (size_t)row.column[i] * l->stride;
        if (write)
            sqi_ask_to_write(block);
        else
            sqi_ask(block);
    }
}

/* Σ x[column[i]] value[i] in four binary64 accumulators, position i in accumulator i mod 4, added
 * as (a0 + a1) + (a2 + a3). The products of two binary32 numbers are exact. */
SQI_INLINED double sqi_sparse_dot(const float *x, const uint32_t *column, const float *value,
                                  size_t n) {
    double a0 = 0, a1 = 0, a2 = 0, a3 = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        a0 += (double)x[column[i]] * (double)value[i];
        a1 += (double)x[column[i + 1]] * (double)value[i + 1];
        a2 += (double)x[column[i + 2]] * (double)value[i + 2];
        a3 += (double)x[column[i + 3]] * (double)value[i + 3];
    }
    if (i < n)
        a0 += (double)x[column[i]] * (double)value[i];
    if (i + 1 < n)
        a1 += (double)x[column[i + 1]] * (double)value[i + 1];
    if (i + 2 < n)
        a2 += (double)x[column[i + 2]] * (double)value[i + 2];
    return (a0 + a1) + (a2 + a3);
}

/* x[column[i]] += c value[i], each sum rounded to binary32. */
SQI_INLINED void sqi_add_row(float *x, const uint32_t *column, const float *value, size_t n,
                             double c) {
    for (size_t i = 0; i < n; i++)
        x[column[i]] = (float)((double)x[column[i]] + c * (double)value[i]);
}

/* The same after x[column[i]] was multiplied by 1 - γ shrink[column[i]], which is not rounded. */
SQI_INLINED void sqi_shrink_and_add_row(float *x, const uint32_t *column, const float *value,
                                        size_t n, double c, const double *shrink, double gamma) {
    for (size_t i = 0; i < n; i++) {
        float *u = &x[column[i]];
        *u = (float)((double)*u * (1 - gamma * shrink[column[i]]) + c * (double)value[i]);
    }
}

/* Whether a row of n entries has kernels of its own. */
SQI_INLINED int sqi_is_long(const sqi_linear *l, size_t n) {
    return l->long_rows && n >= SQI_ROW_LONG;
}

/* sqi_sparse_dot by the widest vectors that are worth it. */
SQI_INLINED double sqi_dot(const sqi_linear *l, const float *x, const uint32_t *column,
                           const float *value, size_t n) {
    return sqi_is_long(l, n) ? l->long_rows->dot(x, column, value, n)
                             : sqi_sparse_dot(x, column, value, n);
}

/* A problem's functions for one loss, so that it is a constant inside the loops, from the file's own
 * step_row, row_gradient and regularised_loss. */
#define SQI_ROW_KERNELS(name, kind)                                                                \
    static void name##_step(const void *context, float *w, const sq_step *step) {                  \
        step_row(context, w, step->sample, step->gamma, kind);                                     \
    }                                                                                              \
    static void name##_steps(const void *context, float *w, const sq_steps *steps) {               \
        sqi_linear l = *(const sqi_linear *)context;                                               \
        const sq_data data = *l.data;                                                              \
        const sq_steps list = *steps;                                                              \
        l.data = &data;                                                                            \
        for (size_t i = 0; i < list.count; i++) {                                                  \
            sqi_ask_for_row(&l, &list, i + l.ahead + SQI_ROW_AHEAD);                               \
            if (l.ahead && i + l.ahead < list.count)                                               \
                sqi_ask_for_weights(&l, w, sqi_sample_at(&list, i + l.ahead), 1);                  \
            step_row(&l, w, sqi_sample_at(&list, i), sqi_gamma_at(&list, i), kind);                \
        }                                                                                          \
    }                                                                                              \
    static void name##_gradient(const void *context, const float *w, const sq_step *step,          \
                                double *gradient) {                                                \
        row_gradient(context, w, step->sample, gradient, kind);                                    \
    }                                                                                              \
    static double name##_loss(const void *context, const float *w, size_t sample) {                \
        return regularised_loss(context, w, sample, kind);                                         \
    }                                                                                              \
    static double name##_losses(const void *context, const float *w, size_t first, size_t count) { \
        const sqi_linear *l = context;                                                             \
        double sum = 0;                                                                            \
        for (size_t i = first; i < first + count; i++) {                                           \
            if (l->ahead && i + l->ahead < first + count)                                          \
                sqi_ask_for_weights(l, w, i + l->ahead, 0);                                        \
            sum += regularised_loss(l, w, i, kind);                                                \
        }                                                                                          \
        return sum;                                                                                \
    }

#endif
