/* model/mlp: what is refused; files, locks and checkpoints of networks. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "model/labels.h"
#include "model/mlp.h"
#include "sequent/hash.h"
#include "support/data_files.h"
#include "support/networks.h"
#include "support/recorded.h"
#include "support/small_models.h"

static void begin(void) {
    new_folder();
}
TestSuite(mlp_model, .init = begin, .fini = remove_folder);

static void refused_options(sq_model_options o, const sq_data *data, const char *why) {
    sq_model *model = NULL;
    sq_error error = {0};
    cr_assert(sq_model_new(&model, &o, data, &error) == SQ_BAD_ARGUMENT && !model, "%s", why);
    cr_assert(strstr(error.message, why), "'%s', not '%s'", error.message, why);
}

Test(mlp_model, name) {
    cr_assert(sq_model_find("mlp") == SQ_MLP && strcmp(sq_model_name(SQ_MLP), "mlp") == 0);
    cr_assert(sq_model_data(SQ_MLP) == SQ_ROWS && sq_model_find("ml") < 0);
}

Test(mlp_model, impossible_options_are_refused) {
    sq_data *data = network_rows(20, 10, 5, 3, 1);
    static const double keeps[] = {0, -0.1, 1.0000001, 1e300, NAN, INFINITY};
    for (int i = 0; i < 6; i++)
        refused_options(network_options("5", keeps[i], 1), data, "keep: found");
    refused_options(network_options("", 0.5, 1), data, "layers: found 0");
    refused_options(network_options("1,0", 0.5, 1), data, "hidden: found 0 units");
    refused_options(network_options("16385", 0.5, 1), data, "hidden: found 16385 units");
    refused_options(network_options("16384,2", 1, 1), data, "a step would train 16386 units");
    sq_model_options o = network_options("1", 0.5, 1);
    o.layers = 9;
    refused_options(o, data, "layers: found 9");
    o.layers = UINT32_MAX;
    refused_options(o, data, "layers: found 4294967295");
    o = network_options("16384", 0.5, 1);
    sq_model *most = NULL;
    cr_assert(sq_model_new(&most, &o, data, NULL) == SQ_OK);
    sq_model_free(most);
    sq_data_free(data);
}

Test(mlp_model, data_that_do_not_fit_are_refused) {
    sq_data *one = data_of("-0 1:1\n0 2:1\n", SQ_ROWS), *ratings = small_ratings(20, 5, 5, 1);
    refused_options(network_options("5", 0.5, 1), one, "the data have one");
    refused_options(network_options("5", 0.5, 1), ratings, "mlp");
    sq_data *many = network_rows(5000, 3, 2, 4097, 1);
    refused_options(network_options("5", 0.5, 1), many, "at most 4096 labels");
    sq_data *biased = data_of("1 1:1\n2 2:1\n", SQ_ROWS);
    cr_assert(sq_data_add_bias(biased, NULL) == SQ_OK);
    refused_options(network_options("5", 0.5, 1), biased, "bias");
    sq_data_free(one);
    sq_data_free(ratings);
    sq_data_free(many);
    sq_data_free(biased);
}

Test(mlp_model, labels_ascend_and_the_first_of_equal_ones_stays) {
    sq_data *data = data_of("7 1:1\n-0 2:1\n0 1:2\n-3.5 1:1\n7 1:1\n", SQ_ROWS);
    sq_model *model = network_new("3", 1, data);
    cr_assert(model->labels == 3 && model->label[0] == -3.5f && model->label[2] == 7);
    cr_assert(model->label[1] == 0 && signbit(model->label[1]));
    cr_assert(sqi_label_find(model->label, model->labels, 0) == 1 &&
              sqi_label_find(model->label, model->labels, 7) == 2);
    cr_assert(sqi_label_find(model->label, model->labels, 8) == 3 &&
              sqi_label_find(model->label, model->labels, -4) == 3);
    sq_model_free(model);
    sq_data_free(data);
}

Test(mlp_model, problems_that_do_not_fit_are_refused) {
    sq_data *data = data_of("1 1:1\n2 2:1\n", SQ_ROWS);
    sq_data *other = data_of("1 1:1\n3 2:1\n", SQ_ROWS);
    sq_model *model = network_new("3", 1, data);
    sq_problem *problem = NULL;
    sq_error error = {0};
    cr_assert(sq_model_problem(&problem, model, other, 0, &error) == SQ_BAD_ARGUMENT && !problem);
    cr_assert(strstr(error.message, "label 3"), "%s", error.message);
    cr_assert(sq_model_problem(&problem, model, data, 0.1, &error) == SQ_BAD_ARGUMENT && !problem);
    cr_assert(strstr(error.message, "l2"), "%s", error.message);
    sq_model_free(model);
    sq_data_free(data);
    sq_data_free(other);
}

/* Rows without entries, and data that have no feature at all. */
Test(mlp_model, samples_without_entries) {
    sq_data *data = data_of("1\n2\n1\n3\n2\n", SQ_ROWS);
    sq_model *model = network_new("6,5", 0.5, data);
    cr_assert(model->width == 6 + 1 + 3);
    double loss = train_model(model, data, (how){.mode = SQ_MODE_PLANNED, .threads = 2});
    cr_assert(isfinite(loss));
    sq_model *serial = network_new("6,5", 0.5, data);
    cr_assert(same_double(loss, train_model(serial, data, (how){.mode = SQ_MODE_SERIAL})));
    cr_assert(same_floats(model->x, serial->x, model->blocks * model->stride));
    sq_model_free(model);
    sq_model_free(serial);
    sq_data_free(data);
}

/* --- files --- */

static void put(unsigned char *at, uint64_t value, int size) {
    for (int i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static sq_model *trained(sq_data **data, const char *hidden) {
    *data = network_rows(80, 10, 5, 3, 2);
    sq_model *model = network_new(hidden, 0.3, *data);
    train_model(model, *data, (how){.mode = SQ_MODE_SERIAL});
    return model;
}

Test(mlp_model, files_round_trip) {
    static const char *const hidden[] = {"1", "17", "30,4", "1,2,3,4,5,6,7,8"};
    for (int h = 0; h < 4; h++) {
        sq_data *data;
        sq_model *model = trained(&data, hidden[h]), *read = NULL;
        sq_error error = {0};
        cr_assert(sq_model_write(model, in_folder("m"), &error) == SQ_OK, "%s", error.message);
        cr_assert(sq_model_read(&read, in_folder("m"), &error) == SQ_OK, "%s", error.message);
        cr_assert(read->kind == SQ_MLP && read->layers == model->layers);
        cr_assert(memcmp(read->hidden, model->hidden, sizeof read->hidden) == 0);
        cr_assert(same_double(read->keep, 0.3) && read->labels == 3);
        cr_assert(same_floats(read->label, model->label, 3) && read->blocks == model->blocks);
        cr_assert(same_floats(read->x, model->x, model->blocks * model->stride));
        cr_assert(strcmp(sq_model_hash(read).hex, sq_model_hash(model).hex) == 0);
        sq_evaluator *a = NULL, *b = NULL;
        cr_assert(sq_evaluator_new(&a, model, data, NULL) == SQ_OK);
        cr_assert(sq_evaluator_new(&b, read, data, NULL) == SQ_OK);
        cr_assert(same_double(sq_evaluator_run(a).loss, sq_evaluator_run(b).loss));
        sq_evaluator_free(a);
        sq_evaluator_free(b);
        sq_model_free(read);
        sq_model_free(model);
        sq_data_free(data);
    }
}

/* The bytes of doc/formats.md, section 6: features without weights, then units. */
Test(mlp_model, hash_by_its_bytes) {
    sq_data *data;
    sq_model *model = trained(&data, "5,4");
    size_t features = model->names[0].count, size = 12 + 4 * features + 12, at = 0;
    unsigned char *bytes = calloc(1, size + model->blocks * (1 + model->width) * 4);
    put(bytes, features, 8);
    put(bytes + 8, 0, 4);
    at = 12;
    for (size_t i = 0; i < features; i++, at += 4)
        put(bytes + at, model->names[0].name[i], 4);
    put(bytes + at, model->blocks, 8);
    put(bytes + at + 8, model->width, 4);
    at += 12;
    for (size_t b = 0; b < model->blocks; b++, at += 4)
        put(bytes + at, b, 4);
    for (size_t b = 0; b < model->blocks; b++)
        for (uint32_t j = 0; j < model->width; j++, at += 4) {
            uint32_t word;
            memcpy(&word, &model->x[b * model->stride + j], 4);
            put(bytes + at, word, 4);
        }
    XXH128_canonical_t sum;
    char hex[33];
    XXH128_canonicalFromHash(&sum, XXH3_128bits(bytes, at));
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum.digest[i]);
    cr_assert(strcmp(hex, sq_model_hash(model).hex) == 0);
    free(bytes);
    sq_model_free(model);
    sq_data_free(data);
}

/* Header fields that contradict each other, under a right checksum. */
Test(mlp_model, impossible_files_are_refused) {
    static const struct {
        size_t at;
        uint64_t value;
        int size;
        const char *what;
    } lies[] = {
        {16, SQ_LOGISTIC, 4, "another kind"},
        {20, 33, 4, "a width that is too small"},
        {20, 35, 4, "a width that is too large"},
        {24, 0, 4, "no labels"},
        {24, 1, 4, "one label"},
        {24, 4, 4, "a label more"},
        {24, 5000, 4, "labels that do not follow"},
        {28, 0, 4, "no layers"},
        {28, 1, 4, "a layer less"},
        {28, 9, 4, "nine layers"},
        {32, UINT64_C(0x7FF8000000000000), 8, "a mean that is NaN"},
        {40, 0, 8, "keep 0"},
        {40, UINT64_C(0x7FF8000000000000), 8, "keep NaN"},
        {40, UINT64_C(0x4000000000000000), 8, "keep 2"},
        {40, UINT64_C(0xBFE0000000000000), 8, "keep -0.5"},
        {48, 9, 8, "a feature less"},
        {56, 1, 8, "an item"},
        {64, 0, 4, "a layer without units"},
        {64, 29, 4, "a unit less"},
        {64, 16385, 4, "too many units"},
        {68, 5, 4, "a unit more"},
        {68, 0xFFFFFFFF, 4, "2^32 - 1 units"},
    };
    sq_data *data;
    sq_model *model = trained(&data, "30,4"), *read = NULL;
    size_t count;
    cr_assert(sq_model_write(model, in_folder("m"), NULL) == SQ_OK);
    char *file = bytes_of(in_folder("m"), &count);
    unsigned char *copy = malloc(count);
    for (size_t i = 0; i <= sizeof lies / sizeof *lies; i++) {
        sq_error error = {0};
        XXH128_canonical_t sum;
        int lie = i < sizeof lies / sizeof *lies;
        memcpy(copy, file, count);
        if (lie)
            put(copy + lies[i].at, lies[i].value, lies[i].size);
        XXH128_canonicalFromHash(&sum, XXH3_128bits(copy, count - 16));
        memcpy(copy + count - 16, sum.digest, 16);
        put_file(in_folder("bad"), copy, count);
        int status = sq_model_read(&read, in_folder("bad"), &error);
        if (lie)
            cr_assert(status == SQ_BAD_INPUT && !read, "%s: %s", lies[i].what, error.message);
        else
            cr_assert(status == SQ_OK, "the seal itself is wrong");
    }
    sq_model_free(read);
    free(copy);
    free(file);
    sq_model_free(model);
    sq_data_free(data);
}

/* --- recorded runs --- */

static sq_recipe recipe_of(const char *order) {
    return (sq_recipe){.model = SQ_MLP,
                       .order = order,
                       .seed = 9,
                       .layers = 2,
                       .hidden = {30, 8},
                       .keep = 0.1,
                       .step = 0.2};
}

Test(mlp_model, one_lock_for_every_way_to_run) {
    sq_data *data = network_rows(300, 20, 6, 4, 3);
    static const char *const orders[] = {"shuffle", "reshuffle", "replacement"};
    for (int o = 0; o < 3; o++) {
        recorded serial = {.data = data, .recipe = recipe_of(orders[o])};
        recorded_run(&serial);
        char *want = recorded_lock_bytes(&serial, "lock");
        cr_assert(strstr(want, "\"hidden\": [\n    30,\n    8\n  ]") && strstr(want, "\"keep\": "));
        sq_lock *lock = NULL;
        cr_assert(sq_lock_read(&lock, in_folder("lock"), NULL) == SQ_OK);
        cr_assert(lock->recipe.layers == 2 && lock->recipe.hidden[1] == 8);
        cr_assert(same_double(lock->recipe.keep, 0.1) && lock->recipe.model == SQ_MLP);
        sq_lock_free(lock);
        for (int p = SQ_PLANNER_AUTO; p <= SQ_PLANNER_COMPONENTS; p++)
            for (unsigned threads = 1; threads <= 8; threads += 1 + threads / 3) {
                recorded r = {.data = data,
                              .recipe = recipe_of(orders[o]),
                              .planner = (sq_planner)p,
                              .threads = threads};
                recorded_run(&r);
                char *bytes = recorded_lock_bytes(&r, "lock");
                cr_assert(strcmp(bytes, want) == 0, "%s", bytes);
                free(bytes);
                recorded_free(&r);
            }
        free(want);
        recorded_free(&serial);
    }
    sq_data_free(data);
}

/* In the middle of an epoch too: the units of a step are known by its position. */
Test(mlp_model, goes_on_from_every_checkpoint) {
    enum { STEPS = (1 << 20) + 5000 };
    sq_data *data = network_rows(50, 6, 4, 3, 4);
    uint32_t *listed = malloc(STEPS * sizeof *listed);
    for (uint32_t k = 0; k < STEPS; k++)
        listed[k] = k * 7919u % 50;
    recorded whole = {.data = data, .listed = listed, .listed_steps = STEPS};
    whole.recipe = (sq_recipe){.model = SQ_MLP,
                               .order = "file:pi",
                               .layers = 1,
                               .hidden = {9},
                               .keep = 0.2,
                               .step = 0.01,
                               .epochs = 1};
    recorded watched = whole;
    recorded_run(&whole);
    char *want = recorded_lock_bytes(&whole, "lock");
    recorded_free(&whole);
    watched.checkpoint = in_folder("c");
    watched.planner = SQ_PLANNER_LANES;
    watched.threads = 2;
    recorded_run(&watched);
    recorded_free(&watched);
    cr_assert(watched.checkpoints == 2, "%u checkpoints", watched.checkpoints);
    for (unsigned i = 0; i < watched.checkpoints; i++) {
        recorded rest = watched;
        rest.checkpoint = NULL;
        rest.resume = recorded_checkpoint(in_folder("c"), i);
        rest.threads = 1 + i % 3;
        recorded_run(&rest);
        char *bytes = recorded_lock_bytes(&rest, "lock");
        cr_assert(strcmp(bytes, want) == 0, "checkpoint %u: %s", i, bytes);
        free(bytes);
        recorded_free(&rest);
    }
    free(want);
    free(listed);
    sq_data_free(data);
}
