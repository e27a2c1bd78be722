/* The choice of planner and batch length by the cost model.
 *
 * Candidates plan the beginning of the order and are compared by what their batches take and by their
 * share of what planning takes, which looks again at deferred steps. It decides speed alone, never bits.
 * All candidates together cost as much as planning an epoch of a hundred thousand steps on 2 lanes, three times
 * as much on 16, and up to seventeen times on 256. */
#include "plan/builder.h"
#include "plan/predict.h"
#include "plan/wavefront.h"

/* A candidate plans so many batches, but at least LEAST steps and at most PROBE_A_LANE for each lane, within
 * PROBE_LEAST and PROBE_MOST; less where hyperedges have more blocks than PROBE_EDGE on average. */
enum {
    BATCHES = 6,
    LEAST = 4096,
    PROBE_A_LANE = 4096,
    PROBE_LEAST = 1 << 14,
    PROBE_MOST = 1 << 17,
    PROBE_EDGE = 4
};

/* Steps whose longest chain of conflicts says what any plan can gain. */
enum { WIDTH_STEPS = 1 << 12 };

/* auto plans only where it is predicted to gain as much with planning. */
static const double PAYS = 1.05;

/* It gives up after the first candidate that has a batch, unless asked to be thorough, where boundaries that cost nothing
 * would not help enough. */
static const double HOPELESS = 0.95;

/* levels and components cost more planning than lanes: what they promise must be so much better. And
 * they are tried only where lanes gain less than this share of what conflicts allow. */
static const double HANDICAP = 1.05, SATISFIED = 0.5;

/* Segments have at least so many batches, so that what their ends waste does not count. */
enum { BATCHES_A_SEGMENT = 32, SEGMENT_LEAST = 1 << 16 };

typedef struct search {
    const sq_hypergraph *graph;
    const uint32_t *pi;
    size_t steps, probe; /* of the order; of it, what candidates may plan */
    sq_plan_options given, best;
    double best_gain;  /* predicted speed-up, planning charged … */
    double steps_gain; /* … and of the steps alone */
    int best_full; /* whether its batches all ended with their length, none with its deferrals */
    int hopeless;  /* auto gave up: it is serial, whatever a thorough search finds */
} search;

/* What planning costs an epoch: the blocks of all steps, as often as it looks at them. */
static double planning_ns(const sq_plan *plan, const sqi_planner *planner, double blocks,
                          uint64_t epochs) {
    double again = 1 + (double)plan->deferrals / (double)plan->steps;
    return planner->visit_ns * blocks * again / (double)epochs;
}

/* An epoch on all lanes, and the same with boundaries that cost nothing, against one thread that runs the
 * steps while others see to the next order, if there is another one. */
typedef struct gains {
    double predicted, most;
} gains;

static gains gains_of(const sq_plan_options *o, const sqi_prediction *p, double planning_ns,
                      double order_ns) {
    const double at_once = o->processors > 0 && o->processors < o->lanes ? o->processors : o->lanes;
    const double shared = (p->serial + order_ns) / at_once;
    const double serial = p->serial > shared ? p->serial : shared;
    const double lanes = p->lanes * o->lanes / at_once + (planning_ns + order_ns) / at_once;
    return (gains){serial / (lanes + p->boundaries), serial / lanes};
}

/* Plans the beginning of the order with the candidate and keeps it if it is the best so far. */
static int try_candidate(search *s, sq_plan_options candidate, int *better, sq_error *error) {
    const sqi_planner *planner = sqi_planner_for(candidate.planner, s->graph);
    size_t wanted = (size_t)BATCHES * candidate.batch;
    wanted = candidate.planner == SQ_PLANNER_LEVELS ? s->probe : wanted < LEAST ? LEAST : wanted;
    wanted = wanted < s->probe ? wanted : s->probe;
    sq_plan *plan = sqi_plan_new(candidate.planner, candidate.lanes, wanted, error);
    void *work = NULL;
    int status = plan ? planner->start(&work, s->graph, &candidate, error) : SQ_NO_MEMORY;
    for (size_t first = 0; first < wanted && status == SQ_OK; first += s->given.segment) {
        const size_t left = wanted - first;
        sqi_segment part = {.pi = s->pi, .first = first};
        part.steps = left < s->given.segment ? left : s->given.segment;
        part.open = part.steps == left && wanted < s->steps && candidate.batch < left;
        status = planner->segment(work, plan, &part, error);
    }
    *better = 0;
    if (status == SQ_OK && plan->batches > 0) {
        sqi_prediction p = sqi_plan_predict(plan, s->graph, s->pi, &candidate);
        gains g = gains_of(&s->given, &p, planning_ns(plan, planner, p.cost, s->given.epochs),
                           s->given.order_ns * (double)plan->steps);
        int first = !(s->best_gain > 0) && s->given.planner == SQ_PLANNER_AUTO;
        if (first && g.most < HOPELESS)
            s->hopeless = 1;
        *better = g.predicted > s->best_gain;
        if (*better) {
            s->best_gain = g.predicted;
            s->steps_gain = p.serial / (p.lanes + p.boundaries);
            s->best = candidate;
            s->best_full = plan->steps == plan->batches * candidate.batch;
        }
    }
    planner->finish(work);
    sq_plan_free(plan);
    return status;
}

/* The ladder of lengths: 3 steps a lane, and half as much again or a third more, in turn. */
enum { RUNGS = 21, MIDDLE = 8 };

static uint32_t rung(int i) {
    return (i % 2 ? UINT32_C(4) : UINT32_C(3)) << i / 2;
}

/* A planner's candidate whose batches have rung(i) steps a lane; deferrals end a batch at share / 8
 * of its length. What the caller fixed stays. */
static sq_plan_options sized(const search *s, sq_planner planner, int i, uint32_t share) {
    sq_plan_options candidate = s->given;
    candidate.planner = planner;
    if (candidate.batch == 0)
        candidate.batch = rung(i) * candidate.lanes;
    if (candidate.deferrals == 0)
        candidate.deferrals = (uint32_t)((uint64_t)candidate.batch * share / 8) + 1;
    return candidate;
}

enum { SHARE = 4 };

static int try_rung(search *s, sq_planner planner, int i, int *best, sq_error *error) {
    int better = 0, status = SQ_OK;
    if (i >= 0 && i < RUNGS)
        status = try_candidate(s, sized(s, planner, i, SHARE), &better, error);
    *best = better ? i : *best;
    return status;
}

static int gives_up(const search *s) {
    return s->hopeless && !s->given.thorough;
}

/* From the middle rung in strides of four as long as it gets better, up or, if up is not, down; then
 * a stride of two and one of one, up or down, if they are better. */
static int try_lengths(search *s, sq_planner planner, int *best, sq_error *error) {
    *best = MIDDLE;
    int status = try_rung(s, planner, MIDDLE, best, error);
    int only = s->given.batch != 0 || gives_up(s);
    for (int stride = only ? 0 : 4; stride > 0 && status == SQ_OK; stride /= 2) {
        int from = *best, last = from;
        status = try_rung(s, planner, from + stride, best, error);
        if (status == SQ_OK && *best == from)
            status = try_rung(s, planner, from - stride, best, error);
        for (int step = *best - from; stride == 4 && status == SQ_OK && *best != last;) {
            last = *best;
            status = try_rung(s, planner, last + step, best, error);
        }
    }
    return status;
}

/* The best length, then more deferrals, where they ended batches, and fewer. */
static int try_lanes(search *s, sq_error *error) {
    int rung = 0, better = 0, status = try_lengths(s, SQ_PLANNER_LANES, &rung, error);
    int only = s->given.deferrals != 0 || gives_up(s);
    if (status == SQ_OK && !only && !s->best_full)
        status = try_candidate(s, sized(s, SQ_PLANNER_LANES, rung, 4 * SHARE), &better, error);
    if (status == SQ_OK && !only)
        status = try_candidate(s, sized(s, SQ_PLANNER_LANES, rung, SHARE / 4), &better, error);
    return status;
}

static int try_planner(search *s, sq_planner planner, sq_error *error) {
    int rung = 0;
    return planner == SQ_PLANNER_LANES        ? try_lanes(s, error)
           : planner == SQ_PLANNER_COMPONENTS ? try_lengths(s, planner, &rung, error)
                                              : SQ_OK;
}

/* The planner with the lowest costs of its own first; another one must be clearly better. */
static int try_all(search *s, double most, sq_error *error) {
    int better = 0, rung = 0, status = try_lanes(s, error);
    double gain = s->best_gain;
    if (status != SQ_OK || gain >= SATISFIED * most || gives_up(s))
        return status;
    s->best_gain *= HANDICAP;
    status = try_candidate(s, sized(s, SQ_PLANNER_LEVELS, MIDDLE, SHARE), &better, error);
    if (status == SQ_OK)
        status = try_lengths(s, SQ_PLANNER_COMPONENTS, &rung, error);
    if (s->best.planner == SQ_PLANNER_LANES)
        s->best_gain = gain;
    return status;
}

/* How many steps there are for each of the longest chain of conflicting ones: no plan gains more.
 */
static int width(const search *s, double *steps_per_level, sq_error *error) {
    sqi_wavefront front;
    int status = sqi_wavefront_init(&front, s->graph, error);
    uint32_t depth = 1;
    size_t steps = s->probe < WIDTH_STEPS ? s->probe : WIDTH_STEPS;
    for (size_t i = 0; i < steps && status == SQ_OK; i++) {
        sqi_edge_ask(s->graph, s->pi, i + SQI_EDGE_AHEAD, steps);
        uint32_t level = sqi_wavefront_step(&front, sqi_edge_of(s->graph, sqi_sample(s->pi, i)));
        depth = level > depth ? level : depth;
    }
    sqi_wavefront_fini(&front);
    *steps_per_level = (double)steps / depth;
    return status;
}

/* How much of the order candidates may plan: fewer steps where hyperedges are long. */
static size_t probe_steps(const sq_hypergraph *graph, const uint32_t *pi, size_t steps,
                          uint32_t lanes) {
    size_t most = (size_t)lanes * PROBE_A_LANE, probe = 0;
    most = most < PROBE_LEAST ? PROBE_LEAST : most > PROBE_MOST ? PROBE_MOST : most;
    most = most < steps ? most : steps;
    if (graph->arity && graph->arity <= PROBE_EDGE)
        return most;
    for (size_t cost = 0; probe < most && cost < PROBE_EDGE * most; probe++)
        cost += sqi_edge_of(graph, sqi_sample(pi, probe)).size;
    return probe;
}

static int check_options(const sq_plan_options *options, const sq_hypergraph *graph, size_t steps,
                         sq_error *error) {
    if (!sq_planner_name(options->planner))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "no planner %d", (int)options->planner);
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

/* Short segments, so that even a short order has one for each thread that plans; a run may go on at
 * each multiple of SQ_PLAN_SEGMENT, of which they are parts. */
static uint32_t suitable_segment(const sq_plan_options *options) {
    uint32_t segment = SQ_PLAN_SEGMENT;
    while (segment > SEGMENT_LEAST && options->planner != SQ_PLANNER_LEVELS &&
           segment / 2 / BATCHES_A_SEGMENT >= options->batch)
        segment /= 2;
    return segment;
}

int sq_plan_choose(sq_plan_options *options, int *serial, const sq_hypergraph *graph,
                   const uint32_t *pi, size_t steps, sq_error *error) {
    int automatic = options->planner == SQ_PLANNER_AUTO, whole = options->segment == 0;
    *serial = 0;
    sqi_costs_complete(options);
    if (whole)
        options->segment = SQ_PLAN_SEGMENT;
    int status = check_options(options, graph, steps, error);
    if (status != SQ_OK)
        return status;
    if (automatic && (options->lanes == 1 || steps == 0)) {
        *serial = 1;
        return SQ_OK;
    }
    clip(options);
    search s = {.graph = graph, .pi = pi, .steps = steps, .given = *options};
    s.given.thorough = automatic && options->thorough;
    s.probe = probe_steps(graph, pi, steps, options->lanes);
    s.best = sized(&s, automatic ? SQ_PLANNER_LANES : options->planner, RUNGS - 1, SHARE);
    double most = 0; /* what any plan can gain */
    if (steps > 0)
        status = width(&s, &most, error);
    most = most < options->lanes ? most : options->lanes;
    if (most < SQ_PLAN_WORTHWHILE)
        s.hopeless = 1;
    if (status == SQ_OK && !gives_up(&s))
        status = automatic ? try_all(&s, most, error) : try_planner(&s, options->planner, error);
    *options = s.best;
    if (whole)
        options->segment = suitable_segment(options);
    clip(options);
    *serial = automatic && (s.hopeless || s.steps_gain < SQ_PLAN_WORTHWHILE || s.best_gain < PAYS);
    return status;
}
