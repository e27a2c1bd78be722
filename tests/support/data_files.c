/* Helpers of the readers' tests. */
#include "support/data_files.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

const char *data_file(const void *bytes, size_t count, int packed) {
    static char path[64];
    strcpy(path, "/tmp/sequent-test-XXXXXX");
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    if (packed) {
        gzFile out = gzdopen(descriptor, "wb");
        cr_assert(gzwrite(out, bytes, (unsigned)count) == (int)count);
        cr_assert(gzclose(out) == Z_OK);
    } else {
        cr_assert(write(descriptor, bytes, count) == (ssize_t)count);
        cr_assert(close(descriptor) == 0);
    }
    return path;
}

sq_data *data_of_bytes(const void *bytes, size_t count, sq_data_kind kind, sq_format format,
                       char *message, int *status) {
    const char *path = data_file(bytes, count, 0);
    sq_error error = {0};
    sq_data *data = (sq_data *)&error; /* must be overwritten in any case */
    int code = sq_data_read(&data, path, kind, format, &error);
    remove(path);
    cr_assert((code == SQ_OK) == (data != NULL));
    if (status)
        *status = code;
    if (message) {
        size_t length = strlen(path);
        int named = strncmp(error.message, path, length) == 0 && error.message[length] == ':';
        strcpy(message, named ? error.message + length + 1 : error.message);
    }
    return data;
}

sq_data *data_of(const char *text, sq_data_kind kind) {
    char message[512];
    sq_data *data = data_of_bytes(text, strlen(text), kind, SQ_FORMAT_AUTO, message, NULL);
    cr_assert(data, "refused: %s", message);
    check_data(data);
    return data;
}

void refuse_bytes(const void *bytes, size_t count, sq_data_kind kind, const char *want) {
    char message[512];
    int status;
    sq_data *data = data_of_bytes(bytes, count, kind, SQ_FORMAT_AUTO, message, &status);
    cr_assert(!data, "not refused: %s", want);
    cr_assert(status == SQ_BAD_INPUT, "status %d: %s", status, message);
    cr_assert(strncmp(message, want, strlen(want)) == 0, "got '%s', not '%s'", message, want);
}

void refuse(const char *text, sq_data_kind kind, const char *want) {
    refuse_bytes(text, strlen(text), kind, want);
}

void cut_everywhere(const char *text, sq_data_kind kind) {
    sq_data *whole = data_of(text, kind);
    for (size_t count = 0; count < strlen(text); count++) {
        char message[512];
        unsigned line, column;
        sq_data *data = data_of_bytes(text, count, kind, SQ_FORMAT_AUTO, message, NULL);
        if (data) {
            check_data(data);
            cr_assert(data->samples <= whole->samples);
        } else {
            cr_assert(sscanf(message, "%u:%u: found ", &line, &column) == 2, "%s", message);
        }
        sq_data_free(data);
    }
    sq_data_free(whole);
}

static void check_rows(const sq_data *data) {
    cr_assert(data->row[0] == 0 && data->row[data->samples] == data->nonzeros);
    for (size_t i = 0; i < data->samples; i++) {
        cr_assert(data->row[i] <= data->row[i + 1]);
        for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++) {
            cr_assert(data->column[j] < data->names[0].count);
            cr_assert(j == data->row[i] || data->column[j - 1] < data->column[j]);
        }
    }
}

static void check_pairs(const sq_data *data) {
    size_t first = data->names[0].count, both = first + data->names[1].count;
    cr_assert(data->nonzeros == 0 && !data->row && !data->column && !data->label);
    for (size_t i = 0; i < data->samples; i++) {
        uint32_t a = data->pair[2 * i], b = data->pair[2 * i + 1];
        cr_assert(a < first);
        cr_assert(data->kind == SQ_EDGES ? b < first : b >= first && b < both);
    }
}

void check_data(const sq_data *data) {
    cr_assert(data->samples > 0);
    for (int side = 0; side < 2; side++)
        for (size_t i = 1; i < data->names[side].count; i++)
            cr_assert(data->names[side].name[i - 1] < data->names[side].name[i]);
    size_t values = data->kind == SQ_ROWS ? data->nonzeros : data->samples;
    for (size_t i = 0; i < values; i++)
        cr_assert(data->value[i] - data->value[i] == 0.0f);
    if (data->kind == SQ_ROWS)
        check_rows(data);
    else
        check_pairs(data);
}

static int same(const void *a, const void *b, size_t count, size_t size) {
    if (!a || !b)
        return a == b;
    return memcmp(a, b, count * size) == 0;
}

void same_names(const sq_names *names, size_t count, const uint32_t *want) {
    cr_assert(names->count == count, "%zu names, not %zu", names->count, count);
    cr_assert(count == 0 || memcmp(names->name, want, count * sizeof *want) == 0);
}

void same_data(const sq_data *a, const sq_data *b) {
    cr_assert(a->kind == b->kind && a->samples == b->samples && a->nonzeros == b->nonzeros);
    size_t values = a->kind == SQ_ROWS ? a->nonzeros : a->samples;
    cr_assert(same(a->row, b->row, a->samples + 1, sizeof *a->row));
    cr_assert(same(a->column, b->column, a->nonzeros, sizeof *a->column));
    cr_assert(same(a->pair, b->pair, 2 * a->samples, sizeof *a->pair));
    cr_assert(same(a->value, b->value, values, sizeof *a->value));
    cr_assert(same(a->label, b->label, a->samples, sizeof *a->label));
    for (int side = 0; side < 2; side++)
        same_names(&a->names[side], b->names[side].count, b->names[side].name);
}
