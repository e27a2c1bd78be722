/* The planner `components`: connected components of a window of steps (CYCLADES: Pan, Lam, Tu,
 * Papailiopoulos, Zhang, Jordan, Ramchandran, Ré, Recht 2016, section 2).
 *
 * Steps of a window are connected when they share a block that some step of the window writes. A
 * window is a batch; a component goes to one lane, the largest first to the least loaded. One giant
 * component makes a window serial: the window's length is chosen with that in mind. */
#include <stdlib.h>

#include "base/alloc.h"
#include "plan/balance.h"
#include "plan/builder.h"

static const uint32_t NOBODY = UINT32_MAX;

typedef struct component {
    uint64_t cost;
    uint32_t first; /* its first step, counted in the window; its root */
} component;

typedef struct components {
    const sq_hypergraph *graph;
    sqi_balance load;
    uint32_t *fill;
    uint32_t *stamp;  /* the window in which a block was last written (size blocks) */
    uint32_t *holder; /* in that window: a step that touches the block, or NOBODY (size blocks) */
    uint32_t
        *parent; /* union-find over the window's steps; a root is its tree's first (size window) */
    uint32_t *step, *lane; /* (size window) */
    component *component;  /* (size window) */
    size_t window;
    uint32_t number; /* of the current window, from 1 */
} components;

static void finish(void *work) {
    components *w = work;
    if (!w)
        return;
    sqi_balance_fini(&w->load);
    sqi_free(w->fill);
    sqi_free(w->stamp);
    sqi_free(w->holder);
    sqi_free(w->parent);
    sqi_free(w->step);
    sqi_free(w->lane);
    sqi_free(w->component);
    sqi_free(w);
}

static int start(void **work, const sq_hypergraph *graph, const sq_plan_options *options,
                 sq_error *error) {
    components *w = *work = sqi_alloc(1, sizeof *w, error);
    if (!w)
        return SQ_NO_MEMORY;
    w->graph = graph;
    w->window = options->batch;
    w->fill = sqi_alloc(options->lanes, sizeof *w->fill, error);
    w->stamp = sqi_alloc(graph->blocks, sizeof *w->stamp, error);
    w->holder = sqi_alloc(graph->blocks, sizeof *w->holder, error);
    w->parent = sqi_alloc(w->window, sizeof *w->parent, error);
    w->step = sqi_alloc(w->window, sizeof *w->step, error);
    w->lane = sqi_alloc(w->window, sizeof *w->lane, error);
    w->component = sqi_alloc(w->window, sizeof *w->component, error);
    if (!w->fill || !w->stamp || !w->holder || !w->parent || !w->step || !w->lane || !w->component)
        return SQ_NO_MEMORY;
    return sqi_balance_init(&w->load, options->lanes, error);
}

static uint32_t root_of(uint32_t *parent, uint32_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b) {
    a = root_of(parent, a);
    b = root_of(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

static int largest_first(const void *a, const void *b) {
    const component *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

/* Connects the window's steps: afterwards parent leads every step to its component's first. */
static void connect(components *w, const sqi_segment *seg, size_t first, size_t count) {
    if (++w->number == 0) { /* the stamps have gone round: old ones must not look new */
        for (size_t b = 0; b < w->graph->blocks; b++)
            w->stamp[b] = 0;
        w->number = 1;
    }
    for (size_t i = 0; i < count; i++) {
        sqi_edge_ask(w->graph, seg->pi, first + i + SQI_EDGE_AHEAD, first + count);
        sqi_edge edge = sqi_edge_of(w->graph, sqi_sample(seg->pi, first + i));
        for (size_t e = 0; e < edge.written; e++) {
            w->stamp[edge.block[e]] = w->number;
            w->holder[edge.block[e]] = NOBODY;
        }
    }
    for (size_t i = 0; i < count; i++) {
        sqi_edge edge = sqi_edge_of(w->graph, sqi_sample(seg->pi, first + i));
        uint32_t self = (uint32_t)i;
        w->parent[i] = self;
        for (size_t e = 0; e < edge.size; e++) {
            uint32_t block = edge.block[e];
            if (w->stamp[block] != w->number)
                continue;
            if (w->holder[block] == NOBODY)
                w->holder[block] = self;
            else
                join(w->parent, w->holder[block], self);
        }
    }
}

static int plan_window(components *w, sq_plan *plan, const sqi_segment *seg, size_t first,
                       size_t count, sq_error *error) {
    connect(w, seg, first, count);
    for (size_t i = 0; i < count; i++)
        w->component[i] = (component){0, (uint32_t)i};
    for (size_t i = 0; i < count; i++) {
        sqi_edge edge = sqi_edge_of(w->graph, sqi_sample(seg->pi, first + i));
        w->step[i] = (uint32_t)(first + i);
        w->component[root_of(w->parent, (uint32_t)i)].cost += sqi_edge_cost(edge);
    }
    qsort(w->component, count, sizeof *w->component, largest_first);
    sqi_balance_reset(&w->load);
    for (size_t c = 0; c < count && w->component[c].cost > 0; c++) {
        uint32_t lane = sqi_balance_least(&w->load);
        sqi_balance_add(&w->load, lane, w->component[c].cost);
        w->lane[w->component[c].first] = lane;
    }
    for (size_t i = 0; i < count; i++)
        w->lane[i] = w->lane[root_of(w->parent, (uint32_t)i)];
    return sqi_plan_append(plan, w->step, w->lane, count, w->fill, error);
}

static int segment(void *work, sq_plan *plan, const sqi_segment *seg, sq_error *error) {
    components *w = work;
    int status = SQ_OK;
    size_t end = seg->first + seg->steps;
    for (size_t first = seg->first; first < end && status == SQ_OK; first += w->window) {
        if (seg->open && end - first < w->window)
            break;
        size_t count = end - first < w->window ? end - first : w->window;
        status = plan_window(w, plan, seg, first, count, error);
    }
    return status;
}

const sqi_planner sqi_planner_components = {"components", 8, start, segment, finish};
