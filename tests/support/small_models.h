/* Small data sets and models made in one line, and folders that vanish. */
#ifndef TEST_SMALL_MODELS_H
#define TEST_SMALL_MODELS_H

#include "sequent/data.h"
#include "sequent/model.h"
#include "sequent/train.h"

/* Random ratings with halves for values, negative ones too; pairs repeat. */
sq_data *small_ratings(size_t samples, uint32_t users, uint32_t items, uint64_t seed);

/* Random rows of up to `most` entries (some have none), labels ±1, the first feature in most of
 * them. */
sq_data *small_rows(size_t samples, uint32_t features, uint32_t most, uint64_t seed);

/* A new model; fails the test where it is refused. */
sq_model *new_model(sq_model_kind kind, uint32_t rank, const sq_data *data);

/* What to do beyond serial training for 3 epochs with the model's default step. */
typedef struct how {
    sq_mode mode;
    sq_planner planner;
    unsigned threads; /* 0: 1 */
    uint64_t epochs;  /* 0: 3 */
    double l2;
    const char *order; /* NULL: shuffle */
    const sq_observer *observer;
} how;

/* Trains the model in place; fails the test where training fails. Returns the loss. */
double train_model(sq_model *model, const sq_data *data, how h);

/* Whether two numbers, or the numbers of two arrays, have the same bits. */
int same_double(double a, double b);
int same_floats(const float *a, const float *b, size_t count);

/* A new folder (static storage), and its removal with the files in it. */
const char *new_folder(void);
void remove_folder(void);

/* The path of a name in that folder (static storage, of sixteen calls). */
const char *in_folder(const char *name);

/* How many names there are in that folder. */
size_t folder_count(void);

/* A file's bytes, to be freed; *count may be NULL. A zero is appended. NULL: cannot be read. */
char *bytes_of(const char *path, size_t *count);

/* Writes a file; fails the test where it cannot. */
void put_file(const char *path, const void *bytes, size_t count);

#endif
