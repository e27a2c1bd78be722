/* Training: a problem, an order, a mode.
 *
 * Serial execution is the specification. Planned execution gives the same bits for every problem,
 * order, planner and number of threads. The others do not; of them, average-gradients and average-runs
 * repeat their own bits, and hogwild, locked and round-robin promise none. */
#ifndef SEQUENT_TRAIN_H
#define SEQUENT_TRAIN_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/optimizer.h"
#include "sequent/order.h"
#include "sequent/plan.h"
#include "sequent/problem.h"
#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sq_mode {
    SQ_MODE_PLANNED,      /* conflict-free lanes between batch boundaries: the serial bits */
    SQ_MODE_SERIAL,       /* one step after another, on one thread */
    SQ_MODE_HOGWILD,      /* all threads at once, without locks (Niu, Recht, Ré, Wright 2011) */
    SQ_MODE_LOCKED,       /* the same with a lock for each block: as if steps ran in some order */
    SQ_MODE_ROUND_ROBIN,  /* threads compute at once and write in turn (Zinkevich, Langford, Smola
                             2009); needs the problem's gradient */
    SQ_MODE_AVERAGE_RUNS, /* a serial run for each thread on its share of the samples, and their mean
                             (Zinkevich, Weimer, Li, Smola 2010): the same bits for the same number
                             of threads */
    SQ_MODE_AVERAGE_GRADIENTS /* mini-batches, computed by all threads and added in order (Dekel et
                                 al. 2010): the same bits for every number of threads; needs the
                                 problem's gradient */
} sq_mode;

/* "planned", … (NULL: no such mode), and the mode of a name (negative: none). Modes are numbered
 * without gaps, from 0. */
SQ_API const char *sq_mode_name(sq_mode mode);
SQ_API int sq_mode_find(const char *name);

/* Whether the mode promises the bits of serial execution, on any number of threads: such modes may
 * stand in for one another, and only they can be verified from a lock. */
SQ_API int sq_mode_serial_bits(sq_mode mode);

/* Whether the mode gives the same bits again: for the same options, and the same number of threads. */
SQ_API int sq_mode_repeats(sq_mode mode);

/* Whether the mode takes optimisers beyond sgd, and exact L2. */
SQ_API int sq_mode_optimizes(sq_mode mode);

/* The processors that this process may use: affinity and control-group quota; at least 1. */
SQ_API unsigned sq_processors(void);

/* An epoch that has ended. */
typedef struct sq_epoch {
    uint64_t epoch; /* from 0 */
    double gamma;   /* its step size, or its first step's */
    double loss;    /* mean of f_e over all samples, after it; NaN where not asked for */
    double seconds; /* in steps, and in copying samples into their order */
    const float *x; /* the parameters; only until the call returns */
    const float
        *memory; /* what SAGA goes on from besides x (size memory_size), else NULL; likewise */
    size_t memory_size;
} sq_epoch;

/* What a step read and wrote: XXH3-64 over the numbers of its hyperedge's blocks before the step, and
 * over those of the written ones after it, in the hyperedge's order, as little-endian binary32; in
 * pieces of 1,024 numbers, each with the hash of the one before it as its seed (the first: 0; the
 * last may be empty). */
typedef struct sq_trace_step {
    uint64_t read, written;
} sq_trace_step;

/* Looks into a run from the caller's thread, between steps. Every function may be NULL; one that
 * returns non-zero ends the run with SQ_INTERRUPTED. */
typedef struct sq_observer {
    void *context;
    int (*order)(void *context, uint64_t epoch, const uint32_t *pi, size_t steps);
    int (*progress)(void *context, uint64_t epoch, size_t done, size_t steps);
    int (*epoch)(void *context, const sq_epoch *epoch);

    /* After each epoch, what each of its steps read and wrote: step[k] is position k of pi, wherever
     * it ran. Where this is NULL nothing is recorded and nothing is paid. */
    int (*trace)(void *context, uint64_t epoch, const uint32_t *pi, const sq_trace_step *step,
                 size_t steps);
} sq_observer;

typedef struct sq_train_options {
    sq_mode mode;
    unsigned threads;     /* 0: sq_processors() */
    uint64_t epochs;      /* in all */
    uint64_t first_epoch; /* where a resumed run goes on: the epoch … */
    size_t first_step;    /* … and the position in it: a multiple of SQ_PLAN_SEGMENT, or 0 where
                             sq_train_resumes_within says no */
    sq_schedule schedule; /* of the step size: how it changes from … */
    double step, decay;   /* … step; decay: see SQ_EPOCH_DECAY */
    sq_optimizer
        optimizer;   /* svrg, saga: in modes that take them (sq_mode_optimizes), for problems with
                               a gradient and the same hyperedges in every epoch; schedules by epoch */
    double l2_exact; /* λ: a regularisation λ ‖x‖² of which each step takes its share for every
                               parameter, whatever its hyperedge; the problem has none then. 0: none */
    const float *memory; /* saga, where a run goes on (first_epoch > 0): sq_epoch's */
    size_t memory_size;
    sq_plan_options plan;        /* planned; its lanes are the threads, whatever is set there */
    uint32_t minibatch;          /* average-gradients: steps of a mini-batch; 0: 256 */
    int average_run;             /* average-runs: the mean of whole runs, not of epochs */
    int check_plan;              /* run sq_plan_check on every plan; SQ_INVALID if it fails */
    int losses;                  /* evaluate the loss after every epoch */
    const sq_observer *observer; /* or NULL */
} sq_train_options;

typedef struct sq_train_report {
    unsigned threads;                   /* that ran steps */
    int planned;                        /* whether a plan was run; 0: serially, or another mode */
    int ahead;                          /* whether one thread ran the steps while others arranged
                                           the next epoch's samples */
    sq_plan_options plan;               /* as chosen, where planned */
    uint64_t epochs, steps;             /* done in all */
    uint64_t batches, deferrals;        /* over all epochs; 0 where not planned */
    double plan_seconds, train_seconds; /* planning, steps; each with its copies */
} sq_train_report;

/* Trains x (sq_problem_parameters floats, aligned as the problem asks; sq_model's is) in place.
 * Errors: SQ_BAD_ARGUMENT, SQ_NO_MEMORY,
 * SQ_NO_THREAD, SQ_DIVERGED (found at the end of an epoch), SQ_INVALID (a hyperedge or a plan that
 * breaks its rules), SQ_INTERRUPTED. After an error x is what the last step left. Whatever can fail
 * fails before an epoch's first step. */
SQ_API int sq_train(const sq_problem *problem, float *x, const sq_order *order,
                    const sq_train_options *options, sq_train_report *report, sq_error *error);

/* What sq_train would refuse with SQ_BAD_ARGUMENT for its arguments alone, without running. */
SQ_API int sq_train_check(const sq_problem *problem, const sq_order *order,
                          const sq_train_options *options, sq_error *error);

/* Whether such a run can go on within an epoch, from its parameters alone; else only from the end of
 * one. (With average_run not even there: the threads' own parameters are nowhere else.) */
SQ_API int sq_train_resumes_within(const sq_train_options *options);

/* The steps of a mini-batch where minibatch is 0. */
#define SQ_MINIBATCH UINT32_C(256)

/* Looks for a step that breaks the promises of problem.h: runs the first `steps` steps of the
 * epoch's order pi serially from x (unchanged) against guarded copies, in which all that the
 * hyperedge does not list has other values. SQ_OK, or SQ_INVALID with a message that names the
 * first step that writes outside its hyperedge, writes a block listed as only read, depends on
 * something outside it, or does not repeat. A read that changes no result stays unseen. Cost:
 * O(parameters) a step. */
SQ_API int sq_problem_check(const sq_problem *problem, const float *x, const uint32_t *pi,
                            size_t steps, double gamma, uint64_t epoch, sq_error *error);

/* The hyperedges of an epoch as a hypergraph: the problem's own, or asked for one by one. With
 * edges_vary the result's samples are the steps of the epoch, to be planned with pi = NULL. pi (size
 * steps) as in sq_steps; NULL: step k has sample k.
 * Released with sq_hypergraph_free; SQ_INVALID where the problem's function breaks its rules. */
SQ_API int sq_problem_hypergraph(sq_hypergraph **graph, const sq_problem *problem, uint64_t epoch,
                                 const uint32_t *pi, size_t steps, sq_error *error);
SQ_API sq_hypergraph *sq_hypergraph_free(sq_hypergraph *graph);

#ifdef __cplusplus
}
#endif
#endif
