/* The readers by name, and how they may answer. */
#include "support/readers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/number.h"
#include "num/hexfloat.h"
#include "sequent/checkpoint.h"
#include "sequent/hash.h"
#include "sequent/order.h"
#include "sequent/trace.h"
#include "support/data_files.h"
#include "support/small_models.h"

static int read_data(const char *path, sq_data_kind kind, sq_format format, sq_error *error) {
    sq_data *data;
    int status = sq_data_read(&data, path, kind, format, error);
    cr_assert((status == SQ_OK) == (data != NULL));
    if (data)
        check_data(data);
    sq_data_free(data);
    return status;
}

static int read_svmlight(const char *path, sq_error *error) {
    return read_data(path, SQ_ROWS, SQ_FORMAT_SVMLIGHT, error);
}

static int read_triplets(const char *path, sq_error *error) {
    return read_data(path, SQ_RATINGS, SQ_FORMAT_TRIPLETS, error);
}

static int read_market_ratings(const char *path, sq_error *error) {
    return read_data(path, SQ_RATINGS, SQ_FORMAT_MATRIX_MARKET, error);
}

static int read_market_edges(const char *path, sq_error *error) {
    return read_data(path, SQ_EDGES, SQ_FORMAT_AUTO, error);
}

static int read_edges(const char *path, sq_error *error) {
    return read_data(path, SQ_EDGES, SQ_FORMAT_EDGES, error);
}

static int read_terminals(const char *path, sq_error *error) {
    sq_terminals *terminals;
    int status = sq_terminals_read(&terminals, path, error);
    cr_assert((status == SQ_OK) == (terminals != NULL));
    for (size_t i = 0; terminals && i < terminals->count; i++)
        cr_assert(isfinite(terminals->label[i]) &&
                  (i == 0 || terminals->node[i - 1] < terminals->node[i]));
    sq_terminals_free(terminals);
    return status;
}

static int read_order(const char *path, sq_error *error) {
    char spec[512];
    sq_order order;
    snprintf(spec, sizeof spec, "file:%s", path);
    int status = sq_order_init(&order, spec, 1, 10, error);
    for (size_t k = 0; k < order.steps && status == SQ_OK; k++)
        cr_assert(order.file[k] < 10);
    cr_assert((status == SQ_OK) == (order.file != NULL));
    sq_order_fini(&order);
    return status;
}

static int read_lock(const char *path, sq_error *error) {
    sq_lock *lock;
    int status = sq_lock_read(&lock, path, error);
    cr_assert((status == SQ_OK) == (lock != NULL));
    sq_lock_free(lock);
    return status;
}

static int read_model(const char *path, sq_error *error) {
    sq_model *model;
    int status = sq_model_read(&model, path, error);
    cr_assert((status == SQ_OK) == (model != NULL));
    sq_model_free(model);
    return status;
}

static int read_checkpoint(const char *path, sq_error *error) {
    sq_checkpoint *checkpoint;
    int status = sq_checkpoint_read(&checkpoint, path, error);
    cr_assert((status == SQ_OK) == (checkpoint != NULL));
    sq_checkpoint_free(checkpoint);
    return status;
}

/* One file may hold two traces, the second from where the first bytes come again. */
static int read_trace(const char *path, sq_error *error) {
    sq_bisection result;
    size_t count;
    char *bytes = bytes_of(path, &count);
    char *second = count > 1 ? memmem(bytes + 1, count - 1, "sqtrace\n", 8) : NULL;
    if (second) {
        put_file(in_folder("a"), bytes, (size_t)(second - bytes));
        put_file(in_folder("b"), second, (size_t)(bytes + count - second));
    }
    int status = second ? sq_bisect(&result, in_folder("a"), in_folder("b"), error)
                        : sq_bisect(&result, path, path, error);
    cr_assert(second || status != SQ_OK || result.parting == SQ_SAME);
    free(bytes);
    return status;
}

static int read_number(const char *path, sq_error *error) {
    size_t count;
    float value, expected;
    char *text = bytes_of(path, &count);
    (void)error;
    const char *end = sqi_number_read(text, &value);
    expected = strtof(text, NULL);
    cr_assert(end ? memcmp(&value, &expected, sizeof value) == 0 : value == 0 || isinf(expected),
              "%s: %g, strtof has %g", text, (double)value, (double)expected);
    free(text);
    return SQ_OK;
}

static int read_hexfloat(const char *path, sq_error *error) {
    double number;
    char *text = bytes_of(path, NULL);
    (void)error;
    if (sqi_hexfloat_read(text, &number) == 0)
        cr_assert(same_double(number, strtod(text, NULL)), "%s", text);
    free(text);
    return SQ_OK;
}

const file_reader file_readers[] = {
    {"svmlight", TEXT, read_svmlight},
    {"triplets", TEXT, read_triplets},
    {"market-ratings", TEXT, read_market_ratings},
    {"market-edges", TEXT, read_market_edges},
    {"edges", TEXT, read_edges},
    {"terminals", TEXT, read_terminals},
    {"order", TEXT, read_order},
    {"lock", JSON, read_lock},
    {"gzip", PACKED, read_svmlight},
    {"model", BINARY, read_model},
    {"trace", BINARY, read_trace},
    {"checkpoint", BINARY, read_checkpoint},
    {"number", WORD, read_number},
    {"hexfloat", WORD, read_hexfloat},
};
const int file_reader_count = sizeof file_readers / sizeof *file_readers;

const file_reader *file_reader_of(const char *name) {
    for (int i = 0; i < file_reader_count; i++)
        if (strcmp(file_readers[i].name, name) == 0)
            return &file_readers[i];
    cr_assert(0, "there is no reader of %s", name);
    abort();
}

unsigned long file_reads;

int file_read(const file_reader *reader, const char *bytes, size_t count, const char *what) {
    const char *path = in_folder("file");
    sq_error error = {""};
    unsigned line = 0, column = 0;
    file_reads++;
    put_file(path, bytes, count);
    int status = reader->read(path, &error);
    (void)remove(path); /* to overwrite a file makes some file systems wait for the disk */
    const char *place = error.message + strlen(path);
    if (status == SQ_OK)
        return status;
    for (const char *p = error.message; *p; p++)
        cr_assert((unsigned char)*p >= ' ' && *p != 0x7F, "%s: %s", what, error.message);
    int packed = count >= 2 && memcmp(bytes, "\x1F\x8B", 2) == 0;
    cr_assert(status == SQ_BAD_INPUT || (status == SQ_IO && packed), "%s: %d %s", what, status,
              error.message);
    if (reader->form == BINARY || packed)
        return status;
    cr_assert(strncmp(error.message, path, strlen(path)) == 0, "%s: %s", what, error.message);
    int placed = sscanf(place, ":%u:%u: ", &line, &column) == 2 && line > 0 && column > 0;
    cr_assert(placed || (reader->form == JSON && strncmp(place, ": \"", 3) == 0), "%s: %s", what,
              error.message);
    return status;
}
