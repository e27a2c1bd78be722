/* Model files: doc/formats.md, "Model files". */
#include "verify/model_file.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "model/kind.h"

/* 8 bytes of magic, then little-endian: format, arithmetic, kind, width, number of labels, layers (4
 * bytes each), mean, keep (binary64), counts (2 × 8 bytes), units of the layers (4 bytes each), labels
 * (binary32), names (4 bytes each), parameters (binary32), XXH3-128 of all before it. */
static const char MAGIC[8] = "sqmodel\n";
enum { FORMAT = 2, LABELS_MAX = 1 << 16 };

static int put_double(sqi_out *out, double number, sq_error *error) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return sqi_out_u64(out, bits, error);
}

static int put_header(sqi_out *out, const sq_model *model, sq_error *error) {
    const uint32_t numbers[6] = {FORMAT,
                                 (uint32_t)sq_arithmetic_version(),
                                 (uint32_t)model->kind,
                                 model->width,
                                 model->labels,
                                 model->layers};
    int status = sqi_out_bytes(out, MAGIC, sizeof MAGIC, error);
    if (status == SQ_OK)
        status = sqi_out_words(out, numbers, 6, error);
    if (status == SQ_OK)
        status = put_double(out, model->mean, error);
    if (status == SQ_OK)
        status = put_double(out, model->keep, error);
    for (int side = 0; side < 2 && status == SQ_OK; side++)
        status = sqi_out_u64(out, model->names[side].count, error);
    if (status == SQ_OK)
        status = sqi_out_words(out, model->hidden, model->layers, error);
    return status == SQ_OK ? sqi_out_words(out, model->label, model->labels, error) : status;
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

static int get_double(sqi_in *in, double *number, sq_error *error) {
    uint64_t bits = 0;
    int status = sqi_in_u64(in, &bits, error);
    memcpy(number, &bits, sizeof bits);
    return status;
}

static int get_numbers(sqi_in *in, sq_model *model, uint64_t count[2], sq_error *error) {
    uint32_t number[6] = {0};
    int status = SQ_OK;
    for (int i = 0; i < 6 && status == SQ_OK; i++) {
        status = sqi_in_u32(in, &number[i], error);
        if (i == 0 && status == SQ_OK && number[0] != FORMAT)
            return sqi_in_bad(in, "of another format version", error);
    }
    if (status == SQ_OK)
        status = get_double(in, &model->mean, error);
    if (status == SQ_OK)
        status = get_double(in, &model->keep, error);
    for (int i = 0; i < 2 && status == SQ_OK; i++)
        status = sqi_in_u64(in, &count[i], error);
    if (status != SQ_OK)
        return status;
    if (number[2] > INT32_MAX || !sqi_model_kind_of((sq_model_kind)number[2]))
        return sqi_in_bad(in, "of an unknown kind", error);
    if (number[4] > LABELS_MAX || number[5] > SQ_LAYERS_MAX)
        return sqi_in_bad(in, "with too many labels or layers", error);
    model->kind = (sq_model_kind)number[2];
    model->width = number[3];
    model->labels = number[4];
    model->layers = number[5];
    return SQ_OK;
}

/* Units of the layers, and labels. */
static int get_lists(sqi_in *in, sq_model *model, sq_error *error) {
    void *words = NULL;
    int status = SQ_OK;
    for (uint32_t i = 0; i < model->layers && status == SQ_OK; i++)
        status = sqi_in_u32(in, &model->hidden[i], error);
    if (status == SQ_OK && model->labels > 0)
        status = sqi_in_words(in, &words, model->labels, error);
    model->label = words;
    for (uint32_t i = 0; i < model->labels && status == SQ_OK; i++)
        if (!isfinite(model->label[i]) || (i > 0 && model->label[i - 1] >= model->label[i]))
            status = sqi_in_bad(in, "whose labels do not ascend", error);
    return status;
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
    status = get_lists(in, model, error);
    if (status != SQ_OK)
        return status;
    model->blocks = sqi_model_blocks(model);
    if (model->width == 0 || !sqi_model_kind_of(model->kind)->valid(model))
        return sqi_in_bad(in, "whose width, counts, labels, layers or mean do not fit its kind",
                          error);
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
