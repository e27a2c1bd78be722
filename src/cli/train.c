/* sequent train */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/status.h"
#include "cli/commands.h"
#include "cli/session.h"

static const char USAGE[] =
    "Usage: sequent train --model NAME [OPTIONS] DATA\n\n"
    "Trains a model by stochastic gradient descent and prints its hash. With --mode planned, the\n"
    "default, the hash is that of --mode serial, for every number of threads and every planner.\n"
    "DATA: svmlight rows, rating triplets or a Matrix Market file; '-' is standard input; .gz is\n"
    "read as it is.";

typedef struct trainer {
    const settings *s;
    session in;
    sq_data *test;
    sq_evaluator *evaluator; /* NULL: no --test */
    sq_order_hasher *orders;
    sq_train_report report;
    json_t *epochs; /* of the JSON report; NULL: text */
    double begun, shown;
    int terminal; /* whether standard error shows progress */
    int failed;   /* no memory in an observer */
} trainer;

static int see_order(void *context, uint64_t epoch, const uint32_t *pi, size_t steps) {
    trainer *t = context;
    (void)epoch;
    sq_order_hasher_add(t->orders, pi, steps);
    return 0;
}

static int see_progress(void *context, uint64_t epoch, size_t done, size_t steps) {
    trainer *t = context;
    double now = sqi_seconds(), all = (double)t->s->epochs;
    if (!t->terminal || (now - t->shown < 0.1 && done < steps))
        return 0;
    t->shown = now;
    double share = ((double)epoch + (double)done / (double)steps) / all;
    double left = (now - t->begun) * (1 - share) / share;
    (void)fprintf(stderr, "\repoch %llu of %llu, %3.0f %%, %.0f s left\033[K",
                  (unsigned long long)epoch + 1, (unsigned long long)t->s->epochs, 100 * share,
                  left);
    return 0;
}

static void clear_progress(const trainer *t) {
    if (t->terminal)
        (void)fputs("\r\033[K", stderr);
}

static void print_epoch(const trainer *t, const sq_epoch *done, const sq_evaluation *test) {
    clear_progress(t);
    if (done->epoch == 0) {
        (void)printf("epoch  step size     loss          seconds");
        (void)printf(test ? "   test loss     test %s\n" : "\n", test ? test->metric_name : "");
    }
    (void)printf("%5llu  %-12.6g  %-12.9g  %-8.4f", (unsigned long long)done->epoch + 1,
                 done->gamma, done->loss, done->seconds);
    if (test)
        (void)printf("  %-12.9g  %.6f", test->loss, test->metric);
    (void)printf("\n");
}

static int add_epoch(trainer *t, const sq_epoch *done, const sq_evaluation *test) {
    json_t *row = json_pack("{s:I, s:o, s:o, s:o}", "epoch", (json_int_t)done->epoch + 1, "loss",
                            json_number(done->loss), "seconds", json_number(done->seconds), "step",
                            json_number(done->gamma));
    if (row && test) {
        json_object_set_new(row, "test_loss", json_number(test->loss));
        json_object_set_new(row, "test_metric", json_number(test->metric));
    }
    return json_array_append_new(t->epochs, row);
}

static int see_epoch(void *context, const sq_epoch *done) {
    trainer *t = context;
    sq_evaluation test;
    if (t->evaluator)
        test = sq_evaluator_run(t->evaluator);
    if (t->epochs)
        t->failed = add_epoch(t, done, t->evaluator ? &test : NULL) != 0;
    else
        print_epoch(t, done, t->evaluator ? &test : NULL);
    return t->failed;
}

static int open_test(trainer *t, sq_error *error) {
    if (!t->s->test)
        return SQ_OK;
    int status =
        sq_data_read(&t->test, t->s->test, t->in.data->kind, (sq_format)t->s->format, error);
    if (status == SQ_OK)
        status = sq_evaluator_new(&t->evaluator, t->in.model, t->test, error);
    if (status != SQ_OK)
        return status;
    size_t unseen = sq_evaluator_run(t->evaluator).unseen_samples;
    if (unseen)
        warn(t->s, "%zu of %zu samples of %s have coordinates or labels that training never sees",
             unseen, t->test->samples, t->s->test);
    return SQ_OK;
}

static void print_head(const trainer *t) {
    char data[160];
    session_describe(&t->in, data, sizeof data);
    (void)printf("model      %s, %s parameters\n", sq_model_name(t->in.model->kind),
                 group_digits(t->in.model->blocks * t->in.model->width).text);
    (void)printf("data       %s: %s\n", t->in.path, data);
    (void)printf("order      %s, seed %llu\n", t->s->order, (unsigned long long)t->s->seed);
}

static const char *planner_used(const trainer *t) {
    return t->report.planned ? sq_planner_name(t->report.plan.planner) : "none";
}

static void print_tail(const trainer *t) {
    const sq_train_report *r = &t->report;
    (void)printf("mode       %s, %u thread%s", sq_mode_name((sq_mode)t->s->mode), r->threads,
                 r->threads == 1 ? "" : "s");
    if (r->planned)
        (void)printf(", planner %s: %.0f steps a batch, %.3g deferrals a step", planner_used(t),
                     (double)r->steps / (double)(r->batches ? r->batches : 1),
                     (double)r->deferrals / (double)r->steps);
    else if (t->s->mode == SQ_MODE_PLANNED)
        (void)printf(": run serially, the conflicts leave nothing to gain");
    (void)printf("\nseconds    %.4f in steps, %.4f in planning\n", r->train_seconds,
                 r->plan_seconds);
    (void)printf("data hash  %s\norder hash %s\nmodel hash %s\n", t->in.data_hash.hex,
                 sq_order_hasher_hash(t->orders).hex, sq_model_hash(t->in.model).hex);
}

static json_t *to_json(const trainer *t) {
    const sq_train_report *r = &t->report;
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:I, s:o, "
        "s:o, "
        "s:o, s:O}",
        "model_hash", sq_model_hash(t->in.model).hex, "order_hash",
        sq_order_hasher_hash(t->orders).hex, "data_hash", t->in.data_hash.hex, "arithmetic",
        sq_arithmetic_version(), "model", sq_model_name(t->in.model->kind), "mode",
        sq_mode_name((sq_mode)t->s->mode), "planner", planner_used(t), "threads", (int)r->threads,
        "samples", (json_int_t)t->in.data->samples, "parameters",
        (json_int_t)t->in.model->blocks * (json_int_t)t->in.model->width, "batches",
        (json_int_t)r->batches, "deferred",
        json_number(r->steps ? (double)r->deferrals / (double)r->steps : 0), "plan_seconds",
        json_number(r->plan_seconds), "train_seconds", json_number(r->train_seconds), "order",
        t->s->order, "seed", (json_int_t)t->s->seed, "step", json_number(t->in.step), "step_decay",
        json_number(t->in.decay), "l2", json_number(t->s->l2), "epochs", t->epochs);
}

static int run(trainer *t, sq_error *error) {
    const settings *s = t->s;
    const sq_observer observer = {t, see_order, see_progress, see_epoch};
    const sq_train_options options = {
        .mode = (sq_mode)s->mode,
        .threads = s->threads,
        .epochs = s->epochs,
        .step = t->in.step,
        .decay = t->in.decay,
        .plan = {.planner = (sq_planner)s->planner, .batch = s->batch, .deferrals = s->deferrals},
        .check_plan = s->check_plan,
        .losses = 1,
        .observer = &observer};
    t->begun = sqi_seconds();
    int status = sq_train(t->in.problem, t->in.model->x, &t->in.order, &options, &t->report, error);
    clear_progress(t);
    return t->failed ? sqi_fail(error, SQ_NO_MEMORY, "out of memory for the JSON report") : status;
}

static int train(trainer *t, sq_error *error) {
    const settings *s = t->s;
    int status = settings_arguments(s, 1, 1, "DATA", error);
    if (status == SQ_OK)
        status = session_open(&t->in, s, s->arguments[0], error);
    if (status == SQ_OK)
        status = open_test(t, error);
    if (status == SQ_OK)
        status = sq_order_hasher_new(&t->orders, error);
    if (status != SQ_OK)
        return status;
    if (s->json && !(t->epochs = json_array()))
        return sqi_fail(error, SQ_NO_MEMORY, "out of memory for the JSON report");
    if (!s->json)
        print_head(t);
    status = run(t, error);
    if (status == SQ_OK && s->output)
        status = sq_model_write(t->in.model, s->output, error);
    if (status != SQ_OK)
        return status;
    if (s->json)
        return print_json(to_json(t), error);
    print_tail(t);
    if (s->output)
        (void)printf("model file %s\n", s->output);
    return SQ_OK;
}

int command_train(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv,
                      OPTIONS_MODEL | OPTIONS_TRAIN | OPTIONS_OUTPUT | OPTIONS_REPORT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    trainer t = {.s = &s, .terminal = !s.quiet && isatty(STDERR_FILENO)};
    int status = train(&t, &error);
    json_decref(t.epochs);
    sq_order_hasher_free(t.orders);
    sq_evaluator_free(t.evaluator);
    sq_data_free(t.test);
    session_close(&t.in);
    return end(status, &error);
}
