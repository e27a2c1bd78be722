/* Lock files: what is read, written and read again stays the same. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz.h"
#include "sequent/lock.h"
#include "verify/lock.h"

static const char PATH[] = "/fuzz/run.lock";

static void same(const sq_lock *a, const sq_lock *b) {
    const sq_recipe *p = &a->recipe, *q = &b->recipe;
    sq_lock_difference d = sq_lock_compare(a, b);
    if (d.any || a->arithmetic != b->arithmetic || a->samples != b->samples ||
        a->steps != b->steps || a->nonzeros != b->nonzeros || a->epochs != b->epochs)
        fuzz_breach("a lock differs when it is written and read again");
    if (p->format != q->format || p->seed != q->seed || p->model != q->model ||
        p->rank != q->rank || p->bias != q->bias || p->epochs != q->epochs ||
        p->optimizer != q->optimizer || p->l2_exact != q->l2_exact ||
        memcmp(&p->l2, &q->l2, sizeof p->l2) != 0 ||
        memcmp(&p->step, &q->step, sizeof p->step) != 0 ||
        memcmp(&p->decay, &q->decay, sizeof p->decay) != 0)
        fuzz_breach("a recipe differs when it is written and read again");
}

static void check_lock(const sq_lock *lock) {
    sq_error error = {""};
    sq_lock *again = NULL;
    char *first = NULL, *second = NULL;
    if (lock->epochs > lock->recipe.epochs || !sq_model_name(lock->recipe.model))
        fuzz_breach("a lock with %llu epochs", (unsigned long long)lock->epochs);
    if (sqi_lock_text(&first, lock, PATH, &error) != SQ_OK)
        fuzz_breach("a lock cannot be written: %s", error.message);
    if (sqi_lock_parse(&again, first, strlen(first), PATH, &error) != SQ_OK)
        fuzz_breach("a lock that was written is refused: %s", error.message);
    same(lock, again);
    if (sqi_lock_text(&second, again, PATH, &error) != SQ_OK)
        fuzz_breach("a lock cannot be written again: %s", error.message);
    if (strcmp(first, second) != 0)
        fuzz_breach("a lock's text differs:\n%s\n%s", first, second);
    sqi_free(first);
    sqi_free(second);
    sq_lock_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    sq_error error = {""};
    sq_lock *lock = NULL;
    fuzz_begin(bytes, size);
    fuzz_file(PATH, bytes, size);
    int status = sq_lock_read(&lock, PATH, &error);
    if ((status == SQ_OK) != (lock != NULL))
        fuzz_breach("status %d and a lock %p", status, (void *)lock);
    int packed = size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
    /* A value that is wrong is named by its key instead of a place. */
    if (status == SQ_BAD_INPUT && !packed && !strstr(error.message, ": \""))
        fuzz_check_place(&error, PATH, bytes, size);
    else if (status == SQ_BAD_INPUT || (status == SQ_IO && packed))
        fuzz_check_message(&error);
    else if (status != SQ_OK)
        fuzz_breach("status %d: %s", status, error.message);
    if (lock)
        check_lock(lock);
    sq_lock_free(lock);
    fuzz_end();
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed) {
    return fuzz_mutate_json(bytes, size, most, seed);
}
