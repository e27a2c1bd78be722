/* Gradients of many steps at one x, computed by all threads and added by all threads, with the bits of
 * one: every number of the sum is +0 plus the gradients of its steps, one after another in the order of
 * the steps, in binary64.
 *
 * A piece of the steps at a time, in two phases with a boundary between them:
 *   compute   part p takes the p-th share of the piece's steps and packs their gradients, step after
 *             step, into its own buffer; and sorts what belongs to which owner
 *   add       owner o goes through what the parts have for its own blocks, part 0 first, and within a
 *             part in the order of the steps
 * A block has one owner, so its numbers are added by one thread in the order of the steps, however many
 * parts there are and however long a piece is. There are as many parts and owners as threads, or fewer
 * where a batch is so small that boundaries would take longer than they save. */
#ifndef SQI_EXEC_GRADIENTS_H
#define SQI_EXEC_GRADIENTS_H

#include "plan/edges.h"
#include "sequent/problem.h"
#include "sync/boundary.h"
#include "sync/team.h"

/* The steps. They fall into segments, and these into batches, from the front: a segment's last batch
 * may be shorter. Step k has hyperedge edge[k] of the graph and the sample pi[k]; NULL: number k. */
typedef struct sqi_gradient_task {
    const sq_problem *problem; /* with a gradient */
    const sq_hypergraph *graph;
    const uint32_t *edge, *pi; /* (size steps) */
    uint64_t epoch;
    size_t steps, segment, batch; /* ≥ 1 each, but for steps */
} sqi_gradient_task;

/* One row of a gradient: the `width` numbers of a block. */
typedef struct sqi_gradient_row {
    uint32_t block;
    uint32_t at; /* in its part's buffer, in rows */
} sqi_gradient_row;

typedef struct sqi_gradient_part {
    double *gradient;      /* (size rows × width) */
    uint32_t *block;       /* of each row, in the order of the steps (size rows) */
    sqi_gradient_row *row; /* the rows of owner 0, then those of 1, … (size rows) */
    uint32_t *begin; /* of owner o: row[begin[o]] … row[begin[o + 1] - 1] (size owners + 2) */
    size_t room;     /* rows */
} sqi_gradient_part;

typedef struct sqi_gradients {
    sqi_gradient_task task;
    unsigned threads, processors;
    unsigned parts;         /* and owners: 1 … threads; 0 before there was a task */
    sqi_boundary *boundary; /* for phases of `parts` lanes; NULL for one part */
    size_t piece;           /* steps that are computed at once; not more than a batch */
    uint16_t *owner;        /* of each block (size blocks) */
    uint32_t *first; /* owner o has the blocks first[o] … first[o + 1] - 1 (size parts + 1) */
    sqi_gradient_part *part; /* (size parts) */
} sqi_gradients;

/* A piece of a batch. */
typedef struct sqi_gradient_piece {
    size_t first, count;
    int ends;                        /* whether it is the last of its batch, which has … */
    size_t batch_first, batch_count; /* … these steps */
} sqi_gradient_piece;

/* threads, of the team, and processors as for sqi_boundary_new. SQ_NO_MEMORY: *gradients is NULL. */
int sqi_gradients_new(sqi_gradients **gradients, unsigned threads, unsigned processors,
                      sq_error *error);
sqi_gradients *sqi_gradients_free(sqi_gradients *gradients);

/* Sets the steps, whose arrays are borrowed, and makes room; later calls are for the same number of
 * blocks, the same width and the same batches. Errors: SQ_NO_MEMORY; SQ_BAD_ARGUMENT where the problem has no gradient, named with `asker`, the
 * mode or optimiser that needs it. Time: a look at 2^16 hyperedges once, and, where these have different
 * sizes, at all of them. Memory: a piece, 2^15 numbers a thread (or one step's), and 2 bytes a block. */
int sqi_gradients_prepare(sqi_gradients *gradients, const sqi_gradient_task *task,
                          const char *asker, sq_error *error);

/* The pieces of the steps first … first + count - 1, whole segments but for the last: how many, and
 * the i-th. */
size_t sqi_gradient_pieces(const sqi_gradients *gradients, size_t count);
sqi_gradient_piece sqi_gradient_piece_at(const sqi_gradients *gradients, size_t first, size_t count,
                                         size_t i);

/* Runs `phases` phases of `parts` lanes each, one phase after the other: phase(context, p, lane). Called
 * by the team's owner. */
void sqi_gradients_run(const sqi_gradients *gradients, sqi_team *team, size_t phases,
                       void (*phase)(void *context, uint32_t p, unsigned lane), void *context);

/* Sorts a part's share of the piece by owner, before anything is computed; computing does so, too. */
void sqi_gradients_list(const sqi_gradients *gradients, unsigned part,
                        const sqi_gradient_piece *piece);

/* The compute phase of a part, with x as it is. */
void sqi_gradients_compute(const sqi_gradients *gradients, unsigned part, const float *x,
                           const sqi_gradient_piece *piece);

/* sum = Σ gradients of all steps at x, which nobody writes meanwhile; the task is one segment of one
 * batch. sum (size blocks × width) is overwritten. Called by the team's owner. Cannot fail. */
void sqi_gradient_sum(const sqi_gradients *gradients, sqi_team *team, const float *x, double *sum);

#endif
