/* Pairs on any number of lanes.
 *
 * The log has a visit's code in the upper half and, in the lower, how many visits had it before: so
 * when the batch is closed a step's place follows from its entry alone. */
#include "plan/pairs.h"

/* In registers: to the compiler, a store to a state might change what is behind a pointer. */
typedef struct visits {
    uint32_t *state, *load;
    uint32_t free, blocked; /* the word of FREE, the code of BLOCKED */
    uint32_t quota, lanes;
    sqi_sweep sweep;
} visits;

/* The code that a step's two blocks demand, whose words are a and b; 0: any lane's. */
static inline uint32_t demand(uint32_t a, uint32_t b, uint32_t free, uint32_t blocked) {
    a = a > free ? a : free;
    b = b > free ? b : free;
    uint32_t high = a > b ? a : b, low = a > b ? b : a;
    uint32_t waits = sqi_negative((free - low) & (low - high));
    return (high - free) | ((0 - waits) & blocked);
}

/* Goes on to the next lanes with the floor as their load; raises it behind the last ones. */
static sqi_sweep next_lanes(sqi_sweep s, const uint32_t *load, uint32_t lanes) {
    while (!s.low) {
        s.first += 64;
        if (s.first > lanes) {
            s.first = 1;
            s.floor++;
        }
        for (uint32_t l = s.first; l <= lanes && l < s.first + 64; l++)
            s.low |= (uint64_t)(load[l] == s.floor) << (l - s.first);
    }
    return s;
}

SQI_INLINED uint64_t visit(visits *v, const uint32_t *pair) {
    uint32_t *a = v->state + pair[0], *b = v->state + pair[1];
    uint32_t forced = demand(*a, *b, v->free, v->blocked), any = sqi_negative(forced - 1);
    uint32_t full = sqi_negative(v->quota - 1 - v->load[forced]);
    uint32_t least = v->sweep.first + (uint32_t)__builtin_ctzll(v->sweep.low);
    uint32_t code = forced | (least & (0 - any)) | (v->blocked & (0 - full));
    uint32_t before = v->load[code]++, place = code - v->sweep.first;
    *a = *b = v->free + code;
    v->sweep.low &= ~((uint64_t)(place < 64) << place % 64);
    if (!v->sweep.low)
        v->sweep = next_lanes(v->sweep, v->load, v->lanes);
    return (uint64_t)code << 32 | before;
}

void sqi_pairs_visit_many(sqi_pairs *w, const sqi_segment *seg, const uint32_t *list,
                          size_t count) {
    visits v = {.state = w->state,
                .load = w->load,
                .free = w->batch << w->bits,
                .blocked = w->blocked,
                .quota = w->quota,
                .lanes = w->lanes,
                .sweep = w->sweep};
    uint64_t *log = (uint64_t *)w->log + w->visited;
    const uint32_t *block = w->graph->block + 2 * w->next;
    if (!list && !seg->pi)
        for (size_t i = 0; i < count; i++)
            log[i] = visit(&v, block + 2 * i);
    else
        for (size_t i = 0; i < count; i++)
            log[i] = visit(&v, sqi_pair_of(w, seg, list, i));
    w->sweep = v.sweep;
}

void sqi_pairs_deal_many(sqi_pairs *w, uint32_t *to) {
    const uint64_t *log = w->log;
    uint32_t **lane = w->to;
    for (uint32_t l = 1; l <= w->lanes; l++) {
        lane[l] = to;
        to += w->load[l];
    }
    lane[w->blocked] = w->deferral.deferred;
    for (size_t i = 0; i < w->deferral.head; i++, log++)
        lane[*log >> 32][(uint32_t)*log] = w->deferral.pending[i];
    for (size_t step = w->opened; step < w->next; step++, log++)
        lane[*log >> 32][(uint32_t)*log] = (uint32_t)step;
}
