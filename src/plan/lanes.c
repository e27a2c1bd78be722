/* The planner `lanes`: greedy lane assignment with deferral.
 *
 * Within a batch every block has a state, and a step joins a lane only if the states of all its
 * blocks allow it; otherwise it is deferred to the next batch, and marks its blocks so that nothing
 * that conflicts with it overtakes it:
 *
 *     state      meaning in this batch                          a read      a write
 *     FREE       untouched                                      any lane    any lane
 *     OWNED l    written; all accesses so far are lane l's      lane l      lane l
 *     READ l     only read, by lane l alone                     any lane    lane l
 *     SHARED     only read, by several lanes or deferred steps  any lane    defer
 *     BLOCKED    a deferred step waits for it                   defer       defer
 *
 * A lane that has its share of the batch is full: steps that only it could take are deferred too,
 * until the others have caught up. Blocks that are in many steps would otherwise make one lane
 * longer than the rest.
 *
 * The first step visited in a batch finds everything FREE, so every batch makes progress. The next
 * batch visits the newly deferred steps, then the pending ones not yet visited, then goes on in
 * pi: all in pi's order. proofs/coq/ proves that the result has the plan property for any choice
 * of lanes, any lanes taken as full and any moment at which batches are closed; a function extracted
 * from the proof makes the same plans as this file. */
#include <string.h>

#include "base/alloc.h"
#include "plan/balance.h"
#include "plan/builder.h"
#include "plan/deferral.h"

enum { FREE, OWNED, READ, SHARED, BLOCKED };

typedef struct block_state {
    uint32_t batch; /* the batch that wrote kind and lane; any other: FREE */
    uint16_t kind, lane;
} block_state;

typedef struct walk {
    const sq_hypergraph *graph;
    block_state *state; /* (size blocks) */
    sqi_balance load;   /* cost of each lane in this batch */
    uint32_t *fill;     /* workspace of sqi_plan_append (size lanes) */
    uint32_t *step;     /* the batch's steps in visiting order … (size batch_steps) */
    uint32_t *lane;     /* … and their lanes (size batch_steps) */
    sqi_deferral deferral;
    size_t admitted, batch_steps; /* a batch is closed at so many */
    uint64_t cost;                /* of the admitted */
    uint32_t batch;
} walk;

static inline unsigned kind_of(const walk *w, uint32_t block) {
    return w->state[block].batch == w->batch ? w->state[block].kind : FREE;
}

static inline void mark(walk *w, uint32_t block, unsigned kind, uint32_t lane) {
    w->state[block] = (block_state){w->batch, (uint16_t)kind, (uint16_t)lane};
}

enum { ANY_LANE = SQ_LANES_MAX, NO_LANE };

/* The lane that the step must take, ANY_LANE, or NO_LANE: defer it. */
static uint32_t required_lane(const walk *w, sqi_edge edge) {
    uint32_t lane = ANY_LANE;
    for (size_t i = 0; i < edge.size; i++) {
        unsigned kind = kind_of(w, edge.block[i]);
        int write = i < edge.written;
        if (kind == BLOCKED || (write && kind == SHARED))
            return NO_LANE;
        if (kind == OWNED || (write && kind == READ)) {
            uint32_t owner = w->state[edge.block[i]].lane;
            if (lane != ANY_LANE && lane != owner)
                return NO_LANE;
            lane = owner;
        }
    }
    return lane;
}

/* Whether a lane has its share, batch_steps / lanes steps of the batch's mean cost. (Were the
 * products to wrap, the plan would be valid all the same.) */
static int is_full(const walk *w, uint32_t lane) {
    return w->load.load[lane] * w->admitted * w->load.lanes >= w->batch_steps * w->cost;
}

static void admit(walk *w, uint32_t step, sqi_edge edge, uint32_t lane) {
    w->step[w->admitted] = step;
    w->lane[w->admitted++] = lane;
    sqi_balance_add(&w->load, lane, sqi_edge_cost(edge));
    w->cost += sqi_edge_cost(edge);
    for (size_t i = 0; i < edge.written; i++)
        mark(w, edge.block[i], OWNED, lane);
    for (size_t i = edge.written; i < edge.size; i++) {
        unsigned kind = kind_of(w, edge.block[i]);
        if (kind == FREE)
            mark(w, edge.block[i], READ, lane);
        else if (kind == READ && w->state[edge.block[i]].lane != lane)
            mark(w, edge.block[i], SHARED, 0);
    }
}

static void defer(walk *w, uint32_t step, sqi_edge edge) {
    w->deferral.deferred[w->deferral.count++] = step;
    for (size_t i = 0; i < edge.written; i++)
        mark(w, edge.block[i], BLOCKED, 0);
    for (size_t i = edge.written; i < edge.size; i++) {
        unsigned kind = kind_of(w, edge.block[i]);
        mark(w, edge.block[i], kind == OWNED || kind == BLOCKED ? BLOCKED : SHARED, 0);
    }
}

/* Ends the batch: emits its lanes and makes the deferred steps pending. */
static int close_batch(walk *w, sq_plan *plan, sq_error *error) {
    int status = sqi_plan_append(plan, w->step, w->lane, w->admitted, w->fill, error);
    plan->deferrals += w->deferral.count;
    sqi_deferral_turn(&w->deferral);
    w->admitted = 0;
    w->cost = 0;
    if (++w->batch == 0) { /* the stamps have gone round: old ones must not look new */
        memset(w->state, 0, w->graph->blocks * sizeof *w->state);
        w->batch = 1;
    }
    sqi_balance_reset(&w->load);
    return status;
}

static void finish(void *work) {
    walk *w = work;
    if (!w)
        return;
    sqi_balance_fini(&w->load);
    sqi_free(w->state);
    sqi_free(w->fill);
    sqi_free(w->step);
    sqi_free(w->lane);
    sqi_deferral_fini(&w->deferral);
    sqi_free(w);
}

static int start(void **work, const sq_hypergraph *graph, const sq_plan_options *options,
                 sq_error *error) {
    walk *w = *work = sqi_alloc(1, sizeof *w, error);
    if (!w)
        return SQ_NO_MEMORY;
    w->graph = graph;
    w->batch = 1;
    w->batch_steps = options->batch;
    w->state = sqi_alloc(graph->blocks, sizeof *w->state, error);
    w->fill = sqi_alloc(options->lanes, sizeof *w->fill, error);
    w->step = sqi_alloc(w->batch_steps, sizeof *w->step, error);
    w->lane = sqi_alloc(w->batch_steps, sizeof *w->lane, error);
    int status = sqi_deferral_init(&w->deferral, options->deferrals, error);
    if (status == SQ_OK)
        status = sqi_balance_init(&w->load, options->lanes, error);
    return w->state && w->fill && w->step && w->lane ? status : SQ_NO_MEMORY;
}

static int segment(void *work, sq_plan *plan, const sqi_segment *seg, sq_error *error) {
    walk *w = work;
    sqi_deferral *d = &w->deferral;
    int status = SQ_OK;
    size_t next = seg->first, end = seg->first + seg->steps;
    while (status == SQ_OK && (d->head < d->waiting || next < end)) {
        sqi_edge_ask(w->graph, seg->pi, next + SQI_EDGE_AHEAD, end);
        uint32_t step = d->head < d->waiting ? d->pending[d->head++] : (uint32_t)next++;
        sqi_edge edge = sqi_edge_of(w->graph, sqi_sample(seg->pi, step));
        uint32_t lane = required_lane(w, edge);
        if (lane == NO_LANE || (lane != ANY_LANE && is_full(w, lane)))
            defer(w, step, edge);
        else
            admit(w, step, edge, lane == ANY_LANE ? sqi_balance_least(&w->load) : lane);
        if (w->admitted == w->batch_steps || d->count == d->most ||
            (d->head == d->waiting && next == end && !seg->open))
            status = close_batch(w, plan, error);
    }
    return status;
}

const sqi_planner sqi_planner_lanes = {"lanes", 8, start, segment, finish};
