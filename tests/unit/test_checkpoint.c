/* verify/checkpoint: there and back, what is refused, and what contradicts a run. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "support/data_files.h"
#include "support/recorded.h"
#include "support/scale.h"
#include "support/small_models.h"
#include "verify/lock.h"

static sq_data *ratings, *rows;

static void begin(void) {
    new_folder();
    ratings = small_ratings(200, 30, 20, 1);
    rows = small_rows(150, 40, 6, 2);
}

static void end(void) {
    sq_data_free(ratings);
    sq_data_free(rows);
    remove_folder();
}
TestSuite(checkpoint, .init = begin, .fini = end);

static const sq_recipe completion = {.model = SQ_MATRIX_COMPLETION};

static sq_checkpoint *read_back(const char *path) {
    sq_checkpoint *c;
    sq_error error = {""};
    cr_assert(sq_checkpoint_read(&c, path, &error) == SQ_OK, "%s", error.message);
    return c;
}

/* The file is: the head, the facts' text, the place, the mode, and a model file whose checksum is of
 * all. */
Test(checkpoint, the_bytes) {
    recorded r = {.data = ratings, .recipe = completion, .checkpoint = in_folder("c")};
    recorded_run(&r);
    cr_assert(r.checkpoints == 3);
    char *facts, *model;
    size_t count, model_count, at = 16;
    unsigned char *found = (unsigned char *)bytes_of(recorded_checkpoint(r.checkpoint, 2), &count);
    cr_assert(sqi_lock_text(&facts, recorded_lock(&r), r.checkpoint, NULL) == SQ_OK);
    cr_assert(sq_model_write(r.model, in_folder("m"), NULL) == SQ_OK);
    model = bytes_of(in_folder("m"), &model_count);
    cr_assert(memcmp(found, "sqcheck\n\2\0\0\0", 12) == 0);
    cr_assert((found[12] | (size_t)found[13] << 8) == strlen(facts) && !found[14] && !found[15]);
    cr_assert(memcmp(found + at, facts, strlen(facts)) == 0);
    at += strlen(facts);
    cr_assert(memcmp(found + at, "\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
    at += 16;
    cr_assert(memcmp(found + at, "\6\0\0\0serial", 10) == 0);
    at += 10;
    cr_assert(count == at + model_count);
    cr_assert(memcmp(found + at, model, model_count - 16) == 0);
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(found, count - 16));
    cr_assert(memcmp(found + count - 16, sum.digest, 16) == 0);
    free(found);
    free(facts);
    free(model);
    recorded_free(&r);
}

Test(checkpoint, there_and_back) {
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        recorded r = {.data = kind == SQ_MATRIX_COMPLETION ? ratings : rows,
                      .recipe = {.model = (sq_model_kind)kind, .order = "reshuffle"}};
        recorded_run(&r);
        sq_error error = {""};
        const char *path = in_folder("c");
        const sq_lock *lock = recorded_lock(&r);
        cr_assert(sq_checkpoint_write(path, lock, 3, 0, r.model, &error) == SQ_OK);
        sq_checkpoint *c = read_back(path);
        cr_assert(c->epoch == 3 && c->step == 0 && c->facts->epochs == 3);
        sq_lock_difference d = sq_lock_compare(lock, c->facts);
        cr_assert(!d.any);
        sq_hash hash = sq_model_hash(c->model);
        cr_assert(strcmp(hash.hex, lock->model_hash.hex) == 0);
        cr_assert(c->model->stride == r.model->stride);
        sq_checkpoint_free(c);
        cr_assert(sq_checkpoint_write(path, lock, 3, 0, r.model, NULL) == SQ_OK, "over itself");
        recorded_free(&r);
    }
    cr_assert(!sq_checkpoint_free(NULL));
}

static int refused(const void *bytes, size_t count) {
    sq_error error = {""};
    sq_checkpoint *c = (sq_checkpoint *)&error; /* must be overwritten */
    put_file(in_folder("bad"), bytes, count);
    int status = sq_checkpoint_read(&c, in_folder("bad"), &error);
    return status == SQ_BAD_INPUT && !c && strstr(error.message, "/bad:");
}

static char *small_file(size_t *count) {
    sq_data *data = data_of("1 10 4\n2 10 2.5\n1 30 1\n", SQ_RATINGS);
    recorded r = {.data = data, .recipe = {.model = SQ_MATRIX_COMPLETION, .rank = 2}};
    recorded_run(&r);
    cr_assert(sq_checkpoint_write(in_folder("c"), recorded_lock(&r), 3, 0, r.model, NULL) == SQ_OK);
    recorded_free(&r);
    sq_data_free(data);
    return bytes_of(in_folder("c"), count);
}

Test(checkpoint, every_damage_is_refused) {
    size_t count;
    char *bytes = small_file(&count);
    for (size_t i = 0; i < count; i += scale_stride()) {
        cr_assert(refused(bytes, i), "%zu of %zu bytes", i, count);
        for (int bit = 0; bit < 8; bit += 3) {
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            cr_assert(refused(bytes, count), "byte %zu", i);
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
        }
    }
    cr_assert(refused(bytes, count + 1), "more bytes");
    cr_assert(refused("", 0) && refused("sqcheck\n", 8) && refused("sqmodel\n", 8));
    sq_checkpoint *c;
    cr_assert(sq_checkpoint_read(&c, in_folder("none"), NULL) == SQ_IO && !c);
    free(bytes);
}

/* The checksum is right, the content is not. */
Test(checkpoint, contradictions_inside_are_refused) {
    recorded r = {.data = ratings, .recipe = completion};
    recorded_run(&r);
    const sq_lock *lock = recorded_lock(&r);
    const char *path = in_folder("c");
    sq_checkpoint *c;
    sq_error error = {""};
    static const struct {
        uint64_t epoch, step;
    } places[] = {{2, 0},
                  {4, 0},
                  {UINT64_MAX, 0},
                  {3, 1},
                  {3, SQ_PLAN_SEGMENT - 1},
                  {3, SQ_PLAN_SEGMENT}, /* beyond the 200 steps of an epoch */
                  {3, UINT64_MAX},
                  {3, UINT64_C(1) << 63}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        cr_assert(sq_checkpoint_write(path, lock, places[i].epoch, places[i].step, r.model, NULL) ==
                  SQ_OK);
        cr_assert(sq_checkpoint_read(&c, path, &error) == SQ_BAD_INPUT && !c, "place %zu", i);
        cr_assert(strstr(error.message, "contradicts itself"), "%s", error.message);
    }
    recorded other = {.data = rows, .recipe = {.model = SQ_SVM}};
    recorded_begin(&other);
    cr_assert(sq_checkpoint_write(path, lock, 3, 0, other.model, NULL) == SQ_OK);
    cr_assert(sq_checkpoint_read(&c, path, &error) == SQ_BAD_INPUT && !c, "another model");
    recorded_free(&other);
    recorded_free(&r);
}

/* --- the mode --- */

/* A checkpoint in which the mode's name is another one, sealed again. */
static int read_with_mode(const char *name, sq_error *error) {
    char *facts, *bytes;
    size_t count, length = strlen(name);
    recorded r = {.data = ratings, .recipe = completion};
    recorded_run(&r);
    cr_assert(sq_checkpoint_write(in_folder("c"), recorded_lock(&r), 3, 0, r.model, NULL) == SQ_OK);
    cr_assert(sqi_lock_text(&facts, recorded_lock(&r), in_folder("c"), NULL) == SQ_OK);
    bytes = bytes_of(in_folder("c"), &count);
    size_t at = 16 + strlen(facts) + 16, behind = at + 10;
    char *other = calloc(count + length, 1);
    memcpy(other, bytes, at);
    other[at] = (char)length;
    memcpy(other + at + 4, name, length);
    memcpy(other + at + 4 + length, bytes + behind, count - behind);
    count += length - 6;
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(other, count - 16));
    memcpy(other + count - 16, sum.digest, 16);
    put_file(in_folder("c"), other, count);
    sq_checkpoint *c;
    int status = sq_checkpoint_read(&c, in_folder("c"), error);
    cr_assert(status != SQ_OK ||
              strncmp(sq_mode_name(c->facts->recipe.mode), name, strcspn(name, " ")) == 0);
    sq_checkpoint_free(c);
    recorded_free(&r);
    free(other);
    free(bytes);
    free(facts);
    return status;
}

/* Its name is one of a mode, and the canonical one among those with the same bits. */
Test(checkpoint, modes_are_known) {
    static const char *const wrong[] = {"",
                                        "planned",
                                        "Serial",
                                        "serial ",
                                        "seria",
                                        "serialserialserialserialserialse",
                                        "a mode of a later program, with a long name",
                                        "serial 1",
                                        "locked 2",
                                        "average-runs",
                                        "average-runs ",
                                        "average-runs 0",
                                        "average-runs 02",
                                        "average-runs +2",
                                        "average-runs 2 ",
                                        "average-runs  2",
                                        "average-runs 2a",
                                        "average-runs 4294967296",
                                        "average-gradients",
                                        "average-gradients 0",
                                        "average-gradients 3.5",
                                        "average-gradients 99999999999"};
    sq_error error = {""};
    cr_assert(read_with_mode("serial", NULL) == SQ_OK);
    static const char *const right[] = {"hogwild",
                                        "locked",
                                        "round-robin",
                                        "average-runs 1",
                                        "average-runs 1024",
                                        "average-gradients 32",
                                        "average-runs 4294967295"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        cr_assert(read_with_mode(right[i], &error) == SQ_OK, "'%s'", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert(read_with_mode(wrong[i], &error) == SQ_BAD_INPUT, "'%s'", wrong[i]);
        cr_assert(strstr(error.message, "of an unknown mode"), "%s", error.message);
    }
}

/* What ran as planned and what ran serially go on as each other; the others only as themselves. */
Test(checkpoint, goes_on_in_a_mode_of_the_same_bits) {
    for (int then = 0; sq_mode_name((sq_mode)then); then++) {
        recorded r = {.data = ratings, .recipe = completion, .mode = (sq_mode)then};
        recorded_run(&r);
        cr_assert(sq_checkpoint_write(in_folder("c"), recorded_lock(&r), 3, 0, r.model, NULL) ==
                  SQ_OK);
        recorded_free(&r);
        for (int now = 0; sq_mode_name((sq_mode)now); now++) {
            sq_error error = {""};
            sq_checkpoint *c = read_back(in_folder("c"));
            r = (recorded){.data = ratings, .recipe = completion, .mode = (sq_mode)now};
            recorded_begin(&r);
            int status = sq_checkpoint_resume(c, r.recorder, r.model, &r.order, &error);
            int fits = then == now ||
                       (sq_mode_serial_bits((sq_mode)then) && sq_mode_serial_bits((sq_mode)now));
            cr_assert(status == (fits ? SQ_OK : SQ_BAD_ARGUMENT), "%d, %d: %s", then, now,
                      error.message);
            cr_assert(fits || strstr(error.message, "--mode differs"), "%s", error.message);
            sq_checkpoint_free(c);
            recorded_free(&r);
        }
    }
}

/* --- what an optimiser remembers --- */

Test(checkpoint, memory) {
    recorded r = {.data = rows, .recipe = {.model = SQ_SVM, .optimizer = SQ_SAGA}};
    const char *path = in_folder("c");
    float memory[3] = {1, -0.0F, 0x1p-149F};
    sq_error error = {""};
    recorded_run(&r);
    cr_assert(sq_checkpoint_write_memory(path, recorded_lock(&r), 3, r.model, memory, 3, &error) ==
                  SQ_OK,
              "%s", error.message);
    sq_checkpoint *c = read_back(path);
    cr_assert(c->memory_size == 3 && same_floats(c->memory, memory, 3));
    sq_checkpoint_free(c);
    cr_assert(sq_checkpoint_write_memory(path, recorded_lock(&r), 3, r.model, NULL, 0, NULL) ==
              SQ_OK);
    c = read_back(path);
    cr_assert(c->memory_size == 0);
    sq_checkpoint_free(c);
    cr_assert(sq_checkpoint_write(path, recorded_lock(&r), 3, 0, r.model, &error) ==
                  SQ_BAD_ARGUMENT &&
              strstr(error.message, "what it remembers"));
    memory[1] = (float)INFINITY;
    cr_assert(sq_checkpoint_write_memory(path, recorded_lock(&r), 3, r.model, memory, 3, NULL) ==
              SQ_OK);
    cr_assert(sq_checkpoint_read(&c, path, &error) == SQ_BAD_INPUT && !c);
    cr_assert(strstr(error.message, "remembered number"), "%s", error.message);
    recorded_free(&r);
    r = (recorded){.data = rows, .recipe = {.model = SQ_SVM}};
    recorded_run(&r);
    cr_assert(sq_checkpoint_write_memory(path, recorded_lock(&r), 3, r.model, NULL, 0, NULL) ==
              SQ_OK);
    c = read_back(path);
    cr_assert(!c->memory && c->memory_size == 0);
    sq_checkpoint_free(c);
    recorded_free(&r);
}

/* A run with such an optimiser is never within an epoch. */
Test(checkpoint, optimizers_are_not_within_an_epoch) {
    for (int i = 0; i < 3; i++) {
        recorded r = {.data = rows, .recipe = {.model = SQ_SVM, .l2 = 0.1, .l2_exact = i == 1}};
        r.recipe.optimizer = i == 2 ? SQ_SVRG : SQ_SGD;
        recorded_run(&r);
        sq_lock lock = *recorded_lock(&r);
        sq_checkpoint *c = NULL;
        lock.steps = 2 * SQ_PLAN_SEGMENT;
        cr_assert(sq_checkpoint_write(in_folder("c"), &lock, 3, SQ_PLAN_SEGMENT, r.model, NULL) ==
                  SQ_OK);
        int status = sq_checkpoint_read(&c, in_folder("c"), NULL);
        cr_assert(status == (i ? SQ_BAD_INPUT : SQ_OK), "%d", i);
        sq_checkpoint_free(c);
        recorded_free(&r);
    }
}

/* --- another run --- */

/* What going on from the checkpoint says to a run. */
static int resume(const char *path, recorded *r, sq_error *error) {
    recorded_begin(r);
    size_t numbers = r->model->blocks * r->model->stride;
    float *before = malloc(numbers * sizeof *before);
    memcpy(before, r->model->x, numbers * sizeof *before);
    sq_checkpoint *c = read_back(path);
    int status = sq_checkpoint_resume(c, r->recorder, r->model, &r->order, error);
    cr_assert(status == SQ_OK || same_floats(before, r->model->x, numbers), "nothing is changed");
    sq_checkpoint_free(c);
    free(before);
    recorded_free(r);
    return status;
}

static void expect_contradiction(recorded r, const char *want) {
    sq_error error = {""};
    int status = resume(recorded_checkpoint(in_folder("c"), 1), &r, &error);
    cr_expect(status == SQ_BAD_ARGUMENT && strstr(error.message, want), "%s: status %d, '%s'", want,
              status, error.message);
}

/* A run as `base`, but for one member of its recipe. */
#define OTHER(base, member, value, want)                                                           \
    do {                                                                                           \
        recorded other = base;                                                                     \
        other.recipe.member = value;                                                               \
        expect_contradiction(other, want);                                                         \
    } while (0)

Test(checkpoint, each_contradiction_is_named) {
    recorded of_ratings = {.data = ratings, .recipe = completion}, r = of_ratings;
    r.checkpoint = in_folder("c");
    recorded_run(&r);
    recorded_free(&r);
    sq_error error = {""};
    r = of_ratings;
    cr_assert(resume(recorded_checkpoint(in_folder("c"), 1), &r, &error) == SQ_OK, "%s",
              error.message);
    OTHER(of_ratings, rank, 6, "--rank differs");
    OTHER(of_ratings, l2, 0.1, "--l2 differs");
    OTHER(of_ratings, optimizer, SQ_SVRG, "--optimizer differs");
    OTHER(of_ratings, l2_exact, 1, "--l2-form differs");
    OTHER(of_ratings, step, 0.0123, "--step differs");
    OTHER(of_ratings, decay, 0.7, "--step-decay differs");
    OTHER(of_ratings, seed, 2, "--seed differs");
    OTHER(of_ratings, order, "reshuffle", "--order differs");
    OTHER(of_ratings, order, "sequential", "--order differs");
    OTHER(of_ratings, order, "replacement", "--order differs");
    OTHER(of_ratings, epochs, 1, "2 epochs on, beyond --epochs 1");
    r = of_ratings;
    r.data = small_ratings(200, 30, 20, 9);
    expect_contradiction(r, "the data differ");
    sq_data_free((sq_data *)(uintptr_t)r.data);
    r = (recorded){.data = rows, .recipe = {.model = SQ_SVM}};
    expect_contradiction(r, "--model differs");
    static const uint32_t listed[] = {0, 1, 2};
    r = (recorded){.data = ratings, .recipe = completion, .listed = listed, .listed_steps = 3};
    r.recipe.order = "file:x";
    expect_contradiction(r, "--order differs");
}

Test(checkpoint, contradictions_of_linear_models) {
    recorded of_rows = {.data = rows, .recipe = {.model = SQ_SVM}}, r = of_rows;
    r.checkpoint = in_folder("c");
    recorded_run(&r);
    recorded_free(&r);
    OTHER(of_rows, model, SQ_LOGISTIC, "--model differs");
    r = of_rows;
    cr_assert(sq_data_add_bias(rows, NULL) == SQ_OK);
    r.recipe.bias = 1;
    expect_contradiction(r, "--bias differs");
}

/* The numbers of an order file count, not its name. */
Test(checkpoint, order_files) {
    uint32_t listed[] = {5, 7, 7, 0, 199, 3};
    recorded of_list = {.data = ratings, .recipe = completion, .listed = listed, .listed_steps = 6};
    of_list.recipe.order = "file:x";
    recorded r = of_list;
    r.checkpoint = in_folder("c");
    recorded_run(&r);
    recorded_free(&r);
    sq_error error = {""};
    r = of_list;
    r.recipe.order = "file:other/place";
    cr_assert(resume(recorded_checkpoint(in_folder("c"), 1), &r, &error) == SQ_OK, "%s",
              error.message);
    r = of_list;
    r.listed_steps = 5;
    expect_contradiction(r, "--order differs");
    listed[3] = 1;
    expect_contradiction(of_list, "--order differs");
}

Test(checkpoint, another_arithmetic) {
    recorded r = {.data = ratings, .recipe = completion};
    recorded_begin(&r);
    sq_lock lock = *recorded_lock(&r);
    lock.arithmetic = sq_arithmetic_version() + 1;
    cr_assert(sq_checkpoint_write(recorded_checkpoint(in_folder("c"), 1), &lock, 0, 0, r.model,
                                  NULL) == SQ_OK);
    recorded_free(&r);
    char want[80];
    snprintf(want, sizeof want, "arithmetic version %d, this program's is %d", lock.arithmetic,
             sq_arithmetic_version());
    expect_contradiction((recorded){.data = ratings, .recipe = completion}, want);
}

Test(checkpoint, other_initial_values) {
    recorded r = {.data = ratings, .recipe = completion};
    recorded_begin(&r);
    sq_lock lock = *recorded_lock(&r);
    lock.initial_hash = lock.data_hash;
    cr_assert(sq_checkpoint_write(recorded_checkpoint(in_folder("c"), 1), &lock, 0, 0, r.model,
                                  NULL) == SQ_OK);
    recorded_free(&r);
    expect_contradiction((recorded){.data = ratings, .recipe = completion},
                         "the initial values differ");
}

Test(checkpoint, a_failure_leaves_the_earlier_one) {
    recorded r = {.data = ratings, .recipe = completion};
    recorded_run(&r);
    const char *path = in_folder("c");
    sq_error error = {""};
    cr_assert(sq_checkpoint_write(path, recorded_lock(&r), 3, 0, r.model, NULL) == SQ_OK);
    sq_lock lock = *recorded_lock(&r);
    lock.recipe.data = "/no such folder/x";
    cr_assert(sq_checkpoint_write(path, &lock, 3, 0, r.model, &error) == SQ_IO);
    cr_assert(strstr(error.message, "no such folder"), "%s", error.message);
    cr_assert(sq_checkpoint_write(in_folder("none/c"), recorded_lock(&r), 3, 0, r.model, &error) ==
              SQ_IO);
    sq_checkpoint_free(read_back(path));
    cr_assert(folder_count() == 1);
    recorded_free(&r);
}

/* ---- modes whose bits depend on a number ---- */

static int resume_with(sq_mode mode, unsigned threads, uint32_t minibatch, sq_error *error) {
    sq_checkpoint *c = read_back(in_folder("c"));
    recorded r = {.data = ratings, .recipe = completion, .mode = mode, .threads = threads};
    r.recipe.minibatch = minibatch;
    recorded_begin(&r);
    int status = sq_checkpoint_resume(c, r.recorder, r.model, &r.order, error);
    sq_checkpoint_free(c);
    recorded_free(&r);
    return status;
}

Test(checkpoint, numbers_of_threads_and_mini_batches) {
    sq_error error = {""};
    recorded r = {
        .data = ratings, .recipe = completion, .mode = SQ_MODE_AVERAGE_RUNS, .threads = 2};
    recorded_run(&r);
    cr_assert(sq_checkpoint_write(in_folder("c"), recorded_lock(&r), 3, 0, r.model, NULL) == SQ_OK);
    recorded_free(&r);
    cr_assert(resume_with(SQ_MODE_AVERAGE_RUNS, 2, 0, &error) == SQ_OK, "%s", error.message);
    cr_assert(resume_with(SQ_MODE_AVERAGE_RUNS, 3, 0, &error) == SQ_BAD_ARGUMENT);
    cr_assert_str_eq(error.message, "the checkpoint is of another run: --threads differs");

    r = (recorded){.data = ratings, .recipe = completion, .mode = SQ_MODE_AVERAGE_GRADIENTS};
    r.recipe.minibatch = 32;
    recorded_run(&r);
    cr_assert(sq_checkpoint_write(in_folder("c"), recorded_lock(&r), 3, 0, r.model, NULL) == SQ_OK);
    cr_assert(resume_with(SQ_MODE_AVERAGE_GRADIENTS, 5, 32, &error) == SQ_OK, "%s", error.message);
    cr_assert(resume_with(SQ_MODE_AVERAGE_GRADIENTS, 5, 33, &error) == SQ_BAD_ARGUMENT);
    cr_assert_str_eq(error.message, "the checkpoint is of another run: --batch differs");

    sq_lock open = *recorded_lock(&r);
    open.recipe.minibatch = 0;
    cr_assert(sq_checkpoint_write(in_folder("c"), &open, 3, 0, r.model, &error) == SQ_BAD_ARGUMENT);
    cr_assert(strstr(error.message, "average-gradients"), "%s", error.message);
    recorded_free(&r);
}

/* Within an epoch such a run is nowhere. */
Test(checkpoint, not_within_an_epoch_of_a_mode_that_cannot) {
    sq_error error = {""};
    for (int i = 0; i < 2; i++) {
        recorded r = {.data = ratings,
                      .recipe = completion,
                      .mode = i ? SQ_MODE_AVERAGE_RUNS : SQ_MODE_HOGWILD};
        sq_checkpoint *c = NULL;
        recorded_run(&r);
        sq_lock lock = *recorded_lock(&r);
        lock.steps = 2 * SQ_PLAN_SEGMENT;
        cr_assert(sq_checkpoint_write(in_folder("c"), &lock, 3, SQ_PLAN_SEGMENT, r.model, NULL) ==
                  SQ_OK);
        int status = sq_checkpoint_read(&c, in_folder("c"), &error);
        cr_assert(status == (i ? SQ_BAD_INPUT : SQ_OK), "%d: %s", i, error.message);
        sq_checkpoint_free(c);
        recorded_free(&r);
    }
}
