/* Round-robin: threads compute at once and write in turn (Zinkevich, Langford, Smola 2009, "Slow
 * learners are fast", algorithm 1, delayed stochastic gradient descent; the rival in the experiments of
 * Niu, Recht, Ré, Wright 2011, "Hogwild!").
 *
 * Of T threads, thread t has the steps k with k mod T = t, and for each of them:
 *
 *     g = gradient of step k at the shared x, whatever others write meanwhile
 *     wait until step k - 1 is written
 *     for the blocks b that the step writes: x_b ← project(x_b - γ_k g_b)
 *     tell the thread of step k + 1
 *
 * With exact L2 the blocks of a thread's next step are caught up when it writes: no later than the oldest
 * gradient is. Every update is applied, once and in the order of pi, but to gradients that are up to T - 1 steps
 * old, how old is a matter of timing: with one thread the result is defined, with more it differs from
 * run to run. Each step costs a message from one processor to the next.
 *
 * Updates are ordered by the turns. Only the gradients' reads race with them, by design, and these
 * alone are hidden from ThreadSanitizer. */
#include "base/alloc.h"
#include "base/prefetch.h"
#include "exec/gradient_rows.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "plan/edges.h"
#include "sync/race.h"
#include "sync/turns.h"

/* How many of a thread's own steps ahead, and of how many blocks, parameters are asked for. */
enum { ROWS_AHEAD = 2, ROWS_MOST = 16 };

typedef struct round_robin {
    sqi_run *run;
    size_t first, end;
    sq_hypergraph *graph;
    sqi_turns *turns;
    double *gradient; /* of each thread (size threads × room) */
    size_t room;      /* numbers; whole lines */
} round_robin;

/* Room for the largest gradient, a buffer for each thread. */
static int make_buffers(round_robin *r, const sqi_run *run, sq_error *error) {
    const size_t line = 64 / sizeof *r->gradient;
    size_t most = 0;
    for (size_t e = 0; e < (r->graph->arity ? 1 : r->graph->samples); e++) {
        sqi_edge edge = sqi_edge_of(r->graph, e);
        most = edge.size > most ? edge.size : most;
    }
    size_t room = (most * run->problem->width / line + 1) * line;
    if (r->gradient && room <= r->room)
        return SQ_OK;
    sqi_free(r->gradient);
    r->room = room;
    r->gradient = sqi_alloc(run->threads, room * sizeof *r->gradient, error);
    return r->gradient ? SQ_OK : SQ_NO_MEMORY;
}

static int prepare(sqi_run *run, sq_error *error) {
    round_robin *r = run->state;
    int status = SQ_OK;
    if (!r) {
        run->state = r = sqi_alloc(1, sizeof *r, error);
        if (!r)
            return SQ_NO_MEMORY;
        r->run = run;
        status = sqi_turns_new(&r->turns, run->threads, run->processors, error);
    }
    if (status == SQ_OK && !(r->gradient && sqi_run_same_edges(run))) {
        status = sqi_run_hypergraph(&r->graph, run, error);
        if (status == SQ_OK)
            status = make_buffers(r, run, error);
    }
    return status;
}

static inline sqi_edge edge_of(const round_robin *r, size_t k) {
    return sqi_edge_of(r->graph, sqi_sample(sqi_run_edges(r->run), k));
}

SQI_ASKS void ask_for(const round_robin *r, size_t k) {
    if (k >= r->end)
        return;
    sqi_edge edge = edge_of(r, k);
    for (size_t i = 0; i < edge.size && i < ROWS_MOST; i++)
        sqi_ask(r->run->x + edge.block[i] * (size_t)r->run->problem->stride);
}

static void compute(const sqi_run *run, size_t k, double *gradient) {
    const sq_problem *problem = sqi_run_problem(run);
    const sq_step step = {run->epoch, k, sqi_sample(sqi_run_pi(run), k), sqi_run_gamma(run, k)};
    sqi_race_begin();
    if (run->trace)
        sqi_trace_read(run, k);
    problem->gradient(problem->context, run->x, &step, gradient);
    sqi_race_end();
}

static void apply(const sqi_run *run, size_t k, sqi_edge edge, const double *gradient) {
    const sq_problem *problem = sqi_run_problem(run);
    const double gamma = sqi_run_gamma(run, k);
    const size_t width = problem->width;
    for (size_t i = 0; i < edge.written; i++, gradient += width) {
        if (run->optimizing) {
            sqi_optimizing_apply(run, k, edge.block[i], gradient);
            continue;
        }
        float *row = run->x + edge.block[i] * (size_t)problem->stride;
        sqi_gradient_apply(row, gamma, gradient, width);
        if (problem->project)
            problem->project(problem->context, edge.block[i], row);
    }
    if (run->trace)
        sqi_trace_written(run, k);
}

/* What the blocks of step k miss of the steps before `done`. */
static void catch_up(const round_robin *r, size_t k, size_t done) {
    if (!r->run->optimizing || k >= r->end)
        return;
    sqi_edge edge = edge_of(r, k);
    sqi_optimizing_catch_up(r->run, done, edge.block, edge.written);
}

static void work(void *context, unsigned thread) {
    const round_robin *r = context;
    const unsigned threads = r->run->threads;
    double *gradient = r->gradient + thread * r->room;
    size_t k = r->first + (thread + threads - (unsigned)(r->first % threads)) % threads;
    sqi_float_env was = sqi_float_env_enter();
    for (; k < r->end; k += threads) {
        compute(r->run, k, gradient);
        ask_for(r, k + ROWS_AHEAD * (size_t)threads);
        sqi_turns_await(r->turns, thread);
        catch_up(r, k, k);
        apply(r->run, k, edge_of(r, k), gradient);
        catch_up(r, k + threads, k + 1);
        sqi_turns_pass(r->turns, thread);
    }
    sqi_float_env_leave(was);
}

static void segment(sqi_run *run, size_t first, size_t count) {
    round_robin *r = run->state;
    r->first = first;
    r->end = first + count;
    for (size_t k = first; k < first + run->threads; k++)
        catch_up(r, k, first);
    sqi_turns_reset(r->turns, (unsigned)(first % run->threads));
    sqi_team_run(run->team, work, r);
}

static void finish(sqi_run *run) {
    round_robin *r = run->state;
    if (r) {
        sq_hypergraph_free(r->graph);
        sqi_turns_free(r->turns);
        sqi_free(r->gradient);
    }
    run->state = sqi_free(r);
}

const sqi_mode sqi_mode_round_robin = {.name = "round-robin",
                                       .threaded = 1,
                                       .gradients = 1,
                                       .prepare = prepare,
                                       .segment = segment,
                                       .finish = finish};
