/* sequent train */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/training.h"

static const char USAGE[] =
    "Usage: sequent train --model NAME [OPTIONS] DATA\n\n"
    "Trains a model by stochastic gradient descent and prints its hash. With --mode planned, the\n"
    "default, the hash is that of --mode serial, for every number of threads and every planner. "
    "Of\n"
    "the other modes, average-gradients and (for one number of threads) average-runs repeat their\n"
    "own. DATA: svmlight rows, rating triplets, edges or a Matrix Market file; '-' is standard "
    "input;\n"
    ".gz is read as it is. graph-cut: every node gets the label that cuts the least weight of "
    "edges,\n"
    "given the labels of some (--terminals).";

static int print_epoch(training *t, const sq_epoch *done, const sq_evaluation *test) {
    if (!t->shown) {
        (void)printf("epoch  step size     loss          seconds");
        (void)printf(test ? "   test loss     test %s\n" : "\n", test ? test->metric_name : "");
        t->shown = t;
    }
    (void)printf("%5llu  %-12.6g  %-12.9g  %-8.4f", (unsigned long long)done->epoch + 1,
                 done->gamma, done->loss, done->seconds);
    if (test)
        (void)printf("  %-12.9g  %.6f", test->loss, test->metric);
    (void)printf("\n");
    return 0;
}

/* shown: the JSON list of epochs. */
static int add_epoch(training *t, const sq_epoch *done, const sq_evaluation *test) {
    json_t *row = json_pack("{s:I, s:o, s:o, s:o}", "epoch", (json_int_t)done->epoch + 1, "loss",
                            json_number(done->loss), "seconds", json_number(done->seconds), "step",
                            json_number(done->gamma));
    if (row && test &&
        (json_object_set_new(row, "test_loss", json_number(test->loss)) != 0 ||
         json_object_set_new(row, "test_metric", json_number(test->metric)) != 0)) {
        json_decref(row);
        row = NULL;
    }
    return json_array_append_new(t->shown, row);
}

static void print_head(const training *t) {
    char data[160];
    session_describe(&t->in, data, sizeof data);
    (void)printf("model      %s, %s parameters\n", sq_model_name(t->in.model->kind),
                 group_digits((uint64_t)t->in.model->blocks * t->in.model->width).text);
    (void)printf("data       %s: %s\n", t->in.path, data);
    (void)printf("order      %s, seed %llu\n", t->s->order, (unsigned long long)t->s->seed);
    if (t->s->optimizer != SQ_SGD)
        (void)printf("optimizer  %s\n", sq_optimizer_name((sq_optimizer)t->s->optimizer));
    if (t->from)
        (void)printf("resumed    after epoch %llu, step %llu\n", (unsigned long long)t->from->epoch,
                     (unsigned long long)t->from->step);
}

static const char *planner_used(const training *t) {
    return t->report.planned ? sq_planner_name(t->report.plan.planner) : "none";
}

static double per_step(const training *t, uint64_t count) {
    return t->report.steps ? (double)count / (double)t->report.steps : 0;
}

static void print_tail(const training *t, const sq_lock *lock) {
    const sq_train_report *r = &t->report;
    (void)printf("mode       %s, %u thread%s", sq_mode_name((sq_mode)t->s->mode), r->threads,
                 r->threads == 1 ? "" : "s");
    if (t->s->mode == SQ_MODE_AVERAGE_GRADIENTS)
        (void)printf(", mini-batches of %u steps", settings_minibatch(t->s));
    else if (r->planned)
        (void)printf(", planner %s: %.0f steps a batch, %.3g deferrals a step", planner_used(t),
                     (double)r->steps / (double)(r->batches ? r->batches : 1),
                     per_step(t, r->deferrals));
    else if (t->s->mode == SQ_MODE_PLANNED)
        (void)printf(": run serially, %s%s",
                     t->in.model->layers ? "too many steps train a unit in common"
                                         : "conflicts and planning leave too little to gain",
                     r->ahead ? "; samples are arranged ahead by the others" : "");
    (void)printf("\nseconds    %.4f in steps, %.4f in planning\n", r->train_seconds,
                 r->plan_seconds);
    (void)printf("data hash  %s\norder hash %s\nmodel hash %s\n", lock->data_hash.hex,
                 lock->order_hash.hex, lock->model_hash.hex);
    if (t->s->output)
        (void)printf("model file %s\n", t->s->output);
    if (t->s->lock)
        (void)printf("lock file  %s\n", t->s->lock);
}

/* What decides the bits of a mode of its own; null for the others. */
static json_t *json_minibatch(const settings *s) {
    return s->mode == SQ_MODE_AVERAGE_GRADIENTS ? json_integer((json_int_t)settings_minibatch(s))
                                                : json_null();
}

static json_t *json_period(const settings *s) {
    return s->mode == SQ_MODE_AVERAGE_RUNS ? json_string(settings_period(s)) : json_null();
}

static json_t *to_json(const training *t, const sq_lock *lock) {
    const sq_train_report *r = &t->report;
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:O}",
        "model_hash", lock->model_hash.hex, "model_sha256", lock->sha256, "order_hash",
        lock->order_hash.hex, "data_hash", lock->data_hash.hex, "arithmetic", lock->arithmetic,
        "model", sq_model_name(t->in.model->kind), "mode", sq_mode_name((sq_mode)t->s->mode),
        "planner", planner_used(t), "threads", (int)r->threads, "samples", json_wide(lock->samples),
        "parameters", json_wide(lock->parameters), "batches", json_wide(r->batches), "deferred",
        json_number(per_step(t, r->deferrals)), "plan_seconds", json_number(r->plan_seconds),
        "train_seconds", json_number(r->train_seconds), "order", json_text(t->s->order), "seed",
        json_wide(t->s->seed), "schedule", sq_schedule_name(t->in.schedule), "step",
        json_number(t->in.step), "step_decay", json_number(t->in.decay), "l2",
        json_number(t->s->l2), "l2_form", t->s->l2_form ? "exact" : "degree", "optimizer",
        sq_optimizer_name((sq_optimizer)t->s->optimizer), "minibatch", json_minibatch(t->s),
        "average_every", json_period(t->s), "compiler", compiler(), "processor", json_processor(),
        "epochs", t->shown);
}

/* A signal that comes so late ends the program when the files are written. */
static int write_results(training *t, const sq_lock *lock, sq_error *error) {
    int status = SQ_OK;
    if (t->s->output)
        status = sq_model_write(t->in.model, t->s->output, error);
    if (status == SQ_OK && t->s->lock)
        status = sq_lock_write(lock, t->s->lock, error);
    signals_release();
    t->signal = signal_caught();
    t->written = status == SQ_OK;
    if (status == SQ_OK && t->signal)
        status = sqi_fail(error, SQ_INTERRUPTED, "interrupted");
    if (status != SQ_OK)
        return status;
    if (t->s->json)
        return print_json(to_json(t, lock), error);
    print_tail(t, lock);
    return SQ_OK;
}

/* Says how to go on, and returns the status that a shell gives to a process that a signal ended. */
static int interrupted(const training *t) {
    (void)fprintf(stderr, "sequent: interrupted by %s", t->signal == SIGINT ? "SIGINT" : "SIGTERM");
    if (t->paused || (t->kept && !t->written))
        (void)fprintf(
            stderr, "; %s holds where to go on%s: the same command with --resume %s %s",
            t->s->checkpoint, t->paused ? "" : ", the end of the last epoch", t->s->checkpoint,
            sq_mode_repeats((sq_mode)t->s->mode) ? "ends in the same model" : "goes on from there");
    else if (t->written)
        (void)fputs("; every file is written", stderr);
    else if (t->s->checkpoint && !training_resumes_within(t->s))
        (void)fputs("; no epoch has ended, so there is no new checkpoint", stderr);
    (void)fputc('\n', stderr);
    (void)fflush(stdout);
    return 128 + t->signal;
}

/* What its theory draws at random; in a fixed order SAGA's mean goes in circles. */
static void warn_of_order(const training *t) {
    if (t->s->optimizer == SQ_SAGA && t->in.order.kind != SQ_ORDER_REPLACEMENT &&
        t->in.order.kind != SQ_ORDER_RESHUFFLE)
        warn(t->s, "saga in the order %s may need much smaller steps than with --order replacement",
             sq_order_name(t->in.order.kind));
}

static void note_plan(const training *t) {
    const sq_plan_options *p = &t->report.plan;
    if (t->report.planned)
        note(t->s,
             "a batch ends with %u steps or %u deferrals, segments have %u steps; a step is taken "
             "to cost %.3g ns, a boundary %.3g",
             p->batch, p->deferrals, p->segment, p->step_ns, p->boundary_ns);
}

static int train(training *t, const settings *s, sq_error *error) {
    int status = settings_arguments(s, 1, 1, "DATA", error);
    if (status == SQ_OK)
        status = training_open(t, s, s->arguments[0], error);
    if (status != SQ_OK)
        return status;
    if (s->json && !(t->shown = json_array()))
        return sqi_fail(error, SQ_NO_MEMORY, "out of memory for the JSON report");
    t->show = s->json ? add_epoch : print_epoch;
    if (!s->json)
        print_head(t);
    warn_of_order(t);
    status = training_run(t, error);
    note_plan(t);
    return status == SQ_OK ? write_results(t, sq_recorder_lock(t->recorder, t->in.model), error)
                           : status;
}

int command_train(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv,
                      OPTIONS_MODEL | OPTIONS_TRAIN | OPTIONS_OUTPUT | OPTIONS_REPORT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    training t = {0};
    int status = train(&t, &s, &error);
    int exit_status = status == SQ_INTERRUPTED && t.signal ? interrupted(&t) : end(status, &error);
    if (s.json)
        json_decref(t.shown);
    training_close(&t);
    return exit_status;
}
