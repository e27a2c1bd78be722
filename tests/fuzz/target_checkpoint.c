/* Checkpoints: what is accepted fits together, and is written and read again as the same. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz.h"
#include "sequent/checkpoint.h"
#include "sequent/hash.h"
#include "sequent/plan.h"

static const char PATH[] = "/fuzz/run.checkpoint";

static void write_again(const sq_checkpoint *c) {
    sq_error error = {""};
    sq_checkpoint *again = NULL;
    size_t size;
    int status = c->facts->recipe.optimizer == SQ_SAGA
                     ? sq_checkpoint_write_memory(PATH, c->facts, c->epoch, c->model, c->memory,
                                                  c->memory_size, &error)
                     : sq_checkpoint_write(PATH, c->facts, c->epoch, c->step, c->model, &error);
    if (status != SQ_OK)
        fuzz_breach("a checkpoint cannot be written: %s", error.message);
    const uint8_t *bytes = fuzz_written(&size);
    fuzz_file("/fuzz/again", bytes, size);
    if (sq_checkpoint_read(&again, "/fuzz/again", &error) != SQ_OK)
        fuzz_breach("a checkpoint that was written is refused: %s", error.message);
    sq_hash a = sq_model_hash(c->model), b = sq_model_hash(again->model);
    if (c->epoch != again->epoch || c->step != again->step || strcmp(a.hex, b.hex) != 0 ||
        c->facts->recipe.mode != again->facts->recipe.mode ||
        c->memory_size != again->memory_size ||
        (c->memory_size > 0 &&
         memcmp(c->memory, again->memory, c->memory_size * sizeof *c->memory) != 0) ||
        c->facts->recipe.minibatch != again->facts->recipe.minibatch ||
        c->facts->recipe.threads != again->facts->recipe.threads ||
        sq_lock_compare(c->facts, again->facts).any)
        fuzz_breach("a checkpoint differs when it is written and read again");
    sq_checkpoint_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    sq_error error = {""};
    sq_checkpoint *c = NULL;
    if (size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B)
        return -1;
    fuzz_begin(bytes, size);
    fuzz_file(PATH, bytes, size);
    int status = sq_checkpoint_read(&c, PATH, &error);
    if ((status == SQ_OK) != (c != NULL))
        fuzz_breach("status %d and a checkpoint %p", status, (void *)c);
    if (status == SQ_BAD_INPUT)
        fuzz_check_message(&error);
    else if (status != SQ_OK)
        fuzz_breach("status %d: %s", status, error.message);
    if (c && (c->epoch != c->facts->epochs || c->step % SQ_PLAN_SEGMENT != 0 ||
              c->model->kind != c->facts->recipe.model))
        fuzz_breach("a checkpoint that contradicts itself");
    if (c) {
        fuzz_check_model(c->model);
        write_again(c);
    }
    sq_checkpoint_free(c);
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed) {
    return fuzz_mutate_sealed(bytes, size, most, seed, 1);
}
