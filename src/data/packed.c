/* Ratings and edges in a word each. */
#include "data/packed.h"

#include <string.h>

#include "base/alloc.h"
#include "base/inline.h"
#include "base/prefetch.h"

/* From a word's lowest bit: a sample's first block, its second one, its value. */
struct sqi_packed {
    uint32_t *narrow; /* one of them (size samples); the other one NULL */
    uint64_t *wide;
    float *value;           /* of which values are the numbers; NULL: values are their own bits */
    unsigned second, third; /* bit at which a word's second and third part begin */
    uint32_t least;         /* second block */
};

/* Values are numbered where they are few, as those of ratings mostly are; the first cache should hold
 * them. SLOTS of a table that finds a value's number. */
enum { VALUE_BITS = 10, VALUES = 1 << VALUE_BITS, SLOT_BITS = 12, SLOTS = 1 << SLOT_BITS };

typedef struct numbers {
    float *value; /* of each number (size VALUES) */
    size_t count, most;
    uint16_t slot[SLOTS]; /* a number + 1; 0: none */
} numbers;

/* How many steps ahead a sample is asked for. */
enum { AHEAD = 32 };

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The value's number, the next one for a new value; n->most where there are too many of them. Multiplicative
 * hashing (Knuth 1973, section 6.4). */
static size_t number_of(numbers *n, float value) {
    uint32_t bits = bits_of(value), slot = bits * UINT32_C(2654435769) >> (32 - SLOT_BITS);
    while (n->slot[slot] > 0 && bits_of(n->value[n->slot[slot] - 1]) != bits)
        slot = (slot + 1) % SLOTS;
    if (n->slot[slot] > 0)
        return n->slot[slot] - 1U;
    if (n->count == n->most)
        return n->most;
    n->value[n->count] = value;
    n->slot[slot] = (uint16_t)(n->count + 1);
    return n->count++;
}

/* Bits that tell count numbers apart; at least one. */
static unsigned bits_for(size_t count) {
    unsigned bits = 1;
    while (count > UINT64_C(1) << bits)
        bits++;
    return bits;
}

/* Packs all samples; 0 where the values are too many to be numbered (n NULL: they are not). */
SQI_INLINED int pack_all(const sqi_packed *p, const sq_data *data, numbers *n) {
    uint32_t *narrow = p->narrow, least = p->least;
    uint64_t *wide = p->wide;
    const unsigned second = p->second, third = p->third;
    for (size_t i = 0; i < data->samples; i++) {
        uint64_t first = data->pair[2 * i], other = data->pair[2 * i + 1] - least;
        uint64_t value = n ? number_of(n, data->value[i]) : bits_of(data->value[i]);
        if (n && value == n->most)
            return 0;
        uint64_t word = first | other << second | value << third;
        if (narrow)
            narrow[i] = (uint32_t)word;
        else
            wide[i] = word;
    }
    return 1;
}

/* A word's bits, and whether its values are numbered. */
typedef struct layout {
    unsigned bits;
    int numbered;
} layout;

static void place_parts(sqi_packed *p, const sq_data *data) {
    const int ratings = data->kind == SQ_RATINGS;
    p->least = ratings ? (uint32_t)data->names[0].count : 0;
    p->second = bits_for(data->names[0].count);
    p->third = p->second + bits_for(data->names[ratings ? 1 : 0].count);
}

/* *packed is NULL where the samples do not fit. */
static int try_layout(sqi_packed **packed, const sq_data *data, layout l, sq_error *error) {
    sqi_packed *p = *packed = sqi_alloc(1, sizeof *p, error);
    if (!p)
        return SQ_NO_MEMORY;
    place_parts(p, data);
    if (p->third + (l.numbered ? 1 : 32) > l.bits) {
        *packed = sqi_packed_free(p);
        return SQ_OK;
    }
    const unsigned room = l.bits - p->third;
    numbers table = {.most = room < VALUE_BITS ? (size_t)1 << room : VALUES};
    if (l.bits == 32)
        p->narrow = sqi_alloc(data->samples, sizeof *p->narrow, error);
    else
        p->wide = sqi_alloc(data->samples, sizeof *p->wide, error);
    if (l.numbered)
        table.value = p->value = sqi_alloc(VALUES, sizeof *p->value, error);
    int memory = (p->narrow || p->wide) && (p->value || !l.numbered);
    if (!memory || !pack_all(p, data, l.numbered ? &table : NULL))
        *packed = sqi_packed_free(p);
    return memory ? SQ_OK : SQ_NO_MEMORY;
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
                        const float *values) {
    const unsigned second = p->second, third = p->third;
    const uint64_t first_mask = (UINT64_C(1) << second) - 1;
    const uint64_t second_mask = (UINT64_C(1) << (third - second)) - 1;
    const uint32_t least = p->least;
    uint32_t *pair = to->pair;
    float *value = to->value;
    for (size_t k = first; k < first + count; k++) {
        if (k + AHEAD < first + count && narrow)
            sqi_ask(narrow + pi[k + AHEAD]);
        else if (k + AHEAD < first + count)
            sqi_ask(wide + pi[k + AHEAD]);
        uint64_t word = narrow ? narrow[pi[k]] : wide[pi[k]];
        pair[2 * k] = (uint32_t)(word & first_mask);
        pair[2 * k + 1] = least + (uint32_t)(word >> second & second_mask);
        uint32_t number = (uint32_t)(word >> third);
        if (values)
            value[k] = values[number];
        else
            memcpy(&value[k], &number, sizeof number);
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
