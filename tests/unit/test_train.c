/* exec/train: what all modes share. Bits, observers, errors, the report. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sequent/hash.h"
#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/rounding.h"
#include "support/training.h"

enum { SAMPLES = 3000 };

/* Trains a fresh model; losses (size epochs) may be NULL. */
typedef struct losses {
    double loss[3];
} losses;

static int keep_loss(void *context, const sq_epoch *epoch) {
    losses *l = context;
    l->loss[epoch->epoch] = epoch->loss;
    return 0;
}

static sq_hash train(sq_model_kind kind, const char *order, sq_train_options options, losses *l,
                     sq_train_report *report) {
    training t = training_new(kind, SAMPLES, order, 0.01);
    sq_observer observer = {.context = l, .epoch = keep_loss};
    options.losses = 1;
    options.observer = &observer;
    sq_error error = {""};
    int status = sq_train(t.problem, t.model->x, &t.order, &options, report, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    sq_hash hash = sq_model_hash(t.model);
    training_free(&t);
    return hash;
}

/* A file of sample numbers with repeats, longer than the data. Static storage. */
static const char *order_file(void) {
    static char spec[] = "file:/tmp/sequent_order_XXXXXX";
    int file = mkstemp(spec + 5);
    cr_assert(file >= 0);
    chance draw = {8};
    for (int i = 0; i < SAMPLES + 500; i++)
        cr_assert(dprintf(file, "%u\n", chance_below(&draw, SAMPLES / 2)) > 0);
    cr_assert(close(file) == 0);
    return spec;
}

/* Model and losses of planned are those of serial: every planner, 1, 2, 3, 8 and 64 threads. */
static void compare_modes(sq_model_kind kind, const char *order) {
    static const unsigned threads[] = {1, 2, 3, 8, 64};
    losses want, got;
    sq_train_report report;
    sq_hash serial = train(kind, order, training_options(SQ_MODE_SERIAL, 1), &want, &report);
    cr_assert(!report.planned && report.threads == 1 && report.batches == 0);
    for (int t = 0; t < 5; t++)
        for (int planner = 0; planner <= SQ_PLANNER_COMPONENTS; planner++) {
            sq_train_options options = training_options(SQ_MODE_PLANNED, threads[t]);
            options.plan.planner = (sq_planner)planner;
            sq_hash planned = train(kind, order, options, &got, &report);
            cr_assert_str_eq(planned.hex, serial.hex, "%s, order %s, planner %d, %u threads",
                             sq_model_name(kind), order, planner, threads[t]);
            cr_assert(memcmp(&want, &got, sizeof want) == 0, "losses");
            cr_assert(report.planned || planner == SQ_PLANNER_AUTO);
            cr_assert(report.threads == (report.planned ? threads[t] : 1));
            cr_assert((report.batches > 0) == report.planned);
        }
}

/* Orders that change, where one thread runs the steps and the others arrange ahead: as few epochs as
 * nothing, one or two are arranged ahead in, and samples that are no, one or several parts of what is
 * copied at a time, or more than are run between two looks of an observer. */
static void compare_ahead(size_t samples, const char *spec, unsigned threads, uint64_t epochs) {
    training t = training_new(SQ_MATRIX_COMPLETION, samples, spec, 0);
    const size_t bytes = sq_problem_parameters(t.problem) * sizeof(float);
    float *x = aligned_alloc(64, (bytes + 63) / 64 * 64);
    memcpy(x, t.model->x, bytes);
    sq_train_options serial = training_options(SQ_MODE_SERIAL, 1), ahead = serial;
    ahead.mode = SQ_MODE_PLANNED;
    ahead.threads = threads;
    ahead.plan.boundary_ns = 1e9; /* no plan pays */
    serial.epochs = ahead.epochs = epochs;
    sq_train_report report;
    cr_assert(sq_train(t.problem, t.model->x, &t.order, &serial, NULL, NULL) == SQ_OK);
    cr_assert(sq_train(t.problem, x, &t.order, &ahead, &report, NULL) == SQ_OK);
    cr_assert(!report.planned && report.threads == 1 && report.steps == epochs * samples);
    cr_assert(report.ahead == (epochs > 1 && sq_processors() > 1));
    cr_assert(memcmp(x, t.model->x, bytes) == 0, "%zu samples, %s, %u threads, %d epochs", samples,
              spec, threads, (int)epochs);
    free(x);
    training_free(&t);
}

Test(train, ahead) {
    static const size_t samples[] = {1, 999, (1 << 14) + 1, 40000};
    static const unsigned threads[] = {2, 3, 16};
    for (int s = 0; s < 4; s++)
        for (int t = 0; t < 3; t++)
            for (uint64_t epochs = 1; epochs <= 4; epochs++)
                compare_ahead(samples[s], epochs % 2 ? "replacement" : "reshuffle", threads[t],
                              epochs);
    compare_ahead((1 << 20) + 12345, "reshuffle", 2, 3);
}

Test(train, modes_agree_shuffle) {
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        compare_modes((sq_model_kind)kind, "shuffle");
}

Test(train, modes_agree_reshuffle) {
    compare_modes(SQ_MATRIX_COMPLETION, "reshuffle");
    compare_modes(SQ_LOGISTIC, "reshuffle");
}

Test(train, modes_agree_sequential) {
    compare_modes(SQ_MATRIX_COMPLETION, "sequential");
    compare_modes(SQ_SVM, "sequential");
}

Test(train, modes_agree_replacement) {
    compare_modes(SQ_MATRIX_COMPLETION, "replacement");
    compare_modes(SQ_LEAST_SQUARES, "replacement");
}

Test(train, modes_agree_file) {
    const char *spec = order_file();
    compare_modes(SQ_MATRIX_COMPLETION, spec);
    compare_modes(SQ_SVM, spec);
    cr_assert(remove(spec + 5) == 0);
}

/* Models of different data, orders, steps and decays differ: the comparisons above compare
 * something. */
Test(train, what_matters_shows) {
    sq_train_options o = training_options(SQ_MODE_PLANNED, 3);
    losses l;
    sq_hash hash[5];
    hash[0] = train(SQ_SVM, "shuffle", o, &l, NULL);
    hash[1] = train(SQ_SVM, "reshuffle", o, &l, NULL);
    o.step = 0.03;
    hash[2] = train(SQ_SVM, "shuffle", o, &l, NULL);
    o.decay = 0.5;
    hash[3] = train(SQ_SVM, "shuffle", o, &l, NULL);
    o.epochs = 2;
    hash[4] = train(SQ_SVM, "shuffle", o, &l, NULL);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            cr_assert(strcmp(hash[i].hex, hash[j].hex) != 0, "%d and %d", i, j);
}

/* The caller's rounding decides no bit, on no thread, and is the caller's again afterwards. */
Test(train, rounding_of_the_caller) {
    losses l;
    sq_hash want = train(SQ_LOGISTIC, "shuffle", training_options(SQ_MODE_SERIAL, 1), &l, NULL);
    for (int mode = 0; mode < 2; mode++) {
        training t = training_new(SQ_LOGISTIC, SAMPLES, "shuffle", 0.01);
        sq_train_options options = training_options(mode ? SQ_MODE_PLANNED : SQ_MODE_SERIAL, 4);
        options.plan.planner = SQ_PLANNER_LEVELS;
        cr_assert(fesetround(FE_UPWARD) == 0);
        int status = sq_train(t.problem, t.model->x, &t.order, &options, NULL, NULL);
        int after = rounding_now();
        cr_assert(fesetround(FE_TONEAREST) == 0);
        cr_assert(status == SQ_OK && after == FE_UPWARD);
        cr_assert_str_eq(sq_model_hash(t.model).hex, want.hex);
        training_free(&t);
    }
}

static const sq_mode all_modes[] = {
    SQ_MODE_SERIAL,      SQ_MODE_PLANNED,      SQ_MODE_HOGWILD,          SQ_MODE_LOCKED,
    SQ_MODE_ROUND_ROBIN, SQ_MODE_AVERAGE_RUNS, SQ_MODE_AVERAGE_GRADIENTS};
enum { MODES = sizeof all_modes / sizeof *all_modes };

Test(train, divergence) {
    for (int i = 0; i < MODES; i++) {
        training t = training_new(SQ_LEAST_SQUARES, SAMPLES, "shuffle", 0);
        sq_train_options options = training_options(all_modes[i], 2);
        options.step = 1e6;
        sq_error error = {""};
        sq_train_report report;
        int status = sq_train(t.problem, t.model->x, &t.order, &options, &report, &error);
        cr_assert(status == SQ_DIVERGED, "%d", status);
        cr_assert(strstr(error.message, "least-squares") && strstr(error.message, "epoch 1 of 3"),
                  "%s", error.message);
        cr_assert(report.epochs == 0);
        training_free(&t);
    }
}

/* Divergence is found in any block and number, infinite or NaN, and only there: padding may be what
 * it likes. */
static void spoil(const void *context, float *x, const sq_step *step) {
    (void)step;
    const float *what = context; /* the value, and where it goes */
    x[(size_t)what[1]] = what[0];
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return 0;
}

/* Every place of rows with and without padding. */
static void check_divergence(uint32_t width, uint32_t stride) {
    enum { BLOCKS = 4, MOST = 64 };
    static const uint32_t block[] = {0};
    const float bad[] = {NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX};
    sq_hypergraph graph = {.samples = 1, .blocks = BLOCKS, .arity = 1, .block = block};
    sq_order order = {.kind = SQ_ORDER_SEQUENTIAL, .samples = 1, .steps = 1};
    for (uint32_t at = 0; at < BLOCKS * stride; at++)
        for (int i = 0; i < 5; i++) {
            float x[MOST] = {0}, what[2] = {bad[i], (float)at};
            sq_problem p = {.name = "spoiler",
                            .context = what,
                            .samples = 1,
                            .blocks = BLOCKS,
                            .width = width,
                            .stride = stride,
                            .graph = &graph,
                            .step = spoil,
                            .loss = no_loss};
            sq_train_options options = {.mode = SQ_MODE_SERIAL, .epochs = 1, .step = 1, .decay = 1};
            int status = sq_train(&p, x, &order, &options, NULL, NULL);
            int found = i < 3 && at % stride < width;
            cr_assert(status == (found ? SQ_DIVERGED : SQ_OK), "%u of %u, number %u, %g: %d", width,
                      stride, at, (double)bad[i], status);
        }
}

Test(train, divergence_everywhere) {
    check_divergence(1, 1);
    check_divergence(2, 3);
    check_divergence(3, 3);
    check_divergence(8, 8);
    check_divergence(13, 16);
}

Test(train, alignment) {
    training t = training_new(SQ_MATRIX_COMPLETION, 100, "shuffle", 0);
    sq_train_options options = training_options(SQ_MODE_SERIAL, 1);
    sq_error error = {""};
    cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, NULL, NULL) == SQ_OK);
    cr_assert(sq_train(t.problem, t.model->x + 4, &t.order, &options, NULL, &error) ==
              SQ_BAD_ARGUMENT);
    cr_assert(strstr(error.message, "expected a multiple of 64 bytes"), "%s", error.message);
    training_free(&t);
}

Test(train, no_epochs) {
    for (int i = 0; i < MODES; i++) {
        training t = training_new(SQ_SVM, 100, "shuffle", 0);
        sq_train_options options = training_options(all_modes[i], 2);
        options.epochs = 0;
        sq_train_report report;
        cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, &report, NULL) == SQ_OK);
        cr_assert(report.epochs == 0 && report.steps == 0 && report.batches == 0);
        for (size_t i2 = 0; i2 < t.model->blocks; i2++)
            cr_assert(t.model->x[i2] == 0);
        training_free(&t);
    }
}

static void refuse(sq_train_options options, size_t samples, const char *word) {
    for (int i = 0; i < MODES; i++) {
        training t = training_new(SQ_SVM, 100, "shuffle", 0);
        t.order.samples = samples;
        options.mode = all_modes[i];
        sq_error error = {""};
        cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, NULL, &error) ==
                  SQ_BAD_ARGUMENT);
        cr_assert(strstr(error.message, word), "'%s' lacks '%s'", error.message, word);
        for (size_t u = 0; u < t.model->blocks; u++)
            cr_assert(t.model->x[u] == 0);
        training_free(&t);
    }
}

Test(train, bad_arguments) {
    sq_train_options good = training_options(SQ_MODE_SERIAL, 1), o = good;
    refuse(good, 99, "99");
    refuse(good, 101, "101");
    o.threads = SQ_LANES_MAX + 1;
    refuse(o, 100, "1025");
    o = good;
    o.first_step = SQ_PLAN_SEGMENT;
    refuse(o, 100, "a multiple of");
    o.plan.segment = 1000;
    refuse(o, 100, "1000 steps, which do not divide");
    static const double wrong[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        o = good;
        o.step = wrong[i];
        refuse(o, 100, "step");
        o = good;
        o.decay = wrong[i];
        refuse(o, 100, "decay");
    }
}

Test(train, bad_plan_options) {
    training t = training_new(SQ_SVM, 100, "shuffle", 0);
    sq_train_options options = training_options(SQ_MODE_PLANNED, 2);
    options.plan.batch = UINT32_MAX;
    cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, NULL, NULL) == SQ_BAD_ARGUMENT);
    training_free(&t);
}

/* The number of threads is the number of lanes, whatever the plan options say. */
Test(train, report_of_a_plan) {
    training t = training_new(SQ_MATRIX_COMPLETION, SAMPLES, "shuffle", 0);
    sq_train_options options = training_options(SQ_MODE_PLANNED, 5);
    options.plan.planner = SQ_PLANNER_COMPONENTS;
    options.plan.lanes = 77;
    sq_train_report report;
    cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, &report, NULL) == SQ_OK);
    cr_assert(report.planned && report.threads == 5 && report.plan.lanes == 5);
    cr_assert(report.plan.planner == SQ_PLANNER_COMPONENTS && report.plan.batch > 0);
    cr_assert(report.plan.step_ns == t.problem->step_ns);
    sq_plan *plan = NULL;
    uint32_t *pi = calloc(SAMPLES, sizeof *pi);
    sq_order_fill(&t.order, 0, pi);
    cr_assert(sq_plan_build(&plan, t.problem->graph, pi, SAMPLES, &report.plan, NULL) == SQ_OK);
    cr_assert(report.batches == 3 * plan->batches && report.deferrals == 3 * plan->deferrals);
    cr_assert(report.epochs == 3 && report.steps == 3 * SAMPLES);
    sq_plan_free(plan);
    free(pi);
    training_free(&t);
}

/* threads = 0: as many as there are processors. */
Test(train, threads_by_default) {
    training t = training_new(SQ_MATRIX_COMPLETION, SAMPLES, "shuffle", 0);
    sq_train_options options = training_options(SQ_MODE_HOGWILD, 0);
    sq_train_report report;
    cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, &report, NULL) == SQ_OK);
    cr_assert(sq_processors() >= 1 && report.threads == sq_processors());
    cr_assert(!report.planned && report.batches == 0);
    training_free(&t);
}

Test(train, mode_names) {
    static const char *const names[] = {"planned",     "serial",       "hogwild",          "locked",
                                        "round-robin", "average-runs", "average-gradients"};
    for (int i = 0; i < MODES; i++) {
        cr_assert_str_eq(sq_mode_name((sq_mode)i), names[i]);
        cr_assert(sq_mode_find(names[i]) == i);
    }
    cr_assert(sq_mode_serial_bits(SQ_MODE_PLANNED) && sq_mode_serial_bits(SQ_MODE_SERIAL) &&
              !sq_mode_serial_bits(SQ_MODE_HOGWILD));
    for (int i = SQ_MODE_LOCKED; i <= SQ_MODE_AVERAGE_GRADIENTS; i++)
        cr_assert(!sq_mode_serial_bits((sq_mode)i));
    cr_assert(!sq_mode_name((sq_mode)7));
    cr_assert(sq_mode_find("") < 0 && sq_mode_find("Serial") < 0);
}
