/* Optimisers of which every step moves every parameter, run so that a step touches its hyperedge alone.
 *
 * Given f(x) = Σ_e f_e(x_e) + λ ‖x‖² with n samples, step k of an epoch, on sample e, is
 *
 *     x ← q x - γ (g + d),   q = 1 - 2γλ/n
 *
 *     sgd (exact L2)  g = ∇f_e(x)                 d = 0
 *     svrg            g = ∇f_e(x) - ∇f_e(x̃)       d = μ = 1/n Σ_i ∇f_i(x̃), x̃ the epoch's first x
 *     saga            g = ∇f_e(x) - t_e           d = a = 1/n Σ_i t_i, t_i the last gradient of sample i;
 *                     afterwards a ← a + (∇f_e(x) - t_e) / n, t_e ← ∇f_e(x)
 *
 * (Johnson, Zhang 2013; Defazio, Bach, Lacoste-Julien 2014; of both as sparse steps: Reddi, Hefny, Sra,
 * Póczos, Smola 2015). Outside of e, g is 0 and d does not change: what a block misses between two steps
 * that have it is a power of one affine map (powers.h). So every block has a counter, the step from
 * which on it is missing, and is caught up when a step needs it and at the end of the epoch.
 *
 * Counter, d and t_e belong to blocks of the hyperedge: a step reads and writes nothing else, so that a
 * plan of the hyperedges orders all of it. The entry t_e has a number for each number that sample e
 * writes. Two steps of one sample conflict through its blocks; a sample without blocks has an empty
 * entry, and nothing to order.
 *
 * Where threads race, writes get lost: those of g, while the counters see to it that d never is, and x
 * drifts off with their difference. So racing steps take d's share in their own way (Mania, Pan,
 * Papailiopoulos, Recht, Ramchandran, Jordan 2017, "sparse SVRG"; Leblond, Pedregosa, Lacoste-Julien 2017
 * for saga): no block is caught up with d, and a step adds n/d_b times d to its own blocks, d_b the number
 * of samples that write b; the mean over all samples is d again. (What exact L2 shrinks is caught up; it
 * and d then cancel at the optimum on average, not in every step.)
 *
 * A block that samples only read, and none writes, is data: it never moves. Where a block has to stay in
 * a set (sq_problem.project), it is projected once for all that it missed; on a box and on a simplex
 * that is where a projection after each step would have led. */
#ifndef SQI_OPT_LAZY_H
#define SQI_OPT_LAZY_H

#include "opt/powers.h"
#include "sequent/optimizer.h"
#include "sequent/problem.h"

/* A block's record: the step from which on it is missing (UINT64_MAX: it never moves), then d. */
typedef union sqi_cell {
    uint64_t count;
    double number;
} sqi_cell;

typedef struct sqi_lazy {
    const sq_problem *problem; /* not arranged */
    sq_optimizer optimizer;
    double rate; /* 2λ/n */
    const sq_hypergraph
        *graph;        /* of its samples or, where edges vary, of the epoch's steps; borrowed */
    int repeats;       /* whether a hyperedge has a written block twice */
    uint32_t cells;    /* of a record: 1, or 1 + width */
    sqi_cell *cell;    /* (size blocks × cells) */
    double *weight;    /* where threads race: 1/d_b (size blocks); else NULL */
    float *snapshot;   /* svrg: x̃ (size blocks × stride), else NULL */
    float *table;      /* saga: t (size table_size), else NULL … */
    size_t table_size; /* … incidences × width; an entry lies where the hyperedge lies */
    double *scratch;   /* gradients of a step: (size threads × room) */
    size_t most, room; /* numbers of the largest hyperedge; of a thread's scratch */

    size_t steps;         /* of an epoch */
    double gamma;         /* of the epoch's steps … */
    const double *gammas; /* … or of each; NULL: gamma for all; borrowed */
    sqi_powers powers;    /* of q, where there are no gammas; else … */
    double *log_keep;     /* … Σ log q of the steps before (size steps + 1) */
} sqi_lazy;

typedef struct sqi_lazy_options {
    sq_optimizer optimizer;
    double l2;        /* λ of the exact form */
    size_t steps;     /* of an epoch */
    int varying;      /* whether step sizes differ within an epoch */
    unsigned threads; /* that step at once */
    int racing;       /* whether they race */
} sqi_lazy_options;

/* Room for everything. The problem, which has a gradient, and graph, of its samples (NULL where edges
 * vary: set before each epoch), outlive it. SQ_BAD_ARGUMENT where a block is only read by one sample and
 * written by another. */
int sqi_lazy_new(sqi_lazy **lazy, const sq_problem *problem, const sq_hypergraph *graph,
                 const sqi_lazy_options *options, sq_error *error);
sqi_lazy *sqi_lazy_free(sqi_lazy *lazy);

/* Where edges vary: those of the epoch's steps. Errors as above. */
int sqi_lazy_set_graph(sqi_lazy *lazy, const sq_hypergraph *graph, sq_error *error);

/* Before an epoch's first step: its step sizes. */
void sqi_lazy_begin(sqi_lazy *lazy, double gamma, const double *gammas);

/* Before it, svrg and saga: d of blocks first … first + count - 1 becomes sum / n, or n/d_b times that
 * where threads race; sum (size blocks × width). */
void sqi_lazy_set_dense(sqi_lazy *lazy, const double *sum, size_t first, size_t count);

/* Saga: the entries of samples first … first + count - 1 become their gradients at x. */
void sqi_lazy_remember(sqi_lazy *lazy, unsigned thread, const float *x, size_t first, size_t count);

/* Saga: a problem of which the gradients are the entries; at whatever x. */
sq_problem sqi_lazy_entries(const sqi_lazy *lazy);

/* Runs a list of steps on the thread's number. problem: arranged or not, as the list wants it; pi: the
 * epoch's order of the samples as they were. */
void sqi_lazy_steps(const sqi_lazy *lazy, unsigned thread, const sq_problem *problem, float *x,
                    const sq_steps *list, const uint32_t *pi);

/* The same for sgd, taken apart, for modes that compute and write at different times. What the written
 * blocks of a hyperedge miss of the steps before `step`; then, for each of them, step's own
 *
 *     x_b ← q x_b - factor × gradient (size width),   q = 1 - gamma × 2λ/n */
void sqi_lazy_catch_up_blocks(const sqi_lazy *lazy, float *x, uint64_t step, const uint32_t *block,
                              size_t count);
void sqi_lazy_apply(const sqi_lazy *lazy, float *x, uint64_t step, uint32_t block, double gamma,
                    double factor, const double *gradient);

/* After the last step, and whenever all of x is wanted (step: how many steps are done): what blocks
 * first … first + count - 1 are missing. Blocks are independent of each other. */
void sqi_lazy_catch_up(const sqi_lazy *lazy, float *x, uint64_t step, size_t first, size_t count);

/* The counters begin again, at a step. */
void sqi_lazy_rewind(const sqi_lazy *lazy, uint64_t step, size_t first, size_t count);

/* 1 - 2γλ/n as the steps have it, with rate = 2λ/n; it must be above 0. */
static inline double sqi_lazy_keep(double rate, double gamma) {
    return 1 - gamma * rate;
}

#endif
