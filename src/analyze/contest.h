/* A contest: several ways to train the same model take turns, round after round, in one process and
 * on the same data and memory; each round also measures the ceiling of every number of threads, and each
 * turn begins with how far apart the processors are just then.
 *
 * Turns go forwards and backwards by turns, and who begins moves on with every pair of them, so that
 * nobody always follows the same one or always finds the machine warm. The first turn warms up; its
 * times do not count. Where a run is short, a round has several such turns, its laps, and the median
 * of the laps is the round's time. */
#ifndef SQI_ANALYZE_CONTEST_H
#define SQI_ANALYZE_CONTEST_H

#include "analyze/spread.h"
#include "sequent/train.h"

typedef struct sqi_contestant {
    sq_mode mode;
    sq_planner planner; /* planned; of no meaning elsewhere */
    unsigned threads;   /* ≥ 1 */
} sqi_contestant;

typedef struct sqi_contest_options {
    const sq_problem *problem;
    const sq_order *order;
    float *x; /* initial values; every run is made in this memory, the last one's
                               values stay */
    sq_train_options
        train; /* epochs ≥ 1, step, decay, minibatch, average_run, plan.batch, plan.deferrals */
    const sqi_contestant *who;
    size_t count;    /* of who; the first is serial, with which the others are compared */
    unsigned rounds; /* ≥ 1 */

    /* Called after every run of contestant row, whose result is in x; round 0 warms up. NULL:
     * nobody looks. */
    void (*seen)(void *context, unsigned round, size_t row);
    void *context;
} sqi_contest_options;

/* One contestant's measurements: of each run (size rounds × laps), of each round (size rounds). */
typedef struct sqi_runs {
    sqi_contestant who;
    double *seconds;        /* of a run: in steps, all epochs … */
    double *planning;       /* … and in planning */
    double *loss;           /* of a run: after the last epoch */
    double *distance;       /* of a run: ‖x - x_serial‖ / ‖x_serial‖ */
    double *round;          /* of a round: seconds in steps … */
    double *round_whole;    /* … and with planning */
    double *curve;          /* loss after each epoch of the run that warms up (size epochs) */
    int same_bits;          /* as the first serial run, in every run */
    sq_train_report report; /* of the last run */
} sqi_runs;

/* Independent serial trainings at once. */
typedef struct sqi_ceiling {
    unsigned threads;
    double warm;     /* seconds of the run that warms up: of the slowest, all epochs … */
    double *seconds; /* … and of the others */
    double *round;   /* of a round */
} sqi_ceiling;

typedef struct sqi_contest {
    size_t rows, ceilings;
    unsigned rounds, laps;
    uint64_t epochs;
    double initial_loss;
    sqi_runs *runs;       /* (size rows) */
    sqi_ceiling *ceiling; /* one a number of threads above 1 (size ceilings) */
    double *handover;     /* sq_handover at each turn (size turns: rounds × laps, or 0 with one
                                        thread or processor) */
    size_t turns;
    double *curves;  /* where the curves lie … */
    double *numbers; /* … and all else, first of it … */
    double *scratch; /* … room for numbers to be sorted (size rounds × laps) */
} sqi_contest;

/* Runs the contest. Errors: those of sq_train, with the contestant's name. The caller's
 * (sqi_contest_free). */
int sqi_contest_run(sqi_contest **contest, const sqi_contest_options *options, sq_error *error);
sqi_contest *sqi_contest_free(sqi_contest *contest);

/* Where a row stands, over the rounds. NaN: not measured. */
typedef struct sqi_standing {
    sqi_spread epoch;         /* seconds an epoch, in steps, over all runs */
    sqi_spread planning;      /* seconds of a run */
    sqi_spread speedup;       /* serial's seconds / its own … */
    sqi_spread speedup_whole; /* … with its planning */
    sqi_spread vs_hogwild;    /* its own seconds / hogwild's at equal threads */
    sqi_spread ceiling;       /* threads × serial's seconds / the copies'; 1 for one thread */
    sqi_spread of_ceiling;    /* speedup / ceiling */
    sqi_spread loss, distance;
} sqi_standing;

sqi_standing sqi_contest_standing(const sqi_contest *contest, size_t row);

/* Of the handovers. */
sqi_spread sqi_contest_handover(const sqi_contest *contest);

#endif
