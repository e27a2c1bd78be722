/* Training runs with all that looks into them: record, trace, checkpoints. */
#ifndef TEST_RECORDED_H
#define TEST_RECORDED_H

#include "sequent/checkpoint.h"
#include "sequent/trace.h"
#include "sequent/train.h"

/* A run: what is wanted first, then what it leaves. Zeros mean: serial on one thread, seed 1,
 * shuffle, 3 epochs, the model's own step and decay, rank 5, data named "data" in the folder of
 * in_folder. */
typedef struct recorded {
    const sq_data *data; /* borrowed */
    sq_recipe recipe;
    const uint32_t *listed; /* the steps of an order of kind "file:" (size listed_steps), or NULL */
    size_t listed_steps;
    sq_mode mode;
    sq_planner planner;
    unsigned threads;
    uint32_t segment;         /* of plans */
    const char *trace;        /* path of a trace, or NULL */
    const char *checkpoint;   /* path of checkpoints, or NULL: a number is put behind it */
    const char *resume;       /* path of a checkpoint to go on from, or NULL */
    uint64_t change_epoch;    /* from this epoch on, if it is not 0, … */
    double changed_step;      /* … steps have this size, if it is not 0, … */
    double changed_l2;        /* … and this regularisation, if it is not 0 */
    sq_hypergraph *own_graph; /* instead of the problem's, for the trace alone; borrowed, or NULL */

    sq_order order;
    sq_model *model;
    sq_problem *problem;
    sq_recorder *recorder;
    sq_trace_writer *writer;
    unsigned checkpoints; /* written */
    double gamma;         /* of the epoch that runs */
    sq_train_report report;
} recorded;

/* Everything up to the first step; then training. Fail the test where something fails. */
void recorded_begin(recorded *r);
void recorded_train(recorded *r);

/* Both. */
void recorded_run(recorded *r);

/* The lock of a run. */
const sq_lock *recorded_lock(const recorded *r);

/* The bytes of its lock, written as `name` in the folder of in_folder; to be freed. */
char *recorded_lock_bytes(const recorded *r, const char *name);

/* The path of checkpoint number i of a run (static storage, of four calls). */
const char *recorded_checkpoint(const char *path, unsigned i);

void recorded_free(recorded *r);

/* XXH3-64 over the numbers of some blocks, by the words of train.h. */
uint64_t own_step_hash(const float *x, uint32_t width, uint32_t stride, const uint32_t *block,
                       size_t count);

#endif
