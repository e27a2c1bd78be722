/* Tracing: what each step read and wrote, as two hashes in a slot of its own, so that threads share
 * nothing. Steps run one by one through the problem's `step`, which has the bits of its `steps`. */
#include <xxhash.h>

#include "base/alloc.h"
#include "base/endian.h"
#include "base/prefetch.h"
#include "exec/run.h"
#include "plan/edges.h"

/* How many steps ahead a hyperedge, and the blocks that it names, are asked for; of how many blocks. */
enum { EDGE_AHEAD = 32, ROWS_AHEAD = 8, ROWS_MOST = 16 };

/* The numbers of count blocks, in order. */
static uint64_t hash_blocks(const sqi_run *run, const uint32_t *block, size_t count) {
    const sq_problem *p = run->problem;
    unsigned char bytes[4096];
    uint64_t hash = 0; /* the seed of what follows: long hyperedges are hashed piece by piece */
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        const float *row = run->x + block[i] * (size_t)p->stride;
        for (size_t j = 0; j < p->width;) {
            size_t room = (sizeof bytes - filled) / 4,
                   n = p->width - j < room ? p->width - j : room;
            sqi_store_words(bytes + filled, row + j, n);
            j += n;
            filled += 4 * n;
            if (filled == sizeof bytes) {
                hash = XXH3_64bits_withSeed(bytes, filled, hash);
                filled = 0;
            }
        }
    }
    return XXH3_64bits_withSeed(bytes, filled, hash);
}

static sqi_edge edge_of_step(const sqi_run *run, size_t k) {
    return sqi_edge_of(run->graph, run->problem->edges_vary ? k : run->pi[k]);
}

/* Asks for what a later step will read. */
SQI_ASKS void ask_for(const sqi_run *run, size_t k) {
    sqi_edge edge = edge_of_step(run, k);
    for (size_t i = 0; i < edge.size && i < ROWS_MOST; i++)
        sqi_ask_to_write(run->x + edge.block[i] * (size_t)run->problem->stride);
    sqi_ask_to_write(&run->trace[k]);
}

void sqi_trace_read(const sqi_run *run, size_t k) {
    sqi_edge edge = edge_of_step(run, k);
    run->trace[k].read = hash_blocks(run, edge.block, edge.size);
}

void sqi_trace_written(const sqi_run *run, size_t k) {
    sqi_edge edge = edge_of_step(run, k);
    run->trace[k].written = hash_blocks(run, edge.block, edge.written);
}

/* One step, by the problem or the optimiser. */
static void run_step(const sqi_run *run, unsigned thread, const sq_step *step) {
    if (run->optimizing)
        sqi_optimizing_steps(run, thread,
                             &(sq_steps){.pi = run->pi,
                                         .first = step->position,
                                         .count = 1,
                                         .epoch = step->epoch,
                                         .gamma = step->gamma});
    else
        run->problem->step(run->problem->context, run->x, step);
}

void sqi_run_traced(const sqi_run *run, unsigned thread, const uint32_t *position, size_t first,
                    size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t k = position ? position[i] : first + i;
        if (i + EDGE_AHEAD < count)
            sqi_ask(edge_of_step(run, position ? position[i + EDGE_AHEAD] : k + EDGE_AHEAD).block);
        if (i + ROWS_AHEAD < count)
            ask_for(run, position ? position[i + ROWS_AHEAD] : k + ROWS_AHEAD);
        sq_step step = {run->epoch, k, run->pi[k], sqi_run_gamma(run, k)};
        sqi_trace_read(run, k);
        run_step(run, thread, &step);
        sqi_trace_written(run, k);
    }
}

int sqi_trace_begin(sqi_run *run, sq_error *error) {
    const sq_observer *o = run->options->observer;
    if (!o || !o->trace)
        return SQ_OK;
    if (!run->trace)
        run->trace = sqi_alloc(run->steps, sizeof *run->trace, error);
    if (!run->trace)
        return SQ_NO_MEMORY;
    if (run->graph && !run->problem->edges_vary)
        return SQ_OK;
    run->graph = sq_hypergraph_free(run->graph);
    return sq_problem_hypergraph(&run->graph, run->problem, run->epoch, run->pi, run->steps, error);
}

void sqi_trace_end(sqi_run *run) {
    run->graph = sq_hypergraph_free(run->graph);
    run->trace = sqi_free(run->trace);
}
