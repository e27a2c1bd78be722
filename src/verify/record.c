/* Recording a run for its lock. */
#include <sha2.h>
#include <string.h>

#include "base/alloc.h"
#include "sequent/lock.h"
#include "verify/digest.h"
#include "verify/lock.h"

struct sq_recorder {
    sq_lock lock;
    sqi_digest orders;
};

int sqi_lock_take(sq_lock *lock, char *data, char *order) {
    lock->recipe.data = lock->data = data;
    lock->recipe.order = lock->order = order;
    return data && order ? SQ_OK : SQ_NO_MEMORY;
}

void sqi_lock_fini(sq_lock *lock) {
    sqi_free(lock->data);
    sqi_free(lock->order);
    sqi_free(lock->terminals);
    sqi_free(lock->epoch_hash);
}

int sq_recorder_new(sq_recorder **recorder, const sq_recipe *recipe, const sq_data *data,
                    const sq_order *order, const sq_model *model, const sq_hash *data_hash,
                    sq_error *error) {
    sq_recorder *r = *recorder = sqi_alloc(1, sizeof *r, error);
    if (!r)
        return SQ_NO_MEMORY;
    sqi_digest_begin(&r->orders);
    r->lock.arithmetic = sq_arithmetic_version();
    r->lock.samples = data->samples;
    r->lock.steps = order->steps;
    r->lock.nonzeros = data->nonzeros - (recipe->bias ? data->samples : 0);
    r->lock.parameters = (uint64_t)model->blocks * model->width;
    r->lock.data_hash = *data_hash;
    r->lock.initial_hash = sq_model_hash(model);
    r->lock.recipe = *recipe;
    int status =
        sqi_lock_take(&r->lock, sqi_strdup(recipe->data, error), sqi_strdup(recipe->order, error));
    if (status == SQ_OK && recipe->terminals) {
        r->lock.recipe.terminals = r->lock.terminals = sqi_strdup(recipe->terminals, error);
        status = r->lock.terminals ? SQ_OK : SQ_NO_MEMORY;
    }
    if (status != SQ_OK)
        *recorder = sq_recorder_free(r);
    return status;
}

void sq_recorder_terminals(sq_recorder *recorder, const sq_hash *hash) {
    recorder->lock.terminals_hash = *hash;
}

void sq_recorder_order(sq_recorder *recorder, const uint32_t *pi, size_t steps) {
    sqi_digest_order(&recorder->orders, pi, steps);
}

int sq_recorder_epoch(sq_recorder *recorder, const sq_model *model, sq_error *error) {
    sq_lock *lock = &recorder->lock;
    void *grown = lock->epoch_hash;
    int status = sqi_resize(&grown, (size_t)lock->epochs + 1, sizeof *lock->epoch_hash, error);
    lock->epoch_hash = grown;
    if (status != SQ_OK)
        return status;
    sqi_digest chain;
    sq_hash now = sq_model_hash(model);
    sqi_digest_begin(&chain);
    sqi_digest_hash(&chain,
                    lock->epochs ? &lock->epoch_hash[lock->epochs - 1] : &lock->initial_hash);
    sqi_digest_hash(&chain, &now);
    lock->epoch_hash[lock->epochs++] = sqi_digest_hex(&chain);
    return SQ_OK;
}

int sqi_recorder_go_on(sq_recorder *recorder, const sq_lock *facts, sq_error *error) {
    sq_lock *lock = &recorder->lock;
    void *grown = lock->epoch_hash;
    int status = sqi_resize(&grown, (size_t)facts->epochs, sizeof *lock->epoch_hash, error);
    lock->epoch_hash = grown;
    if (status != SQ_OK)
        return status;
    for (uint64_t e = 0; e < facts->epochs; e++)
        lock->epoch_hash[e] = facts->epoch_hash[e];
    lock->epochs = facts->epochs;
    return SQ_OK;
}

static void add_sha256(void *context, const void *bytes, size_t count) {
    SHA256Update(context, bytes, count);
}

const sq_lock *sq_recorder_lock(sq_recorder *recorder, const sq_model *model) {
    static const char digits[] = "0123456789abcdef";
    sq_lock *lock = &recorder->lock;
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA2_CTX sha;
    sqi_digest digest;
    SHA256Init(&sha);
    sqi_digest_begin(&digest);
    digest.tap = add_sha256;
    digest.tapped = &sha;
    sqi_digest_model(&digest, model);
    SHA256Final(bytes, &sha);
    for (size_t i = 0; i < sizeof bytes; i++) {
        lock->sha256[2 * i] = digits[bytes[i] >> 4];
        lock->sha256[2 * i + 1] = digits[bytes[i] & 15];
    }
    lock->sha256[2 * sizeof bytes] = '\0';
    lock->model_hash = sqi_digest_hex(&digest);
    lock->order_hash = sqi_digest_hex(&recorder->orders);
    return lock;
}

sq_recorder *sq_recorder_free(sq_recorder *recorder) {
    if (recorder)
        sqi_lock_fini(&recorder->lock);
    return sqi_free(recorder);
}

static int same(const sq_hash *a, const sq_hash *b) {
    return strcmp(a->hex, b->hex) == 0;
}

sq_lock_difference sq_lock_compare(const sq_lock *expected, const sq_lock *found) {
    sq_lock_difference d = {.data = !same(&expected->data_hash, &found->data_hash) ||
                                    expected->samples != found->samples ||
                                    expected->nonzeros != found->nonzeros,
                            .terminals = !same(&expected->terminals_hash, &found->terminals_hash),
                            .order = !same(&expected->order_hash, &found->order_hash) ||
                                     expected->steps != found->steps,
                            .initial = !same(&expected->initial_hash, &found->initial_hash),
                            .model = !same(&expected->model_hash, &found->model_hash) ||
                                     strcmp(expected->sha256, found->sha256) != 0};
    for (uint64_t e = 0; e < expected->epochs && !d.epoch; e++)
        if (e >= found->epochs || !same(&expected->epoch_hash[e], &found->epoch_hash[e]))
            d.epoch = e + 1;
    d.any = d.data || d.terminals || d.order || d.initial || d.model || d.epoch;
    return d;
}
