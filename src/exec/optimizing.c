/* Optimisers and exact L2: what is done around an epoch's steps, on all threads.
 *
 *     before the first epoch   saga: the entry of every sample is its gradient at x
 *     before each epoch        svrg: x̃ = x, d = 1/n Σ_e ∇f_e(x̃)      saga: d = 1/n Σ_e t_e, afresh
 *     the steps                lazy.h
 *     after each epoch         every block is caught up, so that x is what it should be
 *
 * Sums are added in the order of the samples (gradients.h); blocks and samples that threads share out do
 * not depend on each other: the bits are the same for every number of threads. What SAGA's steps add to
 * their mean drifts from it by roundings for one epoch only, and between two epochs x and the entries
 * are all there is. */
#include <float.h>
#include <string.h>

#include "base/alloc.h"
#include "exec/gradients.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "opt/schedule.h"
#include "sync/counter.h"

/* Blocks or samples that a thread takes at once. */
enum { PART = 4096 };

struct sqi_optimizing {
    sqi_lazy *lazy;
    sq_hypergraph *graph;     /* of the samples or, where edges vary, of the epoch's steps */
    sq_problem entries;       /* saga: gradients from the table */
    sqi_gradients *gradients; /* svrg, saga; else NULL */
    double *sum;              /* … what they come to (size blocks × width) */
    int remembers;            /* saga: whether the table has been filled */
};

/* --- ranges, shared out to the team --- */

typedef struct sharing {
    const sqi_run *run;
    size_t count;
    void (*work)(const sqi_run *run, unsigned thread, size_t first, size_t count);
    sqi_counter next;
} sharing;

static void take_parts(void *context, unsigned thread) {
    sharing *s = context;
    sqi_float_env was = sqi_float_env_enter();
    for (;;) {
        size_t first = (size_t)sqi_counter_take(&s->next, PART);
        if (first >= s->count)
            break;
        s->work(s->run, thread, first, s->count - first < PART ? s->count - first : PART);
    }
    sqi_float_env_leave(was);
}

static void share_out(const sqi_run *run, size_t count,
                      void (*work)(const sqi_run *run, unsigned thread, size_t first,
                                   size_t count)) {
    sharing s = {.run = run, .count = count, .work = work};
    sqi_counter_init(&s.next, 0);
    sqi_team_run(run->team, take_parts, &s);
}

static void remember(const sqi_run *run, unsigned thread, size_t first, size_t count) {
    sqi_lazy_remember(run->optimizing->lazy, thread, run->x, first, count);
}

static void set_dense(const sqi_run *run, unsigned thread, size_t first, size_t count) {
    (void)thread;
    sqi_lazy_set_dense(run->optimizing->lazy, run->optimizing->sum, first, count);
}

static void take_snapshot(const sqi_run *run, unsigned thread, size_t first, size_t count) {
    const size_t stride = run->problem->stride;
    (void)thread;
    memcpy(run->optimizing->lazy->snapshot + first * stride, run->x + first * stride,
           count * stride * sizeof *run->x);
}

static void catch_up(const sqi_run *run, unsigned thread, size_t first, size_t count) {
    (void)thread;
    sqi_lazy_catch_up(run->optimizing->lazy, run->x, run->steps, first, count);
    sqi_lazy_rewind(run->optimizing->lazy, 0, first, count);
}

/* --- before all --- */

static int check_options(const sqi_run *run, sq_error *error) {
    const sq_train_options *o = run->options;
    const char *optimizer = sq_optimizer_name(o->optimizer), *mode = run->mode->name,
               *problem = run->problem->name;
    const char *asker = o->optimizer == SQ_SGD ? "exact L2" : optimizer;
    if (!run->mode->optimizes && o->optimizer != SQ_SGD)
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "%s is for the modes serial, planned and hogwild: %s does not keep what its "
            "steps remember",
            asker, mode);
    if (!run->problem->gradient)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s needs a problem's gradient, which %s does not have", asker, problem);
    if (o->optimizer == SQ_SGD)
        return SQ_OK;
    if (run->problem->edges_vary)
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "%s remembers what a sample touches: the hyperedges of %s are others in each "
            "epoch",
            asker, problem);
    if (!sqi_schedule_by_epoch(o->schedule))
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "%s needs the same step size for all steps of an epoch: schedule constant or "
            "epoch-decay, not %s",
            asker, sq_schedule_name(o->schedule));
    return SQ_OK;
}

/* The steps are contractions: 0 < 1 - 2γλ/n in every epoch. */
static int check_steps(const sqi_run *run, sq_error *error) {
    const sq_train_options *o = run->options;
    const double rate = 2 * o->l2_exact / (double)run->problem->samples;
    double gamma = o->step;
    for (uint64_t e = 0; e < o->epochs; e++) {
        if (!(sqi_lazy_keep(rate, gamma) > 0 && gamma >= 0))
            return sqi_fail(
                error, SQ_BAD_ARGUMENT,
                "exact L2 needs 1 - 2 × step × l2 / samples above 0: the step size %g of "
                "epoch %llu is too large (or negative); expected one below %g",
                gamma, (unsigned long long)e + 1, 1 / rate);
        if (o->schedule != SQ_EPOCH_DECAY || o->decay <= 1)
            break; /* the first is the largest */
        gamma *= o->decay;
    }
    return SQ_OK;
}

int sqi_optimizing_check(const sqi_run *run, sq_error *error) {
    if (run->options->optimizer == SQ_SGD && !(run->options->l2_exact > 0))
        return SQ_OK;
    int status = check_options(run, error);
    return status == SQ_OK ? check_steps(run, error) : status;
}

/* SAGA's table, where a run goes on. */
static int begin_table(sqi_run *run, sq_error *error) {
    sqi_lazy *lazy = run->optimizing->lazy;
    const sq_train_options *o = run->options;
    run->optimizing->remembers = o->first_epoch > 0;
    if (o->first_epoch == 0)
        return SQ_OK;
    if (o->memory_size != lazy->table_size)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "saga: found %zu remembered numbers to go on from, expected %zu",
                        o->memory_size, lazy->table_size);
    if (o->memory_size > 0)
        memcpy(lazy->table, o->memory, lazy->table_size * sizeof *lazy->table);
    return SQ_OK;
}

/* Room for the sums of gradients. */
static int begin_gradients(sqi_run *run, sq_error *error) {
    sqi_optimizing *o = run->optimizing;
    const sq_problem *p = run->problem;
    if (o->lazy->optimizer == SQ_SGD)
        return SQ_OK;
    if (o->lazy->optimizer == SQ_SAGA)
        o->entries = sqi_lazy_entries(o->lazy);
    const sqi_gradient_task task = {.problem = o->lazy->optimizer == SQ_SAGA ? &o->entries : p,
                                    .graph = o->graph,
                                    .steps = p->samples,
                                    .segment = p->samples,
                                    .batch = p->samples};
    o->sum = sqi_alloc(p->blocks, p->width * sizeof *o->sum, error);
    if (!o->sum)
        return SQ_NO_MEMORY;
    int status =
        sqi_gradients_new(&o->gradients, sqi_team_threads(run->team), run->processors, error);
    if (status == SQ_OK)
        status = sqi_gradients_prepare(o->gradients, &task, sq_optimizer_name(o->lazy->optimizer),
                                       error);
    return status;
}

int sqi_optimizing_begin(sqi_run *run, sq_error *error) {
    const sq_train_options *options = run->options;
    const sq_problem *p = run->problem;
    if ((options->optimizer == SQ_SGD && !(options->l2_exact > 0)) || run->mode->own_state)
        return SQ_OK;
    sqi_optimizing *o = run->optimizing = sqi_alloc(1, sizeof *o, error);
    if (!o)
        return SQ_NO_MEMORY;
    int status = SQ_OK;
    if (!p->edges_vary)
        status = sq_problem_hypergraph(&o->graph, p, 0, NULL, p->samples, error);
    const sqi_lazy_options lazy = {.optimizer = options->optimizer,
                                   .l2 = options->l2_exact,
                                   .steps = run->steps,
                                   .varying = run->gammas != NULL,
                                   .threads = sqi_team_threads(run->team),
                                   .racing = run->mode->racing};
    if (status == SQ_OK)
        status = sqi_lazy_new(&o->lazy, p, o->graph, &lazy, error);
    if (status == SQ_OK)
        status = begin_gradients(run, error);
    if (status == SQ_OK && options->optimizer == SQ_SAGA)
        status = begin_table(run, error);
    return status;
}

void sqi_optimizing_end(sqi_run *run) {
    sqi_optimizing *o = run->optimizing;
    if (o) {
        sqi_lazy_free(o->lazy);
        sqi_gradients_free(o->gradients);
        sq_hypergraph_free(o->graph);
        sqi_free(o->sum);
    }
    run->optimizing = sqi_free(o);
}

/* --- each epoch --- */

int sqi_optimizing_epoch(sqi_run *run, sq_error *error) {
    sqi_optimizing *o = run->optimizing;
    if (!o)
        return SQ_OK;
    if (run->problem->edges_vary) {
        o->graph = sq_hypergraph_free(o->graph);
        int status =
            sq_problem_hypergraph(&o->graph, run->problem, run->epoch, run->pi, run->steps, error);
        if (status == SQ_OK)
            status = sqi_lazy_set_graph(o->lazy, o->graph, error);
        if (status != SQ_OK)
            return status;
    }
    sqi_lazy_begin(o->lazy, run->gamma, run->gammas);
    if (o->lazy->optimizer == SQ_SVRG)
        share_out(run, run->problem->blocks, take_snapshot);
    if (o->lazy->table && !o->remembers)
        share_out(run, run->problem->samples, remember);
    o->remembers = 1;
    if (o->gradients) {
        sqi_gradient_sum(o->gradients, run->team, run->x, o->sum);
        share_out(run, run->problem->blocks, set_dense);
    }
    return SQ_OK;
}

void sqi_optimizing_epoch_end(sqi_run *run) {
    if (run->optimizing)
        share_out(run, run->problem->blocks, catch_up);
}

void sqi_optimizing_steps(const sqi_run *run, unsigned thread, const sq_steps *list) {
    sqi_lazy_steps(run->optimizing->lazy, thread, sqi_run_problem(run), run->x, list, run->pi);
}

void sqi_optimizing_catch_up(const sqi_run *run, uint64_t step, const uint32_t *block,
                             size_t count) {
    sqi_lazy_catch_up_blocks(run->optimizing->lazy, run->x, step, block, count);
}

void sqi_optimizing_apply(const sqi_run *run, uint64_t step, uint32_t block,
                          const double *gradient) {
    const double gamma = sqi_run_gamma(run, step);
    sqi_lazy_apply(run->optimizing->lazy, run->x, step, block, gamma, gamma, gradient);
}

void sqi_optimizing_rewind(const sqi_run *run, uint64_t step) {
    sqi_lazy_rewind(run->optimizing->lazy, step, 0, run->problem->blocks);
}

void sqi_optimizing_catch_up_all(const sqi_run *run, uint64_t step) {
    sqi_lazy_catch_up(run->optimizing->lazy, run->x, step, 0, run->problem->blocks);
}

const float *sqi_optimizing_memory(const sqi_run *run, size_t *size) {
    const sqi_lazy *lazy = run->optimizing ? run->optimizing->lazy : NULL;
    *size = lazy && lazy->table ? lazy->table_size : 0;
    return lazy ? lazy->table : NULL;
}
