/* data/arranged.c, and the arranger of the built-in models: sample k is sample pi[k], bit for bit. */
#include "data/arranged.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/chance.h"
#include "support/small_models.h"

enum { SAMPLES = 500, MOST = 1200 };

static sq_data *data_of_kind(sq_data_kind kind) {
    return kind == SQ_ROWS ? small_rows(SAMPLES, 60, 40, 3) : small_ratings(SAMPLES, 40, 30, 3);
}

/* Steps with repeats, more or fewer than there are samples. */
static size_t draw_order(uint32_t *pi, chance *draw) {
    size_t steps = 1 + chance_below(draw, MOST);
    for (size_t k = 0; k < steps; k++)
        pi[k] = chance_below(draw, SAMPLES);
    return steps;
}

static void same_row(const sq_data *a, size_t k, const sq_data *data, size_t sample) {
    uint64_t n = data->row[sample + 1] - data->row[sample];
    cr_assert(a->row[k + 1] - a->row[k] == n);
    cr_assert(memcmp(a->column + a->row[k], data->column + data->row[sample], 4 * n) == 0);
    cr_assert(same_floats(a->value + a->row[k], data->value + data->row[sample], n));
    cr_assert(same_floats(&a->label[k], &data->label[sample], 1));
}

static void same_sample(const sq_data *a, size_t k, const sq_data *data, size_t sample) {
    if (data->kind == SQ_ROWS) {
        same_row(a, k, data, sample);
        return;
    }
    cr_assert(memcmp(a->pair + 2 * k, data->pair + 2 * sample, 8) == 0);
    cr_assert(same_floats(&a->value[k], &data->value[sample], 1));
}

static void check_kind(sq_data_kind kind) {
    sq_data *data = data_of_kind(kind), *arranged = NULL;
    sqi_packed *packed = NULL;
    cr_assert(kind == SQ_ROWS || sqi_pack(&packed, data, NULL) == SQ_OK);
    uint32_t *pi = calloc(MOST, sizeof *pi);
    chance draw = {kind};
    for (int round = 0; round < 100; round++) { /* the same room, for more and for fewer steps */
        size_t steps = draw_order(pi, &draw), middle = chance_below(&draw, (uint32_t)steps + 1);
        cr_assert(sqi_data_arrange(&arranged, data, pi, steps, NULL) == SQ_OK);
        const sqi_packed *from = round % 2 ? packed : NULL;
        sqi_data_arrange_part(arranged, data, from, pi, middle, steps - middle);
        sqi_data_arrange_part(arranged, data, from, pi, 0, middle);
        cr_assert(arranged->kind == kind && arranged->samples == steps);
        for (size_t k = 0; k < steps; k++)
            same_sample(arranged, k, data, pi[k]);
    }
    cr_assert_null(sqi_data_arranged_free(arranged));
    cr_assert_null(sqi_packed_free(packed));
    free(pi);
    sq_data_free(data);
}

Test(arranged, rows) {
    check_kind(SQ_ROWS);
}

Test(arranged, pairs) {
    check_kind(SQ_RATINGS);
}

Test(arranged, nothing_to_free) {
    cr_assert_null(sqi_data_arranged_free(NULL));
}

/* All steps of an arranged problem, through its list function: by number, by position, streamed. */
static void run_lists(const sq_problem *arranged, float *x, size_t steps) {
    size_t third = steps / 3;
    static uint32_t position[MOST];
    for (size_t k = 0; k < steps; k++)
        position[k] = (uint32_t)k;
    sq_steps by_number = {.count = third, .gamma = 0.001};
    sq_steps by_position = {.position = position + third, .count = third, .gamma = 0.001};
    sq_steps streamed = {.position = position, /* not looked at */
                         .first = 2 * third,
                         .count = steps - 2 * third,
                         .gamma = 0.001,
                         .streamed = 1};
    arranged->steps(arranged->context, x, &by_number);
    arranged->steps(arranged->context, x, &by_position);
    arranged->steps(arranged->context, x, &streamed);
}

/* The steps from last to first: of the problem, and of what has been arranged from an arranged one that
 * is there no more. */
static void check_again(const sq_problem *problem, const uint32_t *pi, size_t steps, float *x,
                        float *other) {
    sq_problem *arranged = NULL, *again = NULL;
    static uint32_t back[MOST];
    for (size_t k = 0; k < steps; k++)
        back[k] = (uint32_t)(steps - 1 - k);
    cr_assert(problem->arranger->arrange(&arranged, problem, pi, steps, NULL) == SQ_OK);
    problem->arranger->fill(arranged, problem, pi, 0, steps);
    cr_assert(problem->arranger->arrange(&again, arranged, back, steps, NULL) == SQ_OK);
    problem->arranger->fill(again, arranged, back, 0, steps);
    cr_assert_null(problem->arranger->free(arranged));
    for (size_t k = 0; k < steps; k++) {
        problem->step(problem->context, x, &(sq_step){0, k, pi[back[k]], 0.001});
        again->step(again->context, other, &(sq_step){0, k, k, 0.001});
    }
    cr_assert_null(problem->arranger->free(again));
    cr_assert(same_floats(x, other, sq_problem_parameters(problem)));
}

/* An epoch of the arranged problem, one by one, and through its lists has the bits of the problem's own. */
static void check_model(sq_model_kind kind, double l2) {
    sq_data *data = data_of_kind(sq_model_data(kind));
    sq_model *model = new_model(kind, 5, data), *other = new_model(kind, 5, data);
    sq_problem *problem = NULL, *arranged = NULL;
    cr_assert(sq_model_problem(&problem, model, data, l2, NULL) == SQ_OK);
    const sq_arranger *arranger = problem->arranger;
    uint32_t *pi = calloc(MOST, sizeof *pi);
    chance draw = {(uint64_t)kind};
    for (int round = 0; round < 5; round++) {
        size_t steps = draw_order(pi, &draw);
        cr_assert(arranger->arrange(&arranged, problem, pi, steps, NULL) == SQ_OK);
        arranger->fill(arranged, problem, pi, 0, steps);
        cr_assert(arranged->samples == steps && arranged->graph->samples == steps);
        for (size_t k = 0; k < steps; k++) {
            problem->step(problem->context, model->x, &(sq_step){0, k, pi[k], 0.001});
            arranged->step(arranged->context, other->x, &(sq_step){0, k, k, 0.001});
        }
        cr_assert(same_floats(model->x, other->x, sq_problem_parameters(problem)));
        run_lists(arranged, other->x, steps);
        for (size_t k = 0; k < steps; k++)
            problem->step(problem->context, model->x, &(sq_step){0, k, pi[k], 0.001});
        cr_assert(same_floats(model->x, other->x, sq_problem_parameters(problem)));
        check_again(problem, pi, steps, model->x, other->x);
    }
    cr_assert_null(arranger->free(arranged));
    sq_model_problem_free(problem);
    sq_model_free(model);
    sq_model_free(other);
    sq_data_free(data);
    free(pi);
}

Test(arranged, every_model) {
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        check_model((sq_model_kind)kind, 0);
        check_model((sq_model_kind)kind, 0.01);
    }
}
