/* verify/record: what a recorder writes down of a run. */
#include <criterion/criterion.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "support/data_files.h"
#include "support/recorded.h"
#include "support/small_models.h"
#include "verify/digest.h"

/* The bytes that are hashed of a model, put together here. */
static unsigned char *canonical(const sq_model *m, size_t *count) {
    size_t room = 24, at = 0, block = 0;
    room += m->blocks * (4 + 4 * (size_t)m->width);
    unsigned char *bytes = malloc(room);
    for (int side = 0; side < 2; side++) {
        uint64_t n = m->names[side].count;
        memcpy(bytes + at, &n, 8);
        memcpy(bytes + at + 8, &m->width, 4);
        if (n)
            memcpy(bytes + at + 12, m->names[side].name, 4 * n);
        at += 12 + 4 * n;
        for (size_t i = 0; i < n; i++, block++, at += 4 * (size_t)m->width)
            memcpy(bytes + at, m->x + block * m->stride, 4 * (size_t)m->width);
    }
    *count = at;
    return bytes;
}

static sq_hash hash_of(const void *bytes, size_t count) {
    XXH128_canonical_t sum;
    sq_hash hash;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(bytes, count));
    for (int i = 0; i < 16; i++)
        snprintf(hash.hex + 2 * i, 3, "%02x", sum.digest[i]);
    return hash;
}

static void bytes_of_hash(unsigned char out[16], const sq_hash *hash) {
    for (int i = 0; i < 16; i++) {
        char pair[3] = {hash->hex[2 * i], hash->hex[2 * i + 1], '\0'};
        out[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
}

static int same(const sq_hash *a, const sq_hash *b) {
    return strcmp(a->hex, b->hex) == 0;
}

static sq_hash model_hash(const sq_model *m) {
    size_t count;
    unsigned char *bytes = canonical(m, &count);
    sq_hash hash = hash_of(bytes, count);
    free(bytes);
    return hash;
}

typedef struct watch {
    sq_recorder *recorder;
    const sq_model *model;
    sq_hash chain[8]; /* own computation */
    size_t epochs;
} watch;

static int see_order(void *context, uint64_t epoch, const uint32_t *pi, size_t steps) {
    (void)epoch;
    sq_recorder_order(((watch *)context)->recorder, pi, steps);
    return 0;
}

static int see_epoch(void *context, const sq_epoch *done) {
    watch *w = context;
    unsigned char both[32];
    cr_assert(done->epoch + 1 == ++w->epochs);
    sq_hash now = model_hash(w->model);
    bytes_of_hash(both, &w->chain[w->epochs - 1]);
    bytes_of_hash(both + 16, &now);
    w->chain[w->epochs] = hash_of(both, 32);
    return sq_recorder_epoch(w->recorder, w->model, NULL);
}

Test(record, chain_and_hashes_against_an_own_computation) {
    sq_data *rows = small_rows(300, 60, 8, 1), *ratings = small_ratings(300, 30, 20, 2);
    new_folder();
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        recorded r = {.data = kind == SQ_MATRIX_COMPLETION ? ratings : rows,
                      .recipe = {.model = (sq_model_kind)kind, .epochs = 5, .order = "reshuffle"}};
        recorded_begin(&r);
        watch w = {.recorder = r.recorder, .model = r.model};
        w.chain[0] = model_hash(r.model);
        sq_observer observer = {.context = &w, .order = see_order, .epoch = see_epoch};
        sq_train_options options = {.mode = SQ_MODE_SERIAL,
                                    .epochs = 5,
                                    .step = r.recipe.step,
                                    .decay = 0.8,
                                    .observer = &observer};
        cr_assert(same(&recorded_lock(&r)->initial_hash, &w.chain[0]));
        cr_assert(recorded_lock(&r)->epochs == 0);
        cr_assert(sq_train(r.problem, r.model->x, &r.order, &options, NULL, NULL) == SQ_OK);

        const sq_lock *lock = recorded_lock(&r);
        cr_assert(lock->epochs == 5 && lock->arithmetic == sq_arithmetic_version());
        for (int e = 0; e < 5; e++)
            cr_assert(same(&lock->epoch_hash[e], &w.chain[e + 1]), "epoch %d", e);
        cr_assert(same(&lock->initial_hash, &w.chain[0]));
        sq_hash now = model_hash(r.model), data = sq_data_hash(r.data);
        cr_assert(same(&lock->model_hash, &now) && same(&lock->data_hash, &data));

        size_t count;
        char sha256[SHA256_DIGEST_STRING_LENGTH];
        unsigned char *bytes = canonical(r.model, &count);
        cr_assert(strcmp(lock->sha256, SHA256Data(bytes, count, sha256)) == 0);
        free(bytes);

        uint32_t *pi;
        sq_order_hasher *hasher;
        cr_assert(sq_pi_new(&pi, &r.order, NULL) == SQ_OK);
        cr_assert(sq_order_hasher_new(&hasher, NULL) == SQ_OK);
        for (uint64_t e = 0; e < 5; e++) {
            sq_order_fill(&r.order, e, pi);
            sq_order_hasher_add(hasher, pi, r.order.steps);
        }
        sq_hash orders = sq_order_hasher_hash(hasher);
        cr_assert(same(&lock->order_hash, &orders));
        sq_order_hasher_free(hasher);
        sq_pi_free(pi);
        recorded_free(&r);
    }
    remove_folder();
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* The example of doc/formats.md, "Lock files", which Python computed from the pages. */
Test(record, the_example_of_the_page) {
    sq_data *data = data_of("1 10 4\n2 10 2.5\n1 30 1\n", SQ_RATINGS);
    new_folder();
    recorded r = {.data = data,
                  .recipe = {.model = SQ_MATRIX_COMPLETION, .rank = 2, .epochs = 1, .step = 0.1}};
    recorded_run(&r);
    const sq_lock *lock = recorded_lock(&r);
    cr_expect(strcmp(lock->initial_hash.hex, "f7b413e63de9f0cedea4fde3a2dd6f9c") == 0);
    cr_expect(strcmp(lock->epoch_hash[0].hex, "9a4b35d5d29c442808290d043990129b") == 0);
    cr_expect(strcmp(lock->model_hash.hex, "b44c80039f429a04d268de2065d07a6f") == 0);
    cr_expect(strcmp(lock->sha256, "a5776dae4dd5b307593041e499e9a996db7ce1eb60ae1c4b2278446123e362"
                                   "0a") == 0);
    cr_expect(strcmp(lock->order_hash.hex, "6169217052e1d6f7127635745c029e79") == 0);
    cr_expect(lock->samples == 3 && lock->nonzeros == 0 && lock->steps == 3);
    cr_expect(lock->parameters == 8);
    recorded_free(&r);
    remove_folder();
    sq_data_free(data);
}

Test(record, counts) {
    sq_data *data = data_of("1 1:1 2:0\n-1 2:3\n1\n", SQ_ROWS);
    new_folder();
    cr_assert(sq_data_add_bias(data, NULL) == SQ_OK);
    static const uint32_t listed[] = {2, 2, 0, 1, 1};
    recorded r = {.data = data,
                  .recipe = {.model = SQ_SVM, .bias = 1, .order = "file:x"},
                  .listed = listed,
                  .listed_steps = 5};
    recorded_run(&r);
    const sq_lock *lock = recorded_lock(&r);
    cr_expect(lock->samples == 3 && lock->steps == 5);
    cr_expect(lock->nonzeros == 3, "the bias is none");
    cr_expect(lock->parameters == 3);
    recorded_free(&r);
    remove_folder();
    sq_data_free(data);
}

/* The recipe is the recorder's own. */
Test(record, the_recipe_is_copied) {
    sq_data *data = small_ratings(20, 5, 5, 1);
    char path[] = "/tmp/data", order[] = "shuffle";
    recorded r = {.data = data,
                  .recipe = {.model = SQ_MATRIX_COMPLETION, .data = path, .order = order}};
    recorded_begin(&r);
    memset(path, 'x', 4);
    memset(order, 'x', 4);
    cr_assert(strcmp(recorded_lock(&r)->recipe.data, "/tmp/data") == 0);
    cr_assert(strcmp(recorded_lock(&r)->recipe.order, "shuffle") == 0);
    recorded_free(&r);
    sq_data_free(data);
}

/* Two locks that are the same but for what `change` does to the second. */
static sq_lock_difference compare(void (*change)(sq_lock *lock)) {
    static sq_hash epochs[2][3];
    sq_lock lock[2];
    for (int i = 0; i < 2; i++) {
        lock[i] = (sq_lock){.samples = 3, .nonzeros = 4, .steps = 5, .epochs = 3};
        lock[i].epoch_hash = epochs[i];
        lock[i].data_hash = lock[i].order_hash = hash_of("", 0);
        lock[i].initial_hash = lock[i].model_hash = hash_of("", 0);
        memset(lock[i].sha256, '7', 64);
        for (int e = 0; e < 3; e++)
            epochs[i][e] = hash_of(&e, 1);
    }
    if (change)
        change(&lock[1]);
    return sq_lock_compare(&lock[0], &lock[1]);
}

#define CHANGE(name, what)                                                                         \
    static void name(sq_lock *lock) {                                                              \
        what;                                                                                      \
    }
CHANGE(other_data, lock->data_hash.hex[0] = '1')
CHANGE(other_samples, lock->samples++)
CHANGE(other_nonzeros, lock->nonzeros++)
CHANGE(other_order, lock->order_hash.hex[31] = '1')
CHANGE(other_steps, lock->steps++)
CHANGE(other_initial, lock->initial_hash.hex[5] = '1')
CHANGE(other_model, lock->model_hash.hex[7] = '1')
CHANGE(other_sha256, lock->sha256[63] = '1')
CHANGE(other_second, lock->epoch_hash[1].hex[31] ^= 1)
CHANGE(other_last, lock->epoch_hash[2].hex[0] ^= 1)
CHANGE(one_less, lock->epochs--)

Test(record, comparing_locks) {
    sq_lock_difference d = compare(NULL);
    cr_expect(!d.any && !d.data && !d.order && !d.initial && !d.model && !d.epoch);
    cr_expect((d = compare(other_data)).any && d.data && !d.order && !d.model && !d.epoch);
    cr_expect((d = compare(other_samples)).any && d.data);
    cr_expect((d = compare(other_nonzeros)).any && d.data);
    cr_expect((d = compare(other_order)).any && d.order && !d.data);
    cr_expect((d = compare(other_steps)).any && d.order);
    cr_expect((d = compare(other_initial)).any && d.initial && !d.order);
    cr_expect((d = compare(other_model)).any && d.model && !d.initial && !d.epoch);
    cr_expect((d = compare(other_sha256)).any && d.model);
    cr_expect((d = compare(other_second)).any && d.epoch == 2 && !d.model);
    cr_expect((d = compare(other_last)).any && d.epoch == 3);
    cr_expect((d = compare(one_less)).any && d.epoch == 3);
}
