/* verify/model_file: what was written is read, by bits; and whatever was damaged is refused. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

#include "sequent/hash.h"
#include "support/data_files.h"
#include "support/small_models.h"
#include "support/tables.h"

static void begin(void) {
    new_folder();
}

TestSuite(model_file, .init = begin, .fini = remove_folder);

static void expect_same(const sq_model *a, const sq_model *b) {
    cr_assert(a->kind == b->kind && a->width == b->width && a->stride == b->stride);
    cr_assert(a->blocks == b->blocks && same_double(a->mean, b->mean));
    cr_assert(a->labels == b->labels && same_floats(a->label, b->label, a->labels));
    cr_assert(a->layers == b->layers && same_double(a->keep, b->keep));
    for (int side = 0; side < 2; side++)
        same_names(&a->names[side], b->names[side].count, b->names[side].name);
    cr_assert(same_floats(a->x, b->x, a->blocks * a->stride));
    cr_assert(strcmp(sq_model_hash(a).hex, sq_model_hash(b).hex) == 0);
}

static sq_model *read_back(const char *path) {
    sq_error error = {0};
    sq_model *model = NULL;
    cr_assert(sq_model_read(&model, path, &error) == SQ_OK, "%s", error.message);
    return model;
}

static void round_trip(const sq_model *model) {
    sq_error error = {0};
    const char *path = in_folder("model");
    cr_assert(sq_model_write(model, path, &error) == SQ_OK, "%s", error.message);
    sq_model *read = read_back(path);
    expect_same(model, read);
    sq_model_free(read);
}

Test(model_file, round_trips) {
    sq_data *rows = small_rows(300, 40, 9, 1), *ratings = small_ratings(300, 40, 30, 1);
    sq_data *biased = data_of("1 4294967294:1 0:2\n0 5:1\n", SQ_ROWS);
    cr_assert(sq_data_add_bias(biased, NULL) == SQ_OK);
    for (int kind = SQ_SVM; kind <= SQ_LEAST_SQUARES; kind++)
        for (int i = 0; i < 2; i++) {
            const sq_data *data = i ? biased : rows;
            sq_model *model = new_model((sq_model_kind)kind, 0, data);
            train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
            round_trip(model);
            sq_model_free(model);
        }
    static const uint32_t ranks[] = {1, 5, 15, 16, 17, 33, 700};
    for (int r = 0; r < 7; r++) {
        sq_model *model = new_model(SQ_MATRIX_COMPLETION, ranks[r], ratings);
        round_trip(model);
        sq_model_free(model);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
    sq_data_free(biased);
}

/* More parameters and names than the buffers of reading and writing hold at once. */
Test(model_file, round_trip_of_a_large_model) {
    sq_data *data = small_ratings(60000, 30000, 20000, 2);
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 20, data);
    round_trip(model);
    sq_model_free(model);
    sq_data_free(data);
}

/* Extreme numbers are kept as they are: the least and largest ones, and the sign of zero. */
Test(model_file, every_finite_number) {
    sq_data *data = data_of("1 1:1 2:1 3:1 4:1 5:1\n0 1:1\n", SQ_ROWS);
    sq_model *model = new_model(SQ_SVM, 0, data);
    static const float numbers[] = {-0.0f, 0x1p-149f, -0x1p-149f, 0x1.fffffep127f, 1.0f / 3};
    memcpy(model->x, numbers, sizeof numbers);
    round_trip(model);
    sq_model_free(model);
    sq_data_free(data);
}

/* The bytes of a small matrix-completion model's file. */
static unsigned char *small_file(size_t *count) {
    sq_data *data = data_of("1 10 3.5\n2 20 1\n1 20 4\n", SQ_RATINGS);
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 3, data);
    cr_assert(sq_model_write(model, in_folder("small"), NULL) == SQ_OK);
    sq_model_free(model);
    sq_data_free(data);
    return (unsigned char *)bytes_of(in_folder("small"), count);
}

static void put_word(unsigned char *at, uint64_t value, int size) {
    for (int i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

Test(model_file, round_trips_of_several_labels) {
    static const uint32_t classes[] = {3, 4, 5, 10, 17, 1100};
    for (int i = 0; i < 6; i++)
        for (int kind = SQ_SVM; kind <= SQ_LOGISTIC; kind++) {
            sq_data *data = table_classes(classes[i] + 50, 20, 6, classes[i], 1);
            sq_model *model = new_model((sq_model_kind)kind, 0, data);
            train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
            cr_assert(model->width == classes[i] && model->labels == classes[i]);
            round_trip(model);
            sq_model_free(model);
            sq_data_free(data);
        }
}

/* The format as doc/formats.md gives it. */
Test(model_file, bytes) {
    size_t count;
    unsigned char *file = small_file(&count), want[80] = "sqmodel\n";
    double mean = (3.5 + 1 + 4) / 3;
    uint64_t bits;
    memcpy(&bits, &mean, 8);
    put_word(want + 8, 2, 4);
    put_word(want + 12, (uint64_t)sq_arithmetic_version(), 4);
    put_word(want + 16, SQ_MATRIX_COMPLETION, 4);
    put_word(want + 20, 3, 4);
    put_word(want + 32, bits, 8);
    put_word(want + 48, 2, 8);
    put_word(want + 56, 2, 8);
    put_word(want + 64, 1, 4);
    put_word(want + 68, 2, 4);
    put_word(want + 72, 10, 4);
    put_word(want + 76, 20, 4);
    cr_assert(count == 80 + 4 * 3 * 4 + 16, "%zu bytes", count);
    cr_assert(memcmp(file, want, 80) == 0);
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(file, count - 16));
    cr_assert(memcmp(file + count - 16, sum.digest, 16) == 0);
    free(file);
}

/* Reads bytes as a model file, which must be refused; the message must name the file. */
static int refused(const void *bytes, size_t count) {
    sq_error error = {0};
    sq_model *model = (sq_model *)&error; /* must be overwritten */
    put_file(in_folder("bad"), bytes, count);
    int status = sq_model_read(&model, in_folder("bad"), &error);
    if (status == SQ_OK)
        sq_model_free(model);
    else if (model || strncmp(error.message, in_folder("bad"), strlen(in_folder("bad"))) != 0)
        return 0;
    return status == SQ_BAD_INPUT || status == SQ_IO;
}

Test(model_file, every_truncation_is_refused) {
    size_t count;
    unsigned char *file = small_file(&count);
    for (size_t n = 0; n < count; n++)
        cr_assert(refused(file, n), "%zu of %zu bytes", n, count);
    free(file);
}

Test(model_file, every_single_byte_change_is_refused) {
    size_t count;
    unsigned char *file = small_file(&count);
    static const unsigned char changes[] = {0x01, 0x80, 0xFF, 0x20};
    for (size_t i = 0; i < count; i++)
        for (int c = 0; c < 4; c++) {
            file[i] ^= changes[c];
            cr_assert(refused(file, count), "byte %zu ^ %02x", i, changes[c]);
            file[i] ^= changes[c];
        }
    free(file);
}

Test(model_file, more_bytes_are_refused) {
    size_t count;
    unsigned char *file = small_file(&count);
    file = realloc(file, 2 * count);
    memcpy(file + count, file, count);
    cr_assert(refused(file, count + 1) && refused(file, 2 * count));
    free(file);
}

/* The small file with its checksum made right again. */
static int refused_when_sealed(unsigned char *file, size_t count) {
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(file, count - 16));
    memcpy(file + count - 16, sum.digest, 16);
    return refused(file, count);
}

/* Contents that only a broken or malicious writer makes: the checksum is right. */
Test(model_file, impossible_contents_are_refused) {
    static const struct {
        size_t at;
        uint64_t value;
        int size;
        const char *what;
    } lies[] = {
        {8, 1, 4, "another format"},
        {16, 0, 4, "no kind"},
        {16, 5, 4, "an unknown kind"},
        {16, 0xFFFFFFFF, 4, "kind -1"},
        {20, 0, 4, "width 0"},
        {20, 0xFFFFFFFF, 4, "a huge width"},
        {20, 1 << 24, 4, "a width that the content does not fill"},
        {24, 1, 4, "a label"},
        {24, 0xFFFFFFFF, 4, "2^32 - 1 labels"},
        {28, 1, 4, "a layer"},
        {28, 0xFFFFFFFF, 4, "2^32 - 1 layers"},
        {48, 0xFFFFFFFF, 8, "2^32 - 1 users"},
        {48, 0xFFFFFFFE, 8, "2^32 - 2 users that do not follow"},
        {48, UINT64_C(1) << 62, 8, "2^62 users"},
        {48, UINT64_MAX, 8, "2^64 - 1 users"},
        {48, UINT64_MAX - 1, 8, "counts whose sum is 0"},
        {56, UINT64_C(1) << 62, 8, "2^62 items"},
        {56, 0xFFFFFFF0, 8, "2^32 - 16 items that do not follow"},
        {64, 2, 4, "users that repeat"},
        {64, 3, 4, "users that descend"},
        {72, 20, 4, "items that repeat"},
        {80, 0x7F800000, 4, "infinity"},
        {84, 0xFF800000, 4, "-infinity"},
        {88, 0x7FC00000, 4, "NaN"},
        {124, 0x7F800001, 4, "NaN at the end"},
    };
    size_t count;
    unsigned char *file = small_file(&count), *copy = malloc(count);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        memcpy(copy, file, count);
        put_word(copy + lies[i].at, lies[i].value, lies[i].size);
        cr_expect(refused_when_sealed(copy, count), "%s", lies[i].what);
    }
    memcpy(copy, file, count);
    cr_expect(!refused_when_sealed(copy, count), "the seal itself is wrong");
    free(copy);
    free(file);
}

/* What cannot belong to a model, though its counts and its checksum are right. */
Test(model_file, meaningless_contents_are_refused) {
    static const struct {
        size_t at;
        uint64_t value;
        int size;
        const char *what;
    } lies[] = {
        {32, UINT64_C(0x7FF8000000000000), 8, "a mean that is NaN"},
        {32, UINT64_C(0x7FF0000000000000), 8, "an infinite mean"},
        {16, SQ_SVM, 4, "a linear model with rows of 3 and items"},
    };
    size_t count;
    unsigned char *file = small_file(&count), *copy = malloc(count);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        memcpy(copy, file, count);
        put_word(copy + lies[i].at, lies[i].value, lies[i].size);
        cr_expect(refused_when_sealed(copy, count), "%s", lies[i].what);
    }
    free(copy);
    free(file);
}

/* Widths and labels of linear models: 1 and 2, or from 3 on the same. */
Test(model_file, labels_fit_the_width) {
    enum { LABELS = 6 };
    for (uint32_t kind = SQ_SVM; kind <= SQ_LEAST_SQUARES; kind++)
        for (uint32_t width = 0; width <= LABELS; width++)
            for (uint32_t labels = 0; labels <= LABELS; labels++) {
                unsigned char file[64 + 4 * LABELS + 4 + 4 * LABELS + 16] = "sqmodel\n";
                put_word(file + 8, 2, 4);
                put_word(file + 12, (uint64_t)sq_arithmetic_version(), 4);
                put_word(file + 16, kind, 4);
                put_word(file + 20, width, 4);
                put_word(file + 24, labels, 4);
                put_word(file + 48, 1, 8);
                for (uint32_t c = 0; c < labels; c++)
                    memcpy(file + 64 + 4 * (size_t)c, &(float){(float)c}, 4);
                size_t count = 64 + 4 * ((size_t)labels + 1 + width) + 16;
                int good = kind == SQ_LEAST_SQUARES
                               ? width == 1 && labels == 0
                               : (width == 1 && labels == 2) || (width > 2 && labels == width);
                cr_assert(refused_when_sealed(file, count) != good, "kind %u, width %u, %u labels",
                          kind, width, labels);
            }
}

/* Sizes are believed only as far as content follows: a header that promises 16 GiB of names, or
 * rows of 2^24 numbers, takes little memory. */
Test(model_file, lies_about_sizes_take_no_memory) {
    size_t count;
    unsigned char *file = small_file(&count);
    static const struct {
        size_t at;
        uint64_t value;
        int size;
    } lies[] = {{40, 0xFFFFFFF0, 8}, {48, 0xFFFFFFF0, 8}, {20, 1 << 24, 4}};
    for (int i = 0; i < 3; i++) {
        unsigned char copy[72];
        struct rusage before, after;
        memcpy(copy, file, sizeof copy);
        put_word(copy + lies[i].at, lies[i].value, lies[i].size);
        cr_assert(getrusage(RUSAGE_SELF, &before) == 0);
        cr_assert(refused(copy, sizeof copy));
        cr_assert(getrusage(RUSAGE_SELF, &after) == 0);
        cr_assert(after.ru_maxrss - before.ru_maxrss < 64 * 1024, "%ld KiB",
                  after.ru_maxrss - before.ru_maxrss);
    }
    free(file);
}

Test(model_file, gzip_and_standard_input) {
    size_t count;
    unsigned char *file = small_file(&count);
    sq_model *model = read_back(in_folder("small")), *other;
    const char *packed = data_file(file, count, 1);
    other = read_back(packed);
    expect_same(model, other);
    sq_model_free(other);
    cr_assert(freopen(packed, "rb", stdin));
    other = read_back("-");
    expect_same(model, other);
    sq_model_free(other);
    remove(packed);
    cr_assert(freopen(in_folder("small"), "rb", stdin));
    other = read_back("-");
    expect_same(model, other);
    sq_model_free(other);
    sq_model_free(model);
    free(file);
}

Test(model_file, what_is_no_model) {
    sq_model *model;
    sq_error error = {0};
    cr_assert(refused("", 0) && refused("1 1:1\n", 6) && refused("sqmodel\n", 8));
    char zeros[200] = {0};
    cr_assert(refused(zeros, sizeof zeros));
    cr_assert(sq_model_read(&model, in_folder("none"), &error) == SQ_IO && !model);
    cr_assert(strstr(error.message, "none") && strstr(error.message, "No such file"), "%s",
              error.message);
    cr_assert(sq_model_read(&model, in_folder(""), &error) == SQ_IO && !model);
}

/* A model with the layout of its reader trains on: same bits as one that was never written. */
Test(model_file, a_model_that_was_read_predicts_the_same) {
    sq_data *data = small_ratings(200, 20, 15, 6);
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 17, data);
    train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
    cr_assert(sq_model_write(model, in_folder("m"), NULL) == SQ_OK);
    sq_model *read = read_back(in_folder("m"));
    sq_evaluator *a = NULL, *b = NULL;
    cr_assert(sq_evaluator_new(&a, model, data, NULL) == SQ_OK);
    cr_assert(sq_evaluator_new(&b, read, data, NULL) == SQ_OK);
    cr_assert(same_double(sq_evaluator_run(a).loss, sq_evaluator_run(b).loss));
    sq_evaluator_free(a);
    sq_evaluator_free(b);
    train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
    train_model(read, data, (how){.mode = SQ_MODE_SERIAL});
    expect_same(model, read);
    sq_model_free(model);
    sq_model_free(read);
    sq_data_free(data);
}

Test(model_file, a_failed_write_leaves_the_earlier_file) {
    sq_data *data = small_ratings(2000, 400, 300, 7);
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 16, data);
    cr_assert(sq_model_write(model, in_folder("m"), NULL) == SQ_OK);
    sq_hash before = sq_model_hash(model);
    train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {10000, 10000};
    cr_assert(setrlimit(RLIMIT_FSIZE, &small) == 0);
    sq_error error = {0};
    int status = sq_model_write(model, in_folder("m"), &error);
    size_t names = folder_count();
    cr_assert(status == SQ_IO && strstr(error.message, "File too large"), "%s", error.message);
    cr_assert(names == 1, "%zu names", names);
    sq_model *read = read_back(in_folder("m"));
    cr_assert(strcmp(sq_model_hash(read).hex, before.hex) == 0);
    sq_model_free(read);
    sq_model_free(model);
    sq_data_free(data);
}
