/* sequent plan: what the conflicts of data allow. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "exec/planning.h"

static const char USAGE[] =
    "Usage: sequent plan --model NAME [OPTIONS] DATA\n\n"
    "Shows the conflict structure of one epoch, the plan for --threads lanes, and the speed-up "
    "that\n"
    "plans for 2 to 256 lanes promise: ideal, and with the cost of the boundaries between "
    "batches.\n"
    "A step is assumed to take --step-ns, a boundary --boundary-ns, and, beside it, 50 to 500 ns,\n"
    "each with the plan that suits it; steps cost in proportion to the coordinates that they "
    "touch,\n"
    "and without --step-ns a fixed part, too, as measured for the model.\n"
    "As many processors as lanes, their caches and the memory are not part of the model.";

enum { LANES_MAX = 256, PREDICTIONS = 8, BOUNDARIES = 4 };

/* What boundaries cost between few neighbouring cores, and between many or distant ones. */
static const double BOUNDARY_NS[BOUNDARIES] = {50, 100, 200, 500};

typedef struct prediction {
    uint32_t lanes;
    sq_planner planner;
    sq_speedup speedup;
    double at_boundary[BOUNDARIES]; /* speed-up where a boundary takes BOUNDARY_NS */
} prediction;

typedef struct planning {
    const settings *s;
    session in;
    sq_hypergraph *graph;
    uint32_t *order;
    const uint32_t *pi; /* the order, or NULL where hyperedges are those of its steps */
    size_t steps;
    sq_conflicts conflicts;
    int auto_serial; /* auto would run --threads lanes' steps serially */
    prediction own;  /* for --threads lanes … */
    size_t batches;  /* … with the rest of that plan */
    uint64_t deferrals;
    double step_ns, boundary_ns; /* assumed */
    prediction predicted[PREDICTIONS];
} planning;

/* A plan and what it was made with. */
typedef struct made {
    sq_plan_options options;
    sq_plan *plan;
} made;

static sq_plan_options options_for(const planning *p, sq_planner planner, uint32_t lanes,
                                   double boundary_ns) {
    sq_plan_options options = {.planner = planner,
                               .lanes = lanes,
                               .batch = p->s->batch,
                               .deferrals = p->s->deferrals,
                               .step_ns = p->s->step_ns,
                               .boundary_ns = boundary_ns,
                               .thorough = 1};
    sqi_plan_costs(&options, p->in.problem, &p->in.order);
    return options;
}

/* What auto would do with so many lanes, whatever planner was asked for. */
static int ask_auto(planning *p, uint32_t lanes, sq_error *error) {
    sq_plan_options options = options_for(p, SQ_PLANNER_AUTO, lanes, p->s->boundary_ns);
    return sq_plan_choose(&options, &p->auto_serial, p->graph, p->pi, p->steps, error);
}

/* The plan that suits boundaries of this cost; a plan that was made with the same choices serves
 * again. Where auto would run serially, the best plan that it rejected. */
static int plan_for(planning *p, uint32_t lanes, double boundary_ns, made *m, sq_error *error) {
    sq_plan_options options = options_for(p, (sq_planner)p->s->planner, lanes, boundary_ns);
    int serial; /* with --planner auto: thorough, so that there is a plan all the same */
    int status = sq_plan_choose(&options, &serial, p->graph, p->pi, p->steps, error);
    if (status != SQ_OK)
        return status;
    int same =
        m->plan && m->options.planner == options.planner && m->options.batch == options.batch &&
        m->options.deferrals == options.deferrals &&
        (options.planner != SQ_PLANNER_LEVELS || m->options.boundary_ns == options.boundary_ns);
    m->options = options;
    if (same)
        return SQ_OK;
    m->plan = sq_plan_free(m->plan);
    status = sq_plan_build(&m->plan, p->graph, p->pi, p->steps, &options, error);
    if (status == SQ_OK && p->s->check_plan)
        status = sq_plan_check(m->plan, p->graph, p->pi, p->steps, error);
    return status;
}

/* Plans for so many lanes. */
static int plan_lanes(planning *p, uint32_t lanes, prediction *result, sq_error *error) {
    made m = {.plan = NULL};
    result->lanes = lanes;
    int status = SQ_OK;
    for (int i = 0; i < BOUNDARIES && result != &p->own && status == SQ_OK; i++) {
        status = plan_for(p, lanes, BOUNDARY_NS[i], &m, error);
        if (status == SQ_OK)
            result->at_boundary[i] =
                sq_plan_speedup(m.plan, p->graph, p->pi, &m.options).with_boundary;
    }
    if (status == SQ_OK)
        status = plan_for(p, lanes, p->s->boundary_ns, &m, error);
    if (status == SQ_OK) {
        const sq_plan *plan = m.plan;
        result->planner = plan->planner;
        result->speedup = sq_plan_speedup(plan, p->graph, p->pi, &m.options);
        if (result == &p->own) {
            p->batches = plan->batches;
            p->deferrals = plan->deferrals;
            p->step_ns = m.options.step_ns;
            p->boundary_ns = m.options.boundary_ns;
        }
    }
    sq_plan_free(m.plan);
    return status;
}

static int analyse(planning *p, sq_error *error) {
    p->steps = p->in.order.steps;
    int status = sq_pi_new(&p->order, &p->in.order, error);
    if (status == SQ_OK)
        status = sq_problem_hypergraph(&p->graph, p->in.problem, 0, p->order, p->steps, error);
    p->pi = p->in.problem->edges_vary ? NULL : p->order;
    if (status == SQ_OK)
        status = sq_plan_conflicts(&p->conflicts, p->graph, p->pi, p->steps, error);
    uint32_t lanes = p->s->threads ? p->s->threads : sq_processors();
    lanes = lanes > 1 ? lanes : 2;
    if (status == SQ_OK)
        status = plan_lanes(p, lanes, &p->own, error);
    if (status == SQ_OK)
        status = ask_auto(p, lanes, error);
    for (uint32_t i = 0; i < PREDICTIONS && status == SQ_OK; i++)
        status = plan_lanes(p, 2u << i, &p->predicted[i], error);
    return status;
}

static double mean_edge(const planning *p) {
    return (double)p->conflicts.incidences / (double)p->conflicts.steps;
}

/* Where the longest chain of conflicts leaves fewer steps than this for each of its own, it is the reason. */
static const double CHAINED = 2;

/* Why no number of threads gains enough. */
static void blame(const planning *p, char *text, size_t size) {
    const sq_conflicts *c = &p->conflicts;
    const double steps = (double)c->steps, depth = (double)c->depth;
    if (steps >= CHAINED * depth)
        (void)snprintf(text, size,
                       "Boundaries between batches cost more than the steps between them save");
    else if (2 * c->heaviest < c->depth)
        (void)snprintf(text, size,
                       "Steps touch %.0f of %s blocks, so many that nearly any two conflict, and "
                       "%.0f %% of the steps are one chain",
                       mean_edge(p), group_digits(c->used).text, 100 * depth / steps);
    else
        (void)snprintf(text, size,
                       "One coordinate is in %.0f %% of the steps and makes the order a chain",
                       100 * (double)c->heaviest / steps);
}

/* One sentence on what to expect. */
static void expect(const planning *p, char *text, size_t size) {
    const int anew = !sq_order_fixed(&p->in.order) || p->in.problem->edges_vary;
    const double gain = p->own.speedup.with_boundary;
    const prediction *best = &p->own;
    for (int i = 0; i < PREDICTIONS; i++)
        if (p->predicted[i].speedup.with_boundary > 1.1 * best->speedup.with_boundary)
            best = &p->predicted[i];
    if (best->speedup.with_boundary < SQ_PLAN_WORTHWHILE) {
        char why[160];
        blame(p, why, sizeof why);
        (void)snprintf(text, size, "%s: no number of threads is predicted to gain enough%s", why,
                       p->auto_serial ? ", so auto runs it serially."
                                      : " with this planner; auto would plan otherwise.");
    } else if (p->auto_serial && gain < SQ_PLAN_WORTHWHILE)
        (void)snprintf(text, size,
                       "%u lanes are predicted to gain too little, %.2f times the speed of one "
                       "thread, so auto runs it serially.",
                       p->own.lanes, gain);
    else if (p->auto_serial && anew)
        (void)snprintf(text, size,
                       "Steps on %u lanes would take less time, but planning every epoch anew "
                       "takes more than that saves, so auto has one thread run them%s.",
                       p->own.lanes,
                       sq_order_fixed(&p->in.order) ? ""
                                                    : " while the others see to the next order");
    else if (p->auto_serial)
        (void)snprintf(text, size,
                       "Steps on %u lanes would take less time, but planning takes more than that "
                       "saves in %d epochs, so auto runs it serially unless there are many more.",
                       p->own.lanes, SQ_PLAN_EPOCHS);
    else if (best == &p->own)
        (void)snprintf(
            text, size,
            "Expect about %.1f times the speed of one thread on %u lanes, and hardly more "
            "on any other number.",
            gain, p->own.lanes);
    else
        (void)snprintf(text, size,
                       "Expect about %.1f times the speed of one thread on %u lanes, and at most "
                       "about %.1f times, on %u lanes.",
                       gain, p->own.lanes, best->speedup.with_boundary, best->lanes);
}

static void print_predictions(const planning *p) {
    (void)printf("\nPredicted speed-up, assuming %.3g ns a step: ideal, and with boundaries of\n\n",
                 p->step_ns);
    (void)printf("lanes  planner     ideal  %4.0f ns  |", p->boundary_ns);
    for (int i = 0; i < BOUNDARIES; i++)
        (void)printf("  %4.0f ns", BOUNDARY_NS[i]);
    (void)putchar('\n');
    for (int i = 0; i < PREDICTIONS; i++) {
        const prediction *r = &p->predicted[i];
        (void)printf("%5u  %-10s %6.2f  %7.2f  |", r->lanes, sq_planner_name(r->planner),
                     r->speedup.ideal, r->speedup.with_boundary);
        for (int j = 0; j < BOUNDARIES; j++)
            (void)printf("  %7.2f", r->at_boundary[j]);
        (void)putchar('\n');
    }
}

static void print_text(const planning *p) {
    const sq_conflicts *c = &p->conflicts;
    char text[256];
    session_describe(&p->in, text, sizeof text);
    (void)printf("data            %s: %s\n", p->in.path, text);
    (void)printf("steps           %s of an epoch, order %s\n", group_digits(c->steps).text,
                 p->s->order);
    (void)printf("blocks          %s, %s touched; the most frequent in %.2f %% of the steps\n",
                 group_digits(c->blocks).text, group_digits(c->used).text,
                 100 * (double)c->heaviest / (double)c->steps);
    (void)printf("hyperedges      %zu to %zu blocks, %.1f on average\n", c->edge_min, c->edge_max,
                 mean_edge(p));
    (void)printf("depth           %s: steps / depth = %.1f\n", group_digits(c->depth).text,
                 (double)c->steps / (double)(c->depth ? c->depth : 1));
    (void)printf("plan            %s, %u lanes: %s batches of %.0f steps, %.3g deferrals a step\n",
                 sq_planner_name(p->own.planner), p->own.lanes, group_digits(p->batches).text,
                 (double)c->steps / (double)(p->batches ? p->batches : 1),
                 (double)p->deferrals / (double)c->steps);
    print_predictions(p);
    expect(p, text, sizeof text);
    (void)printf("\n%s\n", text);
}

/* {"50": speed-up, …}; NULL: no memory. */
static json_t *boundaries_to_json(const prediction *r) {
    json_t *object = json_object();
    for (int i = 0; i < BOUNDARIES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%.0f", BOUNDARY_NS[i]);
        if (json_object_set_new(object, name, json_number(r->at_boundary[i])) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* NULL: no memory. */
static json_t *predictions_to_json(const planning *p) {
    json_t *list = json_array();
    for (int i = 0; i < PREDICTIONS; i++) {
        const prediction *r = &p->predicted[i];
        json_t *row = json_pack("{s:i, s:s, s:o, s:o, s:o}", "lanes", (int)r->lanes, "planner",
                                sq_planner_name(r->planner), "ideal", json_number(r->speedup.ideal),
                                "with_boundary", json_number(r->speedup.with_boundary),
                                "by_boundary_ns", boundaries_to_json(r));
        if (json_array_append_new(list, row) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *to_json(const planning *p) {
    const sq_conflicts *c = &p->conflicts;
    char text[256];
    expect(p, text, sizeof text);
    json_t *predicted = predictions_to_json(p);
    double steps = (double)c->steps;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:o, s:s, s:i, s:I, s:o, s:o, s:b, "
                     "s:o, s:s}",
                     "samples", (json_int_t)c->samples, "steps", (json_int_t)c->steps, "blocks",
                     (json_int_t)c->blocks, "blocks_used", (json_int_t)c->used, "hyperedge_min",
                     (json_int_t)c->edge_min, "hyperedge_max", (json_int_t)c->edge_max,
                     "hyperedge_mean", json_number(mean_edge(p)), "depth", (json_int_t)c->depth,
                     "hottest_share", json_number((double)c->heaviest / steps), "planner",
                     sq_planner_name(p->own.planner), "lanes", (int)p->own.lanes, "batches",
                     (json_int_t)p->batches, "steps_per_batch",
                     json_number(steps / (double)(p->batches ? p->batches : 1)), "deferred",
                     json_number((double)p->deferrals / steps), "auto_serial", p->auto_serial,
                     "predicted", predicted, "expect", text);
}

int command_plan(int argc, char **argv) {
    settings s;
    int early =
        begin(&s, argc, argv, OPTIONS_MODEL | OPTIONS_PLAN | OPTIONS_COSTS | OPTIONS_REPORT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    planning p = {.s = &s};
    int status = settings_arguments(&s, 1, 1, "DATA", &error);
    if (status == SQ_OK)
        status = session_open(&p.in, &s, s.arguments[0], &error);
    if (status == SQ_OK)
        status = analyse(&p, &error);
    if (status == SQ_OK && s.json)
        status = print_json(to_json(&p), &error);
    else if (status == SQ_OK)
        print_text(&p);
    sq_hypergraph_free(p.graph);
    sq_pi_free(p.order);
    session_close(&p.in);
    return end(status, &error);
}
