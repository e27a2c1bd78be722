/* The O(n²) answers. */
#include "oracle/plan.h"

#include <stdlib.h>

typedef struct edge {
    const uint32_t *block;
    size_t size, written;
} edge;

static edge edge_of(const sq_hypergraph *graph, size_t sample) {
    uint64_t from = graph->arity ? (uint64_t)graph->arity * sample : graph->begin[sample];
    uint64_t to = graph->arity ? (uint64_t)graph->arity * (sample + 1) : graph->begin[sample + 1];
    size_t size = (size_t)(to - from), reads = graph->reads ? graph->reads[sample] : 0;
    return (edge){graph->block + from, size, size - reads};
}

/* The block's first place in the hyperedge; its size: it is not there. */
static size_t place_of(edge e, uint32_t block) {
    size_t place = 0;
    while (place < e.size && e.block[place] != block)
        place++;
    return place;
}

int oracle_touches(const sq_hypergraph *graph, size_t sample, uint32_t block) {
    edge e = edge_of(graph, sample);
    return place_of(e, block) < e.size;
}

int oracle_writes(const sq_hypergraph *graph, size_t sample, uint32_t block) {
    edge e = edge_of(graph, sample);
    return place_of(e, block) < e.written;
}

static size_t sample_of(const uint32_t *pi, size_t step) {
    return pi ? pi[step] : step;
}

int oracle_has_effect(const sq_hypergraph *graph, const uint32_t *pi, size_t step) {
    return edge_of(graph, sample_of(pi, step)).written > 0;
}

int oracle_conflict(const sq_hypergraph *graph, const uint32_t *pi, size_t i, size_t j) {
    size_t a = sample_of(pi, i), b = sample_of(pi, j);
    edge e = edge_of(graph, a);
    for (size_t p = 0; p < e.size; p++)
        if (oracle_touches(graph, b, e.block[p]) &&
            (oracle_writes(graph, a, e.block[p]) || oracle_writes(graph, b, e.block[p])))
            return 1;
    return 0;
}

typedef struct place {
    size_t times, batch, lane, index;
} place;

oracle_verdict oracle_judge(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                            size_t steps) {
    oracle_verdict verdict = {0};
    place *at = calloc(steps + 1, sizeof *at);
    for (size_t b = 0; b < plan->batches; b++)
        for (size_t l = 0; l < plan->lanes; l++)
            for (size_t i = plan->begin[b * plan->lanes + l];
                 i < plan->begin[b * plan->lanes + l + 1]; i++) {
                size_t k = plan->step[i];
                if (k < steps)
                    at[k] = (place){at[k].times + 1, b, l, i};
                else
                    verdict.incomplete = 1;
            }
    for (size_t k = 0; k < steps; k++)
        if (at[k].times != 1)
            verdict.incomplete = 1;
    for (size_t i = 0; i < steps && !verdict.incomplete; i++)
        for (size_t j = i + 1; j < steps; j++) {
            if (at[i].batch < at[j].batch)
                continue;
            if (at[i].batch == at[j].batch && at[i].lane == at[j].lane && at[i].index < at[j].index)
                continue;
            if (!oracle_conflict(graph, pi, i, j))
                continue;
            if (verdict.broken++ == 0) {
                verdict.first = i;
                verdict.then = j;
            }
            verdict.observable +=
                oracle_has_effect(graph, pi, i) && oracle_has_effect(graph, pi, j);
        }
    free(at);
    return verdict;
}

size_t oracle_depth(const sq_hypergraph *graph, const uint32_t *pi, size_t steps) {
    size_t *chain = calloc(steps + 1, sizeof *chain), depth = 0;
    for (size_t j = 0; j < steps; j++) {
        chain[j] = 1;
        for (size_t i = 0; i < j; i++)
            if (chain[i] >= chain[j] && oracle_conflict(graph, pi, i, j))
                chain[j] = chain[i] + 1;
        if (chain[j] > depth)
            depth = chain[j];
    }
    free(chain);
    return depth;
}
