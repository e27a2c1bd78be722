/* What the conflicts of an epoch allow, before any planner is chosen. */
#include <string.h>

#include "base/alloc.h"
#include "plan/wavefront.h"

typedef struct touches {
    uint32_t count;
    uint32_t last; /* step + 1 that counted last: a block may be in a hyperedge twice */
} touches;

static void count_edge(sq_conflicts *c, touches *touched, sqi_edge edge, uint32_t step) {
    c->incidences += edge.size;
    if (edge.size < c->edge_min)
        c->edge_min = edge.size;
    if (edge.size > c->edge_max)
        c->edge_max = edge.size;
    for (size_t i = 0; i < edge.size; i++) {
        touches *t = &touched[edge.block[i]];
        if (t->last == step + 1)
            continue;
        t->last = step + 1;
        c->used += ++t->count == 1;
        if (t->count > c->heaviest)
            c->heaviest = t->count;
    }
}

int sq_plan_conflicts(sq_conflicts *conflicts, const sq_hypergraph *graph, const uint32_t *pi,
                      size_t steps, sq_error *error) {
    *conflicts = (sq_conflicts){.samples = graph->samples,
                                .steps = steps,
                                .blocks = graph->blocks,
                                .edge_min = steps ? SIZE_MAX : 0};
    touches *touched = sqi_alloc(graph->blocks, sizeof *touched, error);
    sqi_wavefront front = {0};
    int status = touched ? sqi_wavefront_init(&front, graph, error) : SQ_NO_MEMORY;
    for (size_t k = 0; k < steps && status == SQ_OK; k++) {
        sqi_edge_ask(graph, pi, k + SQI_EDGE_AHEAD, steps);
        sqi_edge edge = sqi_edge_of(graph, sqi_sample(pi, k));
        count_edge(conflicts, touched, edge, (uint32_t)k);
        uint32_t level = sqi_wavefront_step(&front, edge);
        if (level > conflicts->depth)
            conflicts->depth = level;
    }
    sqi_wavefront_fini(&front);
    sqi_free(touched);
    return status;
}
