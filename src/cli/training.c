/* Training with its observers: progress, record, trace, checkpoints, signals. */
#include "cli/training.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/output.h"
#include "base/status.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "verify/lock.h"

/* Remembers the failure of an observer, which can only ask the run to stop. */
static int stop(training *t, int status) {
    if (status != SQ_OK && t->status == SQ_OK)
        t->status = status;
    return status != SQ_OK;
}

/* done: the epoch that ends there, or NULL. */
static int write_checkpoint(training *t, uint64_t epoch, size_t step, const sq_epoch *done) {
    const sq_lock *facts = sq_recorder_lock(t->recorder, t->in.model);
    t->since_checkpoint = 0;
    if (stop(t, done ? sq_checkpoint_write_memory(t->s->checkpoint, facts, epoch, t->in.model,
                                                  done->memory, done->memory_size, &t->error)
                     : sq_checkpoint_write(t->s->checkpoint, facts, epoch, step, t->in.model,
                                           &t->error)))
        return 1;
    t->kept = epoch;
    return 0;
}

int training_resumes_within(const settings *s) {
    return sq_train_resumes_within(&(sq_train_options){.mode = (sq_mode)s->mode,
                                                       .optimizer = (sq_optimizer)s->optimizer,
                                                       .l2_exact = s->l2_form ? s->l2 : 0});
}

/* At a place where the run could go on: checkpoints where it is time, or where a signal came. done: the
 * epoch that ends there, or NULL. */
static int pause_at(training *t, uint64_t epoch, size_t step, int due, const sq_epoch *done) {
    t->signal = signal_caught();
    if (t->s->checkpoint && (due || t->signal) && write_checkpoint(t, epoch, step, done))
        return 1;
    t->paused = t->s->checkpoint && t->signal;
    return t->signal != 0;
}

static int see_order(void *context, uint64_t epoch, const uint32_t *pi, size_t steps) {
    training *t = context;
    t->position = t->from && epoch == t->from->epoch ? t->from->step : 0;
    sq_recorder_order(t->recorder, pi, steps);
    return 0;
}

static void show_progress(training *t, uint64_t epoch, size_t done, size_t steps) {
    double now = sqi_seconds(), all = (double)t->s->epochs;
    if (!t->terminal || (now - t->last_shown < 0.1 && done < steps))
        return;
    t->last_shown = now;
    double before =
        t->from ? ((double)t->from->epoch + (double)t->from->step / (double)steps) / all : 0;
    double share = ((double)epoch + (double)done / (double)steps) / all;
    double left = (now - t->begun) * (1 - share) / (share - before);
    (void)fprintf(stderr, "\repoch %llu of %llu, %3.0f %%, %.0f s left\033[K",
                  (unsigned long long)epoch + 1, (unsigned long long)t->s->epochs, 100 * share,
                  left);
}

static int see_progress(void *context, uint64_t epoch, size_t done, size_t steps) {
    training *t = context;
    show_progress(t, epoch, done, steps);
    t->since_checkpoint += done - t->position;
    t->position = done;
    if (done == steps)
        return 0; /* the epoch's own end comes next, with its loss and hash */
    if (!training_resumes_within(t->s))
        return (t->signal = signal_caught()) != 0; /* an earlier checkpoint stays */
    return pause_at(t, epoch, done,
                    t->s->checkpoint_every && t->since_checkpoint >= t->s->checkpoint_every, NULL);
}

void training_clear_line(const training *t) {
    if (t->terminal)
        (void)fputs("\r\033[K", stderr);
}

static int see_epoch(void *context, const sq_epoch *done) {
    training *t = context;
    sq_evaluation test;
    if (t->evaluator)
        test = sq_evaluator_run(t->evaluator);
    if (stop(t, sq_recorder_epoch(t->recorder, t->in.model, &t->error)))
        return 1;
    training_clear_line(t);
    if (t->show && t->show(t, done, t->evaluator ? &test : NULL))
        return stop(t, sqi_fail(&t->error, SQ_NO_MEMORY, "out of memory for the report"));
    return pause_at(t, done->epoch + 1, 0, 1, done);
}

static int see_trace(void *context, uint64_t epoch, const uint32_t *pi, const sq_trace_step *step,
                     size_t steps) {
    training *t = context;
    double gamma = t->in.step;
    for (uint64_t e = 0; e < epoch; e++)
        gamma *= t->in.decay;
    return stop(t, sq_trace_add(t->trace, gamma, pi, step, steps, &t->error));
}

static int open_test(training *t, sq_error *error) {
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

static int open_recorder(training *t, sq_error *error) {
    const settings *s = t->s;
    sq_recipe recipe = {.data = t->in.path,
                        .format = (sq_format)s->format,
                        .order = s->order,
                        .seed = s->seed,
                        .model = (sq_model_kind)s->model,
                        .terminals = s->terminals,
                        .rank = s->model == SQ_MATRIX_COMPLETION ? t->in.model->width : 0,
                        .bias = s->bias,
                        .optimizer = (sq_optimizer)s->optimizer,
                        .layers = t->in.model->layers,
                        .keep = t->in.model->keep,
                        .schedule = t->in.schedule,
                        .l2 = s->l2,
                        .l2_exact = t->in.l2_exact > 0,
                        .step = t->in.step,
                        .decay = t->in.decay,
                        .epochs = s->epochs,
                        .mode = (sq_mode)s->mode};
    memcpy(recipe.hidden, t->in.model->hidden, sizeof recipe.hidden);
    if (s->mode == SQ_MODE_AVERAGE_GRADIENTS)
        recipe.minibatch = s->batch ? s->batch : SQ_MINIBATCH;
    if (s->mode == SQ_MODE_AVERAGE_RUNS)
        recipe.threads = s->threads ? s->threads : sq_processors();
    int status = sq_recorder_new(&t->recorder, &recipe, t->in.data, &t->in.order, t->in.model,
                                 &t->in.data_hash, error);
    if (status == SQ_OK)
        sq_recorder_terminals(t->recorder, &t->in.terminals_hash);
    return status;
}

/* Where a run of this kind can go on. */
static int check_resuming(const settings *s, sq_error *error) {
    if (s->average_every >= 0 && s->mode != SQ_MODE_AVERAGE_RUNS)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--average-every is for --mode average-runs");
    if (s->average_every == AVERAGE_RUN && (s->checkpoint || s->resume))
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--%s: with --average-every run the threads' own parameters are in no "
                        "checkpoint",
                        s->checkpoint ? "checkpoint" : "resume");
    if (s->checkpoint_every && !training_resumes_within(s))
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--checkpoint-every: %s can go on at the end of an epoch only, where "
                        "--checkpoint writes one anyway",
                        s->optimizer != SQ_SGD ? sq_optimizer_name((sq_optimizer)s->optimizer)
                        : s->l2_form           ? "exact L2"
                                               : sq_mode_name((sq_mode)s->mode));
    return SQ_OK;
}

static int check_settings(const settings *s, sq_error *error) {
    int status = s->lock ? sqi_lock_check_mode((sq_mode)s->mode, "--lock", error) : SQ_OK;
    if (status == SQ_OK)
        status = check_resuming(s, error);
    if (status != SQ_OK)
        return status;
    if (s->trace && s->resume)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--trace: a resumed run has no whole trace");
    if (s->trace && s->checkpoint)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--trace: a run with checkpoints would go on without its trace");
    return SQ_OK;
}

/* That every result has a place is found out before hours of work, not after. */
static int probe_outputs(training *t, sq_error *error) {
    const char *const paths[] = {t->s->output, t->s->lock, t->s->checkpoint};
    int status = SQ_OK;
    signals_catch();
    for (int i = 0; i < 3 && status == SQ_OK; i++)
        if (paths[i])
            status = sqi_output_probe(paths[i], error);
    signals_release();
    t->signal = signal_caught();
    return status == SQ_OK && t->signal ? sqi_fail(error, SQ_INTERRUPTED, "interrupted") : status;
}

/* The same for what is written as text: a path that is not UTF-8 has no place in a lock. */
static int probe_texts(training *t, sq_error *error) {
    const char *const paths[] = {t->s->lock, t->s->checkpoint};
    int status = SQ_OK;
    for (int i = 0; i < 2 && status == SQ_OK; i++)
        if (paths[i]) {
            char *text = NULL;
            status =
                sqi_lock_text(&text, sq_recorder_lock(t->recorder, t->in.model), paths[i], error);
            sqi_free(text);
        }
    return status;
}

static sq_train_options options_of(const training *t, const sq_observer *observer) {
    const settings *s = t->s;
    return (sq_train_options){
        .mode = (sq_mode)s->mode,
        .threads = s->threads,
        .epochs = s->epochs,
        .first_epoch = t->from ? t->from->epoch : 0,
        .first_step = t->from ? (size_t)t->from->step : 0,
        .memory = t->from ? t->from->memory : NULL,
        .memory_size = t->from ? t->from->memory_size : 0,
        .schedule = t->in.schedule,
        .step = t->in.step,
        .decay = t->in.decay,
        .optimizer = (sq_optimizer)s->optimizer,
        .l2_exact = t->in.l2_exact,
        .plan = {.planner = (sq_planner)s->planner, .batch = s->batch, .deferrals = s->deferrals},
        .minibatch = s->batch,
        .average_run = s->average_every == AVERAGE_RUN,
        .check_plan = s->check_plan,
        .losses = 1,
        .observer = observer};
}

/* What training would refuse is refused before anything is printed. */
static int check_options(const training *t, sq_error *error) {
    const sq_train_options options = options_of(t, NULL);
    return sq_train_check(t->in.problem, &t->in.order, &options, error);
}

int training_open(training *t, const settings *s, const char *path, sq_error *error) {
    *t = (training){.s = s, .terminal = !s->quiet && isatty(STDERR_FILENO)};
    int status = check_settings(s, error);
    if (status == SQ_OK)
        status = places_check(s, path, error);
    if (status == SQ_OK)
        status = probe_outputs(t, error);
    if (status == SQ_OK)
        status = session_open(&t->in, s, path, error);
    if (status == SQ_OK)
        status = open_test(t, error);
    if (status == SQ_OK)
        status = open_recorder(t, error);
    if (status == SQ_OK)
        status = probe_texts(t, error);
    if (status == SQ_OK && s->resume)
        status = sq_checkpoint_read(&t->from, s->resume, error);
    if (status == SQ_OK && s->resume)
        status = sq_checkpoint_resume(t->from, t->recorder, t->in.model, &t->in.order, error);
    if (status == SQ_OK)
        status = check_options(t, error);
    if (status == SQ_OK)
        signals_catch();
    if (status == SQ_OK && s->trace)
        status = sq_trace_open(&t->trace, s->trace, sq_recorder_lock(t->recorder, t->in.model),
                               t->in.problem->graph, t->in.model->names, error);
    return status;
}

/* Ends the trace's file, or takes it away. */
static int close_trace(training *t, int status, sq_error *error) {
    sq_trace_writer *trace = t->trace;
    t->trace = NULL;
    if (trace && status == SQ_OK)
        return sq_trace_commit(trace, error);
    sq_trace_abandon(trace);
    return status;
}

int training_run(training *t, sq_error *error) {
    const sq_observer observer = {.context = t,
                                  .order = see_order,
                                  .progress = see_progress,
                                  .epoch = see_epoch,
                                  .trace = t->trace ? see_trace : NULL};
    const sq_train_options options = options_of(t, &observer);
    t->begun = sqi_seconds();
    int status = sq_train(t->in.problem, t->in.model->x, &t->in.order, &options, &t->report, error);
    training_clear_line(t);
    if (t->status != SQ_OK)
        status = sqi_fail(error, t->status, "%s", t->error.message);
    return close_trace(t, status, error);
}

void training_close(training *t) {
    sq_trace_abandon(t->trace);
    signals_release();
    sq_recorder_free(t->recorder);
    sq_evaluator_free(t->evaluator);
    sq_data_free(t->test);
    sq_checkpoint_free(t->from);
    session_close(&t->in);
}
