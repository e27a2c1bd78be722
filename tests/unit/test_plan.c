/* plan/plan, plan/builder: building plans whatever the planner, and their options. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "exec/planning.h"
#include "oracle/plan.h"
#include "plan/builder.h"
#include "support/cases.h"
#include "support/plan_text.h"

static const sq_planner explicit_planners[] = {SQ_PLANNER_LANES, SQ_PLANNER_LEVELS,
                                               SQ_PLANNER_COMPONENTS};

static int same_plan(const sq_plan *a, const sq_plan *b) {
    return a->planner == b->planner && a->lanes == b->lanes && a->steps == b->steps &&
           a->batches == b->batches && a->deferrals == b->deferrals &&
           (a->steps == 0 || memcmp(a->step, b->step, a->steps * sizeof *a->step) == 0) &&
           memcmp(a->begin, b->begin, (a->batches * a->lanes + 1) * sizeof *a->begin) == 0;
}

static sq_plan *build(const sq_hypergraph *graph, const uint32_t *pi, size_t steps,
                      sq_plan_options options) {
    sq_plan *plan = NULL;
    sq_error error = {""};
    cr_assert(sq_plan_build(&plan, graph, pi, steps, &options, &error) == SQ_OK, "%s",
              error.message);
    return plan;
}

Test(plan, no_steps) {
    sq_hypergraph *graph = text_graph("0, 1");
    for (int i = 0; i < 3; i++) {
        sq_plan *plan =
            build(graph, NULL, 0, (sq_plan_options){.planner = explicit_planners[i], .lanes = 2});
        cr_assert(plan && plan->steps == 0 && plan->batches == 0 && plan->begin[0] == 0);
        cr_assert(sq_plan_check(plan, graph, NULL, 0, NULL) == SQ_OK);
        sq_plan_free(plan);
    }
    cr_assert(!build(graph, NULL, 0, (sq_plan_options){.lanes = 2}), "auto: nothing to plan");
    text_graph_free(graph);
}

Test(plan, one_step) {
    static const char *const edges[] = {"0", "3 1 2", "", "r0", "0 0"};
    for (int e = 0; e < 5; e++) {
        sq_hypergraph *graph = text_graph(edges[e]);
        for (int i = 0; i < 3; i++) {
            sq_plan *plan = build(graph, NULL, 1,
                                  (sq_plan_options){.planner = explicit_planners[i], .lanes = 2});
            cr_assert_str_eq(text_of_plan(plan), "0 |");
            sq_plan_free(plan);
        }
        text_graph_free(graph);
    }
}

/* On one lane a plan is the order itself, as far as steps conflict. */
Test(plan, one_lane_and_many) {
    static const uint32_t lanes[] = {1, 2, 1023, 1024};
    planning_case c;
    case_init(&c, 77);
    for (int l = 0; l < 4; l++)
        for (int i = 0; i < 3; i++) {
            sq_plan *plan = build(&c.graph, c.pi, c.order.steps,
                                  (sq_plan_options){.planner = explicit_planners[i],
                                                    .lanes = lanes[l],
                                                    .step_ns = 1000,
                                                    .boundary_ns = 1});
            cr_assert(plan->lanes == lanes[l]);
            oracle_verdict verdict = oracle_judge(plan, &c.graph, c.pi, c.order.steps);
            cr_assert(!verdict.incomplete && !verdict.broken);
            cr_assert(sq_plan_check(plan, &c.graph, c.pi, c.order.steps, NULL) == SQ_OK);
            sq_plan_free(plan);
        }
    case_fini(&c);
}

/* Independent steps on 1,024 lanes: one each. */
Test(plan, lanes_are_used) {
    uint32_t block[1024];
    for (uint32_t i = 0; i < 1024; i++)
        block[i] = i;
    sq_hypergraph graph = {.samples = 1024, .blocks = 1024, .arity = 1, .block = block};
    for (int i = 0; i < 3; i++) {
        sq_plan *plan = build(
            &graph, NULL, 1024,
            (sq_plan_options){
                .planner = explicit_planners[i], .lanes = 1024, .batch = 4096, .deferrals = 4096});
        cr_assert(plan->batches == 1);
        for (uint32_t l = 0; l < 1024; l++)
            cr_assert(plan->begin[l + 1] - plan->begin[l] == 1, "lane %u", l);
        sq_plan_free(plan);
    }
}

static void refuse_options(sq_plan_options options, const char *word) {
    sq_hypergraph *graph = text_graph("0, 1");
    sq_error error = {""};
    sq_plan *plan = (sq_plan *)(uintptr_t)graph; /* to be overwritten */
    cr_assert(sq_plan_build(&plan, graph, NULL, 2, &options, &error) == SQ_BAD_ARGUMENT);
    cr_assert(!plan && strstr(error.message, word), "'%s' lacks '%s'", error.message, word);
    int serial = 0;
    cr_assert(sq_plan_choose(&options, &serial, graph, NULL, 2, NULL) == SQ_BAD_ARGUMENT);
    text_graph_free(graph);
}

Test(plan, bad_options) {
    for (int planner = 0; planner <= SQ_PLANNER_COMPONENTS; planner++) {
        sq_plan_options o = {.planner = (sq_planner)planner};
        refuse_options(o, "lanes");
        o.lanes = SQ_LANES_MAX + 1;
        refuse_options(o, "1025");
        o.lanes = 2;
        o.batch = UINT32_MAX;
        refuse_options(o, "batch");
    }
}

Test(plan, too_large) {
    static const uint32_t block[1] = {0};
    sq_hypergraph graph = {
        .samples = 1, .blocks = (size_t)UINT32_MAX + 1, .arity = 1, .block = block};
    sq_plan_options options = {.planner = SQ_PLANNER_LANES, .lanes = 2};
    sq_plan *plan = NULL;
    cr_assert(sq_plan_build(&plan, &graph, NULL, 1, &options, NULL) == SQ_BAD_ARGUMENT && !plan);
    graph.blocks = 1;
    cr_assert(sq_plan_build(&plan, &graph, NULL, UINT32_MAX, &options, NULL) == SQ_BAD_ARGUMENT);
}

static size_t peak_megabytes(void) {
    struct rusage usage;
    cr_assert(getrusage(RUSAGE_SELF, &usage) == 0);
    return (size_t)usage.ru_maxrss / 1024;
}

/* Options far beyond the steps cost nothing: batches longer than a segment are a segment long, also
 * while the planner tries what suits it. */
Test(plan, generous_options) {
    sq_hypergraph *graph = text_graph("0, 1, 0 1");
    size_t before = peak_megabytes();
    for (int planner = 0; planner <= SQ_PLANNER_COMPONENTS; planner++) {
        sq_plan *plan = build(graph, NULL, 3,
                              (sq_plan_options){.planner = (sq_planner)planner,
                                                .lanes = 2,
                                                .batch = UINT32_C(1) << 26,
                                                .deferrals = UINT32_C(1) << 26,
                                                .segment = 100});
        cr_assert(!plan || sq_plan_check(plan, graph, NULL, 3, NULL) == SQ_OK);
        sq_plan_free(plan);
        cr_assert(peak_megabytes() < before + 100, "%s: %zu megabytes for 3 steps",
                  sq_planner_name((sq_planner)planner), peak_megabytes() - before);
    }
    text_graph_free(graph);
}

/* pi = NULL is 0, 1, 2, …; a plan depends on its arguments alone. */
Test(plan, repeats_itself) {
    uint32_t identity[1000];
    for (uint32_t k = 0; k < 1000; k++)
        identity[k] = k;
    for (uint64_t seed = 0; seed < 100; seed++) {
        planning_case c;
        case_init(&c, seed);
        sq_plan *none = build(&c.graph, NULL, c.graph.samples, c.options);
        sq_plan *same = build(&c.graph, identity, c.graph.samples, c.options);
        sq_plan *again = build(&c.graph, identity, c.graph.samples, c.options);
        cr_assert(!none == !same && !same == !again);
        cr_assert(!none || (same_plan(none, same) && same_plan(same, again)));
        sq_plan_free(none);
        sq_plan_free(same);
        sq_plan_free(again);
        case_fini(&c);
    }
}

/* Segments: batches do not mix them, and each is planned as if it stood alone. */
Test(plan, segments_are_planned_alone) {
    for (uint64_t seed = 200; seed < 300; seed++) {
        planning_case c;
        case_init(&c, seed);
        sq_plan_options o = c.options;
        int serial;
        o.planner = explicit_planners[seed % 3];
        o.segment = 1 + (uint32_t)(seed % 30);
        cr_assert(sq_plan_choose(&o, &serial, &c.graph, c.pi, c.order.steps, NULL) == SQ_OK);
        sq_plan *whole = build(&c.graph, c.pi, c.order.steps, o);
        size_t batch = 0;
        for (size_t first = 0; first < c.order.steps; first += o.segment) {
            size_t left = c.order.steps - first, count = left < o.segment ? left : o.segment;
            sq_plan *part = build(&c.graph, c.pi + first, count, o);
            for (size_t r = 0; r < part->batches * part->lanes; r++) {
                size_t from = whole->begin[batch * o.lanes + r];
                size_t to = whole->begin[batch * o.lanes + r + 1];
                cr_assert(to - from == part->begin[r + 1] - part->begin[r], "%s", case_name(&c));
                for (size_t i = from; i < to; i++)
                    cr_assert(whole->step[i] == first + part->step[part->begin[r] + (i - from)]);
            }
            batch += part->batches;
            sq_plan_free(part);
        }
        cr_assert(batch == whole->batches);
        sq_plan_free(whole);
        case_fini(&c);
    }
}

/* Planned by teams of any size, a plan is the one that sq_plan_build makes. */
Test(plan, teams_make_the_same_plan) {
    static const unsigned threads[] = {1, 2, 3, 8};
    for (int t = 0; t < 4; t++) {
        sqi_team *team = NULL;
        cr_assert(sqi_team_new(&team, threads[t], NULL) == SQ_OK);
        for (uint64_t seed = 400; seed < 500; seed++) {
            planning_case c;
            case_init(&c, seed);
            sq_plan_options o = c.options;
            int serial;
            o.planner = explicit_planners[seed % 3];
            o.segment = 1 + (uint32_t)(seed % 40);
            size_t steps = seed % 50 == 0 ? 0 : c.order.steps;
            cr_assert(sq_plan_choose(&o, &serial, &c.graph, c.pi, steps, NULL) == SQ_OK);
            sq_plan *want = build(&c.graph, c.pi, steps, o), *got = NULL;
            sq_error error = {""};
            int status = sqi_plan_on_team(&got, team, &c.graph, c.pi, steps, &o, &error);
            cr_assert(status == SQ_OK, "%s", error.message);
            cr_assert(same_plan(want, got), "%s, %u threads", case_name(&c), threads[t]);
            sq_plan_free(want);
            sq_plan_free(got);
            case_fini(&c);
        }
        sqi_team_free(team);
    }
}

Test(plan, names) {
    static const char *const names[] = {"auto", "lanes", "levels", "components"};
    for (int i = 0; i < 4; i++) {
        cr_assert_str_eq(sq_planner_name((sq_planner)i), names[i]);
        cr_assert(sq_planner_find(names[i]) == i);
    }
    cr_assert(sq_planner_find("") < 0 && sq_planner_find("lane") < 0 &&
              sq_planner_find("lanes ") < 0);
    cr_assert(!sq_plan_free(NULL));
}
