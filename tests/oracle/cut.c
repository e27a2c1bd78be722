/* One edge after another, in the order in which the file names its nodes. */
#include "oracle/cut.h"

#include <math.h>
#include <stdlib.h>

#include "oracle/simplex.h"

static double sign(double number) {
    return number > 0 ? 1 : number < 0 ? -1 : 0;
}

void oracle_cut_epoch(const sq_model *model, const sq_data *data, float *x, const uint32_t *pi,
                      size_t steps, double gamma) {
    const uint32_t labels = model->labels;
    double *moved[2] = {malloc(labels * sizeof(double)), malloc(labels * sizeof(double))};
    for (size_t k = 0; k < steps; k++) {
        const uint32_t *pair = data->pair + 2 * (size_t)pi[k];
        float *row[2] = {x + (size_t)pair[0] * model->stride, x + (size_t)pair[1] * model->stride};
        double d = gamma * (double)data->value[pi[k]];
        int agree = 1;
        for (uint32_t c = 0; c < labels; c++) {
            double s = sign((double)row[0][c] - (double)row[1][c]);
            agree &= s == 0;
            moved[0][c] = (double)row[0][c] - d * s;
            moved[1][c] = (double)row[1][c] + d * s;
        }
        for (int end = 0; end < 2 && !agree; end++)
            if (!model->pinned[pair[end]])
                oracle_project(moved[end], labels, row[end]);
    }
    free(moved[0]);
    free(moved[1]);
}

double oracle_cut_loss(const sq_model *model, const sq_data *data, const float *x) {
    double total = 0;
    for (size_t first = 0; first < data->samples; first += 1024) {
        double sum = 0;
        for (size_t e = first; e < data->samples && e < first + 1024; e++) {
            const float *u = x + (size_t)data->pair[2 * e] * model->stride;
            const float *v = x + (size_t)data->pair[2 * e + 1] * model->stride;
            double distance = 0;
            for (uint32_t c = 0; c < model->labels; c++)
                distance = distance + fabs((double)u[c] - (double)v[c]);
            sum = sum + (double)data->value[e] * distance;
        }
        total = total + sum;
    }
    return total / (double)data->samples;
}
