/* Traces: for every step of a run what it read and wrote, as hashes; and the first step at which two
 * runs differ. */
#ifndef SEQUENT_TRACE_H
#define SEQUENT_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/lock.h"
#include "sequent/plan.h"
#include "sequent/status.h"
#include "sequent/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a trace while a run goes on; doc/formats.md, "Trace files". The file appears whole at
 * sq_trace_commit, or not at all. */
typedef struct sq_trace_writer sq_trace_writer;

/* facts: of the recorder (read at once). graph: the samples' hyperedges, or NULL where they depend on
 * the step; bisect can then not name blocks. names: of the blocks, as a model has them (two lists,
 * either may be empty), or NULL. */
SQ_API int sq_trace_open(sq_trace_writer **writer, const char *path, const sq_lock *facts,
                         const sq_hypergraph *graph, const sq_names names[2], sq_error *error);

/* Adds an epoch, as an observer's `trace` gets it. */
SQ_API int sq_trace_add(sq_trace_writer *writer, double gamma, const uint32_t *pi,
                        const sq_trace_step *step, size_t steps, sq_error *error);

/* Ends the file and releases the writer, whatever it returns. */
SQ_API int sq_trace_commit(sq_trace_writer *writer, sq_error *error);

/* Removes what was written and releases the writer (NULL is ignored); returns NULL. */
SQ_API sq_trace_writer *sq_trace_abandon(sq_trace_writer *writer);

/* Where two traces part. */
typedef enum sq_parting {
    SQ_SAME,         /* they do not */
    SQ_OTHER_LENGTH, /* one is a beginning of the other */
    SQ_OTHER_ORDER,  /* the step processes another sample */
    SQ_OTHER_STEP,   /* the epoch has another step size */
    SQ_OTHER_READS,  /* an earlier write is missing, or of another step */
    SQ_OTHER_WRITES  /* the same reads, other writes: arithmetic or data */
} sq_parting;

typedef struct sq_bisection {
    sq_parting parting;
    uint64_t epoch, step; /* from 0; step: in the epoch */
    uint32_t sample[2];   /* that the step processes, in either run (not for SQ_OTHER_LENGTH) */
    int edge;             /* SQ_OTHER_READS: the step touches other blocks; the data differ */
    int data, recipe; /* the files say that the data, or model and hyperparameters, differ … */
    int initial;      /* … or the initial values */
    char blocks[256]; /* of the first run's step, "user 3, item 17", cut with "…" */
} sq_bisection;

/* Compares two trace files in one pass. Errors: SQ_IO, SQ_NO_MEMORY, SQ_BAD_INPUT (also for a trace
 * that is damaged anywhere). */
SQ_API int sq_bisect(sq_bisection *result, const char *path_a, const char *path_b, sq_error *error);

#ifdef __cplusplus
}
#endif
#endif
