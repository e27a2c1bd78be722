/* The planner `levels`: wavefronts of the dependence graph (Anderson, Saad 1989, "Solving sparse
 * triangular linear systems on parallel computers").
 *
 * No two steps of a level conflict, so a level is a batch with its steps dealt to the least loaded
 * lane. Levels too thin to be worth a boundary are gathered, level after level, in lane 0 of one
 * batch: conflicting steps of different levels are then in one lane in the order of their levels,
 * which is that of pi, and a chain costs no boundary at all. */
#include <string.h>

#include "base/alloc.h"
#include "plan/balance.h"
#include "plan/builder.h"
#include "plan/wavefront.h"

typedef struct levels {
    const sq_hypergraph *graph;
    sqi_wavefront front;
    sqi_balance load;
    uint32_t *fill;
    double step_ns, boundary_ns;
    uint32_t lanes;
    void *level; /* uint32_t: level of each step of the segment … */
    void *step;  /* uint32_t: … the steps sorted by level … */
    void *lane;  /* uint32_t: … and their lanes */
    void *begin; /* uint32_t: where each level begins in step (size levels + 1) */
} levels;

static void finish(void *work) {
    levels *w = work;
    if (!w)
        return;
    sqi_wavefront_fini(&w->front);
    sqi_balance_fini(&w->load);
    sqi_free(w->fill);
    sqi_free(w->level);
    sqi_free(w->step);
    sqi_free(w->lane);
    sqi_free(w->begin);
    sqi_free(w);
}

static int start(void **work, const sq_hypergraph *graph, const sq_plan_options *options,
                 sq_error *error) {
    levels *w = *work = sqi_alloc(1, sizeof *w, error);
    if (!w)
        return SQ_NO_MEMORY;
    w->graph = graph;
    w->step_ns = options->step_ns;
    w->boundary_ns = options->boundary_ns;
    w->lanes = options->lanes;
    w->fill = sqi_alloc(options->lanes, sizeof *w->fill, error);
    int status = sqi_wavefront_init(&w->front, graph, error);
    if (status == SQ_OK)
        status = sqi_balance_init(&w->load, options->lanes, error);
    return w->fill ? status : SQ_NO_MEMORY;
}

/* Sorts the segment's steps by level: step and begin. Returns the number of levels. */
static int sort_by_level(levels *w, const sqi_segment *seg, size_t *count, sq_error *error) {
    int status = sqi_resize(&w->level, seg->steps, sizeof(uint32_t), error);
    if (status == SQ_OK)
        status = sqi_resize(&w->step, seg->steps, sizeof(uint32_t), error);
    if (status == SQ_OK)
        status = sqi_resize(&w->lane, seg->steps, sizeof(uint32_t), error);
    if (status != SQ_OK)
        return status;
    if (w->front.base > UINT32_MAX - seg->steps) { /* numbers are used up: begin anew */
        memset(w->front.written, 0, w->graph->blocks * sizeof *w->front.written);
        if (w->front.read)
            memset(w->front.read, 0, w->graph->blocks * sizeof *w->front.read);
        w->front.base = 0;
    }
    uint32_t *level = w->level, *step = w->step, depth = 0;
    for (size_t i = 0; i < seg->steps; i++) {
        sqi_edge_ask(w->graph, seg->pi, seg->first + i + SQI_EDGE_AHEAD, seg->first + seg->steps);
        sqi_edge edge = sqi_edge_of(w->graph, sqi_sample(seg->pi, seg->first + i));
        level[i] = sqi_wavefront_step(&w->front, edge) - w->front.base - 1;
        if (level[i] >= depth)
            depth = level[i] + 1;
    }
    w->front.base += depth;
    status = sqi_resize(&w->begin, (size_t)depth + 1, sizeof(uint32_t), error);
    if (status != SQ_OK)
        return status;
    uint32_t *begin = w->begin, next = 0;
    memset(begin, 0, ((size_t)depth + 1) * sizeof *begin);
    for (size_t i = 0; i < seg->steps; i++)
        begin[level[i]]++;
    for (size_t l = 0; l <= depth; l++) {
        uint32_t size = l < depth ? begin[l] : 0;
        begin[l] = next;
        next += size;
    }
    for (size_t i = 0; i < seg->steps; i++)
        step[begin[level[i]]++] = (uint32_t)(seg->first + i);
    memmove(begin + 1, begin, depth * sizeof *begin); /* each begin has moved to its end */
    begin[0] = 0;
    *count = depth;
    return SQ_OK;
}

/* Deals steps from … to - 1 to the lanes; says whether that is worth a boundary. */
static int deal(levels *w, const uint32_t *pi, size_t from, size_t to, double cost_ns) {
    const uint32_t *step = w->step;
    uint32_t *lane = w->lane;
    uint64_t cost = 0;
    sqi_balance_reset(&w->load);
    for (size_t i = from; i < to; i++) {
        uint64_t own = sqi_edge_cost(sqi_edge_of(w->graph, sqi_sample(pi, step[i])));
        lane[i] = sqi_balance_least(&w->load);
        sqi_balance_add(&w->load, lane[i], own);
        cost += own;
    }
    uint64_t longest = 0;
    for (uint32_t l = 0; l < w->lanes; l++)
        longest = w->load.load[l] > longest ? w->load.load[l] : longest;
    return (double)(cost - longest) * cost_ns > w->boundary_ns;
}

static double mean_cost(const sq_hypergraph *graph, const sqi_segment *seg) {
    uint64_t cost = 0;
    for (size_t i = 0; i < seg->steps; i++)
        cost += sqi_edge_cost(sqi_edge_of(graph, sqi_sample(seg->pi, seg->first + i)));
    return (double)cost / (double)seg->steps;
}

static int segment(void *work, sq_plan *plan, const sqi_segment *seg, sq_error *error) {
    levels *w = work;
    size_t count = 0;
    int status = sort_by_level(w, seg, &count, error);
    if (status != SQ_OK)
        return status;
    const uint32_t *begin = w->begin, *step = w->step;
    uint32_t *lane = w->lane;
    double cost_ns = w->step_ns / mean_cost(w->graph, seg);
    size_t thin = 0; /* step[thin] … is what has been gathered for lane 0 */
    for (size_t l = 0; l < count && status == SQ_OK; l++) {
        int wide = deal(w, seg->pi, begin[l], begin[l + 1], cost_ns);
        if (!wide)
            memset(lane + begin[l], 0, (begin[l + 1] - begin[l]) * sizeof *lane);
        if (wide && thin < begin[l])
            status =
                sqi_plan_append(plan, step + thin, lane + thin, begin[l] - thin, w->fill, error);
        if (wide) {
            if (status == SQ_OK)
                status = sqi_plan_append(plan, step + begin[l], lane + begin[l],
                                         begin[l + 1] - begin[l], w->fill, error);
            thin = begin[l + 1];
        }
    }
    if (status == SQ_OK && thin < seg->steps)
        status = sqi_plan_append(plan, step + thin, lane + thin, seg->steps - thin, w->fill, error);
    return status;
}

const sqi_planner sqi_planner_levels = {"levels", 8, start, segment, finish};
