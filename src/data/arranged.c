/* Samples in the order in which an epoch visits them. */
#include "data/arranged.h"

#include <string.h>

#include "base/alloc.h"
#include "base/prefetch.h"
#include "data/grow.h"

typedef struct copy {
    sq_data data; /* first, so that a pointer to it is a pointer to the whole */
    size_t row_room, column_room, value_room, label_room, pair_room;
} copy;

/* How many steps ahead a row itself is asked for, and so many numbers of it. */
enum { ROWS_AHEAD = 4, ROW_MOST = 256, LINE_NUMBERS = 16 };

/* array with room for need elements, and for one at least: as it is where there is enough. NULL, with
 * array unchanged: no memory. */
static void *make_room(void *array, size_t *room, size_t need, size_t size, sq_error *error) {
    return array && need <= *room ? array : sqi_grow(array, room, need, size, error);
}

static int arrange_rows(copy *c, const sq_data *data, const uint32_t *pi, size_t steps,
                        sq_error *error) {
    sq_data *a = &c->data;
    void *row = make_room(a->row, &c->row_room, steps + 1, sizeof *a->row, error);
    if (!row)
        return SQ_NO_MEMORY;
    a->row = row;
    a->row[0] = 0;
    for (size_t k = 0; k < steps; k++) {
        if (k + SQI_SAMPLES_AHEAD < steps)
            sqi_ask(&data->row[pi[k + SQI_SAMPLES_AHEAD]]);
        a->row[k + 1] = a->row[k] + (data->row[pi[k] + 1] - data->row[pi[k]]);
    }
    a->nonzeros = (size_t)a->row[steps];
    void *column = make_room(a->column, &c->column_room, a->nonzeros, sizeof *a->column, error);
    if (!column)
        return SQ_NO_MEMORY;
    a->column = column;
    void *value = make_room(a->value, &c->value_room, a->nonzeros, sizeof *a->value, error);
    if (!value)
        return SQ_NO_MEMORY;
    a->value = value;
    void *label = make_room(a->label, &c->label_room, steps, sizeof *a->label, error);
    if (!label)
        return SQ_NO_MEMORY;
    a->label = label;
    return SQ_OK;
}

static int arrange_pairs(copy *c, size_t steps, sq_error *error) {
    sq_data *a = &c->data;
    void *pair = make_room(a->pair, &c->pair_room, 2 * steps, sizeof *a->pair, error);
    if (!pair)
        return SQ_NO_MEMORY;
    a->pair = pair;
    void *value = make_room(a->value, &c->value_room, steps, sizeof *a->value, error);
    if (!value)
        return SQ_NO_MEMORY;
    a->value = value;
    return SQ_OK;
}

int sqi_data_arrange(sq_data **arranged, const sq_data *data, const uint32_t *pi, size_t steps,
                     sq_error *error) {
    copy *c = (copy *)*arranged;
    if (!c) {
        c = sqi_alloc(1, sizeof *c, error);
        if (!c)
            return SQ_NO_MEMORY;
        *arranged = &c->data;
    }
    c->data.kind = data->kind;
    c->data.samples = steps;
    for (int side = 0; side < 2; side++)
        c->data.names[side] = data->names[side];
    return data->kind == SQ_ROWS ? arrange_rows(c, data, pi, steps, error)
                                 : arrange_pairs(c, steps, error);
}

/* Asks for a row: the processor follows a long one only after a few misses. */
SQI_ASKS void ask_for_row(const sq_data *data, size_t sample) {
    uint64_t begin = data->row[sample], end = data->row[sample + 1];
    sqi_ask(&data->label[sample]);
    for (uint64_t i = begin; i < end && i < begin + ROW_MOST; i += LINE_NUMBERS) {
        sqi_ask(&data->column[i]);
        sqi_ask(&data->value[i]);
    }
}

static void copy_rows(sq_data *arranged, const sq_data *data, const uint32_t *pi, size_t first,
                      size_t count) {
    uint32_t *column = arranged->column + arranged->row[first];
    float *value = arranged->value + arranged->row[first];
    for (size_t k = first; k < first + count; k++) {
        if (k + SQI_SAMPLES_AHEAD < first + count)
            sqi_ask(&data->row[pi[k + SQI_SAMPLES_AHEAD]]);
        if (k + ROWS_AHEAD < first + count)
            ask_for_row(data, pi[k + ROWS_AHEAD]);
        uint64_t from = data->row[pi[k]], n = data->row[pi[k] + 1] - from;
        if (n > 0) { /* data without a single entry have no arrays */
            memcpy(column, data->column + from, n * sizeof *column);
            memcpy(value, data->value + from, n * sizeof *value);
        }
        column += n;
        value += n;
        arranged->label[k] = data->label[pi[k]];
    }
}

static void copy_pairs(sq_data *arranged, const sq_data *data, const uint32_t *pi, size_t first,
                       size_t count) {
    for (size_t k = first; k < first + count; k++) {
        if (k + SQI_SAMPLES_AHEAD < first + count) {
            sqi_ask(&data->pair[2 * (size_t)pi[k + SQI_SAMPLES_AHEAD]]);
            sqi_ask(&data->value[pi[k + SQI_SAMPLES_AHEAD]]);
        }
        memcpy(&arranged->pair[2 * k], &data->pair[2 * (size_t)pi[k]], 2 * sizeof *data->pair);
        arranged->value[k] = data->value[pi[k]];
    }
}

void sqi_data_arrange_part(sq_data *arranged, const sq_data *data, const sqi_packed *packed,
                           const uint32_t *pi, size_t first, size_t count) {
    if (data->kind == SQ_ROWS)
        copy_rows(arranged, data, pi, first, count);
    else if (packed)
        sqi_unpack(arranged, packed, pi, first, count);
    else
        copy_pairs(arranged, data, pi, first, count);
}

sq_data *sqi_data_arranged_free(sq_data *arranged) {
    if (arranged) {
        sqi_free(arranged->row);
        sqi_free(arranged->column);
        sqi_free(arranged->pair);
        sqi_free(arranged->value);
        sqi_free(arranged->label);
    }
    return sqi_free(arranged);
}
