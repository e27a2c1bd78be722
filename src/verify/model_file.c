/* Model files: doc/formats.md, "Model files". */
#include "verify/model_file.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "model/kind.h"

/* 8 bytes of magic, then little-endian: format, arithmetic, kind, width (4 bytes each), labels
 * (2 × binary32), mean (binary64), counts (2 × 8 bytes), names (4 bytes each), parameters
 * (binary32), XXH3-128 of all before it. */
static const char MAGIC[8] = "sqmodel\n";
enum { FORMAT = 1 };

static int put_header(sqi_out *out, const sq_model *model, sq_error *error) {
    const uint32_t numbers[4] = {FORMAT, (uint32_t)sq_arithmetic_version(), (uint32_t)model->kind,
                                 model->width};
    uint64_t mean;
    memcpy(&mean, &model->mean, sizeof mean);
    int status = sqi_out_bytes(out, MAGIC, sizeof MAGIC, error);
    if (status == SQ_OK)
        status = sqi_out_words(out, numbers, 4, error);
    if (status == SQ_OK)
        status = sqi_out_words(out, model->label, 2, error);
    if (status == SQ_OK)
        status = sqi_out_u64(out, mean, error);
    for (int side = 0; side < 2 && status == SQ_OK; side++)
        status = sqi_out_u64(out, model->names[side].count, error);
    return status;
}

int sqi_model_put(sqi_out *out, const sq_model *model, sq_error *error) {
    int status = put_header(out, model, error);
    for (int side = 0; side < 2 && status == SQ_OK; side++)
        status = sqi_out_words(out, model->names[side].name, model->names[side].count, error);
    for (size_t b = 0; b < model->blocks && status == SQ_OK; b++)
        status = sqi_out_words(out, model->x + b * model->stride, model->width, error);
    return status == SQ_OK ? sqi_out_sum(out, error) : status;
}

int sq_model_write(const sq_model *model, const char *path, sq_error *error) {
    sqi_out out;
    int status = sqi_out_open(&out, path, error);
    if (status != SQ_OK)
        return status;
    status = sqi_model_put(&out, model, error);
    return sqi_out_close(&out, status, error);
}

static int get_numbers(sqi_in *in, sq_model *model, uint64_t count[2], sq_error *error) {
    uint32_t number[4] = {0}, label[2] = {0};
    uint64_t mean = 0;
    int status = SQ_OK;
    for (int i = 0; i < 4 && status == SQ_OK; i++)
        status = sqi_in_u32(in, &number[i], error);
    for (int i = 0; i < 2 && status == SQ_OK; i++)
        status = sqi_in_u32(in, &label[i], error);
    if (status == SQ_OK)
        status = sqi_in_u64(in, &mean, error);
    for (int i = 0; i < 2 && status == SQ_OK; i++)
        status = sqi_in_u64(in, &count[i], error);
    if (status != SQ_OK)
        return status;
    if (number[0] != FORMAT)
        return sqi_in_bad(in, "of another format version", error);
    if (number[2] > INT32_MAX || !sqi_model_kind_of((sq_model_kind)number[2]))
        return sqi_in_bad(in, "of an unknown kind", error);
    model->kind = (sq_model_kind)number[2];
    model->width = number[3];
    memcpy(model->label, label, sizeof label);
    memcpy(&model->mean, &mean, sizeof mean);
    return SQ_OK;
}

static int get_header(sqi_in *in, sq_model *model, sq_error *error) {
    char magic[sizeof MAGIC];
    uint64_t count[2] = {0};
    int status = sqi_in_bytes(in, magic, sizeof magic, error);
    if (status == SQ_OK && memcmp(magic, MAGIC, sizeof magic) != 0)
        status = sqi_fail(error, SQ_BAD_INPUT, "%s: not a model file of sequent",
                          sqi_input_name(in->path));
    if (status == SQ_OK)
        status = get_numbers(in, model, count, error);
    if (status != SQ_OK)
        return status;
    if (count[0] >= UINT32_MAX || count[1] >= UINT32_MAX || count[0] + count[1] >= UINT32_MAX)
        return sqi_in_bad(in, "with impossible counts", error);
    model->names[0].count = (size_t)count[0];
    model->names[1].count = (size_t)count[1];
    model->blocks = (size_t)(count[0] + count[1]);
    if (model->width == 0 || !sqi_model_kind_of(model->kind)->valid(model))
        return sqi_in_bad(in, "whose width, counts, labels or mean do not fit its kind", error);
    model->stride = sqi_model_kind_of(model->kind)->stride(model->width);
    return SQ_OK;
}

static int get_names(sqi_in *in, sq_names *names, sq_error *error) {
    void *words = NULL;
    int status = sqi_in_words(in, &words, names->count, error);
    names->name = words;
    for (size_t i = 1; i < names->count && status == SQ_OK; i++)
        if (names->name[i - 1] >= names->name[i])
            status = sqi_in_bad(in, "whose names do not ascend", error);
    return status;
}

/* The parameters, in rows of width numbers, to rows of stride numbers. */
static int get_parameters(sqi_in *in, sq_model *model, sq_error *error) {
    void *packed = NULL;
    int status = sqi_in_words(in, &packed, (uint64_t)model->blocks * model->width, error);
    if (status == SQ_OK) {
        model->x = sqi_alloc(model->blocks, model->stride * sizeof *model->x, error);
        status = model->x ? SQ_OK : SQ_NO_MEMORY;
    }
    for (size_t b = 0; b < model->blocks && status == SQ_OK; b++) {
        float *row = model->x + b * model->stride;
        memcpy(row, (float *)packed + b * model->width, model->width * sizeof *row);
        for (uint32_t j = 0; j < model->width && status == SQ_OK; j++)
            if (!isfinite(row[j]))
                status = sqi_in_bad(in, "with a parameter that is not finite", error);
    }
    sqi_free(packed);
    return status;
}

int sqi_model_get(sqi_in *in, sq_model **model, sq_error *error) {
    *model = NULL;
    sq_model *read = sqi_alloc(1, sizeof *read, error);
    int status = read ? get_header(in, read, error) : SQ_NO_MEMORY;
    for (int side = 0; side < 2 && status == SQ_OK; side++)
        status = get_names(in, &read->names[side], error);
    if (status == SQ_OK)
        status = get_parameters(in, read, error);
    if (status == SQ_OK)
        status = sqi_in_sum(in, error);
    if (status == SQ_OK)
        *model = read;
    else
        sq_model_free(read);
    return status;
}

int sq_model_read(sq_model **model, const char *path, sq_error *error) {
    sqi_in in;
    *model = NULL;
    int status = sqi_in_open(&in, path, "model file", error);
    if (status == SQ_OK)
        status = sqi_model_get(&in, model, error);
    if (status == SQ_OK)
        status = sqi_in_end(&in, error);
    sqi_in_close(&in);
    if (status != SQ_OK)
        *model = sq_model_free(*model);
    return status;
}
