/* Helpers of the tests of models, files and hashes. */
#include "support/small_models.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "support/data_files.h"

static sq_data *read_text(FILE *stream, char **text, sq_data_kind kind) {
    cr_assert(fclose(stream) == 0);
    sq_data *data = data_of(*text, kind);
    free(*text);
    return data;
}

sq_data *small_ratings(size_t samples, uint32_t users, uint32_t items, uint64_t seed) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    sqi_words words = sqi_words_at(seed, SQ_STREAM_USER, 0);
    for (size_t i = 0; i < samples; i++) {
        uint32_t user = sqi_words_below(&words, users), item = sqi_words_below(&words, items);
        double value = ((double)sqi_words_below(&words, 12) - 3) / 2;
        fprintf(stream, "%u %u %g\n", 3 * user + 5, 2 * item, value);
    }
    return read_text(stream, &text, SQ_RATINGS);
}

sq_data *small_rows(size_t samples, uint32_t features, uint32_t most, uint64_t seed) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    sqi_words words = sqi_words_at(seed, SQ_STREAM_USER, 1);
    for (size_t i = 0; i < samples; i++) {
        fprintf(stream, "%s", i == 0 || (i > 1 && sqi_words_below(&words, 2)) ? "+1" : "-1");
        uint32_t count = sqi_words_below(&words, most + 1), feature = 0;
        for (uint32_t j = 0; j < count && feature < features; j++) {
            fprintf(stream, " %u:%.9g", 7 * feature + 2, sqi_words_unit(&words) * 4 - 2);
            feature += 1 + sqi_words_below(&words, features / most + 1);
        }
        fprintf(stream, "\n");
    }
    return read_text(stream, &text, SQ_ROWS);
}

sq_model *new_model(sq_model_kind kind, uint32_t rank, const sq_data *data) {
    sq_model *model = NULL;
    sq_error error = {0};
    const sq_model_options options = {.kind = kind, .rank = rank, .seed = 1};
    cr_assert(sq_model_new(&model, &options, data, &error) == SQ_OK, "%s", error.message);
    return model;
}

static int keep_loss(void *context, const sq_epoch *done) {
    *(double *)context = done->loss;
    return 0;
}

double train_model(sq_model *model, const sq_data *data, how h) {
    sq_error error = {0};
    sq_problem *problem = NULL;
    sq_order order;
    double loss = NAN;
    const sq_observer observer = {.context = &loss, .epoch = keep_loss};
    sq_train_options options = {.mode = h.mode,
                                .threads = h.threads ? h.threads : 1,
                                .epochs = h.epochs ? h.epochs : 3,
                                .plan = {.planner = h.planner},
                                .losses = 1,
                                .observer = h.observer ? h.observer : &observer};
    cr_assert(sq_model_problem(&problem, model, data, h.l2, &error) == SQ_OK, "%s", error.message);
    const char *spec = h.order ? h.order : "shuffle";
    cr_assert(sq_order_init(&order, spec, 1, data->samples, &error) == SQ_OK, "%s", error.message);
    sq_model_defaults(model, data, &options.step, &options.decay);
    int status = sq_train(problem, model->x, &order, &options, NULL, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    sq_order_fini(&order);
    sq_model_problem_free(problem);
    return loss;
}

int same_double(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

int same_floats(const float *a, const float *b, size_t count) {
    return count == 0 || memcmp(a, b, count * sizeof *a) == 0;
}

static char folder[64];

const char *new_folder(void) {
    strcpy(folder, "/tmp/sequent-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    return folder;
}

const char *in_folder(const char *name) {
    static char path[16][400];
    static unsigned turn;
    char *place = path[turn++ % 16];
    snprintf(place, sizeof path[0], "%s/%s", folder, name);
    return place;
}

/* Counts the names in the folder, removing them if wanted. */
static size_t walk(int removing) {
    size_t count = 0;
    DIR *names = opendir(folder);
    cr_assert(names);
    for (struct dirent *entry; (entry = readdir(names));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (removing)
            remove(in_folder(entry->d_name));
    }
    closedir(names);
    return count;
}

size_t folder_count(void) {
    return walk(0);
}

void remove_folder(void) {
    walk(1);
    rmdir(folder);
}

char *bytes_of(const char *path, size_t *count) {
    FILE *in = fopen(path, "rb");
    if (!in)
        return NULL;
    size_t size = 0, room = 4096;
    char *bytes = malloc(room + 1);
    for (size_t n; (n = fread(bytes + size, 1, room - size, in)) > 0;) {
        size += n;
        if (size == room)
            bytes = realloc(bytes, (room *= 2) + 1);
    }
    fclose(in);
    bytes[size] = '\0';
    if (count)
        *count = size;
    return bytes;
}

void put_file(const char *path, const void *bytes, size_t count) {
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(bytes, 1, count, out) == count && fclose(out) == 0);
}
