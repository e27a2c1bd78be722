/* A problem's gradient is what its step subtracts: x - γ g, within the rounding of a step. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/small_models.h"
#include "support/tables.h"

/* The largest |x - γ g - step(x)| of the step's written blocks, relative to the largest number. */
static double worst(const sq_problem *p, const float *x, size_t sample) {
    size_t count = sq_problem_parameters(p);
    float *after = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    memcpy(after, x, count * sizeof *x);
    const sq_step step = {.sample = sample, .gamma = 0.01};
    const sq_hypergraph *graph = p->graph;
    uint64_t begin = graph->arity ? graph->arity * sample : graph->begin[sample];
    uint64_t end = graph->arity ? begin + graph->arity : graph->begin[sample + 1];
    double *g = calloc((end - begin) * p->width + 1, sizeof *g), most = 0, scale = 1;
    p->step(p->context, after, &step);
    p->gradient(p->context, x, &step, g);
    for (uint64_t i = begin; i < end; i++)
        for (uint32_t j = 0; j < p->width; j++) {
            size_t at = graph->block[i] * (size_t)p->stride + j;
            double off =
                fabs((double)x[at] - 0.01 * g[(i - begin) * p->width + j] - (double)after[at]);
            most = off > most ? off : most;
            scale = fabs((double)x[at]) > scale ? fabs((double)x[at]) : scale;
        }
    free(after);
    free(g);
    return most / scale;
}

static void check(sq_model *model, const sq_data *data, double l2) {
    sq_problem *p = NULL;
    train_model(model, data, (how){.mode = SQ_MODE_SERIAL, .l2 = l2});
    cr_assert(sq_model_problem(&p, model, data, l2, NULL) == SQ_OK);
    for (size_t i = 0; i < data->samples; i++)
        cr_assert(worst(p, model->x, i) < 1e-6, "%s, sample %zu", p->name, i);
    sq_model_problem_free(p);
    sq_model_free(model);
}

Test(gradient, is_what_a_step_subtracts) {
    sq_data *rows = small_rows(200, 30, 12, 1), *ratings = small_ratings(200, 30, 20, 1);
    for (int l2 = 0; l2 < 2; l2++) {
        for (int kind = SQ_SVM; kind <= SQ_LEAST_SQUARES; kind++)
            check(new_model((sq_model_kind)kind, 0, rows), rows, 0.1 * l2);
        check(new_model(SQ_MATRIX_COMPLETION, 5, ratings), ratings, 0.1 * l2);
        check(new_model(SQ_MATRIX_COMPLETION, 16, ratings), ratings, 0.1 * l2);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
}

Test(gradient, of_more_than_two_labels) {
    static const uint32_t classes[] = {3, 4, 10, 17, 1030};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        size_t samples = classes[i] + 30;
        sq_data *data = table_classes(samples, 30, 9, classes[i], i);
        for (int l2 = 0; l2 < 2; l2++) {
            check(new_model(SQ_SVM, 0, data), data, 0.1 * l2);
            check(new_model(SQ_LOGISTIC, 0, data), data, 0.1 * l2);
        }
        sq_data_free(data);
    }
}
