/* The cost model, and the choice of planner and batch length by it.
 *
 * A batch takes as long as its most expensive lane, and a boundary; the cost of a step is its
 * hyperedge's size in units that make the mean step step_ns long. Visits of deferred steps are
 * charged to planning. Candidates are tried on the beginning of the order and compared by that
 * model: it decides speed alone, never bits. */
#include "base/alloc.h"
#include "plan/builder.h"
#include "plan/wavefront.h"

/* The steps of the order that are tried, enough for several batches, and their hyperedges' mean
 * size beyond which there are fewer. */
enum { PROBE_A_LANE = 8192, PROBE_LEAST = 1 << 15, PROBE_MOST = 1 << 18, PROBE_EDGE = 4 };

/* What a deferral costs the planner, which visits the step again; shared by the lanes' threads, and by
 * the epochs of a run that keeps its order. */
static const double VISIT_NS = 1;

/* auto plans only where this much is predicted: threads cost something too. */
static const double WORTHWHILE = 1.1;

/* levels and components cost more planning than lanes: what they promise must be so much better. */
static const double HANDICAP = 1.05;

typedef struct prediction {
    double serial_ns, lanes_ns, boundary_ns;
} prediction;

static prediction predict(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                          const sq_plan_options *options) {
    uint64_t total = 0, critical = 0;
    for (size_t b = 0; b < plan->batches; b++) {
        uint64_t longest = 0;
        for (uint32_t l = 0; l < plan->lanes; l++) {
            const uint32_t *begin = plan->begin + b * plan->lanes + l;
            uint64_t lane = 0;
            for (uint32_t i = begin[0]; i < begin[1]; i++)
                lane += sqi_edge_cost(sqi_edge_of(graph, sqi_sample(pi, plan->step[i])));
            total += lane;
            longest = lane > longest ? lane : longest;
        }
        critical += longest;
    }
    double unit_ns = total ? options->step_ns * (double)plan->steps / (double)total : 0;
    return (prediction){.serial_ns = unit_ns * (double)total,
                        .lanes_ns = unit_ns * (double)critical,
                        .boundary_ns = options->boundary_ns * (double)plan->batches};
}

static void set_costs(sq_plan_options *options) {
    if (!(options->step_ns > 0))
        options->step_ns = 20;
    if (!(options->boundary_ns > 0))
        options->boundary_ns = 300;
    if (options->segment == 0)
        options->segment = SQ_PLAN_SEGMENT;
}

sq_speedup sq_plan_speedup(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                           const sq_plan_options *options) {
    sq_plan_options with_costs = *options;
    set_costs(&with_costs);
    prediction p = predict(plan, graph, pi, &with_costs);
    if (!(p.lanes_ns > 0))
        return (sq_speedup){1, 1};
    return (sq_speedup){p.serial_ns / p.lanes_ns, p.serial_ns / (p.lanes_ns + p.boundary_ns)};
}

typedef struct search {
    const sq_hypergraph *graph;
    sqi_segment probe;
    sq_plan_options given, best;
    double best_gain; /* predicted speed-up, visits charged */
} search;

/* Plans the probe with the candidate and keeps it if it is the best so far. */
static int try_candidate(search *s, sq_plan_options candidate, int *better, sq_error *error) {
    const sqi_planner *planner = sqi_planner_for(candidate.planner, s->graph);
    sq_plan *plan = sqi_plan_new(candidate.planner, candidate.lanes, s->probe.steps, error);
    void *work = NULL;
    int status = plan ? planner->start(&work, s->graph, &candidate, error) : SQ_NO_MEMORY;
    if (status == SQ_OK)
        status = planner->segment(work, plan, &s->probe, error);
    if (status == SQ_OK) {
        prediction p = predict(plan, s->graph, s->probe.pi, &candidate);
        double visits_ns = VISIT_NS * (double)plan->deferrals / candidate.lanes;
        double gain = p.serial_ns / (p.lanes_ns + p.boundary_ns + visits_ns);
        *better = gain > s->best_gain;
        if (*better) {
            s->best_gain = gain;
            s->best = candidate;
        }
    }
    planner->finish(work);
    sq_plan_free(plan);
    return status;
}

/* A planner's candidate whose batches have `each` steps a lane; deferrals end a batch at share / 8
 * of its length. What the caller fixed stays. */
static sq_plan_options sized(const search *s, sq_planner planner, uint32_t each, uint32_t share) {
    sq_plan_options candidate = s->given;
    candidate.planner = planner;
    if (candidate.batch == 0)
        candidate.batch = each * candidate.lanes;
    if (candidate.deferrals == 0)
        candidate.deferrals = (uint32_t)((uint64_t)candidate.batch * share / 8) + 1;
    return candidate;
}

enum { EACH_LEAST = 3, EACH_FIRST = 48, EACH_MOST = 3072, SHARE = 4 };

/* From the middle length up, then down, by factors of two, until two in a row were no better than
 * the best; only lengths of which the probe has at least eight batches. */
static int try_lengths(search *s, sq_planner planner, sq_error *error) {
    int better = 0, worse = 0, status = SQ_OK;
    for (uint32_t each = EACH_FIRST; each <= EACH_MOST && worse < 2 && status == SQ_OK; each *= 2) {
        if (each > EACH_FIRST && (size_t)each * s->given.lanes > s->probe.steps / 8)
            break;
        status = try_candidate(s, sized(s, planner, each, SHARE), &better, error);
        worse = better ? 0 : worse + 1;
    }
    worse = 0;
    for (uint32_t each = EACH_FIRST / 2; each >= EACH_LEAST && worse < 2 && status == SQ_OK;
         each /= 2) {
        status = try_candidate(s, sized(s, planner, each, SHARE), &better, error);
        worse = better ? 0 : worse + 1;
    }
    return status;
}

/* The best length, then fewer and more deferrals. */
static int try_lanes(search *s, sq_error *error) {
    int better = 0, status = try_lengths(s, SQ_PLANNER_LANES, error);
    uint32_t each = s->best.batch / s->given.lanes;
    for (uint32_t share = 1; share <= 16 && status == SQ_OK; share *= 16)
        status = try_candidate(s, sized(s, SQ_PLANNER_LANES, each, share), &better, error);
    return status;
}

/* The planner with the lowest costs of its own first; another one must be clearly better. */
static int try_all(search *s, sq_error *error) {
    int better = 0, status = try_lanes(s, error);
    s->best_gain *= HANDICAP;
    if (status == SQ_OK)
        status = try_candidate(s, sized(s, SQ_PLANNER_LEVELS, EACH_FIRST, SHARE), &better, error);
    if (status == SQ_OK)
        status = try_lengths(s, SQ_PLANNER_COMPONENTS, error);
    return status;
}

/* How many steps there are for each of the longest chain of conflicting ones: no plan gains more.
 */
static int width(const search *s, double *steps_per_level, sq_error *error) {
    sqi_wavefront front;
    int status = sqi_wavefront_init(&front, s->graph, error);
    uint32_t depth = 1;
    for (size_t i = 0; i < s->probe.steps && status == SQ_OK; i++) {
        sqi_edge edge = sqi_edge_of(s->graph, sqi_sample(s->probe.pi, i));
        uint32_t level = sqi_wavefront_step(&front, edge);
        depth = level > depth ? level : depth;
    }
    sqi_wavefront_fini(&front);
    *steps_per_level = (double)s->probe.steps / depth;
    return status;
}

static int try_planner(search *s, sq_planner planner, sq_error *error) {
    return planner == SQ_PLANNER_LANES        ? try_lanes(s, error)
           : planner == SQ_PLANNER_COMPONENTS ? try_lengths(s, planner, error)
                                              : SQ_OK;
}

/* How much of the order is tried: fewer steps where hyperedges are long. */
static size_t probe_steps(const sq_hypergraph *graph, const uint32_t *pi, size_t steps,
                          uint32_t lanes) {
    size_t most = (size_t)lanes * PROBE_A_LANE, probe = 0;
    most = most < PROBE_LEAST ? PROBE_LEAST : most > PROBE_MOST ? PROBE_MOST : most;
    for (size_t cost = 0; probe < steps && probe < most && cost < PROBE_EDGE * most; probe++)
        cost += sqi_edge_of(graph, sqi_sample(pi, probe)).size;
    return probe;
}

static int check_options(const sq_plan_options *options, const sq_hypergraph *graph, size_t steps,
                         sq_error *error) {
    if (options->lanes == 0 || options->lanes > SQ_LANES_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "lanes: found %u, expected 1 to %u", options->lanes,
                        SQ_LANES_MAX);
    if (steps > UINT32_MAX - 1 || graph->samples > UINT32_MAX || graph->blocks > UINT32_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "too large to plan: steps of an epoch, samples and blocks are numbered in "
                        "32 bits");
    if (options->batch > UINT32_MAX / 4)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "batch: found %u, expected at most %u",
                        options->batch, UINT32_MAX / 4);
    return SQ_OK;
}

/* A batch ends with its segment: longer ones would only ask for memory. Zeros stay. */
static void clip(sq_plan_options *options) {
    if (options->batch > options->segment)
        options->batch = options->segment;
    if (options->deferrals > options->segment)
        options->deferrals = options->segment;
}

int sq_plan_choose(sq_plan_options *options, int *serial, const sq_hypergraph *graph,
                   const uint32_t *pi, size_t steps, sq_error *error) {
    *serial = 0;
    set_costs(options);
    int status = check_options(options, graph, steps, error);
    if (status != SQ_OK)
        return status;
    int automatic = options->planner == SQ_PLANNER_AUTO;
    if (automatic && (options->lanes == 1 || steps == 0)) {
        *serial = 1;
        return SQ_OK;
    }
    clip(options);
    search s = {.graph = graph, .given = *options};
    s.probe = (sqi_segment){pi, 0, probe_steps(graph, pi, steps, options->lanes)};
    s.best = sized(&s, automatic ? SQ_PLANNER_LANES : options->planner, EACH_MOST, SHARE);
    double steps_per_level = 0;
    if (steps > 0)
        status = width(&s, &steps_per_level, error);
    if (status == SQ_OK && steps_per_level >= WORTHWHILE)
        status = automatic ? try_all(&s, error) : try_planner(&s, options->planner, error);
    *options = s.best;
    clip(options);
    *serial = automatic && s.best_gain < WORTHWHILE;
    return status;
}
