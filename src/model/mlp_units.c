/* Which units a step trains.
 *
 * A layer's set is drawn by Floyd's algorithm (Bentley, Floyd 1987, "A sample of brilliance"): k draws
 * for k units, and every set of k has the same probability, as the integers are unbiased. */
#include <string.h>

#include "base/random.h"
#include "model/mlp.h"

enum { WORD_BITS = 64 };

/* The words of a step's layer: indices from position × 2^32 + layer × 2^28 on. A set takes at most as
 * many as it has units, and few more for refused words. */
static sqi_words words_of(const sqi_network *net, uint32_t layer, uint64_t epoch, size_t position) {
    sqi_words words = sqi_words_at(net->seed, SQ_STREAM_UNITS, (uint32_t)epoch);
    words.index = (uint64_t)position << 32 | (uint64_t)layer << 28;
    return words;
}

static inline uint64_t *word_with(uint64_t *set, uint32_t unit) {
    return &set[unit / WORD_BITS];
}

static inline uint64_t bit_of(uint32_t unit) {
    return UINT64_C(1) << unit % WORD_BITS;
}

/* The members of a set of numbers below `units`, in ascending order. */
static void list(const uint64_t *set, uint32_t units, uint32_t *unit) {
    for (uint32_t first = 0; first < units; first += WORD_BITS)
        for (uint64_t left = set[first / WORD_BITS]; left; left &= left - 1)
            *unit++ = first + (uint32_t)__builtin_ctzll(left);
}

void sqi_active_units(const sqi_network *net, uint32_t layer, uint64_t epoch, size_t position,
                      uint32_t *unit) {
    const sqi_layer *l = &net->layer[layer];
    if (l->active == l->units) {
        for (uint32_t u = 0; u < l->units; u++)
            unit[u] = u;
        return;
    }
    uint64_t set[SQI_UNITS_MAX / WORD_BITS];
    memset(set, 0, (l->units + WORD_BITS - 1) / WORD_BITS * sizeof *set);
    sqi_words words = words_of(net, layer, epoch, position);
    for (uint32_t last = l->units - l->active; last < l->units; last++) {
        uint32_t drawn = sqi_words_below(&words, last + 1);
        uint32_t taken = *word_with(set, drawn) & bit_of(drawn) ? last : drawn;
        *word_with(set, taken) |= bit_of(taken);
    }
    list(set, l->units, unit);
}

size_t sqi_mlp_hyperedge(const void *context, const sq_step *step, uint32_t *block,
                         uint32_t *reads) {
    const sqi_network *net = &((const sqi_mlp_context *)context)->net;
    uint32_t *at = block;
    for (uint32_t l = 0; l < net->layers; l++) {
        sqi_active_units(net, l, step->epoch, step->position, at);
        for (uint32_t i = 0; i < net->layer[l].active; i++)
            at[i] += net->layer[l].first;
        at += net->layer[l].active;
    }
    *reads = 0;
    return net->active;
}
