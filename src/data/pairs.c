/* Building ratings and edges. */
#include "data/pairs.h"

#include "data/grow.h"
#include "data/number.h"

void sqi_pairs_init(sqi_pairs *pairs, sq_data *data, const sqi_text *text) {
    *pairs = (sqi_pairs){.data = data, .text = text};
}

static int resolve(sqi_pairs *pairs, sq_error *error) {
    const sq_data *data = pairs->data;
    uint32_t *pair = data->pair + 2 * pairs->resolved;
    size_t count = data->samples - pairs->resolved;
    pairs->resolved = data->samples;
    if (data->kind == SQ_EDGES)
        return sqi_intern_many(&pairs->names[0], pair, 2 * count, 1, error);
    int status = sqi_intern_many(&pairs->names[0], pair, count, 2, error);
    if (status != SQ_OK || count == 0)
        return status;
    return sqi_intern_many(&pairs->names[1], pair + 1, count, 2, error);
}

int sqi_pairs_reserve(sqi_pairs *pairs, sq_error *error) {
    sq_data *data = pairs->data;
    size_t samples = data->samples;
    if (samples >= SQI_NAME_MAX)
        return sqi_text_fail(pairs->text, pairs->text->at, "at most 4294967294 samples", error);
    if (samples == pairs->pair_capacity) {
        uint32_t *pair =
            sqi_grow(data->pair, &pairs->pair_capacity, samples + 1, 2 * sizeof *pair, error);
        if (!pair)
            return SQ_NO_MEMORY;
        data->pair = pair;
    }
    if (samples == pairs->value_capacity) {
        float *value =
            sqi_grow(data->value, &pairs->value_capacity, samples + 1, sizeof *value, error);
        if (!value)
            return SQ_NO_MEMORY;
        data->value = value;
    }
    return resolve(pairs, error);
}

/* Replaces the provisional ids pair[0], pair[stride], … below end by rank + base. */
static void renumber(uint32_t *pair, size_t end, size_t stride, const uint32_t *rank, size_t base) {
    if (rank)
        for (size_t i = 0; i < end; i += stride)
            pair[i] = rank[pair[i]] + (uint32_t)base;
    else if (base)
        for (size_t i = 0; i < end; i += stride)
            pair[i] += (uint32_t)base;
}

int sqi_pairs_finish(sqi_pairs *pairs, sq_error *error) {
    sq_data *data = pairs->data;
    if (data->samples == 0)
        return SQ_OK; /* sq_data_read refuses it */
    size_t stride = data->kind == SQ_EDGES ? 1 : 2;
    int status = resolve(pairs, error);
    if (status != SQ_OK)
        return status;
    data->pair = sqi_trim(data->pair, data->samples, 2 * sizeof *data->pair);
    data->value = sqi_trim(data->value, data->samples, sizeof *data->value);
    for (size_t side = 0; side < stride; side++) {
        uint32_t *rank = NULL;
        status = sqi_intern_rank(&pairs->names[side], &data->names[side], &rank, error);
        if (status != SQ_OK)
            return status;
        size_t base = side ? data->names[0].count : 0;
        if (base + data->names[side].count > UINT32_MAX) {
            sqi_free(rank);
            return sqi_text_fail_end(pairs->text, "at most 4294967295 users and items together",
                                     error);
        }
        renumber(data->pair + side, 2 * data->samples - side, stride, rank, base);
        sqi_free(rank);
    }
    return SQ_OK;
}

void sqi_pairs_fini(sqi_pairs *pairs) {
    sqi_intern_fini(&pairs->names[0]);
    sqi_intern_fini(&pairs->names[1]);
}
