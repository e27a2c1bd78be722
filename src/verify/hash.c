/* The canonical forms of models, data and orders; doc/formats.md, "Hashes". */
#include "sequent/hash.h"

#include <string.h>

#include "base/alloc.h"
#include "verify/digest.h"

/* One side of a model: count, width, names, parameters. name NULL: 0, 1, … */
static void add_side(sqi_digest *digest, const uint32_t *name, const float *x, size_t count,
                     uint32_t width, uint32_t stride) {
    sqi_digest_u64(digest, count);
    sqi_digest_u32(digest, width);
    for (size_t i = 0; i < count && !name; i++)
        sqi_digest_u32(digest, (uint32_t)i);
    if (name)
        sqi_digest_words(digest, name, count);
    if (stride == width)
        sqi_digest_words(digest, x, count * width);
    else
        for (size_t i = 0; i < count; i++)
            sqi_digest_words(digest, x + i * stride, width);
}

void sqi_digest_model(sqi_digest *digest, const sq_model *model) {
    const float *x = model->x;
    if (model->layers > 0) { /* its units have no names, its features no blocks of their own */
        add_side(digest, model->names[0].name, x, model->names[0].count, 0, 0);
        add_side(digest, NULL, x, model->blocks, model->width, model->stride);
        return;
    }
    for (int side = 0; side < 2; side++) {
        const sq_names *names = &model->names[side];
        add_side(digest, names->name, x, names->count, model->width, model->stride);
        x += names->count * model->stride;
    }
}

sq_hash sq_model_hash(const sq_model *model) {
    sqi_digest digest;
    sqi_digest_begin(&digest);
    sqi_digest_model(&digest, model);
    return sqi_digest_hex(&digest);
}

sq_hash sq_parameters_hash(const float *x, size_t blocks, uint32_t width, uint32_t stride) {
    sqi_digest digest;
    sqi_digest_begin(&digest);
    add_side(&digest, NULL, x, blocks, width, stride);
    return sqi_digest_hex(&digest);
}

static void add_row(sqi_digest *digest, const sq_data *data, size_t sample) {
    const uint32_t *column = data->column + data->row[sample];
    const float *value = data->value + data->row[sample];
    size_t n = (size_t)(data->row[sample + 1] - data->row[sample]);
    const uint32_t *name = data->names[0].name;
    if (n && name[column[n - 1]] == SQ_BIAS_NAME)
        n--;
    sqi_digest_words(digest, &data->label[sample], 1);
    sqi_digest_u32(digest, (uint32_t)n);
    uint32_t words[256];
    for (size_t i = 0; i < n;) {
        size_t m = 0;
        for (; m < 128 && i + m < n; m++) {
            words[2 * m] = name[column[i + m]];
            memcpy(&words[2 * m + 1], &value[i + m], 4);
        }
        sqi_digest_words(digest, words, 2 * m);
        i += m;
    }
}

static void add_pair(sqi_digest *digest, const sq_data *data, size_t sample) {
    const uint32_t *pair = data->pair + 2 * sample;
    uint32_t words[3] = {data->names[0].name[pair[0]]};
    words[1] = data->kind == SQ_RATINGS ? data->names[1].name[pair[1] - data->names[0].count]
                                        : data->names[0].name[pair[1]];
    memcpy(&words[2], &data->value[sample], 4);
    sqi_digest_words(digest, words, 3);
}

sq_hash sq_data_hash(const sq_data *data) {
    sqi_digest digest;
    sqi_digest_begin(&digest);
    sqi_digest_u32(&digest, (uint32_t)data->kind);
    sqi_digest_u64(&digest, data->samples);
    for (size_t i = 0; i < data->samples; i++)
        if (data->kind == SQ_ROWS)
            add_row(&digest, data, i);
        else
            add_pair(&digest, data, i);
    return sqi_digest_hex(&digest);
}

sq_hash sq_terminals_hash(const sq_terminals *terminals) {
    sqi_digest digest;
    sqi_digest_begin(&digest);
    sqi_digest_u64(&digest, terminals->count);
    sqi_digest_words(&digest, terminals->node, terminals->count);
    sqi_digest_words(&digest, terminals->label, terminals->count);
    return sqi_digest_hex(&digest);
}

void sqi_digest_order(sqi_digest *digest, const uint32_t *pi, size_t steps) {
    sqi_digest_u64(digest, steps);
    sqi_digest_words(digest, pi, steps);
}

struct sq_order_hasher {
    sqi_digest digest;
};

int sq_order_hasher_new(sq_order_hasher **hasher, sq_error *error) {
    *hasher = sqi_alloc(1, sizeof **hasher, error);
    if (!*hasher)
        return SQ_NO_MEMORY;
    sqi_digest_begin(&(*hasher)->digest);
    return SQ_OK;
}

void sq_order_hasher_add(sq_order_hasher *hasher, const uint32_t *pi, size_t steps) {
    sqi_digest_order(&hasher->digest, pi, steps);
}

sq_hash sq_order_hasher_hash(const sq_order_hasher *hasher) {
    return sqi_digest_hex(&hasher->digest);
}

sq_order_hasher *sq_order_hasher_free(sq_order_hasher *hasher) {
    return sqi_free(hasher);
}
