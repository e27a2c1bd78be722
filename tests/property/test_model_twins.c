/* Mode serial against textbook loops: the same bits for every model, order, rank and λ. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/models.h"
#include "sequent/train.h"
#include "support/chance.h"
#include "support/scale.h"
#include "support/tables.h"

enum { CASES = 150 };

/* A few uneven weights, negative zero among them, in place of the initial ones. */
static void scatter(sq_model *model, chance *draw) {
    for (size_t b = 0; b < model->blocks; b++)
        for (uint32_t j = 0; j < model->width; j++)
            model->x[b * model->stride + j] =
                chance_one_in(draw, 50) ? -0.0f : (float)chance_unit(draw);
}

typedef struct watched {
    const sq_model *model;
    const sq_data *data;
    double l2;
    uint64_t epochs;
} watched;

/* The reported loss of every epoch has the bits of the twin's. */
static int compare_loss(void *context, const sq_epoch *epoch) {
    watched *w = context;
    double want = oracle_loss(w->model, w->data, w->l2, epoch->x);
    cr_assert(memcmp(&want, &epoch->loss, sizeof want) == 0, "loss %a, not %a", epoch->loss, want);
    cr_assert(epoch->epoch == w->epochs++);
    return 0;
}

static void check_case(sq_model_kind kind, uint64_t seed) {
    chance draw = {seed};
    sq_data *data = table_for(kind, 50 + chance_size(&draw, 11), seed);
    sq_model_options of = {.kind = kind, .rank = chance_size(&draw, 7), .seed = seed};
    sq_model *model = NULL;
    cr_assert(sq_model_new(&model, &of, data, NULL) == SQ_OK);
    if (chance_one_in(&draw, 2))
        scatter(model, &draw);
    double l2 = chance_one_in(&draw, 3) ? 0 : 0.1 * fabs(chance_unit(&draw));
    static const char *const specs[] = {"shuffle", "reshuffle", "sequential", "replacement"};
    sq_order order;
    cr_assert(sq_order_init(&order, specs[chance_below(&draw, 4)], seed, data->samples, NULL) ==
              SQ_OK);
    size_t floats = model->blocks * model->stride;
    float *want = calloc(floats, sizeof *want);
    memcpy(want, model->x, floats * sizeof *want);
    watched w = {model, data, l2, 0};
    sq_observer observer = {.context = &w, .epoch = compare_loss};
    sq_train_options options = {.mode = SQ_MODE_SERIAL,
                                .epochs = 3,
                                .step = 0.02,
                                .decay = 0.7,
                                .losses = 1,
                                .observer = &observer};
    sq_problem *problem = NULL;
    sq_error error = {""};
    cr_assert(sq_model_problem(&problem, model, data, l2, NULL) == SQ_OK);
    int status = sq_train(problem, model->x, &order, &options, NULL, &error);
    cr_assert(status == SQ_OK, "seed %llu: %s", (unsigned long long)seed, error.message);
    uint32_t *pi = calloc(order.steps, sizeof *pi);
    double gamma = 0.02;
    for (uint64_t epoch = 0; epoch < 3; epoch++, gamma *= 0.7) {
        sq_order_fill(&order, epoch, pi);
        oracle_epoch(model, data, l2, want, pi, order.steps, gamma);
    }
    cr_assert(memcmp(want, model->x, floats * sizeof *want) == 0, "%s: seed %llu, rank %u, λ %g",
              sq_model_name(kind), (unsigned long long)seed, of.rank, l2);
    free(pi);
    free(want);
    sq_model_problem_free(problem);
    sq_model_free(model);
    sq_order_fini(&order);
    sq_data_free(data);
}

static void check_cases(sq_model_kind kind, uint64_t seed) {
    size_t cases = scale_cases(CASES);
    seed = scale_seed(seed);
    for (size_t i = 0; i < cases; i++)
        check_case(kind, seed + i);
}

Test(model_twins, svm_is_the_textbook_loop) {
    check_cases(SQ_SVM, 6000000);
}

Test(model_twins, logistic_is_the_textbook_loop) {
    check_cases(SQ_LOGISTIC, 6100000);
}

Test(model_twins, least_squares_is_the_textbook_loop) {
    check_cases(SQ_LEAST_SQUARES, 6200000);
}

Test(model_twins, matrix_completion_is_the_textbook_loop) {
    check_cases(SQ_MATRIX_COMPLETION, 6300000);
}

/* At a margin of exactly 1 the hinge is 0: svm's step writes nothing. */
Test(model_twins, svm_at_the_margin) {
    sq_data *data = table_rows(2, 2, 1, 0, 1);
    data->row[1] = 1;
    data->row[2] = data->nonzeros = 2;
    data->column[0] = 0;
    data->column[1] = 1;
    data->value[0] = data->value[1] = 1;
    sq_model *model = NULL;
    sq_model_options of = {.kind = SQ_SVM};
    cr_assert(sq_model_new(&model, &of, data, NULL) == SQ_OK);
    const float y0 = data->label[0] == model->label[1] ? 1 : -1;
    for (int above = 0; above < 2; above++) {
        float start[2] = {y0, -y0}, x[2] = {y0, -y0};
        if (!above) /* the next number below 1 in absolute value: inside the margin */
            start[0] = x[0] = y0 * 0x0.ffffffp0f;
        sq_problem *problem = NULL;
        sq_order order;
        sq_train_options options = {.mode = SQ_MODE_SERIAL, .epochs = 1, .step = 0.5, .decay = 1};
        cr_assert(sq_model_problem(&problem, model, data, 0, NULL) == SQ_OK);
        cr_assert(sq_order_init(&order, "sequential", 1, 2, NULL) == SQ_OK);
        cr_assert(sq_train(problem, x, &order, &options, NULL, NULL) == SQ_OK);
        cr_assert(x[0] == (above ? start[0] : start[0] + y0 * 0.5f) && x[1] == start[1]);
        sq_model_problem_free(problem);
        sq_order_fini(&order);
    }
    sq_model_free(model);
    sq_data_free(data);
}
