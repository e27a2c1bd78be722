/* The hyperedges of an epoch: given by the problem, or asked for one by one. */
#include "base/alloc.h"
#include "exec/run.h"

typedef struct made {
    sq_hypergraph graph; /* first, so that a pointer to it is a pointer to the whole */
    void *begin, *block, *reads;
} made;

sq_hypergraph *sq_hypergraph_free(sq_hypergraph *graph) {
    made *m = (made *)graph;
    if (m) {
        sqi_free(m->begin);
        sqi_free(m->block);
        sqi_free(m->reads);
    }
    return sqi_free(m);
}

/* Appends hyperedge number i to the graph; room is the size of block. */
static int ask(made *m, size_t *room, const sq_problem *problem, size_t i, const sq_step *step,
               sq_error *error) {
    uint64_t *begin = m->begin;
    uint32_t *reads = m->reads;
    size_t used = (size_t)begin[i];
    if (*room - used < problem->edge_max) {
        *room = 2 * *room + problem->edge_max;
        int status = sqi_resize(&m->block, *room, sizeof(uint32_t), error);
        if (status != SQ_OK)
            return status;
    }
    uint32_t *block = (uint32_t *)m->block + used;
    reads[i] = 0;
    size_t size = problem->hyperedge(problem->context, step, block, &reads[i]);
    begin[i + 1] = used + size;
    if (size > problem->edge_max || reads[i] > size)
        return sqi_fail(error, SQ_INVALID,
                        "%s: step %zu has a hyperedge of %zu blocks, %u only read; expected at "
                        "most %u in all",
                        problem->name, step->position, size, reads[i], problem->edge_max);
    for (size_t b = 0; b < size; b++)
        if (block[b] >= problem->blocks)
            return sqi_fail(error, SQ_INVALID,
                            "%s: step %zu has block %u in its hyperedge; there are %zu blocks",
                            problem->name, step->position, block[b], problem->blocks);
    return SQ_OK;
}

int sq_problem_hypergraph(sq_hypergraph **graph, const sq_problem *problem, uint64_t epoch,
                          const uint32_t *pi, size_t steps, sq_error *error) {
    *graph = NULL;
    made *m = sqi_alloc(1, sizeof *m, error);
    if (!m)
        return SQ_NO_MEMORY;
    *graph = &m->graph;
    if (problem->graph) {
        m->graph = *problem->graph;
        return SQ_OK;
    }
    size_t edges = problem->edges_vary ? steps : problem->samples, room = 0;
    m->begin = sqi_alloc(edges + 1, sizeof(uint64_t), error);
    m->reads = sqi_alloc(edges + 1, sizeof(uint32_t), error);
    int status =
        m->begin && m->reads ? sqi_resize(&m->block, 1, sizeof(uint32_t), error) : SQ_NO_MEMORY;
    for (size_t i = 0; i < edges && status == SQ_OK; i++) {
        sq_step step = {.epoch = epoch, .position = i, .sample = i};
        if (problem->edges_vary)
            step.sample = pi ? pi[i] : i;
        status = ask(m, &room, problem, i, &step, error);
    }
    m->graph = (sq_hypergraph){.samples = edges,
                               .blocks = problem->blocks,
                               .begin = m->begin,
                               .block = m->block,
                               .reads = m->reads};
    if (status != SQ_OK)
        *graph = sq_hypergraph_free(*graph);
    return status;
}

int sqi_run_hypergraph(sq_hypergraph **graph, const sqi_run *run, sq_error *error) {
    const sq_problem *problem = sqi_run_problem(run);
    if (*graph && sqi_run_same_edges(run))
        return SQ_OK;
    *graph = sq_hypergraph_free(*graph);
    return sq_problem_hypergraph(graph, problem, run->epoch, sqi_run_pi(run), run->steps, error);
}
