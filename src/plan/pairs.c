/* The planner `lanes` for hyperedges of two written blocks (ratings, graphs): the plans of lanes.c,
 * made in a quarter of the time.
 *
 * Where nothing is only read, a block is FREE, OWNED by a lane or BLOCKED (the table in lanes.c), and
 * with its batch that is one word: batch × 2^bits + code, where code is 0 for FREE, 1 + lane for
 * OWNED, 2^bits - 1 for BLOCKED. Words of earlier batches are lower than the current batch's FREE
 * and count as it. So a step must wait where the lower of its two words is not FREE and not the
 * higher one; else the higher one, if it is not FREE, says where the step goes.
 *
 * To the processor's branch prediction all this is a coin toss: a visit has no branch. It writes its
 * code to a log, and steps are dealt to their lanes by the log afterwards: stores whose places
 * depend on states would hold up the loads of the next visits. */
#include <string.h>

#include "base/alloc.h"
#include "plan/builder.h"
#include "plan/deferral.h"

typedef struct pairs {
    const sq_hypergraph *graph;
    sqi_deferral deferral;
    uint32_t *state;               /* the blocks' words (size blocks) */
    uint32_t lanes, bits, blocked; /* blocked: its code, 2^bits - 1 */
    uint32_t batch;
    size_t batch_steps;    /* a batch is closed at so many, deferred ones not counted */
    size_t visited;        /* steps of this batch, deferred ones counted */
    size_t next, opened;   /* the next new step, and that with which this batch began */
    uint16_t *log;         /* codes of visits (size batch_steps + deferrals) */
    uint32_t *load;        /* visits of this batch with each code (size 2^bits) … */
    uint32_t least, floor; /* … and a sweep over those of lanes, as in balance.h */
    uint32_t *second;      /* two lanes: room for lane 1's steps (size batch_steps + 1) */
    uint32_t **to;         /* where the next step of each code is dealt to (size 2^bits) */
} pairs;

/* A run of visits: in registers, as to the compiler a store to a state might change a pairs. */
typedef struct visits {
    uint32_t *state, *load;
    uint32_t free, blocked; /* the word of FREE, the code of BLOCKED */
    uint32_t ahead;         /* two lanes: how many steps lane 1 has more than lane 0 */
    uint32_t lanes, least, floor;
} visits;

/* 1 where x is below 0 as a signed number. Comparisons would do, but compilers make branches of
 * them. */
static inline uint32_t negative(uint32_t x) {
    return x >> 31;
}

/* The code that a step's two blocks demand, whose words are a and b; 0: any lane's. */
static inline uint32_t demand(uint32_t a, uint32_t b, uint32_t free, uint32_t blocked) {
    a = a > free ? a : free;
    b = b > free ? b : free;
    uint32_t high = a > b ? a : b, low = a > b ? b : a;
    uint32_t waits = negative((free - low) & (low - high));
    return (high - free) | ((0 - waits) & blocked);
}

typedef uint32_t visit(visits *v, const uint32_t *pair);

/* Visits a step and returns its code: 1, 2, or 3 for BLOCKED. These are sets of lanes, so the union
 * of two demands is what both demand. From one visit's balance to the next one's there are three
 * instructions; the rest is ready before. */
static inline uint32_t visit_two(visits *v, const uint32_t *pair) {
    uint32_t *a = v->state + pair[0], *b = v->state + pair[1];
    uint32_t x = *a > v->free ? *a : v->free, y = *b > v->free ? *b : v->free;
    uint32_t forced = (x | y) - v->free, any = negative(forced - 1);
    uint32_t code = forced + any, other = any & negative(v->ahead);
    v->ahead = (v->ahead + (code >> 1) - (code & 1)) + 2 * other;
    code += other;
    *a = *b = v->free + code;
    return code;
}

static inline uint32_t visit_many(visits *v, const uint32_t *pair) {
    uint32_t *a = v->state + pair[0], *b = v->state + pair[1];
    uint32_t forced = demand(*a, *b, v->free, v->blocked), any = negative(forced - 1);
    while (v->load[v->least] != v->floor)
        if (++v->least > v->lanes) {
            v->least = 1;
            v->floor++;
        }
    uint32_t code = forced + (v->least & (0 - any));
    v->load[code]++;
    *a = *b = v->free + code;
    return code;
}

/* Visits count steps: those of the list, or, where it is NULL, next, next + 1, … */
static inline __attribute__((always_inline)) void visit_all(visits *v, visit *one, const pairs *w,
                                                            const sqi_segment *seg, uint16_t *log,
                                                            const uint32_t *list, size_t count) {
    const uint32_t *block = w->graph->block;
    visits in = *v;
    if (!list && !seg->pi) {
        block += 2 * w->next;
        for (size_t i = 0; i < count; i++)
            log[i] = (uint16_t)one(&in, block + 2 * i);
    } else {
        for (size_t i = 0; i < count; i++) {
            size_t step = list ? list[i] : w->next + i;
            if (!list)
                sqi_edge_ask(w->graph, seg->pi, step + SQI_EDGE_AHEAD, seg->first + seg->steps);
            log[i] = (uint16_t)one(&in, block + 2 * (size_t)sqi_sample(seg->pi, step));
        }
    }
    *v = in;
}

/* Where two lanes' steps and the deferred ones go. Each is written to all three places. */
typedef struct places {
    uint32_t *first, *second, *deferred;
} places;

static inline void deal_one(places *p, uint32_t step, uint32_t code) {
    uint32_t waits = code & code >> 1;
    *p->first = *p->second = *p->deferred = step;
    p->first += (code & 1) - waits;
    p->second += (code >> 1) - waits;
    p->deferred += waits;
}

/* to: where lane 0's steps begin. */
static void run_two(pairs *w, const sqi_segment *seg, uint32_t *to, const uint32_t *list,
                    size_t count) {
    visits v = {.state = w->state, .free = w->batch << 2, .ahead = w->load[2] - w->load[1]};
    visit_all(&v, visit_two, w, seg, w->log, list, count);
    places p = {to + w->load[1], w->second + w->load[2], w->deferral.deferred + w->deferral.count};
    if (list)
        for (size_t i = 0; i < count; i++)
            deal_one(&p, list[i], w->log[i]);
    else
        for (size_t i = 0; i < count; i++)
            deal_one(&p, (uint32_t)(w->next + i), w->log[i]);
    w->load[1] = (uint32_t)(p.first - to);
    w->load[2] = (uint32_t)(p.second - w->second);
    w->load[w->blocked] = (uint32_t)(p.deferred - w->deferral.deferred);
}

static void run_many(pairs *w, const sqi_segment *seg, const uint32_t *list, size_t count) {
    visits v = {.state = w->state,
                .load = w->load,
                .free = w->batch << w->bits,
                .blocked = w->blocked,
                .lanes = w->lanes,
                .least = w->least,
                .floor = w->floor};
    visit_all(&v, visit_many, w, seg, w->log + w->visited, list, count);
    w->least = v.least;
    w->floor = v.floor;
}

/* The log's steps: pending ones, then new ones. */
static void deal_many(pairs *w, uint32_t *to) {
    const uint16_t *log = w->log;
    for (uint32_t l = 1; l <= w->lanes; l++) {
        w->to[l] = to;
        to += w->load[l];
    }
    w->to[w->blocked] = w->deferral.deferred;
    for (size_t i = 0; i < w->deferral.head; i++)
        *w->to[*log++]++ = w->deferral.pending[i];
    for (size_t step = w->opened; step < w->next; step++)
        *w->to[*log++]++ = (uint32_t)step;
}

static int close_batch(pairs *w, sq_plan *plan, sq_error *error) {
    uint32_t *begin = sqi_plan_open(plan, error);
    if (!begin)
        return SQ_NO_MEMORY;
    for (uint32_t l = 0; l < w->lanes; l++)
        begin[l + 1] = begin[l] + w->load[l + 1];
    if (w->lanes == 2)
        memcpy(plan->step + begin[1], w->second, w->load[2] * sizeof *w->second);
    else
        deal_many(w, plan->step + plan->steps);
    sqi_plan_close(plan);
    plan->deferrals += w->deferral.count;
    sqi_deferral_turn(&w->deferral);
    memset(w->load, 0, sizeof *w->load << w->bits);
    w->least = 1;
    w->floor = 0;
    w->visited = 0;
    w->opened = w->next;
    if (++w->batch >> (32 - w->bits)) { /* words are used up: old ones must not look new */
        memset(w->state, 0, w->graph->blocks * sizeof *w->state);
        w->batch = 1;
    }
    return SQ_OK;
}

static void finish(void *work) {
    pairs *w = work;
    if (!w)
        return;
    sqi_deferral_fini(&w->deferral);
    sqi_free(w->state);
    sqi_free(w->log);
    sqi_free(w->load);
    sqi_free(w->second);
    sqi_free(w->to);
    sqi_free(w);
}

static int start(void **work, const sq_hypergraph *graph, const sq_plan_options *options,
                 sq_error *error) {
    pairs *w = *work = sqi_alloc(1, sizeof *w, error);
    if (!w)
        return SQ_NO_MEMORY;
    w->graph = graph;
    w->batch = w->least = 1;
    w->batch_steps = options->batch;
    w->lanes = options->lanes;
    while (1u << w->bits < w->lanes + 2)
        w->bits++;
    w->blocked = (1u << w->bits) - 1;
    w->state = sqi_alloc(graph->blocks, sizeof *w->state, error);
    w->log = sqi_alloc(w->batch_steps + options->deferrals, sizeof *w->log, error);
    w->load = sqi_alloc((size_t)1 << w->bits, sizeof *w->load, error);
    w->second = sqi_alloc(w->batch_steps + 1, sizeof *w->second, error);
    w->to = sqi_alloc((size_t)1 << w->bits, sizeof *w->to, error);
    int status = sqi_deferral_init(&w->deferral, options->deferrals, error);
    return w->state && w->log && w->load && w->second && w->to ? status : SQ_NO_MEMORY;
}

/* A visit either admits or defers. So as many of them as a batch still has room for, of one as of
 * the other, need not look whether it is full. */
static int segment(void *work, sq_plan *plan, const sqi_segment *seg, sq_error *error) {
    pairs *w = work;
    sqi_deferral *d = &w->deferral;
    int status = SQ_OK;
    size_t end = seg->first + seg->steps;
    w->next = w->opened = seg->first;
    while (status == SQ_OK && (d->head < d->waiting || w->next < end)) {
        const uint32_t *list = d->head < d->waiting ? d->pending + d->head : NULL;
        size_t count = list ? d->waiting - d->head : end - w->next;
        size_t admits = w->batch_steps - (w->visited - d->count), defers = d->most - d->count;
        count = count < admits ? count : admits;
        count = count < defers ? count : defers;
        if (w->lanes == 2)
            run_two(w, seg, plan->step + plan->steps, list, count);
        else
            run_many(w, seg, list, count);
        *(list ? &d->head : &w->next) += count;
        w->visited += count;
        d->count = w->load[w->blocked];
        if (w->visited - d->count == w->batch_steps || d->count == d->most ||
            (d->head == d->waiting && w->next == end))
            status = close_batch(w, plan, error);
    }
    return status;
}

const sqi_planner sqi_planner_pairs = {"lanes", start, segment, finish};
