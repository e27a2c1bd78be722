/* Model files: doc/formats.md, "Model files". */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/endian.h"
#include "base/input.h"
#include "base/output.h"
#include "model/kind.h"
#include "verify/digest.h"

/* 8 bytes of magic, then little-endian: format, arithmetic, kind, width (4 bytes each), labels
 * (2 × binary32), mean (binary64), counts (2 × 8 bytes), names (4 bytes each), parameters
 * (binary32), XXH3-128 of all before it. */
static const char MAGIC[8] = "sqmodel\n";
enum { FORMAT = 1, HEADER = 8 + 4 * 4 + 2 * 4 + 8 + 2 * 8 };

static void store_u64(unsigned char *out, uint64_t value) {
    sqi_store_u32(out, (uint32_t)value);
    sqi_store_u32(out + 4, (uint32_t)(value >> 32));
}

static uint64_t load_u64(const unsigned char *in) {
    return sqi_load_u32(in) | (uint64_t)sqi_load_u32(in + 4) << 32;
}

static void store_header(unsigned char out[HEADER], const sq_model *model) {
    memcpy(out, MAGIC, sizeof MAGIC);
    const uint32_t numbers[4] = {FORMAT, (uint32_t)sq_arithmetic_version(), (uint32_t)model->kind,
                                 model->width};
    sqi_store_words(out + 8, numbers, 4);
    sqi_store_words(out + 24, model->label, 2);
    uint64_t mean;
    memcpy(&mean, &model->mean, 8);
    store_u64(out + 32, mean);
    store_u64(out + 40, model->names[0].count);
    store_u64(out + 48, model->names[1].count);
}

typedef struct writer {
    sqi_output *output;
    sqi_digest digest;
} writer;

static int put(writer *w, const void *bytes, size_t count, sq_error *error) {
    sqi_digest_bytes(&w->digest, bytes, count);
    return sqi_output_write(w->output, bytes, count, error);
}

static int put_words(writer *w, const void *words, size_t count, sq_error *error) {
    unsigned char buffer[4096];
    const size_t most = sizeof buffer / 4;
    int status = SQ_OK;
    for (size_t done = 0; done < count && status == SQ_OK; done += most) {
        size_t n = count - done < most ? count - done : most;
        sqi_store_words(buffer, (const unsigned char *)words + 4 * done, n);
        status = put(w, buffer, 4 * n, error);
    }
    return status;
}

static int put_model(writer *w, const sq_model *model, sq_error *error) {
    unsigned char header[HEADER], sum[16];
    store_header(header, model);
    int status = put(w, header, HEADER, error);
    for (int side = 0; side < 2 && status == SQ_OK; side++)
        status = put_words(w, model->names[side].name, model->names[side].count, error);
    for (size_t b = 0; b < model->blocks && status == SQ_OK; b++)
        status = put_words(w, model->x + b * model->stride, model->width, error);
    sqi_digest_end(&w->digest, sum);
    return status == SQ_OK ? sqi_output_write(w->output, sum, sizeof sum, error) : status;
}

int sq_model_write(const sq_model *model, const char *path, sq_error *error) {
    writer w;
    sqi_digest_begin(&w.digest);
    int status = sqi_output_open(&w.output, path, error);
    if (status != SQ_OK)
        return status;
    status = put_model(&w, model, error);
    if (status == SQ_OK)
        return sqi_output_commit(w.output, error);
    sqi_output_abandon(w.output);
    return status;
}

typedef struct reader {
    sqi_input *input;
    sqi_digest digest;
    const char *path;
} reader;

static int bad(const reader *r, const char *what, sq_error *error) {
    return sqi_fail(error, SQ_BAD_INPUT, "%s: %s", sqi_input_name(r->path), what);
}

static int get(reader *r, void *into, size_t count, sq_error *error) {
    unsigned char *to = into;
    while (count > 0) {
        size_t n;
        int status = sqi_input_read(r->input, to, count, &n, error);
        if (status != SQ_OK)
            return status;
        if (n == 0)
            return bad(r, "the model file ends too early", error);
        sqi_digest_bytes(&r->digest, to, n);
        to += n;
        count -= n;
    }
    return SQ_OK;
}

/* count words into memory that grows as they come: at most 1 MiB beyond what was read. */
static int get_words(reader *r, void **words, uint64_t count, sq_error *error) {
    const uint64_t most = 1 << 18;
    int status = sqi_resize(words, 1, 4, error);
    for (uint64_t done = 0; done < count && status == SQ_OK; done += most) {
        size_t n = (size_t)(count - done < most ? count - done : most);
        status = sqi_resize(words, (size_t)done + n, 4, error);
        if (status != SQ_OK)
            return status;
        unsigned char *at = (unsigned char *)*words + 4 * done;
        status = get(r, at, 4 * n, error);
        sqi_load_words(at, at, n);
    }
    return status;
}

static int get_header(reader *r, sq_model *model, sq_error *error) {
    unsigned char in[HEADER];
    uint32_t number[4];
    int status = get(r, in, HEADER, error);
    if (status != SQ_OK)
        return status;
    sqi_load_words(number, in + 8, 4);
    if (memcmp(in, MAGIC, sizeof MAGIC) != 0)
        return bad(r, "not a model file of sequent", error);
    if (number[0] != FORMAT)
        return bad(r, "a model file of another format version", error);
    if (number[2] > INT32_MAX || !sqi_model_kind_of((sq_model_kind)number[2]))
        return bad(r, "a model of an unknown kind", error);
    if (number[3] == 0)
        return bad(r, "a model file with an impossible width", error);
    model->kind = (sq_model_kind)number[2];
    model->width = number[3];
    sqi_load_words(model->label, in + 24, 2);
    uint64_t mean = load_u64(in + 32), count[2] = {load_u64(in + 40), load_u64(in + 48)};
    memcpy(&model->mean, &mean, 8);
    if (count[0] >= UINT32_MAX || count[1] >= UINT32_MAX || count[0] + count[1] >= UINT32_MAX)
        return bad(r, "a model file with impossible counts", error);
    model->names[0].count = (size_t)count[0];
    model->names[1].count = (size_t)count[1];
    model->blocks = (size_t)(count[0] + count[1]);
    if (!sqi_model_kind_of(model->kind)->valid(model))
        return bad(r, "a model file whose width, counts, labels or mean do not fit its kind",
                   error);
    model->stride = sqi_model_kind_of(model->kind)->stride(model->width);
    return SQ_OK;
}

static int get_names(reader *r, sq_names *names, sq_error *error) {
    void *words = NULL;
    int status = get_words(r, &words, names->count, error);
    names->name = words;
    for (size_t i = 1; i < names->count && status == SQ_OK; i++)
        if (names->name[i - 1] >= names->name[i])
            status = bad(r, "a model file whose names do not ascend", error);
    return status;
}

/* The parameters, in rows of width numbers, to rows of stride numbers. */
static int get_parameters(reader *r, sq_model *model, sq_error *error) {
    void *packed = NULL;
    int status = get_words(r, &packed, (uint64_t)model->blocks * model->width, error);
    if (status == SQ_OK) {
        model->x = sqi_alloc(model->blocks, model->stride * sizeof *model->x, error);
        status = model->x ? SQ_OK : SQ_NO_MEMORY;
    }
    for (size_t b = 0; b < model->blocks && status == SQ_OK; b++) {
        float *row = model->x + b * model->stride;
        memcpy(row, (float *)packed + b * model->width, model->width * sizeof *row);
        for (uint32_t j = 0; j < model->width && status == SQ_OK; j++)
            if (!isfinite(row[j]))
                status = bad(r, "a model file with a parameter that is not finite", error);
    }
    sqi_free(packed);
    return status;
}

static int get_model(reader *r, sq_model *model, sq_error *error) {
    int status = get_header(r, model, error);
    for (int side = 0; side < 2 && status == SQ_OK; side++)
        status = get_names(r, &model->names[side], error);
    if (status == SQ_OK)
        status = get_parameters(r, model, error);
    unsigned char expected[16], found[16], more;
    sqi_digest_end(&r->digest, expected);
    if (status == SQ_OK)
        status = get(r, found, sizeof found, error);
    if (status == SQ_OK && memcmp(found, expected, sizeof found) != 0)
        status = bad(r, "a damaged model file: its checksum does not fit", error);
    size_t n = 0;
    if (status == SQ_OK)
        status = sqi_input_read(r->input, &more, 1, &n, error);
    return status == SQ_OK && n ? bad(r, "more bytes behind the end of the model", error) : status;
}

int sq_model_read(sq_model **model, const char *path, sq_error *error) {
    *model = NULL;
    reader r = {.path = path};
    sqi_digest_begin(&r.digest);
    int status = sqi_input_open(&r.input, path, error);
    if (status != SQ_OK)
        return status;
    sq_model *read = sqi_alloc(1, sizeof *read, error);
    status = read ? get_model(&r, read, error) : SQ_NO_MEMORY;
    sqi_input_close(r.input);
    if (status == SQ_OK)
        *model = read;
    else
        sq_model_free(read);
    return status;
}
