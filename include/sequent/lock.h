/* Lock files: everything that determines a trained model, and hashes of what came out.
 *
 * A lock has no thread count, compiler, processor or time in it: two runs with the same facts write
 * the same bytes. It is JSON with sorted keys; doc/formats.md, "Lock files", lists them. */
#ifndef SEQUENT_LOCK_H
#define SEQUENT_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/data.h"
#include "sequent/hash.h"
#include "sequent/model.h"
#include "sequent/optimizer.h"
#include "sequent/order.h"
#include "sequent/status.h"
#include "sequent/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What determines a training run: data, order, model and hyperparameters, all resolved (no
 * defaults are left open). */
typedef struct sq_recipe {
    const char *data; /* path */
    sq_format format;
    const char *order; /* as in sq_order_init; a path is relative as the data's is */
    uint64_t seed;
    sq_model_kind model;
    const char *terminals; /* path; NULL where the model has none */
    uint32_t rank;         /* 0 where the model has none */
    int bias;
    uint32_t layers, hidden[SQ_LAYERS_MAX]; /* 0 where the model has none */
    double keep;                            /* 0 where the model has no layers */
    sq_optimizer optimizer;
    sq_schedule schedule;
    double l2, step, decay;
    int l2_exact; /* the form of l2: 0 by degree, 1 exact */
    uint64_t epochs;
    sq_mode mode;       /* in no lock: every one with the serial bits gives the same; nor … */
    uint32_t minibatch; /* … average-gradients: steps of a mini-batch, else 0 … */
    uint32_t threads;   /* … average-runs: of the run, else 0 */
} sq_recipe;

/* What is recorded of a run. */
typedef struct sq_lock {
    sq_recipe recipe;
    char *data, *order, *terminals; /* what the recipe's strings are, owned */
    int arithmetic;
    uint64_t samples, nonzeros, steps; /* a bias is no non-zero; steps: of an epoch */
    uint64_t parameters;               /* not in the file: 0 in a lock that was read */
    sq_hash data_hash, order_hash, initial_hash, model_hash;
    sq_hash terminals_hash; /* "" where the model has none */
    char sha256[65];        /* of the model's canonical form */
    uint64_t epochs;        /* that have been run: recipe.epochs, or fewer in a checkpoint */
    sq_hash *epoch_hash; /* chained: of the last one's bytes and the model's hash (size epochs) */
} sq_lock;

/* Collects a lock during a run: from an observer's order and epoch calls. */
typedef struct sq_recorder sq_recorder;

/* Begins a record with the model as it is initially. recipe is copied. */
SQ_API int sq_recorder_new(sq_recorder **recorder, const sq_recipe *recipe, const sq_data *data,
                           const sq_order *order, const sq_model *model, const sq_hash *data_hash,
                           sq_error *error);

/* Records the hash of the terminals that the recipe names. */
SQ_API void sq_recorder_terminals(sq_recorder *recorder, const sq_hash *hash);
SQ_API void sq_recorder_order(sq_recorder *recorder, const uint32_t *pi, size_t steps);
SQ_API int sq_recorder_epoch(sq_recorder *recorder, const sq_model *model, sq_error *error);

/* The record so far, with the hashes of the model as it is now; owned by the recorder. */
SQ_API const sq_lock *sq_recorder_lock(sq_recorder *recorder, const sq_model *model);
SQ_API sq_recorder *sq_recorder_free(sq_recorder *recorder);

/* Writes a lock, whole or not at all. Paths of the recipe are relative to the working directory;
 * in the file all are relative to the file's folder. Errors: SQ_IO, SQ_NO_MEMORY (also where a path
 * is not UTF-8), SQ_BAD_ARGUMENT where the run's mode has not the serial bits: such a lock could
 * never be verified. */
SQ_API int sq_lock_write(const sq_lock *lock, const char *path, sq_error *error);

/* Reads a lock; paths come out relative to the working directory. Errors: SQ_IO, SQ_NO_MEMORY,
 * SQ_BAD_INPUT. The caller's (sq_lock_free). */
SQ_API int sq_lock_read(sq_lock **lock, const char *path, sq_error *error);
SQ_API sq_lock *sq_lock_free(sq_lock *lock);

/* How a run differs from its lock, the earliest cause first. */
typedef struct sq_lock_difference {
    int any, data, terminals, order, initial, model;
    uint64_t epoch; /* the first whose hash differs, from 1; 0: none does */
} sq_lock_difference;

SQ_API sq_lock_difference sq_lock_compare(const sq_lock *expected, const sq_lock *found);

#ifdef __cplusplus
}
#endif
#endif
