/* Building sparse rows. */
#include "data/rows.h"

#include <string.h>

#include "data/grow.h"
#include "data/number.h"
#include "data/sort.h"

enum { UNRESOLVED = 4096 }; /* entries: their columns take 16 KiB */

int sqi_rows_init(sqi_rows *rows, sq_data *data, const sqi_text *text, sq_error *error) {
    *rows = (sqi_rows){.data = data, .text = text};
    data->row = sqi_grow(NULL, &rows->row_capacity, 1, sizeof *data->row, error);
    if (!data->row)
        return SQ_NO_MEMORY;
    data->row[0] = 0;
    return SQ_OK;
}

int sqi_rows_reserve(sqi_rows *rows, size_t entries, sq_error *error) {
    sq_data *data = rows->data;
    if (entries == rows->column_capacity) {
        uint32_t *column =
            sqi_grow(data->column, &rows->column_capacity, entries + 1, sizeof *column, error);
        if (!column)
            return SQ_NO_MEMORY;
        data->column = column;
    }
    if (entries == rows->value_capacity) {
        float *value =
            sqi_grow(data->value, &rows->value_capacity, entries + 1, sizeof *value, error);
        if (!value)
            return SQ_NO_MEMORY;
        data->value = value;
    }
    return SQ_OK;
}

/* Room for one row more. */
static int reserve_row(sqi_rows *rows, sq_error *error) {
    sq_data *data = rows->data;
    if (data->samples == SQI_NAME_MAX)
        return sqi_text_fail(rows->text, rows->text->at, "at most 4294967294 samples", error);
    if (data->samples + 1 == rows->row_capacity) {
        uint64_t *row =
            sqi_grow(data->row, &rows->row_capacity, data->samples + 2, sizeof *row, error);
        if (!row)
            return SQ_NO_MEMORY;
        data->row = row;
    }
    if (data->samples == rows->label_capacity) {
        float *label =
            sqi_grow(data->label, &rows->label_capacity, data->samples + 1, sizeof *label, error);
        if (!label)
            return SQ_NO_MEMORY;
        data->label = label;
    }
    return SQ_OK;
}

static int reserve_workspace(sqi_rows *rows, size_t count, sq_error *error) {
    if (2 * count > rows->keys_capacity) {
        uint64_t *keys = sqi_grow(rows->keys, &rows->keys_capacity, 2 * count, sizeof *keys, error);
        if (!keys)
            return SQ_NO_MEMORY;
        rows->keys = keys;
    }
    if (count > rows->values_capacity) {
        float *values =
            sqi_grow(rows->values, &rows->values_capacity, count, sizeof *values, error);
        if (!values)
            return SQ_NO_MEMORY;
        rows->values = values;
    }
    return SQ_OK;
}

/* Sorts count entries by name. */
static int sort_row(sqi_rows *rows, uint32_t *column, float *value, size_t count, size_t *repeated,
                    sq_error *error) {
    int status = reserve_workspace(rows, count, error);
    if (status != SQ_OK)
        return status;
    uint64_t *keys = rows->keys;
    for (size_t i = 0; i < count; i++)
        keys[i] = (uint64_t)column[i] << 32 | (uint32_t)i;
    sqi_sort_high(keys, keys + count, count);
    memcpy(rows->values, value, count * sizeof *value);
    for (size_t i = 0; i < count; i++) {
        size_t position = (uint32_t)keys[i];
        column[i] = (uint32_t)(keys[i] >> 32);
        value[i] = rows->values[position];
        if (i && column[i] == column[i - 1] && position < *repeated)
            *repeated = position;
    }
    return SQ_OK;
}

static int resolve(sqi_rows *rows, size_t end, sq_error *error) {
    size_t begin = rows->resolved;
    if (begin == end)
        return SQ_OK; /* there may be no array yet */
    rows->resolved = end;
    return sqi_intern_many(&rows->names, rows->data->column + begin, end - begin, 1, error);
}

int sqi_rows_end_row(sqi_rows *rows, float label, size_t end, bool sorted, size_t *repeated,
                     sq_error *error) {
    sq_data *data = rows->data;
    size_t begin = data->nonzeros;
    *repeated = SIZE_MAX;
    if (!sorted) {
        int status =
            sort_row(rows, data->column + begin, data->value + begin, end - begin, repeated, error);
        if (status != SQ_OK || *repeated != SIZE_MAX)
            return status;
    }
    if (data->samples == rows->label_capacity || data->samples + 1 == rows->row_capacity) {
        int status = reserve_row(rows, error);
        if (status != SQ_OK)
            return status;
    }
    data->label[data->samples++] = label;
    data->row[data->samples] = end;
    data->nonzeros = end;
    return end - rows->resolved < UNRESOLVED ? SQ_OK : resolve(rows, end, error);
}

int sqi_rows_finish(sqi_rows *rows, sq_error *error) {
    sq_data *data = rows->data;
    uint32_t *rank = NULL;
    int status = resolve(rows, data->nonzeros, error);
    if (status != SQ_OK)
        return status;
    data->column = sqi_trim(data->column, data->nonzeros, sizeof *data->column);
    data->value = sqi_trim(data->value, data->nonzeros, sizeof *data->value);
    data->row = sqi_trim(data->row, data->samples + 1, sizeof *data->row);
    data->label = sqi_trim(data->label, data->samples, sizeof *data->label);
    status = sqi_intern_rank(&rows->names, &data->names[0], &rank, error);
    if (status == SQ_OK && rank)
        for (size_t i = 0; i < data->nonzeros; i++)
            data->column[i] = rank[data->column[i]];
    sqi_free(rank);
    return status;
}

void sqi_rows_fini(sqi_rows *rows) {
    sqi_intern_fini(&rows->names);
    rows->keys = sqi_free(rows->keys);
    rows->values = sqi_free(rows->values);
}
