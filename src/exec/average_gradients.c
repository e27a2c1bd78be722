/* Averaged gradients: mini-batches, computed by all threads (Dekel, Gilad-Bachrach, Shamir, Xiao 2010,
 * "Optimal distributed online prediction", algorithm 3; Duchi, Agarwal, Wainwright 2010, "Distributed
 * dual averaging in networks").
 *
 *     for each segment of the order, 2^20 steps:
 *         for each B steps of it, the last ones may be fewer, B' of them, from step k on:
 *             s_b = Σ gradient_b of these steps, all at the same x, in the order of the steps
 *             for the blocks b that one of them writes:
 *                 x_b ← project(x_b - (γ_k / B') s_b)
 *
 * With exact L2 a mini-batch is a step of the whole x (opt/lazy.h): x_b ← q x_b - (γ_k / B') s_b with q = 1 -
 * γ_k 2λ/n, and the blocks that it touches are caught up before their gradients are computed.
 *
 * All in binary64, rounded to binary32 where x_b is stored. Each s_b is added by one thread (gradients.h),
 * so the bits are the same for every number of threads, but they are not serial's.
 *
 * A mini-batch is two phases with boundaries between, all of a segment in one run of the team: threads
 * are not woken for a mini-batch, and a very small one is run by fewer. An owner of blocks keeps sums for
 * those alone that the mini-batch has written so far. Memory: gradients.h's, and 8 bytes a block and a
 * number. */
#include "base/alloc.h"
#include "base/prefetch.h"
#include "exec/gradient_rows.h"
#include "exec/gradients.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "opt/lazy.h"

/* A block without a sum; how many rows ahead places, sums and parameters are asked for. */
#define NOWHERE UINT32_MAX
enum { PLACES_AHEAD = 16, ROWS_AHEAD = 4 };

/* The sums of an owner's blocks that the mini-batch has written so far: the i-th is of block[i] (size
 * of its range of blocks). */
typedef struct sums {
    _Alignas(64) size_t count;
    uint32_t *block;
    double *sum; /* (size its blocks × width) */
} sums;

typedef struct average_gradients {
    sqi_run *run;
    sq_hypergraph *graph;
    sqi_gradients *gradients;
    size_t first, count;
    uint32_t *place; /* of each block's sum, in its owner's; or NOWHERE (size blocks) */
    sums *sums;      /* of each owner (size parts) */
    sqi_lazy *lazy;  /* exact L2, whose steps are the mini-batches; else NULL */
    double *gammas;  /* … and their step sizes, where those vary within an epoch (size batches) */
    size_t batches;  /* of an epoch */
} average_gradients;

static uint32_t batch_of(const sqi_run *run) {
    return run->options->minibatch ? run->options->minibatch : SQ_MINIBATCH;
}

static int make_sums(average_gradients *a, const sqi_run *run, sq_error *error) {
    const sqi_gradients *g = a->gradients;
    a->place = sqi_alloc(run->problem->blocks, sizeof *a->place, error);
    a->sums = sqi_alloc(g->parts, sizeof *a->sums, error);
    if (!a->place || !a->sums)
        return SQ_NO_MEMORY;
    for (size_t b = 0; b < run->problem->blocks; b++)
        a->place[b] = NOWHERE;
    for (unsigned o = 0; o < g->parts; o++) {
        sums *own = &a->sums[o];
        size_t blocks = g->first[o + 1] - g->first[o];
        own->block = sqi_alloc(blocks, sizeof *own->block, error);
        own->sum = sqi_alloc(blocks, run->problem->width * sizeof *own->sum, error);
        if (!own->block || !own->sum)
            return SQ_NO_MEMORY;
    }
    return SQ_OK;
}

/* Which mini-batch of the epoch begins at this step, a segment's or within one. */
static size_t batch_at(const average_gradients *a, size_t step) {
    const sqi_gradient_task *t = &a->gradients->task;
    size_t each = (t->segment + t->batch - 1) / t->batch;
    return step / t->segment * each + (step % t->segment + t->batch - 1) / t->batch;
}

/* The step at which mini-batch m begins. */
static size_t step_of(const average_gradients *a, size_t m) {
    const sqi_gradient_task *t = &a->gradients->task;
    size_t each = (t->segment + t->batch - 1) / t->batch;
    return m / each * t->segment + m % each * t->batch;
}

/* What exact L2 keeps, over the mini-batches of an epoch. */
static int make_lazy(average_gradients *a, const sqi_run *run, sq_error *error) {
    a->batches = batch_at(a, run->steps);
    const sqi_lazy_options options = {.l2 = run->options->l2_exact,
                                      .steps = a->batches,
                                      .varying = run->gammas != NULL,
                                      .threads = 1};
    if (run->gammas && !(a->gammas = sqi_alloc(a->batches, sizeof *a->gammas, error)))
        return SQ_NO_MEMORY;
    return sqi_lazy_new(&a->lazy, run->problem, run->problem->edges_vary ? NULL : a->graph,
                        &options, error);
}

static int begin_lazy(average_gradients *a, const sqi_run *run, sq_error *error) {
    int status = a->lazy ? SQ_OK : make_lazy(a, run, error);
    if (status == SQ_OK && run->problem->edges_vary)
        status = sqi_lazy_set_graph(a->lazy, a->graph, error);
    for (size_t m = 0; run->gammas && status == SQ_OK && m < a->batches; m++)
        a->gammas[m] = run->gammas[step_of(a, m)];
    if (status == SQ_OK)
        sqi_lazy_begin(a->lazy, run->gamma, a->gammas);
    return status;
}

static int prepare_gradients(sqi_run *run, sq_error *error) {
    average_gradients *a = run->state;
    int status = SQ_OK;
    if (!a) {
        run->state = a = sqi_alloc(1, sizeof *a, error);
        if (!a)
            return SQ_NO_MEMORY;
        a->run = run;
        status = sqi_gradients_new(&a->gradients, run->threads, run->processors, error);
    } else if (sqi_run_same_edges(run) && run->same_order) {
        a->gradients->task.epoch = run->epoch;
        return SQ_OK;
    }
    if (status == SQ_OK)
        status = sqi_run_hypergraph(&a->graph, run, error);
    const sqi_gradient_task task = {.problem = sqi_run_problem(run),
                                    .graph = a->graph,
                                    .edge = sqi_run_edges(run),
                                    .pi = sqi_run_pi(run),
                                    .epoch = run->epoch,
                                    .steps = run->steps,
                                    .segment = run->segment,
                                    .batch = batch_of(run)};
    if (status == SQ_OK)
        status = sqi_gradients_prepare(a->gradients, &task, run->mode->name, error);
    if (status == SQ_OK && !a->place)
        status = make_sums(a, run, error);
    if (status == SQ_OK)
        run->report->threads = a->gradients->parts;
    return status;
}

/* s = s + g, or s = +0 + g for a block without a sum. */
static inline void add_row(const average_gradients *a, sums *own, uint32_t block,
                           const double *gradient, size_t width) {
    uint32_t *place = &a->place[block];
    if (*place == NOWHERE) {
        *place = (uint32_t)own->count;
        own->block[own->count] = block;
        sqi_gradient_begin(own->sum + own->count++ * width, gradient, width);
    } else {
        sqi_gradient_add(own->sum + *place * width, gradient, width);
    }
}

/* Exact L2: what the owner's blocks of a piece miss. */
static void catch_up(const average_gradients *a, unsigned owner, const sqi_gradient_piece *piece) {
    const sqi_gradients *g = a->gradients;
    const size_t batch = batch_at(a, piece->batch_first);
    sqi_float_env was = sqi_float_env_enter();
    for (unsigned p = 0; p < g->parts; p++)
        for (uint32_t i = g->part[p].begin[owner]; i < g->part[p].begin[owner + 1]; i++)
            sqi_lazy_catch_up(a->lazy, a->run->x, batch, g->part[p].row[i].block, 1);
    sqi_float_env_leave(was);
}

static inline void add_rows(const average_gradients *a, unsigned owner, size_t width) {
    const sqi_gradients *g = a->gradients;
    for (unsigned p = 0; p < g->parts; p++) {
        const sqi_gradient_part *part = &g->part[p];
        const uint32_t end = part->begin[owner + 1];
        for (uint32_t i = part->begin[owner]; i < end; i++) {
            if (i + PLACES_AHEAD < end)
                sqi_ask_to_write(&a->place[part->row[i + PLACES_AHEAD].block]);
            add_row(a, &a->sums[owner], part->row[i].block,
                    part->gradient + part->row[i].at * width, width);
        }
    }
}

/* Applies the owner's sums, and has none afterwards. */
static inline void apply(const average_gradients *a, unsigned owner,
                         const sqi_gradient_piece *piece, size_t width) {
    const double gamma = sqi_run_gamma(a->run, piece->batch_first);
    const double factor = gamma / (double)piece->batch_count;
    const size_t batch = batch_at(a, piece->batch_first);
    const sq_problem *problem = a->run->problem;
    const size_t stride = problem->stride;
    sums *own = &a->sums[owner];
    for (size_t i = 0; i < own->count; i++) {
        if (i + ROWS_AHEAD < own->count)
            sqi_ask_to_write(a->run->x + own->block[i + ROWS_AHEAD] * stride);
        const uint32_t block = own->block[i];
        float *row = a->run->x + block * stride;
        if (a->lazy) {
            sqi_lazy_apply(a->lazy, a->run->x, batch, block, gamma, factor, own->sum + i * width);
        } else {
            sqi_gradient_apply(row, factor, own->sum + i * width, width);
            if (problem->project)
                problem->project(problem->context, block, row);
        }
        a->place[block] = NOWHERE;
    }
    own->count = 0;
}

static void add(const average_gradients *a, unsigned owner, const sqi_gradient_piece *piece) {
    const size_t width = a->run->problem->width;
    sqi_float_env was = sqi_float_env_enter();
    if (width == 1) /* a loop of a length known to the compiler */
        add_rows(a, owner, 1);
    else
        add_rows(a, owner, width);
    if (piece->ends)
        apply(a, owner, piece, width);
    sqi_float_env_leave(was);
}

/* What the steps of a part read, or, once their mini-batch is applied, what they have written. */
static void trace(const average_gradients *a, unsigned lane, size_t first, size_t count,
                  void (*look)(const sqi_run *run, size_t k)) {
    const size_t lanes = a->gradients->parts;
    for (size_t k = count * lane / lanes; k < count * (lane + 1) / lanes; k++)
        look(a->run, first + k);
}

typedef enum phase { LIST, CATCH_UP, COMPUTE, ADD, LOOK } phase;

/* What a piece goes through: the first two with exact L2, the last where steps are traced. */
static size_t phases_of(const average_gradients *a) {
    return (a->lazy ? 4u : 2u) + (a->run->trace != NULL);
}

static void run_phase_of(const average_gradients *a, phase now, unsigned lane,
                         const sqi_gradient_piece *piece) {
    switch (now) {
    case LIST:
        sqi_gradients_list(a->gradients, lane, piece);
        break;
    case CATCH_UP:
        catch_up(a, lane, piece);
        break;
    case COMPUTE:
        if (a->run->trace)
            trace(a, lane, piece->first, piece->count, sqi_trace_read);
        sqi_gradients_compute(a->gradients, lane, a->run->x, piece);
        break;
    case ADD:
        add(a, lane, piece);
        break;
    case LOOK:
        if (piece->ends)
            trace(a, lane, piece->batch_first, piece->batch_count, sqi_trace_written);
        break;
    }
}

static void run_phase(void *context, uint32_t phase_number, unsigned lane) {
    const average_gradients *a = context;
    const size_t phases = phases_of(a);
    const sqi_gradient_piece piece =
        sqi_gradient_piece_at(a->gradients, a->first, a->count, phase_number / phases);
    run_phase_of(a, (phase)(phase_number % phases + (a->lazy ? LIST : COMPUTE)), lane, &piece);
}

/* Exact L2, after an epoch: what all of the owner's blocks miss. */
static void end_epoch(void *context, uint32_t phase_number, unsigned owner) {
    const average_gradients *a = context;
    const uint32_t *first = a->gradients->first + owner;
    (void)phase_number;
    sqi_float_env was = sqi_float_env_enter();
    sqi_lazy_catch_up(a->lazy, a->run->x, a->batches, first[0], first[1] - first[0]);
    sqi_lazy_rewind(a->lazy, 0, first[0], first[1] - first[0]);
    sqi_float_env_leave(was);
}

static int prepare(sqi_run *run, sq_error *error) {
    int status = prepare_gradients(run, error);
    return status == SQ_OK && run->options->l2_exact > 0 ? begin_lazy(run->state, run, error)
                                                         : status;
}

static void segment(sqi_run *run, size_t first, size_t count) {
    average_gradients *a = run->state;
    a->first = first;
    a->count = count;
    sqi_gradients_run(a->gradients, run->team,
                      sqi_gradient_pieces(a->gradients, count) * phases_of(a), run_phase, a);
    if (a->lazy && first + count == run->steps)
        sqi_gradients_run(a->gradients, run->team, 1, end_epoch, a);
}

static void finish(sqi_run *run) {
    average_gradients *a = run->state;
    if (a) {
        for (unsigned o = 0; a->sums && o < a->gradients->parts; o++) {
            sqi_free(a->sums[o].block);
            sqi_free(a->sums[o].sum);
        }
        sqi_free(a->sums);
        sqi_lazy_free(a->lazy);
        sqi_free(a->gammas);
        sqi_free(a->place);
        sqi_gradients_free(a->gradients);
        sq_hypergraph_free(a->graph);
    }
    run->state = sqi_free(a);
}

const sqi_mode sqi_mode_average_gradients = {.name = "average-gradients",
                                             .threaded = 1,
                                             .gradients = 1,
                                             .repeats = 1,
                                             .whole = 1,
                                             .own_state = 1,
                                             .prepare = prepare,
                                             .segment = segment,
                                             .finish = finish};
