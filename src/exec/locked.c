/* Locked: "coordinate or lock", with a lock for each block.
 *
 * Threads take steps of the order as in hogwild, a few at a time. For each:
 *
 *     lock the blocks of its hyperedge, in ascending order, each once
 *     x ← step(x)
 *     unlock them
 *
 * A step holds all its locks before it reads anything and until it has written everything (two-phase
 * locking: Eswaran, Gray, Lorie, Traiger 1976, "The notions of consistency and predicate locks in a
 * database system"), so the result is that of a serial run in some order of the steps: serialisable,
 * but in another order every time. As all take locks in ascending order, no circle of threads can wait
 * for each other. Blocks that no step of the epoch writes are not locked.
 *
 * The locks alone order all accesses: nothing here is hidden from ThreadSanitizer. With one thread
 * there is nobody to lock out. */
#include "base/alloc.h"
#include "base/prefetch.h"
#include "data/sort.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "plan/edges.h"
#include "sync/counter.h"
#include "sync/mutex.h"

/* Steps of a chunk. At rank 16 they took 5 to 16 % longer with 64 for all, whose samples are hardly a stream
 * that the processor could fetch ahead. */
enum { LEAST = 64, MOST = 512 };

/* How many steps ahead locks and parameters are asked for, and of how many blocks. */
enum { ROWS_AHEAD = 8, ROWS_MOST = 16 };

/* Locks of neighbouring blocks lie apart, as neighbours are often hot together: block b's is number
 * b × SPREAD mod 2^n, a bijection, in a table of at least 2^12. */
enum { TABLE_LEAST = 12 };
static const double SPREAD = 0.6180339887;

typedef struct locked {
    sqi_counter next;
    sqi_run *run;
    size_t end, chunk;
    sq_hypergraph *graph;     /* of the epoch … */
    const sq_hypergraph *own; /* … and whose blocks are locked: this one, or `sorted` */
    sq_hypergraph sorted;     /* ascending blocks without repeats, of those that are written */
    void *begin, *block;      /* its arrays */
    sqi_word *lock;           /* (size mask + 1) */
    uint32_t factor, mask;
} locked;

static int make_locks(locked *l, size_t blocks, sq_error *error) {
    unsigned bits = TABLE_LEAST;
    while (bits < 32 && (size_t)1 << bits < blocks)
        bits++;
    size_t size = (size_t)1 << bits;
    l->lock = sqi_alloc(size, sizeof *l->lock, error);
    if (!l->lock)
        return SQ_NO_MEMORY;
    l->mask = (uint32_t)(size - 1);
    l->factor = (uint32_t)(SPREAD * (double)size) | 1;
    for (size_t i = 0; i < size; i++)
        sqi_mutex_init(&l->lock[i]);
    return SQ_OK;
}

/* Whether all hyperedges can be locked as they are. */
static int ascending(const sq_hypergraph *graph) {
    if (graph->reads)
        return 0;
    for (size_t e = 0; e < graph->samples; e++) {
        sqi_edge edge = sqi_edge_of(graph, e);
        for (size_t i = 1; i < edge.size; i++)
            if (edge.block[i - 1] >= edge.block[i])
                return 0;
    }
    return 1;
}

/* Of an edge's blocks, ascending, each once, those that some step writes. item: (size 2 × edge.size)
 * room to sort. Returns how many there are. */
static size_t sort_edge(uint32_t *to, sqi_edge edge, const unsigned char *written, uint64_t *item) {
    size_t n = 0;
    for (size_t i = 0; i < edge.size; i++)
        item[i] = (uint64_t)edge.block[i] << 32;
    sqi_sort_high(item, item + edge.size, edge.size);
    for (size_t i = 0; i < edge.size; i++) {
        uint32_t b = (uint32_t)(item[i] >> 32);
        if (written[b] && (n == 0 || to[n - 1] != b))
            to[n++] = b;
    }
    return n;
}

/* Marks what any step of the epoch writes, and finds the size of the largest edge and of all. */
static void survey(const sq_hypergraph *graph, unsigned char *written, size_t *most, size_t *all) {
    *most = 1;
    *all = 0;
    for (size_t e = 0; e < graph->samples; e++) {
        sqi_edge edge = sqi_edge_of(graph, e);
        *most = edge.size > *most ? edge.size : *most;
        *all += edge.size;
        for (size_t i = 0; i < edge.written; i++)
            written[edge.block[i]] = 1;
    }
}

static int sort_all(locked *l, sq_error *error) {
    const sq_hypergraph *graph = l->graph;
    size_t most, all;
    unsigned char *written = sqi_alloc(graph->blocks, 1, error);
    if (!written)
        return SQ_NO_MEMORY;
    survey(graph, written, &most, &all);
    uint64_t *item = sqi_alloc(2 * most, sizeof *item, error);
    int status =
        item ? sqi_resize(&l->begin, graph->samples + 1, sizeof(uint64_t), error) : SQ_NO_MEMORY;
    if (status == SQ_OK)
        status = sqi_resize(&l->block, all + 1, sizeof(uint32_t), error);
    if (status == SQ_OK) {
        uint64_t *begin = l->begin;
        begin[0] = 0;
        for (size_t e = 0; e < graph->samples; e++)
            begin[e + 1] = begin[e] + sort_edge((uint32_t *)l->block + begin[e],
                                                sqi_edge_of(graph, e), written, item);
        l->sorted = (sq_hypergraph){
            .samples = graph->samples, .blocks = graph->blocks, .begin = begin, .block = l->block};
        l->own = &l->sorted;
    }
    sqi_free(item);
    sqi_free(written);
    return status;
}

static int prepare(sqi_run *run, sq_error *error) {
    locked *l = run->state;
    if (!l)
        run->state = l = sqi_alloc(1, sizeof *l, error);
    if (!l)
        return SQ_NO_MEMORY;
    if (run->threads == 1)
        return SQ_OK;
    if (l->own && sqi_run_same_edges(run))
        return SQ_OK;
    int status = l->lock ? SQ_OK : make_locks(l, run->problem->blocks, error);
    if (status == SQ_OK)
        status = sqi_run_hypergraph(&l->graph, run, error);
    if (status != SQ_OK)
        return status;
    l->own = l->graph;
    return ascending(l->graph) ? SQ_OK : sort_all(l, error);
}

static inline sqi_word *lock_of(const locked *l, uint32_t block) {
    return &l->lock[block * l->factor & l->mask];
}

static inline sqi_edge locks_of(const locked *l, const uint32_t *edges, size_t k) {
    return sqi_edge_of(l->own, sqi_sample(edges, k));
}

SQI_ASKS void ask_ahead(const locked *l, const uint32_t *edges, size_t k, size_t end) {
    const sq_problem *problem = l->run->problem;
    sqi_edge_ask(l->own, edges, k + SQI_EDGE_AHEAD, l->end);
    if (k + ROWS_AHEAD >= end)
        return;
    sqi_edge edge = locks_of(l, edges, k + ROWS_AHEAD);
    for (size_t i = 0; i < edge.size && i < ROWS_MOST; i++) {
        sqi_ask_to_write(lock_of(l, edge.block[i]));
        sqi_ask_to_write(l->run->x + edge.block[i] * (size_t)problem->stride);
    }
}

/* One step of the epoch. */
static inline void run_step(const sqi_run *run, unsigned thread, const sq_problem *problem,
                            const sq_steps *list) {
    if (run->trace)
        sqi_run_traced(run, thread, NULL, list->first, 1);
    else if (run->optimizing)
        sqi_optimizing_steps(run, thread, list);
    else if (problem->steps)
        problem->steps(problem->context, run->x, list);
    else
        problem->step(problem->context, run->x,
                      &(sq_step){run->epoch, list->first, sqi_sample(list->pi, list->first),
                                 sqi_run_gamma(run, list->first)});
}

static void run_chunk(const locked *l, unsigned thread, size_t first, size_t end) {
    const sqi_run *run = l->run;
    const sq_problem *problem = sqi_run_problem(run);
    const uint32_t *edges = sqi_run_edges(run);
    sq_steps list = {.pi = sqi_run_pi(run),
                     .count = 1,
                     .epoch = run->epoch,
                     .gamma = run->gamma,
                     .gammas = run->gammas};
    for (size_t k = first; k < end; k++) {
        ask_ahead(l, edges, k, end);
        sqi_edge edge = locks_of(l, edges, k);
        for (size_t i = 0; i < edge.size; i++)
            sqi_mutex_take(lock_of(l, edge.block[i]));
        list.first = k;
        run_step(run, thread, problem, &list);
        for (size_t i = edge.size; i-- > 0;)
            sqi_mutex_release(lock_of(l, edge.block[i]));
    }
}

static void work(void *context, unsigned thread) {
    locked *l = context;
    sqi_float_env was = sqi_float_env_enter();
    for (;;) {
        size_t first = (size_t)sqi_counter_take(&l->next, l->chunk);
        if (first >= l->end)
            break;
        run_chunk(l, thread, first, l->end - first < l->chunk ? l->end : first + l->chunk);
    }
    sqi_float_env_leave(was);
}

static void segment(sqi_run *run, size_t first, size_t count) {
    locked *l = run->state;
    if (run->threads == 1) {
        sqi_run_steps(run, NULL, first, count);
        return;
    }
    sqi_counter_init(&l->next, first);
    l->run = run;
    l->end = first + count;
    l->chunk = (size_t)sqi_counter_chunk(count, run->threads, LEAST, MOST);
    sqi_team_run(run->team, work, l);
}

static void finish(sqi_run *run) {
    locked *l = run->state;
    if (l) {
        sq_hypergraph_free(l->graph);
        sqi_free(l->begin);
        sqi_free(l->block);
        sqi_free(l->lock);
    }
    run->state = sqi_free(l);
}

const sqi_mode sqi_mode_locked = {
    .name = "locked", .threaded = 1, .prepare = prepare, .segment = segment, .finish = finish};
