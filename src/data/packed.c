/* Ratings and edges in a word each. */
#include "data/packed.h"

#include <string.h>

#include "base/alloc.h"
#include "base/inline.h"
#include "base/prefetch.h"
#include "data/names.h"

/* From a word's lowest bit: a sample's first block, its second one, its value. */
struct sqi_packed {
    uint32_t *narrow; /* one of them (size samples); the other one NULL */
    uint64_t *wide;
    uint32_t *value;        /* bits of the numbered values; NULL: words have the bits themselves */
    unsigned second, third; /* bit at which a word's second and third part begin */
    uint32_t least;         /* second block */
};

/* Values are numbered where they are few, as those of ratings mostly are; the first cache should hold
 * them. BATCH of them are numbered at a time. */
enum { VALUE_BITS = 10, VALUES = 1 << VALUE_BITS, BATCH = 256 };

/* A word's bits, and whether its values are numbered. */
typedef struct layout {
    unsigned bits;
    int numbered;
} layout;

/* Bits that tell count numbers apart; at least one. */
static unsigned bits_for(size_t count) {
    unsigned bits = 1;
    while (count > UINT64_C(1) << bits)
        bits++;
    return bits;
}

/* Where the parts of a word are. */
static sqi_packed parts_of(const sq_data *data) {
    const int ratings = data->kind == SQ_RATINGS;
    sqi_packed parts = {.least = ratings ? (uint32_t)data->names[0].count : 0};
    parts.second = bits_for(data->names[0].count);
    parts.third = parts.second + bits_for(data->names[ratings ? 1 : 0].count);
    return parts;
}

/* value: theirs, or the values' numbers. *p by value: no store to a word can change it. */
static void pack_batch(sqi_packed p, const sq_data *data, size_t first, size_t count,
                       const uint32_t *value) {
    const uint32_t *pair = data->pair + 2 * first;
    for (size_t i = 0; i < count; i++) {
        uint64_t block = pair[2 * i], other = pair[2 * i + 1] - p.least;
        uint64_t word = block | other << p.second | (uint64_t)value[i] << p.third;
        if (p.narrow)
            p.narrow[first + i] = (uint32_t)word;
        else
            p.wide[first + i] = word;
    }
}

/* Packs all samples. *fit: 0 where there turn out to be more than `most` values to be numbered. */
static int pack_all(const sqi_packed *p, const sq_data *data, sqi_intern *values, size_t most,
                    int *fit, sq_error *error) {
    int status = SQ_OK;
    *fit = 1;
    for (size_t first = 0; first < data->samples && *fit && status == SQ_OK; first += BATCH) {
        size_t left = data->samples - first, count = left < BATCH ? left : BATCH;
        uint32_t value[BATCH];
        memcpy(value, data->value + first, count * sizeof *value);
        if (values)
            status = sqi_intern_many(values, value, count, 1, error);
        *fit = !values || values->count <= most;
        if (status == SQ_OK && *fit)
            pack_batch(*p, data, first, count, value);
    }
    return status;
}

/* *packed stays NULL where the samples do not fit. */
static int try_layout(sqi_packed **packed, const sq_data *data, layout l, sq_error *error) {
    const sqi_packed parts = parts_of(data);
    if (parts.third + (l.numbered ? 1 : 32) > l.bits)
        return SQ_OK;
    const unsigned room = l.bits - parts.third;
    const size_t most = room < VALUE_BITS ? (size_t)1 << room : VALUES;
    sqi_packed *p = sqi_alloc(1, sizeof *p, error);
    if (!p)
        return SQ_NO_MEMORY;
    *p = parts;
    if (l.bits == 32)
        p->narrow = sqi_alloc(data->samples, sizeof *p->narrow, error);
    else
        p->wide = sqi_alloc(data->samples, sizeof *p->wide, error);
    sqi_intern values = {0};
    int fit = 0, status = p->narrow || p->wide ? SQ_OK : SQ_NO_MEMORY;
    if (status == SQ_OK)
        status = pack_all(p, data, l.numbered ? &values : NULL, most, &fit, error);
    p->value = values.name;
    values.name = NULL;
    sqi_intern_fini(&values);
    *packed = fit && status == SQ_OK ? p : sqi_packed_free(p);
    return status;
}

int sqi_pack(sqi_packed **packed, const sq_data *data, sq_error *error) {
    static const layout layouts[] = {{32, 1}, {64, 1}, {64, 0}};
    int status = SQ_OK;
    *packed = NULL;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts && status == SQ_OK && !*packed; i++)
        status = try_layout(packed, data, layouts[i], error);
    return status;
}

/* narrow or wide, and values, as in *p: constants for a loop of its own each. */
SQI_INLINED void unpack(sq_data *to, const sqi_packed *p, const uint32_t *pi, size_t first,
                        size_t count, const uint32_t *narrow, const uint64_t *wide,
                        const uint32_t *values) {
    const unsigned second = p->second, third = p->third;
    const uint64_t first_mask = (UINT64_C(1) << second) - 1;
    const uint64_t second_mask = (UINT64_C(1) << (third - second)) - 1;
    const uint32_t least = p->least;
    uint32_t *pair = to->pair;
    float *value = to->value;
    for (size_t k = first; k < first + count; k++) {
        if (k + SQI_SAMPLES_AHEAD < first + count) {
            uint32_t later = pi[k + SQI_SAMPLES_AHEAD];
            sqi_ask(narrow ? (const void *)(narrow + later) : wide + later);
        }
        uint64_t word = narrow ? narrow[pi[k]] : wide[pi[k]];
        pair[2 * k] = (uint32_t)(word & first_mask);
        pair[2 * k + 1] = least + (uint32_t)(word >> second & second_mask);
        uint32_t bits = (uint32_t)(word >> third);
        bits = values ? values[bits] : bits;
        memcpy(&value[k], &bits, sizeof bits);
    }
}

void sqi_unpack(sq_data *to, const sqi_packed *packed, const uint32_t *pi, size_t first,
                size_t count) {
    if (packed->narrow)
        unpack(to, packed, pi, first, count, packed->narrow, NULL, packed->value);
    else if (packed->value)
        unpack(to, packed, pi, first, count, NULL, packed->wide, packed->value);
    else
        unpack(to, packed, pi, first, count, NULL, packed->wide, NULL);
}

sqi_packed *sqi_packed_free(sqi_packed *packed) {
    if (packed) {
        sqi_free(packed->narrow);
        sqi_free(packed->wide);
        sqi_free(packed->value);
    }
    return sqi_free(packed);
}
