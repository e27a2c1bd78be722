/* Averaged runs: a serial run for each thread on its share of the samples, and the mean of what they
 * come to (Zinkevich, Weimer, Li, Smola 2010, "Parallelized stochastic gradient descent", algorithm 3).
 *
 *     for t = 0, …, T - 1, each on a thread of its own:
 *         x_t ← x                                  at the beginning of an epoch (… of the run)
 *         for each segment of the order, 2^20 steps:
 *             for the steps k of the t-th of T equal shares of the segment:
 *                 x_t ← step(x_t, sample π(k), γ_k)
 *     x ← (x_0 + x_1 + … + x_{T-1}) / T            at its end
 *
 * added from left to right in binary64, divided by T, and rounded to binary32 once. Share t of the steps
 * first … first + n - 1 begins at first + (n × t) div T. With options->average_run each thread goes on
 * from its own x_t in the next epoch, and x is the mean for whoever looks at the end of an epoch: the
 * last one is the mean of T whole runs, as in the paper.
 *
 * With exact L2 (opt/lazy.h) a copy shrinks by its own steps alone.
 *
 * Threads share nothing, so the bits are the same for the same T; with T = 1 they are serial's. Memory:
 * T times the parameters beside x. */
#include <string.h>

#include "base/alloc.h"
#include "exec/run.h"
#include "num/float_env.h"

typedef struct copy {
    sqi_run run;  /* with x of its own */
    void *memory; /* where that lies */
} copy;

typedef struct average_runs {
    sqi_run *run;
    copy *copy; /* (size run->threads) */
    int begun;  /* whether the copies have begun; always 0 before an epoch that they begin from x */
    size_t first, count;
} average_runs;

/* Parameters that begin at a multiple of the problem's alignment, or of a cache line. */
static int make_copy(copy *c, const sq_problem *problem, sq_error *error) {
    const size_t line = 64, by = problem->alignment > line ? problem->alignment : line;
    size_t bytes = sq_problem_parameters(problem) * sizeof(float);
    c->memory = sqi_alloc(bytes + by, 1, error);
    if (!c->memory)
        return SQ_NO_MEMORY;
    c->run.x = (float *)(void *)((char *)c->memory + (by - (uintptr_t)c->memory % by) % by);
    return SQ_OK;
}

static int prepare(sqi_run *run, sq_error *error) {
    average_runs *a = run->state;
    int status = SQ_OK;
    if (!a) {
        run->state = a = sqi_alloc(1, sizeof *a, error);
        if (!a)
            return SQ_NO_MEMORY;
        a->run = run;
        a->copy = sqi_alloc(run->threads, sizeof *a->copy, error);
        if (!a->copy)
            return SQ_NO_MEMORY;
        for (unsigned t = 0; t < run->threads && status == SQ_OK; t++)
            status = make_copy(&a->copy[t], run->problem, error);
    }
    for (unsigned t = 0; t < run->threads && status == SQ_OK; t++) {
        sqi_run was = a->copy[t].run, *own = &a->copy[t].run;
        *own = *run;
        own->x = was.x;
        own->optimizing = was.optimizing;
        own->mode = &sqi_mode_serial; /* which leaves what exact L2 needs to the copy */
        if (!own->optimizing)
            status = sqi_optimizing_begin(own, error);
        if (status == SQ_OK)
            status = sqi_optimizing_epoch(own, error);
    }
    return status;
}

static void run_share(void *context, unsigned thread) {
    const average_runs *a = context;
    const sqi_run *own = &a->copy[thread].run;
    const size_t threads = a->run->threads, begin = a->first + a->count * thread / threads;
    const size_t end = a->first + a->count * (thread + 1) / threads;
    if (!a->begun)
        memcpy(own->x, a->run->x, sq_problem_parameters(own->problem) * sizeof *own->x);
    sqi_float_env was = sqi_float_env_enter();
    if (own->optimizing)
        sqi_optimizing_rewind(own, begin);
    sqi_run_steps(own, NULL, begin, end - begin);
    if (own->optimizing)
        sqi_optimizing_catch_up_all(own, end);
    sqi_float_env_leave(was);
}

/* Numbers of the mean that are added at once, while they are in a processor's own cache. */
enum { PIECE = 1024 };

/* x[first … first + count - 1], of all blocks or of none of their padding. */
static void average(const average_runs *a, size_t first, size_t count) {
    const unsigned threads = a->run->threads;
    double sum[PIECE];
    for (size_t j = 0; j < count; j++)
        sum[j] = (double)a->copy[0].run.x[first + j];
    for (unsigned t = 1; t < threads; t++) {
        const float *from = a->copy[t].run.x + first;
        for (size_t j = 0; j < count; j++)
            sum[j] += (double)from[j];
    }
    float *to = a->run->x + first;
    for (size_t j = 0; j < count; j++)
        to[j] = (float)(sum[j] / threads);
}

/* The mean of a thread's share of the blocks; padding stays as it is. */
static void average_share(void *context, unsigned thread) {
    const average_runs *a = context;
    const sq_problem *p = a->run->problem;
    const size_t threads = a->run->threads, stride = p->stride;
    size_t begin = p->blocks * thread / threads, end = p->blocks * (thread + 1) / threads;
    /* Rows without padding are as one. */
    size_t width = stride == p->width ? (end - begin) * stride : p->width;
    sqi_float_env was = sqi_float_env_enter();
    for (size_t at = begin * stride; at < end * stride; at += stride == p->width ? width : stride)
        for (size_t j = 0; j < width; j += PIECE)
            average(a, at + j, width - j < PIECE ? width - j : PIECE);
    sqi_float_env_leave(was);
}

static void segment(sqi_run *run, size_t first, size_t count) {
    average_runs *a = run->state;
    a->first = first;
    a->count = count;
    sqi_team_run(run->team, run_share, a);
    a->begun = 1;
    if (first + count < run->steps)
        return;
    sqi_team_run(run->team, average_share, a);
    a->begun = run->options->average_run;
}

static void finish(sqi_run *run) {
    average_runs *a = run->state;
    for (unsigned t = 0; a && a->copy && t < run->threads; t++) {
        sqi_optimizing_end(&a->copy[t].run);
        sqi_free(a->copy[t].memory);
    }
    if (a)
        sqi_free(a->copy);
    run->state = sqi_free(a);
}

const sqi_mode sqi_mode_average_runs = {.name = "average-runs",
                                        .threaded = 1,
                                        .repeats = 1,
                                        .whole = 1,
                                        .own_state = 1,
                                        .prepare = prepare,
                                        .segment = segment,
                                        .finish = finish};
