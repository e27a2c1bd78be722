/* Class by class, entry by entry. */
#include "oracle/classes.h"

#include <math.h>
#include <stdlib.h>

#include "num/exp.h"

double oracle_class_margin(const sq_model *model, const sq_data *data, const float *x,
                           size_t sample, uint32_t class) {
    double sum = 0;
    for (uint64_t i = data->row[sample]; i < data->row[sample + 1]; i++)
        sum = sum +
              (double)x[(size_t)data->column[i] * model->stride + class] * (double)data->value[i];
    return sum;
}

static uint32_t class_of(const sq_model *model, float label) {
    for (uint32_t c = 0; c < model->labels; c++)
        if (model->label[c] == label)
            return c;
    abort();
}

static double *margins(const sq_model *model, const sq_data *data, const float *x, size_t sample) {
    double *m = calloc(model->labels, sizeof *m);
    for (uint32_t c = 0; c < model->labels; c++)
        m[c] = oracle_class_margin(model, data, x, sample, c);
    return m;
}

/* The lowest class with the largest margin. */
static uint32_t top_of(const double *m, uint32_t classes) {
    uint32_t top = 0;
    for (uint32_t c = 1; c < classes; c++)
        top = m[c] > m[top] ? c : top;
    return top;
}

/* The sum of exp(m_c - m_top) over all classes but top. */
static double rest_of(const double *m, uint32_t classes) {
    uint32_t top = top_of(m, classes);
    double rest = 0;
    for (uint32_t c = 0; c < classes; c++)
        if (c != top)
            rest = rest + sqi_exp(m[c] - m[top]);
    return rest;
}

/* d[c] = the derivative of the loss by the margin of class c. */
static void derivatives(const sq_model *model, const double *m, uint32_t own, double *d) {
    uint32_t top = top_of(m, model->labels);
    double rest = rest_of(m, model->labels), one = 1 / (1 + rest);
    double others = own == top ? rest : (1 + rest) - sqi_exp(m[own] - m[top]);
    for (uint32_t c = 0; c < model->labels; c++) {
        double y = c == own ? 1 : -1;
        if (model->kind == SQ_SVM)
            d[c] = y * m[c] < 1 ? -y : 0;
        else
            d[c] = c == own ? -(others * one) : sqi_exp(m[c] - m[top]) * one;
    }
}

void oracle_classes_step(const sq_model *model, const sq_data *data, const double *shrink, float *x,
                         size_t sample, double gamma) {
    double *m = margins(model, data, x, sample), *d = calloc(model->labels, sizeof *d);
    derivatives(model, m, class_of(model, data->label[sample]), d);
    for (uint32_t c = 0; c < model->labels; c++) {
        double pull = -gamma * d[c];
        if (model->kind == SQ_SVM && pull == 0 && !shrink)
            continue; /* the subgradient is 0: nothing is written */
        for (uint64_t i = data->row[sample]; i < data->row[sample + 1]; i++) {
            float *w = &x[(size_t)data->column[i] * model->stride + c];
            double kept = shrink ? (double)*w * (1 - gamma * shrink[data->column[i]]) : (double)*w;
            *w = (float)(kept + pull * (double)data->value[i]);
        }
    }
    free(m);
    free(d);
}

static double log_of_one_plus(double r) {
    if (r <= 1)
        return sqi_log1p(r);
    int power;
    double fraction = 2 * frexp(1 + r, &power); /* 1 + r = 2^(power - 1) × fraction */
    return (power - 1) * 0x1.62e42feep-1 +
           ((power - 1) * 0x1.a39ef35793c76p-33 + sqi_log1p(fraction - 1));
}

double oracle_class_loss(const sq_model *model, const double *m, uint32_t own) {
    if (model->kind == SQ_LOGISTIC)
        return (m[top_of(m, model->labels)] - m[own]) + log_of_one_plus(rest_of(m, model->labels));
    double loss = 0;
    for (uint32_t c = 0; c < model->labels; c++) {
        double z = c == own ? m[c] : -m[c];
        loss = loss + (z < 1 ? 1 - z : 0);
    }
    return loss;
}

double oracle_classes_loss(const sq_model *model, const sq_data *data, const double *shrink,
                           const float *x, size_t sample) {
    double *m = margins(model, data, x, sample), penalty = 0;
    double loss = oracle_class_loss(model, m, class_of(model, data->label[sample]));
    for (uint64_t i = data->row[sample]; shrink && i < data->row[sample + 1]; i++) {
        double squares = 0;
        for (uint32_t c = 0; c < model->labels; c++) {
            double w = (double)x[(size_t)data->column[i] * model->stride + c];
            squares = squares + w * w;
        }
        penalty = penalty + shrink[data->column[i]] * squares;
    }
    free(m);
    return loss + 0.5 * penalty;
}
