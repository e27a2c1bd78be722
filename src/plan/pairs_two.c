/* Pairs on two lanes.
 *
 * A code is the set of the lanes that a step would have to be in: 1, 2, or 3, which is BLOCKED. So
 * the union of its two blocks' codes is what the step demands. */
#include <string.h>

#include "plan/pairs.h"

/* In registers: to the compiler, a store to a state might change what is behind a pointer. */
typedef struct visits {
    uint32_t *state;
    uint32_t free;    /* the word of FREE */
    uint32_t ahead;   /* how many steps lane 1 has more than lane 0 … */
    uint32_t full[2]; /* … and whether they take no more: 1 or 0 */
} visits;

/* Returns the step's code. From one visit's balance to the next one's there are three instructions;
 * the rest is ready before. */
SQI_INLINED uint16_t visit(visits *v, const uint32_t *pair) {
    uint32_t *a = v->state + pair[0], *b = v->state + pair[1];
    uint32_t x = *a > v->free ? *a : v->free, y = *b > v->free ? *b : v->free;
    uint32_t forced = (x | y) - v->free, any = sqi_negative(forced - 1);
    forced |= (forced & v->full[0]) << 1 | (forced >> 1 & v->full[1]);
    uint32_t code = forced + any, other = any & sqi_negative(v->ahead);
    v->ahead = (v->ahead + (code >> 1) - (code & 1)) + 2 * other;
    code += other;
    *a = *b = v->free + code;
    return (uint16_t)code;
}

SQI_INLINED void visit_all(visits v, const sqi_pairs *w, const sqi_segment *seg,
                           const uint32_t *list, size_t count) {
    uint16_t *log = w->log;
    const uint32_t *block = w->graph->block, *next = block + 2 * w->next;
    if (!list && !seg->pi)
        for (size_t i = 0; i < count; i++)
            log[i] = visit(&v, next + 2 * i);
    else if (!seg->pi)
        for (size_t i = 0; i < count; i++)
            log[i] = visit(&v, block + 2 * (size_t)list[i]);
    else
        for (size_t i = 0; i < count; i++)
            log[i] = visit(&v, sqi_pair_of(w, seg, list, i));
}

/* Where steps go. Each is written to all three places and counted in one of them. */
typedef struct places {
    uint32_t *first, *second, *deferred;
} places;

static inline void deal(places *p, uint32_t step, uint32_t code) {
    uint32_t waits = code & code >> 1;
    *p->first = *p->second = *p->deferred = step;
    p->first += (code & 1) - waits;
    p->second += (code >> 1) - waits;
    p->deferred += waits;
}

void sqi_pairs_visit_two(sqi_pairs *w, const sqi_segment *seg, uint32_t *to, const uint32_t *list,
                         size_t count) {
    visits v = {.state = w->state, .free = w->batch << 2, .ahead = w->load[2] - w->load[1]};
    uint32_t full[2] = {w->load[1] >= w->quota, w->load[2] >= w->quota};
    if (full[0] | full[1]) {
        v.full[0] = full[0];
        v.full[1] = full[1];
        visit_all(v, w, seg, list, count);
    } else {
        visit_all(v, w, seg, list, count); /* nearly always; the compiler leaves out what is 0 */
    }
    const uint16_t *log = w->log;
    places p = {to + w->load[1], w->second + w->load[2], w->deferral.deferred + w->load[3]};
    if (list)
        for (size_t i = 0; i < count; i++)
            deal(&p, list[i], log[i]);
    else
        for (size_t i = 0; i < count; i++)
            deal(&p, (uint32_t)(w->next + i), log[i]);
    w->load[1] = (uint32_t)(p.first - to);
    w->load[2] = (uint32_t)(p.second - w->second);
    w->load[3] = (uint32_t)(p.deferred - w->deferral.deferred);
}

void sqi_pairs_deal_two(sqi_pairs *w, uint32_t *to) {
    memcpy(to + w->load[1], w->second, w->load[2] * sizeof *to);
}
