/* More than two labels: every mode with the serial bits against textbook loops, and every kernel. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/models.h"
#include "sequent/train.h"
#include "support/chance.h"
#include "support/scale.h"
#include "support/tables.h"

enum { CASES = 120, EPOCHS = 3, MANY = 100 };

typedef struct trial {
    sq_data *data;
    sq_model *model;
    sq_order order;
    double l2, step;
    uint64_t epochs; /* EPOCHS, or of many classes one */
    size_t floats;
    float *start, *want; /* parameters before and after training (size floats) */
    double loss[EPOCHS]; /* after each epoch */
} trial;

/* A few uneven weights, negative zeros among them, in place of the initial ones. */
static void scatter(sq_model *model, chance *draw) {
    for (size_t b = 0; b < model->blocks; b++)
        for (uint32_t j = 0; j < model->width; j++)
            model->x[b * model->stride + j] =
                chance_one_in(draw, 20) ? -0.0f : (float)chance_unit(draw);
}

static void begin(trial *t, sq_model_kind kind, uint32_t classes, uint64_t seed) {
    static const char *const orders[] = {"shuffle", "reshuffle", "sequential", "replacement"};
    chance draw = {seed};
    size_t samples = classes + 30 + chance_size(&draw, classes > MANY ? 5 : 9);
    t->data = table_classes(samples, (uint32_t)samples / 3 + 20, 9, classes, seed);
    cr_assert(sq_model_new(&t->model, &(sq_model_options){.kind = kind}, t->data, NULL) == SQ_OK);
    cr_assert(t->model->labels == classes && t->model->width == classes);
    if (chance_one_in(&draw, 2))
        scatter(t->model, &draw);
    t->l2 = chance_one_in(&draw, 2) ? 0 : 0.1 * fabs(chance_unit(&draw));
    t->step = chance_one_in(&draw, 4) ? 2 : 0.1;
    t->epochs = classes > MANY ? 1 : EPOCHS;
    cr_assert(sq_order_init(&t->order, orders[chance_below(&draw, 4)], seed, samples, NULL) ==
              SQ_OK);
    t->floats = t->model->blocks * t->model->stride;
    t->start = calloc(t->floats, sizeof *t->start);
    t->want = calloc(t->floats, sizeof *t->want);
    memcpy(t->start, t->model->x, t->floats * sizeof *t->start);
    memcpy(t->want, t->model->x, t->floats * sizeof *t->want);
    uint32_t *pi = calloc(t->order.steps, sizeof *pi);
    double gamma = t->step;
    for (uint64_t epoch = 0; epoch < t->epochs; epoch++, gamma *= 0.7) {
        sq_order_fill(&t->order, epoch, pi);
        oracle_epoch(t->model, t->data, t->l2, t->want, pi, t->order.steps, gamma);
        t->loss[epoch] = oracle_loss(t->model, t->data, t->l2, t->want);
    }
    free(pi);
}

static void end(trial *t) {
    free(t->start);
    free(t->want);
    sq_order_fini(&t->order);
    sq_model_free(t->model);
    sq_data_free(t->data);
}

static int compare_loss(void *context, const sq_epoch *done) {
    const trial *t = context;
    cr_assert(memcmp(&t->loss[done->epoch], &done->loss, sizeof done->loss) == 0, "loss %a, not %a",
              done->loss, t->loss[done->epoch]);
    return 0;
}

static int see_trace(void *context, uint64_t epoch, const uint32_t *pi, const sq_trace_step *step,
                     size_t steps) {
    (void)context, (void)epoch, (void)pi, (void)step, (void)steps;
    return 0;
}

/* traced: every step alone, through the problem's `step`. */
static void check_run(trial *t, sq_mode mode, sq_planner planner, unsigned threads, int traced,
                      const char *what) {
    sq_error error = {""};
    sq_problem *problem = NULL;
    const sq_observer observer = {
        .context = t, .epoch = compare_loss, .trace = traced ? see_trace : NULL};
    const sq_train_options options = {.mode = mode,
                                      .threads = threads,
                                      .epochs = t->epochs,
                                      .step = t->step,
                                      .decay = 0.7,
                                      .losses = 1,
                                      .check_plan = 1,
                                      .plan = {.planner = planner},
                                      .observer = &observer};
    memcpy(t->model->x, t->start, t->floats * sizeof *t->start);
    cr_assert(sq_model_problem(&problem, t->model, t->data, t->l2, NULL) == SQ_OK);
    int status = sq_train(problem, t->model->x, &t->order, &options, NULL, &error);
    cr_assert(status == SQ_OK, "%s: %s", what, error.message);
    cr_assert(memcmp(t->model->x, t->want, t->floats * sizeof *t->want) == 0, "%s, %s", what,
              sq_mode_name(mode));
    sq_model_problem_free(problem);
}

static void check_case(sq_model_kind kind, uint32_t classes, uint64_t seed) {
    static const char *const versions[] = {"baseline", "avx2", "avx512"};
    char what[128];
    trial t = {0};
    begin(&t, kind, classes, seed);
    for (int v = 0; v < 3; v++) {
        (void)snprintf(what, sizeof what, "%s, %u classes, seed %llu, λ %g, %s",
                       sq_model_name(kind), classes, (unsigned long long)seed, t.l2, versions[v]);
        cr_assert(setenv("SEQUENT_ISA", versions[v], 1) == 0);
        check_run(&t, SQ_MODE_SERIAL, SQ_PLANNER_AUTO, 1, 0, what);
        check_run(&t, SQ_MODE_SERIAL, SQ_PLANNER_AUTO, 1, 1, what);
        if (v > 0)
            continue;
        check_run(&t, SQ_MODE_PLANNED, SQ_PLANNER_LANES, 3, 0, what);
        if (classes > MANY)
            continue;
        check_run(&t, SQ_MODE_PLANNED, SQ_PLANNER_LEVELS, 2, 0, what);
        check_run(&t, SQ_MODE_PLANNED, SQ_PLANNER_COMPONENTS, 2, 0, what);
        check_run(&t, SQ_MODE_HOGWILD, SQ_PLANNER_AUTO, 1, 0, what);
    }
    end(&t);
}

static void check_cases(sq_model_kind kind, uint64_t seed) {
    static const uint32_t classes[] = {3, 4, 5, 8, 10, 12, 17, 32, 37};
    size_t cases = scale_cases(CASES);
    seed = scale_seed(seed);
    for (size_t i = 0; i < cases; i++)
        check_case(kind, classes[i % (sizeof classes / sizeof *classes)], seed + i);
}

Test(class_twins, svm_is_the_textbook_loop) {
    check_cases(SQ_SVM, 6400000);
}

Test(class_twins, logistic_is_the_textbook_loop) {
    check_cases(SQ_LOGISTIC, 6500000);
}

/* Around the number of classes that a step holds at once, and beyond twice that. */
Test(class_twins, more_classes_than_a_chunk) {
    static const uint32_t classes[2] = {1024, 2051};
    for (size_t i = 0; i < 2 && i < scale_cases(2); i++) {
        check_case(SQ_SVM, classes[i], 1 + i);
        check_case(SQ_LOGISTIC, classes[i], 1 + i);
    }
}
