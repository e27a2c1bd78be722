/* sequent verify: trains again from a lock and compares. */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/training.h"
#include "verify/lock.h"

static const char USAGE[] =
    "Usage: sequent verify [OPTIONS] LOCK\n\n"
    "Trains again as the lock file says and compares every hash. Exit status: 0 the same, 1\n"
    "different (with the first epoch that differs, and what does), 2 trouble, such as a lock of\n"
    "another arithmetic version. How it runs is free: mode, planner and threads change no bit.";

/* The settings of the lock's run; how it runs comes from the command line. */
static void follow(settings *s, const sq_lock *lock) {
    const sq_recipe *r = &lock->recipe;
    s->model = (int)r->model;
    s->format = (int)r->format;
    s->rank = r->rank;
    s->terminals = s->terminals ? s->terminals : r->terminals;
    s->bias = r->bias;
    s->order = r->order;
    s->seed = r->seed;
    s->epochs = r->epochs;
    s->step = r->step;
    s->schedule = (int)r->schedule;
    s->decay = r->schedule == SQ_EPOCH_DECAY ? r->decay : -1;
    s->l2 = r->l2;
    s->l2_form = r->l2_exact;
    s->optimizer = (int)r->optimizer;
    s->hidden.layers = r->layers;
    memcpy(s->hidden.hidden, r->hidden, sizeof r->hidden);
    s->keep = r->layers ? r->keep : -1;
}

/* The earliest cause, in words. */
static const char *cause(const sq_lock_difference *d) {
    return d->data        ? "the data differ"
           : d->terminals ? "the terminals differ"
           : d->order     ? "the data are the same, the order differs"
           : d->initial   ? "data and order are the same, the initial values differ"
                          : "data, order and initial values are the same: the arithmetic differs";
}

/* What training again gave. */
typedef struct findings {
    sq_lock found; /* the hashes; "" where the run ended before there was one */
    sq_lock_difference d;
} findings;

static json_t *to_json(const sq_lock *lock, const findings *f) {
    const sq_lock_difference *d = &f->d;
    return json_pack("{s:b, s:s, s:s?, s:b, s:b, s:b, s:b, s:o, s:s}", "same", !d->any, "expected",
                     lock->model_hash.hex, "model_hash",
                     *f->found.model_hash.hex ? f->found.model_hash.hex : NULL, "data_differs",
                     d->data, "terminals_differ", d->terminals, "order_differs", d->order,
                     "initial_differs", d->initial, "first_epoch",
                     d->epoch ? json_integer((json_int_t)d->epoch) : json_null(), "cause",
                     d->any ? cause(d) : "");
}

static void print_line(const char *what, const char *expected, const char *found) {
    if (!*found)
        return;
    (void)printf("%-13s %s  %s\n", what, found,
                 strcmp(expected, found) == 0 ? "same" : "DIFFERENT");
    if (strcmp(expected, found) != 0)
        (void)printf("%-13s %s  in the lock\n", "", expected);
}

static void print_text(const sq_lock *lock, const findings *f) {
    const sq_lock_difference *d = &f->d;
    print_line("data hash", lock->data_hash.hex, f->found.data_hash.hex);
    print_line("terminals", lock->terminals_hash.hex, f->found.terminals_hash.hex);
    print_line("order hash", lock->order_hash.hex, f->found.order_hash.hex);
    print_line("initial hash", lock->initial_hash.hex, f->found.initial_hash.hex);
    print_line("model hash", lock->model_hash.hex, f->found.model_hash.hex);
    if (!d->any)
        (void)printf("verified: the same model, bit for bit\n");
    else if (d->epoch)
        (void)printf("different from epoch %llu on: %s\n", (unsigned long long)d->epoch, cause(d));
    else
        (void)printf("different: %s\n", cause(d));
}

/* What the reader lets pass, as a program may use the library as it likes, but no command trains. */
static int check_recipe(const sq_recipe *r, const char *path, sq_error *error) {
    const char *wrong =
        r->step < 0    ? "\"step\": expected a number that is not negative"
        : r->decay < 0 ? "\"step_decay\": expected a number that is not negative"
        : r->l2 < 0    ? "\"l2\": expected a number that is not negative"
        : (r->model == SQ_MATRIX_COMPLETION) != (r->rank > 0)
            ? "\"rank\": expected 1 to 65536 for matrix-completion, else 0"
        : (r->model == SQ_MLP) != (r->layers > 0)     ? "\"hidden\": expected for mlp alone"
        : r->layers && !(r->keep > 0 && r->keep <= 1) ? "\"keep\": expected above 0, at most 1"
                                                      : NULL;
    return wrong ? sqi_fail(error, SQ_BAD_INPUT, "%s: %s", path, wrong) : SQ_OK;
}

static int check_lock(const sq_lock *lock, const settings *s, sq_error *error) {
    if (lock->arithmetic != sq_arithmetic_version())
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "the lock is of arithmetic version %d, this program's is %d: it cannot be "
                        "verified here",
                        lock->arithmetic, sq_arithmetic_version());
    int status = sqi_lock_check_mode((sq_mode)s->mode, "--mode", error);
    if (status != SQ_OK)
        return status;
    if (lock->epochs != lock->recipe.epochs)
        return sqi_fail(error, SQ_BAD_INPUT, "%s: \"epoch_hashes\": expected one for each epoch",
                        s->arguments[0]);
    return check_recipe(&lock->recipe, s->arguments[0], error);
}

/* The orders of the epochs that a run which diverged did not reach: the lock has the hash of all. */
static int add_orders(training *t, sq_error *error) {
    uint32_t *pi;
    int status = sq_pi_new(&pi, &t->in.order, error);
    for (uint64_t e = t->report.epochs + 1; e < t->s->epochs && status == SQ_OK; e++) {
        if (!sq_order_fixed(&t->in.order))
            sq_order_fill(&t->in.order, e, pi);
        sq_recorder_order(t->recorder, pi, t->in.order.steps);
    }
    sq_pi_free(pi);
    return status;
}

/* Compares what the run came to. status: its own; one that could not end for what the lock does not
 * say is different, not trouble: other data are not the model's kind, too short for the order's file,
 * or make it diverge. */
static int compare(findings *f, training *t, const sq_lock *lock, int status, sq_error *error) {
    sq_error run_error = *error;
    int refused = status == SQ_BAD_ARGUMENT || status == SQ_BAD_INPUT;
    if (refused && t->in.data && strcmp(t->in.data_hash.hex, lock->data_hash.hex) != 0) {
        f->found.data_hash = t->in.data_hash;
        f->d = (sq_lock_difference){.any = 1, .data = 1};
    } else if (refused && t->in.data && t->in.terminals &&
               strcmp(t->in.terminals_hash.hex, lock->terminals_hash.hex) != 0) {
        f->found.data_hash = t->in.data_hash;
        f->found.terminals_hash = t->in.terminals_hash;
        f->d = (sq_lock_difference){.any = 1, .terminals = 1};
    } else if (status == SQ_OK || status == SQ_DIVERGED) {
        if (status == SQ_DIVERGED && add_orders(t, error) != SQ_OK)
            return SQ_NO_MEMORY;
        f->found = *sq_recorder_lock(t->recorder, t->in.model);
        f->d = sq_lock_compare(lock, &f->found);
    }
    if (status == SQ_OK)
        return SQ_OK;
    if (!f->d.data && !f->d.terminals && !f->d.order && !f->d.initial)
        return status;
    f->found.model_hash = (sq_hash){""};
    warn(t->s, "no model: %s", run_error.message);
    return SQ_OK;
}

static int verify(training *t, settings *s, sq_lock **lock, int *different, sq_error *error) {
    int status = settings_arguments(s, 1, 1, "LOCK", error);
    if (status == SQ_OK)
        status = sq_lock_read(lock, s->arguments[0], error);
    if (status == SQ_OK)
        status = check_lock(*lock, s, error);
    if (status != SQ_OK)
        return status;
    findings f = {0};
    follow(s, *lock);
    status = training_open(t, s, s->data ? s->data : (*lock)->recipe.data, error);
    if (status == SQ_OK)
        status = training_run(t, error);
    signals_release();
    t->signal = signal_caught();
    if (status == SQ_OK && t->signal)
        status = sqi_fail(error, SQ_INTERRUPTED, "interrupted");
    status = compare(&f, t, *lock, status, error);
    if (status != SQ_OK)
        return status;
    *different = f.d.any;
    if (s->json)
        return print_json(to_json(*lock, &f), error);
    print_text(*lock, &f);
    return SQ_OK;
}

int command_verify(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv, OPTIONS_VERIFY | OPTIONS_RUN | OPTIONS_REPORT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    training t = {0};
    sq_lock *lock = NULL;
    int different = 0;
    int status = verify(&t, &s, &lock, &different, &error);
    int exit_status = end(status, &error);
    if (t.signal)
        exit_status = 128 + t.signal;
    training_close(&t);
    sq_lock_free(lock);
    return exit_status == EXIT_DONE && different ? EXIT_DIFFERENT : exit_status;
}
