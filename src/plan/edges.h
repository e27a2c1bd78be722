/* Hyperedges and orders as the planners walk them. */
#ifndef SQI_PLAN_EDGES_H
#define SQI_PLAN_EDGES_H

#include "base/prefetch.h"
#include "sequent/plan.h"

/* One step's hyperedge: block[0 … written) are written, block[written … size) only read. */
typedef struct sqi_edge {
    const uint32_t *block;
    size_t written, size;
} sqi_edge;

static inline uint32_t sqi_sample(const uint32_t *pi, size_t step) {
    return pi ? pi[step] : (uint32_t)step;
}

static inline sqi_edge sqi_edge_of(const sq_hypergraph *graph, size_t sample) {
    sqi_edge edge;
    if (graph->arity) {
        edge.block = graph->block + sample * graph->arity;
        edge.size = graph->arity;
    } else {
        edge.block = graph->block + graph->begin[sample];
        edge.size = (size_t)(graph->begin[sample + 1] - graph->begin[sample]);
    }
    edge.written = edge.size - (graph->reads ? graph->reads[sample] : 0);
    return edge;
}

/* How many steps ahead a planner asks for a hyperedge. The order visits samples at random, so that
 * each one is a cache miss unless it is asked for in time. */
enum { SQI_EDGE_AHEAD = 24 };

/* Asks for the hyperedge of a step that will be visited soon, if it is below end. */
SQI_ASKS void sqi_edge_ask(const sq_hypergraph *graph, const uint32_t *pi, size_t step,
                           size_t end) {
    if (step >= end)
        return;
    size_t sample = sqi_sample(pi, step);
    if (graph->arity)
        sqi_ask(graph->block + sample * graph->arity);
    else
        sqi_ask(graph->block + graph->begin[sample]);
}

/* The cost of a step in the unit that balances lanes: blocks touched, at least one. */
static inline uint64_t sqi_edge_cost(sqi_edge edge) {
    return edge.size ? edge.size : 1;
}

#endif
