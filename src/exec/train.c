/* The run that all modes share: epochs, orders, losses, and who looks in between. */
#include <float.h>
#include <math.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "num/self_check.h"
#include "opt/schedule.h"

/* Steps between two looks of an observer where no plan says otherwise. */
enum { SEGMENT = 1 << 20 };

/* Whether `count` numbers are finite; eight are looked at together, so that compilers make vectors of them. */
static int all_finite(const float *x, size_t count) {
    int others[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int j = 0; j < 8; j++)
            others[j] |= !(fabsf(x[i + (size_t)j]) <= FLT_MAX);
    for (; i < count; i++)
        others[0] |= !isfinite(x[i]);
    for (int j = 1; j < 8; j++)
        others[0] |= others[j];
    return !others[0];
}

static int check_finite(const sqi_run *run, sq_error *error) {
    const sq_problem *p = run->problem;
    const int padded = p->width != p->stride; /* else all rows are one */
    const size_t rows = padded ? p->blocks : 1, numbers = padded ? p->width : p->blocks * p->width;
    for (size_t b = 0; b < rows; b++)
        if (!all_finite(run->x + b * p->stride, numbers))
            return sqi_fail(error, SQ_DIVERGED,
                            "%s diverged: a parameter is not finite after epoch %llu of %llu; "
                            "a smaller step than %g may help",
                            p->name, (unsigned long long)run->epoch + 1,
                            (unsigned long long)run->options->epochs, run->options->step);
    return SQ_OK;
}

/* After a call of an observer's, which may have changed the environment that the bits depend on. */
static void take_back_environment(void) {
    (void)sqi_float_env_enter();
}

static int interrupted(sq_error *error) {
    return sqi_fail(error, SQ_INTERRUPTED, "interrupted");
}

/* Where the current epoch begins: in the middle only where a run goes on. */
static size_t first_step(const sqi_run *run) {
    return run->epoch == run->options->first_epoch ? run->options->first_step : 0;
}

/* Adds to *seconds. */
static int run_segments(sqi_run *run, double *seconds, sq_error *error) {
    const sq_observer *o = run->options->observer;
    for (size_t first = first_step(run); first < run->steps; first += run->segment) {
        size_t left = run->steps - first, count = left < run->segment ? left : run->segment;
        double begin = sqi_seconds();
        run->mode->segment(run, first, count);
        *seconds += sqi_seconds() - begin;
        int stop =
            o && o->progress && o->progress(o->context, run->epoch, first + count, run->steps);
        take_back_environment();
        if (stop)
            return interrupted(error);
    }
    return SQ_OK;
}

/* The same between what an optimiser does before and after them. */
static int optimized_segments(sqi_run *run, double *seconds, sq_error *error) {
    double begin = sqi_seconds();
    int status = sqi_optimizing_epoch(run, error);
    *seconds += sqi_seconds() - begin;
    if (status == SQ_OK)
        status = run_segments(run, seconds, error);
    begin = sqi_seconds();
    if (status == SQ_OK)
        sqi_optimizing_epoch_end(run);
    *seconds += sqi_seconds() - begin;
    return status;
}

static int run_epoch(sqi_run *run, sq_error *error) {
    const sq_observer *o = run->options->observer;
    int stop = o && o->order && o->order(o->context, run->epoch, run->pi, run->steps);
    take_back_environment();
    if (stop)
        return interrupted(error);
    int status = sqi_trace_begin(run, error);
    sq_epoch done = {.epoch = run->epoch, .gamma = run->gamma, .loss = (double)NAN, .x = run->x};
    run->arrange_seconds = 0;
    if (status == SQ_OK && !run->mode->arranges)
        status = sqi_visits_arrange(run, error);
    if (status == SQ_OK && run->mode->prepare)
        status = run->mode->prepare(run, error);
    done.seconds = run->arrange_seconds;
    if (status == SQ_OK)
        status = optimized_segments(run, &done.seconds, error);
    run->report->train_seconds += done.seconds;
    if (status == SQ_OK)
        status = check_finite(run, error);
    if (status == SQ_OK && run->options->losses)
        status = sqi_run_loss(run, &done.loss, error);
    if (status != SQ_OK)
        return status;
    done.memory = sqi_optimizing_memory(run, &done.memory_size);
    run->report->epochs++;
    run->report->steps += run->steps - first_step(run);
    stop = (o && run->trace && o->trace(o->context, run->epoch, run->pi, run->trace, run->steps)) ||
           (o && o->epoch && o->epoch(o->context, &done));
    take_back_environment();
    return stop ? interrupted(error) : SQ_OK;
}

int sqi_run_check_alignment(const sq_problem *problem, const float *x, sq_error *error) {
    if (problem->alignment && (uintptr_t)x % problem->alignment != 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s: x begins at %p, expected a multiple of %u bytes", problem->name,
                        (const void *)x, problem->alignment);
    return SQ_OK;
}

static int check_arguments(const sqi_run *run, const sq_order *order, sq_error *error) {
    const sq_problem *problem = run->problem;
    const sq_train_options *options = run->options;
    if (order->samples != problem->samples)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "an order of %zu samples for a problem of %zu",
                        order->samples, problem->samples);
    if (!problem->graph == !problem->hyperedge || (problem->graph && problem->edges_vary))
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "%s: expected either a graph, the same for all steps, or a hyperedge function",
            problem->name);
    if (options->threads > SQ_LANES_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "threads: found %u, expected at most %u",
                        options->threads, SQ_LANES_MAX);
    if (options->first_step > 0 && options->plan.segment > 0 &&
        SQ_PLAN_SEGMENT % options->plan.segment != 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a run cannot go on within an epoch: its segments have %u steps, which do "
                        "not divide %u",
                        options->plan.segment, SQ_PLAN_SEGMENT);
    if (options->first_step % SQ_PLAN_SEGMENT != 0 || options->first_step > order->steps)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a run cannot go on at step %zu: expected a multiple of %u up to %zu",
                        options->first_step, SQ_PLAN_SEGMENT, order->steps);
    if (!sq_schedule_name(options->schedule) || !sq_optimizer_name(options->optimizer))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "no schedule %d, or no optimizer %d",
                        (int)options->schedule, (int)options->optimizer);
    if (!isfinite(options->step) || !isfinite(options->decay))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "step and decay must be finite numbers");
    if (!isfinite(options->l2_exact) || options->l2_exact < 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "exact L2: found %g, expected a finite number, not negative",
                        options->l2_exact);
    if (run->mode->gradients && !problem->gradient)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s needs a problem's gradient, which %s does not have", run->mode->name,
                        problem->name);
    if (options->first_step > 0 && (run->mode->whole || !sq_train_resumes_within(options)))
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s, %s%s: the run cannot go on at step %zu, only at the end of an epoch",
                        run->mode->name, sq_optimizer_name(options->optimizer),
                        options->l2_exact > 0 ? " with exact L2" : "", options->first_step);
    int status = sqi_optimizing_check(run, error);
    return status == SQ_OK ? sqi_self_check(error) : status;
}

static void set_step_sizes(sqi_run *run, double decayed) {
    const sq_train_options *o = run->options;
    run->gamma = sqi_schedule_begin(o->schedule, o->step, decayed, run->epoch);
    if (run->gammas)
        sqi_schedule_fill(o->schedule, o->step, run->epoch, run->gammas, run->steps);
}

static int run_all(sqi_run *run, sq_error *error) {
    int status = sqi_team_new(&run->team, run->mode->threaded ? run->threads : 1, error);
    if (status == SQ_OK)
        status = sqi_visits_begin(run, error);
    if (status == SQ_OK && !sqi_schedule_by_epoch(run->options->schedule)) {
        run->gammas = sqi_alloc(run->steps, sizeof *run->gammas, error);
        status = run->gammas ? SQ_OK : SQ_NO_MEMORY;
    }
    if (status == SQ_OK)
        status = sqi_optimizing_begin(run, error);
    double decayed = run->options->step;
    for (uint64_t e = 0; e < run->options->first_epoch; e++)
        decayed *= run->options->decay;
    run->epoch = run->options->first_epoch;
    for (; run->epoch < run->options->epochs && status == SQ_OK; run->epoch++) {
        run->same_order = run->epoch > run->options->first_epoch && sq_order_fixed(run->order);
        if (!run->same_order)
            sqi_visits_order(run);
        set_step_sizes(run, decayed);
        status = run_epoch(run, error);
        decayed *= run->options->decay;
    }
    if (run->mode->finish)
        run->mode->finish(run);
    sqi_optimizing_end(run);
    sqi_trace_end(run);
    sqi_visits_end(run);
    run->gammas = sqi_free(run->gammas);
    sqi_team_free(run->team);
    return status;
}

int sqi_run_train(sqi_run *run, const sq_order *order, sq_error *error) {
    sqi_float_env was = sqi_float_env_enter();
    int status = check_arguments(run, order, error);
    if (status == SQ_OK)
        status = sqi_run_check_alignment(run->problem, run->x, error);
    if (status == SQ_OK) {
        run->processors = sq_processors();
        run->threads = run->options->threads ? run->options->threads : run->processors;
        run->order = order;
        run->steps = order->steps;
        run->segment = SEGMENT;
        run->in_place = run->options->observer && run->options->observer->trace;
        run->report->threads = run->mode->threaded ? run->threads : 1;
        status = run_all(run, error);
    }
    sqi_float_env_leave(was);
    return status;
}

int sq_train_check(const sq_problem *problem, const sq_order *order,
                   const sq_train_options *options, sq_error *error) {
    const sqi_run run = {
        .mode = sqi_mode_of(options->mode), .problem = problem, .options = options};
    sqi_float_env was = sqi_float_env_enter();
    int status = check_arguments(&run, order, error);
    sqi_float_env_leave(was);
    return status;
}

int sq_train(const sq_problem *problem, float *x, const sq_order *order,
             const sq_train_options *options, sq_train_report *report, sq_error *error) {
    sq_train_report own = {0};
    report = report ? report : &own;
    *report = own;
    sqi_run run = {.mode = sqi_mode_of(options->mode),
                   .problem = problem,
                   .options = options,
                   .x = x,
                   .report = report};
    return sqi_run_train(&run, order, error);
}
