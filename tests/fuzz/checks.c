/* What must hold of every message and of all data that a reader accepted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sequent/hash.h"

void fuzz_check_message(const sq_error *error) {
    size_t length = strnlen(error->message, sizeof error->message);
    if (length == 0 || length == sizeof error->message)
        fuzz_breach("a message of %zu bytes", length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)error->message[i] < ' ' || error->message[i] == 0x7F)
            fuzz_breach("a message with byte %d: %s", error->message[i], error->message);
}

void fuzz_check_place(const sq_error *error, const char *path, const uint8_t *text, size_t size) {
    size_t length = strlen(path);
    unsigned long long line = 0, column = 0;
    fuzz_check_message(error);
    const char *place = error->message + length + 1;
    if (strncmp(error->message, path, length) != 0 || error->message[length] != ':' ||
        sscanf(place, "%llu:%llu: ", &line, &column) != 2)
        fuzz_breach("a message without a place: %s", error->message);
    const uint8_t *at = text, *end = text + size;
    for (unsigned long long l = 1; l < line; l++) {
        const uint8_t *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (!stop && l + 1 < line)
            fuzz_breach("a message beyond the last line: %s", error->message);
        at = stop ? stop + 1 : end;
    }
    const uint8_t *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    size_t bytes = (size_t)((stop ? stop : end) - at);
    if (line == 0 || column == 0 || column > bytes + 1)
        fuzz_breach("a message beyond its line's %zu bytes: %s", bytes, error->message);
}

static void check_names(const sq_names *names, uint32_t most) {
    for (size_t i = 0; i < names->count; i++)
        if (names->name[i] > most || (i && names->name[i - 1] >= names->name[i]))
            fuzz_breach("names: %u at %zu", names->name[i], i);
}

static void check_finite(const float *number, size_t count, const char *what) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(number[i]))
            fuzz_breach("%s %zu is not finite", what, i);
}

/* seen: which dense ids occur. */
static void check_rows(const sq_data *data, unsigned char *seen) {
    if (data->row[0] != 0 || data->row[data->samples] != data->nonzeros || data->pair)
        fuzz_breach("rows: ends");
    check_finite(data->label, data->samples, "label");
    for (size_t i = 0; i < data->samples; i++) {
        if (data->row[i] > data->row[i + 1])
            fuzz_breach("rows: row %zu ends before it begins", i);
        for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++) {
            if (data->column[j] >= data->names[0].count)
                fuzz_breach("rows: column %u of %zu", data->column[j], data->names[0].count);
            if (j > data->row[i] && data->column[j - 1] >= data->column[j])
                fuzz_breach("rows: row %zu does not ascend", i);
            seen[data->column[j]] = 1;
        }
    }
}

static void check_pairs(const sq_data *data, unsigned char *seen) {
    size_t first = data->names[0].count, both = first + data->names[1].count;
    size_t low = data->kind == SQ_EDGES ? 0 : first, high = data->kind == SQ_EDGES ? first : both;
    if (data->nonzeros || data->row || data->column || data->label)
        fuzz_breach("pairs: with members of rows");
    for (size_t i = 0; i < data->samples; i++) {
        uint32_t a = data->pair[2 * i], b = data->pair[2 * i + 1];
        if (a >= first || b < low || b >= high)
            fuzz_breach("pairs: %u %u of %zu and %zu", a, b, first, both);
        seen[a] = seen[b] = 1;
    }
}

void fuzz_check_data(const sq_data *data, sq_data_kind kind) {
    size_t names = data->names[0].count + data->names[1].count;
    unsigned char *seen = calloc(names + 1, 1);
    if (data->kind != kind || data->samples == 0 || data->samples >= UINT32_MAX)
        fuzz_breach("data: kind %d, %zu samples", (int)data->kind, data->samples);
    for (int side = 0; side < 2; side++)
        check_names(&data->names[side], UINT32_MAX - 1);
    check_finite(data->value, kind == SQ_ROWS ? data->nonzeros : data->samples, "value");
    if (kind == SQ_ROWS)
        check_rows(data, seen);
    else
        check_pairs(data, seen);
    for (size_t i = 0; i < names; i++)
        if (!seen[i])
            fuzz_breach("data: a name that does not occur");
    free(seen);
}

void fuzz_check_model(const sq_model *model) {
    for (int side = 0; side < 2; side++)
        for (size_t i = 1; i < model->names[side].count; i++)
            if (model->names[side].name[i - 1] >= model->names[side].name[i])
                fuzz_breach("names do not ascend");
    size_t blocks = model->names[0].count + model->names[1].count;
    for (uint32_t l = 0; l < model->layers; l++)
        blocks = (l ? blocks : 0) + model->hidden[l];
    if (model->blocks != blocks || model->layers > SQ_LAYERS_MAX || model->width == 0 ||
        model->stride < model->width || !sq_model_name(model->kind))
        fuzz_breach("a model of %zu blocks, width %u", model->blocks, model->width);
    for (size_t b = 0; b < model->blocks; b++)
        for (uint32_t j = 0; j < model->stride; j++) {
            float x = model->x[b * model->stride + j];
            if (!isfinite(x) || (j >= model->width && x != 0))
                fuzz_breach("parameter %u of block %zu is %g", j, b, (double)x);
        }
}
