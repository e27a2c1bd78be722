/* Plans: which steps may run at once so that the result is the serial one.
 *
 * Step k, the k-th position of the order pi, processes sample pi[k]; a sample's hyperedge lists the
 * blocks of parameters that its step touches. Two steps conflict when they share a block that one
 * of them writes. A plan is a sequence of batches, each of L lanes, each lane a list of steps.
 *
 * The one property that matters (proofs/README.md proves that it implies serial equality): for
 * conflicting steps i < j either batch(i) < batch(j), or both are in one lane of one batch, i
 * before j. Nothing in this header knows data, models or threads. */
#ifndef SEQUENT_PLAN_H
#define SEQUENT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SQ_LANES_MAX 1024u

/* The hyperedges, owned by whoever made them. Those of all samples have the same arity, or begin
 * says where each one starts. Within a hyperedge the written blocks come first, then those that are
 * only read; a block may occur twice (a loop), then its first place counts. */
typedef struct sq_hypergraph {
    size_t samples;
    size_t blocks;
    uint32_t arity;        /* blocks of every hyperedge; 0: see begin */
    const uint64_t *begin; /* where hyperedge i starts in block (size samples + 1), if arity is 0 */
    const uint32_t *block; /* < blocks (size arity × samples, or begin[samples]) */
    const uint32_t *reads; /* how many of each hyperedge's blocks are only read (size samples);
                              NULL: none, all are written */
} sq_hypergraph;

typedef enum sq_planner {
    SQ_PLANNER_AUTO,      /* the cheapest of the others by the cost model, or no plan at all where
                             that promises too little: SQ_PLAN_WORTHWHILE */
    SQ_PLANNER_LANES,     /* lanes with deferral: src/plan/lanes.c */
    SQ_PLANNER_LEVELS,    /* wavefronts: a batch is a level of the dependence graph */
    SQ_PLANNER_COMPONENTS /* connected components of a window of steps (CYCLADES, Pan et al. 2016)
                           */
} sq_planner;

/* What a plan should look like. Zero means: chosen by the planner from what it sees. */
typedef struct sq_plan_options {
    sq_planner planner;
    uint32_t lanes;     /* 1 … SQ_LANES_MAX */
    uint32_t batch;     /* lanes: a batch ends with so many steps; components: the window */
    uint32_t deferrals; /* lanes: a batch also ends with so many deferrals */
    uint32_t segment;   /* steps that are planned on their own; 0: a part of SQ_PLAN_SEGMENT */
    double step_ns;     /* cost model: a step of mean cost; 0: 20 … */
    double fixed_ns; /* … of it, what every step takes; the rest goes by its hyperedge's size */
    double boundary_ns; /* cost model: the boundary between two batches; 0: 300 */
    uint64_t epochs;    /* cost model: epochs among which planning is shared; 0: SQ_PLAN_EPOCHS */
    double order_ns;    /* cost model: of a step, what drawing and copying a new order takes: on all
                           lanes, or meanwhile where one thread runs the steps; 0: nothing */
    uint32_t processors; /* cost model: that lanes have for themselves; 0: one each */
    int thorough;        /* auto looks for the best plan even where it will not pay */
} sq_plan_options;

#define SQ_PLAN_EPOCHS 10

/* SQ_PLANNER_AUTO plans where so much speed-up is predicted: threads cost more than the model knows,
 * where they write to the same cache lines. */
#define SQ_PLAN_WORTHWHILE 1.2

/* Segments are planned independently, whatever the number of threads that plan. Where the caller
 * does not give their length it divides this one (2^18, 2^17 or 2^16), so that the multiples of it
 * are always ends of segments. */
#define SQ_PLAN_SEGMENT (UINT32_C(1) << 18)

/* A plan of one epoch. step holds positions of pi; batch b's lane l is
 * step[begin[b × lanes + l]] … step[begin[b × lanes + l + 1] - 1]. */
typedef struct sq_plan {
    sq_planner planner; /* never SQ_PLANNER_AUTO */
    uint32_t lanes;
    size_t steps;
    size_t batches;
    uint32_t *step;     /* (size steps) */
    uint32_t *begin;    /* (size batches × lanes + 1) */
    uint64_t deferrals; /* how often a step was put off to a later batch */
} sq_plan;

/* Plans the order pi (size steps; NULL: 0, 1, 2, …) over the hypergraph. With SQ_PLANNER_AUTO the
 * planners are compared as sq_plan_choose does; *plan stays NULL where it chooses serial
 * execution. The plan is the caller's (sq_plan_free). It depends on the arguments alone. Cost:
 * O(hyperedge size) per step and deferral; 4 bytes a step, 4 to 8 for each lane of each batch, and 4 to 8 a
 * block while planning.
 * Errors: SQ_BAD_ARGUMENT, SQ_NO_MEMORY. */
SQ_API int sq_plan_build(sq_plan **plan, const sq_hypergraph *graph, const uint32_t *pi,
                         size_t steps, const sq_plan_options *options, sq_error *error);

SQ_API sq_plan *sq_plan_free(sq_plan *plan);

/* Replaces the zeros of options (and SQ_PLANNER_AUTO) by the choice of the cost model, measured on
 * the beginning of the order. *serial says that no plan is predicted to gain enough over serial
 * execution; only SQ_PLANNER_AUTO sets it. */
SQ_API int sq_plan_choose(sq_plan_options *options, int *serial, const sq_hypergraph *graph,
                          const uint32_t *pi, size_t steps, sq_error *error);

/* Proves or refutes that the plan is valid for this hypergraph and order: every position once, and
 * the property above. Independent of the planners: it replays the plan and keeps for every block
 * the last write and the reads since. O(total hyperedge size). SQ_OK, SQ_NO_MEMORY, or SQ_INVALID
 * with a message that names the steps and the block. */
SQ_API int sq_plan_check(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                         size_t steps, sq_error *error);

/* What a plan promises by the cost model: serial time divided by the plan's, with the time of a
 * batch that of its most expensive lane (cost of a step: fixed_ns, and the rest of step_ns by its
 * hyperedge's size, at least 1). */
typedef struct sq_speedup {
    double ideal;         /* without boundaries */
    double with_boundary; /* with boundary_ns after every batch */
} sq_speedup;

SQ_API sq_speedup sq_plan_speedup(const sq_plan *plan, const sq_hypergraph *graph,
                                  const uint32_t *pi, const sq_plan_options *options);

/* What the conflicts of one epoch allow, whatever the planner. */
typedef struct sq_conflicts {
    size_t samples, steps, blocks; /* blocks: of the hypergraph */
    size_t used;                   /* blocks that some step touches */
    uint64_t incidences;           /* hyperedge sizes added over the steps */
    size_t edge_min, edge_max;     /* hyperedge sizes */
    size_t depth;                  /* steps of the longest chain of conflicting steps */
    uint64_t heaviest;             /* steps that touch the most frequent block */
} sq_conflicts;

SQ_API int sq_plan_conflicts(sq_conflicts *conflicts, const sq_hypergraph *graph,
                             const uint32_t *pi, size_t steps, sq_error *error);

/* The name of a planner ("lanes", …; NULL: no such planner), and the planner of a name (negative:
 * none). Planners are numbered without gaps, from 0. */
SQ_API const char *sq_planner_name(sq_planner planner);
SQ_API int sq_planner_find(const char *name);

#ifdef __cplusplus
}
#endif
#endif
