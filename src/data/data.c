/* Data sets: choosing the reader, and what can be done with the result. */
#include <string.h>

#include "base/alloc.h"
#include "data/readers.h"
#include "num/float_env.h"

typedef int reader(sqi_text *text, sq_data *data, sq_error *error);

/* The reader of an explicit format; NULL where the format cannot hold data of this kind. */
static reader *reader_of(sq_data_kind kind, sq_format format) {
    switch (format) {
    case SQ_FORMAT_SVMLIGHT:
        return kind == SQ_ROWS ? sqi_read_svmlight : NULL;
    case SQ_FORMAT_TRIPLETS:
        return kind == SQ_RATINGS ? sqi_read_triplets : NULL;
    case SQ_FORMAT_EDGES:
        return kind == SQ_EDGES ? sqi_read_edges : NULL;
    case SQ_FORMAT_MATRIX_MARKET:
        return kind == SQ_RATINGS || kind == SQ_EDGES ? sqi_read_matrix_market : NULL;
    case SQ_FORMAT_AUTO:
        break;
    }
    return NULL;
}

/* The format of the text that opens at text->at, for the kind. */
static int detect(sqi_text *text, sq_data_kind kind, sq_format *format, sq_error *error) {
    static const sq_format plain[] = {[SQ_ROWS] = SQ_FORMAT_SVMLIGHT,
                                      [SQ_RATINGS] = SQ_FORMAT_TRIPLETS,
                                      [SQ_EDGES] = SQ_FORMAT_EDGES};
    int status = sqi_text_peek(text, error);
    bool market = status == 1 && kind != SQ_ROWS && sqi_is_matrix_market(text);
    *format = market ? SQ_FORMAT_MATRIX_MARKET : plain[kind];
    return status < 0 ? status : SQ_OK;
}

int sq_data_read(sq_data **result, const char *path, sq_data_kind kind, sq_format format,
                 sq_error *error) {
    *result = NULL;
    if (kind != SQ_ROWS && kind != SQ_RATINGS && kind != SQ_EDGES)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "there is no kind of data number %d", (int)kind);
    if (format != SQ_FORMAT_AUTO && !reader_of(kind, format))
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s: this format cannot hold the kind of data that is needed: %s",
                        sqi_input_name(path),
                        kind == SQ_ROWS      ? "rows are read from svmlight"
                        : kind == SQ_RATINGS ? "ratings are read from triplets and matrix-market"
                                             : "edges are read from edges and matrix-market");
    sqi_text text;
    int status = sqi_text_open(&text, path, error);
    if (status != SQ_OK)
        return status;
    sqi_float_env was = sqi_float_env_enter();
    sq_data *data = sqi_alloc(1, sizeof *data, error);
    status = data ? SQ_OK : SQ_NO_MEMORY;
    if (status != SQ_OK)
        goto done;
    data->kind = kind;
    if (format == SQ_FORMAT_AUTO)
        status = detect(&text, kind, &format, error);
    if (status == SQ_OK)
        status = reader_of(kind, format)(&text, data, error);
    if (status == SQ_OK && data->samples == 0)
        status = sqi_text_fail_end(&text, "at least one sample", error);
done:
    if (status != SQ_OK)
        data = sq_data_free(data);
    *result = data;
    sqi_float_env_leave(was);
    sqi_text_close(&text);
    return status;
}

/* Grows *array from count to count + more elements of `size` bytes. */
static void *lengthen(void *array, size_t count, size_t more, size_t size, sq_error *error) {
    size_t sum = count + more < count ? SIZE_MAX : count + more;
    return sqi_resize(&array, sum, size, error) == SQ_OK ? array : NULL;
}

int sq_data_add_bias(sq_data *data, sq_error *error) {
    sq_names *names = &data->names[0];
    if (data->kind != SQ_ROWS)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "only rows can have a bias");
    if (names->count && names->name[names->count - 1] == SQ_BIAS_NAME)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the rows have a bias already");
    /* Room first, so that nothing changes where there is none. */
    uint32_t *column = lengthen(data->column, data->nonzeros, data->samples, sizeof *column, error);
    data->column = column ? column : data->column;
    float *value =
        column ? lengthen(data->value, data->nonzeros, data->samples, sizeof *value, error) : NULL;
    data->value = value ? value : data->value;
    uint32_t *name = value ? lengthen(names->name, names->count, 1, sizeof *name, error) : NULL;
    names->name = name ? name : names->name;
    if (!name)
        return SQ_NO_MEMORY;
    uint32_t bias = (uint32_t)names->count;
    name[names->count++] = SQ_BIAS_NAME;
    /* The last row moves first: every row moves up, by one more than the row before it. */
    for (size_t i = data->samples; i-- > 0;) {
        size_t from = (size_t)data->row[i], to = from + i;
        size_t count = (size_t)data->row[i + 1] - from;
        memmove(column + to, column + from, count * sizeof *column);
        memmove(value + to, value + from, count * sizeof *value);
        column[to + count] = bias;
        value[to + count] = 1.0f;
        data->row[i + 1] += i + 1;
    }
    data->nonzeros += data->samples;
    return SQ_OK;
}

sq_data *sq_data_free(sq_data *data) {
    if (data) {
        sqi_free(data->row);
        sqi_free(data->column);
        sqi_free(data->pair);
        sqi_free(data->value);
        sqi_free(data->label);
        sqi_free(data->names[0].name);
        sqi_free(data->names[1].name);
    }
    return sqi_free(data);
}
