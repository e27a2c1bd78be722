/* Segments of the order are planned independently: a batch boundary lies between them. */
#include "exec/planning.h"

#include "base/alloc.h"
#include "plan/builder.h"
#include "sync/counter.h"

typedef struct planning {
    sqi_counter next; /* segment to be planned */
    const sqi_planner *planner;
    const sq_hypergraph *graph;
    const sq_plan_options *options;
    const uint32_t *pi;
    size_t steps, segments;
    sq_plan *all;    /* has room for all steps, which the segments fill in */
    sq_plan **part;  /* one a segment (size segments) */
    void **work;     /* one a thread (size threads) */
    int *status;     /* one a thread (size threads) */
    sq_error *error; /* one a thread (size threads) */
} planning;

static void plan_segments(void *context, unsigned thread) {
    planning *p = context;
    while (p->status[thread] == SQ_OK) {
        size_t s = (size_t)sqi_counter_take(&p->next, 1);
        if (s >= p->segments)
            break;
        size_t first = s * p->options->segment, left = p->steps - first;
        size_t steps = left < p->options->segment ? left : p->options->segment;
        sqi_segment segment = {p->pi, first, steps, 0};
        p->part[s] = sqi_plan_part(p->all, first, &p->error[thread]);
        if (p->part[s] && !p->work[thread])
            p->status[thread] =
                p->planner->start(&p->work[thread], p->graph, p->options, &p->error[thread]);
        if (!p->part[s])
            p->status[thread] = SQ_NO_MEMORY;
        if (p->status[thread] == SQ_OK)
            p->status[thread] =
                p->planner->segment(p->work[thread], p->part[s], &segment, &p->error[thread]);
    }
}

static int join_parts(sq_plan **plan, planning *p, unsigned threads, sq_error *error) {
    for (unsigned t = 0; t < threads; t++)
        if (p->status[t] != SQ_OK)
            return sqi_fail(error, p->status[t], "%s", p->error[t].message);
    for (size_t s = 0; s < p->segments; s++) {
        int status = sqi_plan_join(p->all, p->part[s], error);
        if (status != SQ_OK)
            return status;
    }
    *plan = p->all;
    p->all = NULL;
    return SQ_OK;
}

int sqi_plan_on_team(sq_plan **plan, sqi_team *team, const sq_hypergraph *graph, const uint32_t *pi,
                     size_t steps, const sq_plan_options *options, sq_error *error) {
    unsigned threads = sqi_team_threads(team);
    planning *p = sqi_alloc(1, sizeof *p, error);
    if (!p)
        return SQ_NO_MEMORY;
    p->planner = sqi_planner_for(options->planner, graph);
    p->graph = graph;
    p->options = options;
    p->pi = pi;
    p->steps = steps;
    p->segments = steps / options->segment + (steps % options->segment != 0);
    p->all = sqi_plan_new(options->planner, options->lanes, steps, error);
    p->part = sqi_alloc(p->segments, sizeof(sq_plan *), error);
    p->work = sqi_alloc(threads, sizeof *p->work, error);
    p->status = sqi_alloc(threads, sizeof *p->status, error);
    p->error = sqi_alloc(threads, sizeof *p->error, error);
    int status = SQ_NO_MEMORY;
    if (p->all && p->part && p->work && p->status && p->error) {
        sqi_counter_init(&p->next, 0);
        sqi_team_run(team, plan_segments, p);
        status = join_parts(plan, p, threads, error);
    }
    for (size_t s = 0; p->part && s < p->segments; s++)
        sqi_plan_part_free(p->part[s]);
    for (unsigned t = 0; p->work && t < threads; t++)
        p->planner->finish(p->work[t]);
    sq_plan_free(p->all);
    sqi_free(p->part);
    sqi_free(p->work);
    sqi_free(p->status);
    sqi_free(p->error);
    sqi_free(p);
    return status;
}

/* Measured on ratings (bench/README.md): 4 to 5 ns to draw, 4 to 9 to copy on a slow machine, half of it on a
 * fast one; so that rank 128 is planned anew, and up to rank 64 one thread runs the steps where it has
 * AVX2. */
static const double ORDER_NS = 8;

void sqi_plan_costs(sq_plan_options *options, const sq_problem *problem, const sq_order *order) {
    const int changes = !sq_order_fixed(order);
    if (!(options->step_ns > 0)) {
        options->step_ns = problem->step_ns;
        options->fixed_ns = problem->fixed_ns;
    }
    if (options->epochs == 0 && (changes || problem->edges_vary))
        options->epochs = 1;
    if (!(options->order_ns > 0) && changes && problem->arranger)
        options->order_ns = ORDER_NS;
}
