/* What lazy steps keep: memory, hyperedges, the epoch's powers. The steps are in lazy_steps.c. */
#include "opt/lazy.h"

#include <string.h>

#include "base/alloc.h"
#include "num/exp.h"
#include "plan/edges.h"

enum { LINE_DOUBLES = 8 };

static size_t incidences(const sq_hypergraph *graph) {
    if (!graph)
        return 0;
    return graph->arity ? graph->samples * graph->arity : (size_t)graph->begin[graph->samples];
}

/* The blocks of the largest hyperedge that there can be. */
static size_t largest(const sq_problem *p, const sq_hypergraph *graph) {
    if (!p->graph || !graph || graph->arity)
        return graph && graph->arity ? graph->arity : p->edge_max;
    size_t most = 0;
    for (size_t e = 0; e < graph->samples; e++)
        most = sqi_edge_of(graph, e).size > most ? sqi_edge_of(graph, e).size : most;
    return most;
}

/* IDLE: of a sample that writes nothing, whose step does nothing, so what it would read is no matter. */
enum { UNSEEN = 0, READ = 1, WRITTEN = 2, IDLE = 4 };

/* What samples do with a block. */
typedef struct seen {
    unsigned role;
    uint32_t degree; /* samples that write it */
    size_t last;     /* the last of them, from 1 */
} seen;

static void see_edges(sqi_lazy *o, const sq_hypergraph *graph, seen *block) {
    o->repeats = 0;
    for (size_t e = 0; e < graph->samples; e++) {
        sqi_edge edge = sqi_edge_of(graph, e);
        for (size_t i = 0; i < edge.size; i++) {
            seen *s = &block[edge.block[i]];
            s->role |= i < edge.written ? WRITTEN : edge.written > 0 ? READ : IDLE;
            if (i >= edge.written)
                continue;
            o->repeats |= s->last == e + 1;
            s->degree += s->last != e + 1;
            s->last = e + 1;
        }
    }
}

int sqi_lazy_set_graph(sqi_lazy *lazy, const sq_hypergraph *graph, sq_error *error) {
    const sq_problem *p = lazy->problem;
    seen *block = sqi_alloc(p->blocks, sizeof *block, error);
    if (!block)
        return SQ_NO_MEMORY;
    lazy->graph = graph;
    see_edges(lazy, graph, block);
    int status = SQ_OK;
    for (size_t b = 0; b < p->blocks && status == SQ_OK; b++) {
        int still = block[b].role == UNSEEN || block[b].role & WRITTEN ? 0 : 1;
        lazy->cell[b * lazy->cells].count = still ? UINT64_MAX : 0;
        if (lazy->weight && block[b].degree > 0)
            lazy->weight[b] = 1 / (double)block[b].degree;
        if (block[b].role & READ && block[b].role & WRITTEN)
            status =
                sqi_fail(error, SQ_BAD_ARGUMENT,
                         "%s: block %zu is written by some steps and only read by others: exact "
                         "L2, svrg and saga move what they read",
                         p->name, b);
    }
    sqi_free(block);
    return status;
}

static int make_room(sqi_lazy *o, const sqi_lazy_options *options, sq_error *error) {
    const sq_problem *p = o->problem;
    o->cell = sqi_alloc(p->blocks, o->cells * sizeof *o->cell, error);
    o->scratch = sqi_alloc(options->threads, o->room * sizeof *o->scratch, error);
    if (!o->cell || !o->scratch)
        return SQ_NO_MEMORY;
    if (options->racing && o->optimizer != SQ_SGD) {
        o->weight = sqi_alloc(p->blocks, sizeof *o->weight, error);
        if (!o->weight)
            return SQ_NO_MEMORY;
    }
    if (o->optimizer == SQ_SVRG) {
        o->snapshot = sqi_alloc(p->blocks, p->stride * sizeof *o->snapshot, error);
        if (!o->snapshot)
            return SQ_NO_MEMORY;
    }
    if (o->optimizer == SQ_SAGA) {
        o->table = sqi_alloc(o->table_size, sizeof *o->table, error);
        if (!o->table)
            return SQ_NO_MEMORY;
    }
    if (!options->varying)
        return sqi_powers_init(&o->powers, o->steps, error);
    o->log_keep = sqi_alloc(o->steps + 1, sizeof *o->log_keep, error);
    return o->log_keep ? SQ_OK : SQ_NO_MEMORY;
}

int sqi_lazy_new(sqi_lazy **lazy, const sq_problem *problem, const sq_hypergraph *graph,
                 const sqi_lazy_options *options, sq_error *error) {
    sqi_lazy *o = *lazy = sqi_alloc(1, sizeof *o, error);
    if (!o)
        return SQ_NO_MEMORY;
    o->problem = problem;
    o->optimizer = options->optimizer;
    o->rate = 2 * options->l2 / (double)problem->samples;
    o->cells = options->optimizer == SQ_SGD ? 1 : 1 + problem->width;
    o->table_size = options->optimizer == SQ_SAGA ? incidences(graph) * problem->width : 0;
    o->most = largest(problem, graph) * problem->width;
    o->room = (o->most * (options->optimizer == SQ_SVRG ? 2 : 1) / LINE_DOUBLES + 2) * LINE_DOUBLES;
    o->steps = options->steps;
    int status = make_room(o, options, error);
    if (status == SQ_OK && graph)
        status = sqi_lazy_set_graph(o, graph, error);
    if (status != SQ_OK)
        *lazy = sqi_lazy_free(o);
    return status;
}

sqi_lazy *sqi_lazy_free(sqi_lazy *lazy) {
    if (lazy) {
        sqi_powers_fini(&lazy->powers);
        sqi_free(lazy->cell);
        sqi_free(lazy->scratch);
        sqi_free(lazy->weight);
        sqi_free(lazy->snapshot);
        sqi_free(lazy->table);
        sqi_free(lazy->log_keep);
    }
    return sqi_free(lazy);
}

/* log(1 - y) for 0 ≤ y < 1. log1p wants y / (1 - y) to be at most 1: what is left of 1 is doubled until
 * it is at least a half. */
static double log_of_rest(double y) {
    static const double LN2 = 0x1.62e42fefa39efp-1;
    double rest = 1 - y, halves = 0;
    while (rest < 0.5) {
        rest *= 2;
        halves++;
    }
    double gone = halves > 0 ? 1 - rest : y;
    return -(halves * LN2 + sqi_log1p(gone / rest));
}

void sqi_lazy_begin(sqi_lazy *lazy, double gamma, const double *gammas) {
    lazy->gamma = gamma;
    lazy->gammas = gammas;
    if (!lazy->log_keep) {
        sqi_powers_fill(&lazy->powers, sqi_lazy_keep(lazy->rate, gamma));
        return;
    }
    for (size_t k = 0; k < lazy->steps; k++)
        lazy->log_keep[k + 1] = lazy->log_keep[k] + log_of_rest(gammas[k] * lazy->rate);
}

void sqi_lazy_set_dense(sqi_lazy *lazy, const double *sum, size_t first, size_t count) {
    const uint32_t width = lazy->problem->width;
    for (size_t b = first; b < first + count; b++)
        for (uint32_t j = 0; j < width; j++)
            lazy->cell[b * lazy->cells + 1 + j].number =
                lazy->weight ? sum[b * width + j] * lazy->weight[b]
                             : sum[b * width + j] / (double)lazy->problem->samples;
}

static size_t entry_of(const sqi_lazy *o, size_t sample) {
    return (size_t)(sqi_edge_of(o->graph, sample).block - o->graph->block) * o->problem->width;
}

void sqi_lazy_remember(sqi_lazy *lazy, unsigned thread, const float *x, size_t first,
                       size_t count) {
    const sq_problem *p = lazy->problem;
    double *g = lazy->scratch + thread * lazy->room;
    for (size_t e = first; e < first + count; e++) {
        size_t numbers = sqi_edge_of(lazy->graph, e).written * p->width;
        float *entry = lazy->table + entry_of(lazy, e);
        p->gradient(p->context, x, &(sq_step){.position = e, .sample = e}, g);
        for (size_t i = 0; i < numbers; i++)
            entry[i] = (float)g[i];
    }
}

static void entry(const void *context, const float *x, const sq_step *step, double *gradient) {
    const sqi_lazy *o = context;
    const float *from = o->table + entry_of(o, step->sample);
    size_t numbers = sqi_edge_of(o->graph, step->sample).written * o->problem->width;
    (void)x;
    for (size_t i = 0; i < numbers; i++)
        gradient[i] = (double)from[i];
}

sq_problem sqi_lazy_entries(const sqi_lazy *lazy) {
    sq_problem entries = *lazy->problem;
    entries.context = lazy;
    entries.gradient = entry;
    entries.graph = lazy->graph;
    entries.hyperedge = NULL;
    entries.arranger = NULL;
    return entries;
}

void sqi_lazy_rewind(const sqi_lazy *lazy, uint64_t step, size_t first, size_t count) {
    for (size_t b = first; b < first + count; b++) {
        sqi_cell *cell = lazy->cell + b * lazy->cells;
        cell->count = cell->count == UINT64_MAX ? UINT64_MAX : step;
    }
}
