/* What a run is made of, and what a mode provides. Adding a mode is a file and a line in modes.c.
 */
#ifndef SQI_EXEC_RUN_H
#define SQI_EXEC_RUN_H

#include "opt/lazy.h"
#include "sequent/train.h"
#include "sync/team.h"

typedef struct sqi_run sqi_run;
typedef struct sqi_optimizing sqi_optimizing;
typedef struct sqi_ahead sqi_ahead;

typedef struct sqi_mode {
    const char *name;
    int threaded;    /* whether steps run on more than the caller's thread */
    int arranges;    /* whether prepare arranges the samples; else they are arranged before it */
    int serial_bits; /* whether the parameters are those of serial execution, bit for bit */
    int repeats;     /* whether it gives the same bits again, with as many threads */
    int gradients;   /* whether it needs the problem's gradient */
    int whole;       /* whether a run can go on at the end of an epoch only, not within one */
    int racing;      /* whether threads write parameters without any order */
    int optimizes;   /* whether it runs svrg and saga; exact L2 is for every mode … */
    int own_state;   /* … and this one keeps for itself what that needs */

    /* Before an epoch's first step: whatever can fail. NULL: nothing to do. */
    int (*prepare)(sqi_run *run, sq_error *error);

    /* Runs the steps first … first + count - 1 of the epoch, a whole number of segments. */
    void (*segment)(sqi_run *run, size_t first, size_t count);

    /* Releases what prepare made. NULL: nothing. */
    void (*finish)(sqi_run *run);
} sqi_mode;

extern const sqi_mode sqi_mode_serial, sqi_mode_planned, sqi_mode_hogwild, sqi_mode_locked,
    sqi_mode_round_robin, sqi_mode_average_runs, sqi_mode_average_gradients;

struct sqi_run {
    const sqi_mode *mode;
    const sq_problem *problem;
    const sq_train_options *options;
    float *x;
    sqi_team *team;
    unsigned threads, processors;

    /* The current epoch. */
    uint64_t epoch;
    const sq_order *order;
    uint32_t *pi; /* (size steps) */
    uint32_t
        *next_pi; /* of the next epoch, if next_drawn (size steps); NULL: it is drawn in time */
    int next_drawn;
    size_t steps;
    int same_order;       /* as in the epoch before */
    int in_place;         /* steps are traced: samples are visited where they are */
    sq_problem *arranged; /* the problem with its samples copied into another order; NULL: not */
    int streamed;         /* … in which lists of steps follow them one by one; else it is pi's */
    double arrange_seconds; /* of this epoch */
    sqi_ahead *ahead;       /* what is copied and drawn while steps run; NULL: nothing */
    double gamma;           /* of the epoch's steps, or of its first … */
    double *gammas;         /* … and of each position (size steps); NULL: gamma for all */

    size_t segment;             /* steps between two looks of the observer */
    sq_hypergraph *graph;       /* of the current epoch, where steps are traced … */
    sq_trace_step *trace;       /* … and what they did (size steps); else NULL */
    sqi_optimizing *optimizing; /* NULL: steps are the problem's own */
    void *state;                /* the mode's own */
    sq_train_report *report;
};

const sqi_mode *sqi_mode_of(sq_mode mode);

/* sq_train for a run whose mode, problem, options, x and report are set. */
int sqi_run_train(sqi_run *run, const sq_order *order, sq_error *error);

/* Refuses an x that is not aligned as the problem asks. */
int sqi_run_check_alignment(const sq_problem *problem, const float *x, sq_error *error);

/* Runs the steps of a list one after another on the calling thread, in the floating-point
 * environment that the bits depend on. */
void sqi_run_steps(const sqi_run *run, const uint32_t *position, size_t first, size_t count);

/* The same by one of several threads, with its number: steps of an optimiser need memory of their own. */
void sqi_run_steps_on(const sqi_run *run, unsigned thread, const uint32_t *position, size_t first,
                      size_t count);

/* The same, recording in run->trace what each step reads and writes. */
void sqi_run_traced(const sqi_run *run, unsigned thread, const uint32_t *position, size_t first,
                    size_t count);

/* Records what step k reads, or has written, as its blocks are now. */
void sqi_trace_read(const sqi_run *run, size_t k);
void sqi_trace_written(const sqi_run *run, size_t k);

/* The order of the epochs: room for it; and pi of an epoch that has another one than the last. */
int sqi_visits_begin(sqi_run *run, sq_error *error);
void sqi_visits_order(sqi_run *run);
void sqi_visits_end(sqi_run *run);

/* Where the problem can be arranged: run->arranged becomes the problem with its samples, copied by all
 * threads, in pi's order; nothing is done where they are in it already. */
int sqi_visits_arrange(sqi_run *run, sq_error *error);

/* The same from pi's order into another one of its positions (size steps), for lists of steps that are
 * `streamed`. Its time is not part of arrange_seconds: other modes do without. */
int sqi_visits_arrange_again(sqi_run *run, const uint32_t *order, sq_error *error);

/* For modes that have one thread run all steps, in pi's order. sqi_visits_ahead, behind sqi_visits_arrange:
 * the next epoch has another order, so sqi_visits_run has all other threads arrange it meanwhile. Else
 * it runs the steps, first … first + count - 1, and no more. */
int sqi_visits_ahead(sqi_run *run, sq_error *error);
void sqi_visits_run(sqi_run *run, size_t first, size_t count);

/* The problem whose steps are run, and the order to visit its samples in (NULL: one by one). */
static inline const sq_problem *sqi_run_problem(const sqi_run *run) {
    return run->arranged ? run->arranged : run->problem;
}

static inline const uint32_t *sqi_run_pi(const sqi_run *run) {
    return run->arranged ? NULL : run->pi;
}

/* The hyperedges of the epoch's steps, as in sqi_run_problem: step k has number sqi_run_edges(run)[k]
 * (NULL: k). *graph is NULL, or of the epoch before, and made again where it has to be; released with
 * sq_hypergraph_free, also after a failure. */
int sqi_run_hypergraph(sq_hypergraph **graph, const sqi_run *run, sq_error *error);

/* Whether a hypergraph of the epoch before is still that of the steps. Samples that are arranged anew
 * have their hyperedges elsewhere. */
static inline int sqi_run_same_edges(const sqi_run *run) {
    return !run->problem->edges_vary && (run->same_order || !run->arranged);
}

static inline const uint32_t *sqi_run_edges(const sqi_run *run) {
    return run->problem->edges_vary ? NULL : sqi_run_pi(run);
}

static inline double sqi_run_gamma(const sqi_run *run, size_t k) {
    return run->gammas ? run->gammas[k] : run->gamma;
}

/* Before and after the epochs of a traced run; do nothing where none is asked for. */
int sqi_trace_begin(sqi_run *run, sq_error *error);
void sqi_trace_end(sqi_run *run);

/* Optimisers and exact L2 (optimizing.c); nothing is done where a run has neither. Around all epochs,
 * around the steps of each (sqi_optimizing_epoch: whatever can fail). sqi_optimizing_check: whether the
 * options make sense. */
int sqi_optimizing_check(const sqi_run *run, sq_error *error);
int sqi_optimizing_begin(sqi_run *run, sq_error *error);
int sqi_optimizing_epoch(sqi_run *run, sq_error *error);
void sqi_optimizing_epoch_end(sqi_run *run);
void sqi_optimizing_end(sqi_run *run);

/* Exact L2, for modes that compute and write at different times: lazy.h has what these do. */
void sqi_optimizing_catch_up(const sqi_run *run, uint64_t step, const uint32_t *block,
                             size_t count);
void sqi_optimizing_apply(const sqi_run *run, uint64_t step, uint32_t block,
                          const double *gradient);

/* The blocks begin to miss steps from this one on; and what all of them miss up to another one. */
void sqi_optimizing_rewind(const sqi_run *run, uint64_t step);
void sqi_optimizing_catch_up_all(const sqi_run *run, uint64_t step);

/* One list of steps by the optimiser. */
void sqi_optimizing_steps(const sqi_run *run, unsigned thread, const sq_steps *list);

/* What a run goes on from besides x; NULL: nothing. */
const float *sqi_optimizing_memory(const sqi_run *run, size_t *size);

/* The mean of f_e over all samples, on all threads; summed in a fixed order. l2: λ of exact L2, or 0. */
int sqi_run_loss(const sqi_run *run, double *loss, sq_error *error);
int sqi_loss(double *loss, const sq_problem *problem, const float *x, double l2, sqi_team *team,
             sq_error *error);

#endif
