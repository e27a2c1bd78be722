/* The textbook loops. Scalars are binary64 and products are not contracted; what is rounded to
 * binary32 is rounded where a cast says so. */
#include "oracle/models.h"

#include <stdlib.h>

#include "num/exp.h"
#include "oracle/classes.h"

/* d_u: the number of samples with coordinate u, loops counted once. */
static double degree(const sq_data *data, uint32_t block) {
    size_t count = 0;
    for (size_t e = 0; e < data->samples; e++) {
        int there = 0;
        if (data->kind == SQ_ROWS)
            for (uint64_t i = data->row[e]; i < data->row[e + 1]; i++)
                there |= data->column[i] == block;
        else
            there = data->pair[2 * e] == block || data->pair[2 * e + 1] == block;
        count += (size_t)there;
    }
    return (double)count;
}

/* 2λ/d_u of every block; the caller frees it. */
static double *shrinks(const sq_model *model, const sq_data *data, double l2) {
    double *shrink = calloc(model->blocks + 1, sizeof *shrink);
    for (uint32_t b = 0; l2 > 0 && b < model->blocks; b++) {
        double d = degree(data, b);
        shrink[b] = d > 0 ? 2 * l2 / d : 0;
    }
    return shrink;
}

static double target(const sq_model *model, const sq_data *data, size_t e) {
    if (model->kind == SQ_LEAST_SQUARES)
        return (double)data->label[e];
    return data->label[e] == model->label[1] ? 1 : -1;
}

/* w·x_e with four accumulators. */
static double margin(const sq_data *data, size_t e, const float *w) {
    double a[4] = {0, 0, 0, 0};
    size_t n = (size_t)(data->row[e + 1] - data->row[e]);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = data->row[e] + i;
        a[i % 4] = a[i % 4] + (double)w[data->column[at]] * (double)data->value[at];
    }
    return (a[0] + a[1]) + (a[2] + a[3]);
}

/* -γ loss'(m, y) */
static double minus_gamma_derivative(sq_model_kind kind, double m, double y, double gamma) {
    switch (kind) {
    case SQ_SVM:
        return y * m < 1 ? gamma * y : 0;
    case SQ_LOGISTIC:
        return gamma * y / (1 + sqi_exp(y * m));
    case SQ_LEAST_SQUARES:
        return 2 * gamma * (y - m);
    case SQ_MATRIX_COMPLETION:
    case SQ_GRAPH_CUT:
    case SQ_MLP:
        break;
    }
    abort();
}

void oracle_linear_epoch(const sq_model *model, const sq_data *data, double l2, float *x,
                         const uint32_t *pi, size_t steps, double gamma) {
    double *shrink = shrinks(model, data, l2);
    for (size_t k = 0; k < steps; k++) {
        size_t e = pi[k];
        double c =
            minus_gamma_derivative(model->kind, margin(data, e, x), target(model, data, e), gamma);
        if (model->kind == SQ_SVM && c == 0 && !(l2 > 0))
            continue; /* the subgradient is 0: nothing is written */
        for (uint64_t i = data->row[e]; i < data->row[e + 1]; i++) {
            uint32_t u = data->column[i];
            double kept = l2 > 0 ? (double)x[u] * (1 - gamma * shrink[u]) : (double)x[u];
            x[u] = (float)(kept + c * (double)data->value[i]);
        }
    }
    free(shrink);
}

enum { LINE = 16 };

/* L_u·R_v in binary32: 16 accumulators, then halves onto halves. */
static float rows_dot(const float *left, const float *right, uint32_t stride) {
    float sum[LINE];
    for (uint32_t j = 0; j < LINE; j++) {
        sum[j] = left[j] * right[j];
        for (uint32_t i = j + LINE; i < stride; i += LINE)
            sum[j] = sum[j] + left[i] * right[i];
    }
    for (uint32_t half = LINE / 2; half >= 1; half /= 2)
        for (uint32_t j = 0; j < half; j++)
            sum[j] = sum[j] + sum[j + half];
    return sum[0];
}

void oracle_completion_epoch(const sq_model *model, const sq_data *data, double l2, float *x,
                             const uint32_t *pi, size_t steps, double gamma) {
    double *shrink = shrinks(model, data, l2);
    uint32_t stride = model->stride;
    for (size_t k = 0; k < steps; k++) {
        uint32_t u = data->pair[2 * (size_t)pi[k]], v = data->pair[2 * (size_t)pi[k] + 1];
        float *left = x + (size_t)u * stride, *right = x + (size_t)v * stride;
        double e = (double)rows_dot(left, right, stride) - (double)data->value[pi[k]];
        float c = (float)(-2 * gamma * e);
        float keep_u = (float)(1 - gamma * shrink[u]), keep_v = (float)(1 - gamma * shrink[v]);
        for (uint32_t j = 0; j < model->width; j++) {
            float l = left[j], r = right[j];
            left[j] = (l2 > 0 ? keep_u * l : l) + c * r;
            right[j] = (l2 > 0 ? keep_v * r : r) + c * l;
        }
    }
    free(shrink);
}

static void classes_epoch(const sq_model *model, const sq_data *data, double l2, float *x,
                          const uint32_t *pi, size_t steps, double gamma) {
    double *shrink = shrinks(model, data, l2);
    for (size_t k = 0; k < steps; k++)
        oracle_classes_step(model, data, l2 > 0 ? shrink : NULL, x, pi[k], gamma);
    free(shrink);
}

void oracle_epoch(const sq_model *model, const sq_data *data, double l2, float *x,
                  const uint32_t *pi, size_t steps, double gamma) {
    if (model->kind == SQ_MATRIX_COMPLETION)
        oracle_completion_epoch(model, data, l2, x, pi, steps, gamma);
    else if (model->width > 1)
        classes_epoch(model, data, l2, x, pi, steps, gamma);
    else
        oracle_linear_epoch(model, data, l2, x, pi, steps, gamma);
}

static double linear_loss(const sq_model *model, const sq_data *data, const float *x, size_t e,
                          const double *shrink) {
    if (model->width > 1)
        return oracle_classes_loss(model, data, shrink, x, e);
    double m = margin(data, e, x), y = target(model, data, e), z = y * m, loss;
    if (model->kind == SQ_SVM)
        loss = z < 1 ? 1 - z : 0;
    else if (model->kind == SQ_LOGISTIC)
        loss = z < 0 ? -z + sqi_log1p(sqi_exp(z)) : sqi_log1p(sqi_exp(-z));
    else
        loss = (m - y) * (m - y);
    double penalty = 0;
    for (uint64_t i = data->row[e]; i < data->row[e + 1]; i++) {
        double w = (double)x[data->column[i]];
        penalty = penalty + shrink[data->column[i]] * (w * w);
    }
    return loss + 0.5 * penalty;
}

static double completion_loss(const sq_model *model, const sq_data *data, const float *x, size_t e,
                              const double *shrink) {
    const uint32_t *pair = data->pair + 2 * e;
    const float *left = x + (size_t)pair[0] * model->stride;
    const float *right = x + (size_t)pair[1] * model->stride;
    double error = (double)rows_dot(left, right, model->stride) - (double)data->value[e];
    double squares[2] = {0, 0};
    for (uint32_t j = 0; j < model->width; j++) {
        squares[0] = squares[0] + (double)left[j] * (double)left[j];
        squares[1] = squares[1] + (double)right[j] * (double)right[j];
    }
    double penalty = shrink[pair[0]] * squares[0] + shrink[pair[1]] * squares[1];
    return error * error + 0.5 * penalty;
}

double oracle_loss(const sq_model *model, const sq_data *data, double l2, const float *x) {
    double *shrink = shrinks(model, data, l2), total = 0;
    for (size_t first = 0; first < data->samples; first += 1024) {
        double sum = 0;
        for (size_t e = first; e < data->samples && e < first + 1024; e++)
            sum = sum + (model->kind == SQ_MATRIX_COMPLETION
                             ? completion_loss(model, data, x, e, shrink)
                             : linear_loss(model, data, x, e, shrink));
        total = total + sum;
    }
    free(shrink);
    return total / (double)data->samples;
}
