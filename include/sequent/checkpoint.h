/* Checkpoints: a run's facts, position and parameters, from which it goes on to the same bits. */
#ifndef SEQUENT_CHECKPOINT_H
#define SEQUENT_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/lock.h"
#include "sequent/model.h"
#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sq_checkpoint {
    sq_lock *facts;  /* with the hashes of the epochs that have ended */
    uint64_t epoch;  /* the next step's epoch, from 0 … */
    uint64_t step;   /* … and its position in it: a multiple of SQ_PLAN_SEGMENT */
    sq_model *model; /* the parameters there … */
    float *memory;   /* … and sq_epoch.memory (size memory_size), where the optimiser has any */
    size_t memory_size;
} sq_checkpoint;

/* Writes a checkpoint, whole or not at all; an earlier one of that name stays until then. It says
 * whose bits the parameters have: facts->recipe.mode. */
SQ_API int sq_checkpoint_write(const char *path, const sq_lock *facts, uint64_t epoch,
                               uint64_t step, const sq_model *model, sq_error *error);

/* The same for a run with memory, at the end of an epoch. */
SQ_API int sq_checkpoint_write_memory(const char *path, const sq_lock *facts, uint64_t epoch,
                                      const sq_model *model, const float *memory,
                                      size_t memory_size, sq_error *error);

/* The caller's (sq_checkpoint_free). Errors: SQ_IO, SQ_NO_MEMORY, SQ_BAD_INPUT. */
SQ_API int sq_checkpoint_read(sq_checkpoint **checkpoint, const char *path, sq_error *error);
SQ_API sq_checkpoint *sq_checkpoint_free(sq_checkpoint *checkpoint);

/* Puts a run that has just been set up (model with its initial values, recorder) where the
 * checkpoint is. SQ_BAD_ARGUMENT, with what differs, where the run is another one than the
 * checkpoint's; only the number of epochs may be larger, and a mode with the serial bits may follow
 * another one with them. order: of the run. */
SQ_API int sq_checkpoint_resume(const sq_checkpoint *checkpoint, sq_recorder *recorder,
                                sq_model *model, const sq_order *order, sq_error *error);

#ifdef __cplusplus
}
#endif
#endif
