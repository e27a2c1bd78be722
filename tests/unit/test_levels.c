/* plan/levels: wavefronts, and the gathering of levels too thin for a boundary. */
#include <criterion/criterion.h>

#include "support/plan_text.h"

static void expect(sq_plan_options options, const char *edges, const char *plan_text) {
    sq_hypergraph *graph = text_graph(edges);
    sq_plan *plan = NULL;
    sq_error error = {""};
    options.planner = SQ_PLANNER_LEVELS;
    cr_assert(sq_plan_build(&plan, graph, NULL, graph->samples, &options, &error) == SQ_OK, "%s",
              error.message);
    cr_assert_str_eq(text_of_plan(plan), plan_text);
    cr_assert(plan->planner == SQ_PLANNER_LEVELS && plan->deferrals == 0);
    cr_assert(sq_plan_check(plan, graph, NULL, graph->samples, &error) == SQ_OK);
    sq_plan_free(plan);
    text_graph_free(graph);
}

/* Every level with two steps is worth its boundary. */
static const sq_plan_options cheap_boundary = {.lanes = 2, .step_ns = 100, .boundary_ns = 1};

/* Levels: 0: 0 1 3; 1: 2 (after 0 and 1) and 4 (after 3); 2: 5 (after 2). */
Test(levels, wavefronts) {
    expect(cheap_boundary, "0, 1, 0 1, 2, 2, 1", "0 3 | 1 ; 2 | 4 ; 5 |");
}

/* Readers of 9 share level 0; its writer comes after all of them; the next readers after it. */
Test(levels, reads_do_not_conflict) {
    expect(cheap_boundary, "0 r9, 1 r9, 9, 2 r9, 3 r9", "0 | 1 ; 2 | ; 3 | 4");
}

/* A reader in level 2 (of 9, behind a chain on 0) holds back 9's writer, though another reader was
 * in level 0: steps 0, 3 read 9 at levels 0 and 2; step 4 writes it at level 3, with 5 beside it
 * (behind 3, on 0). */
Test(levels, the_highest_reader_counts) {
    expect(cheap_boundary, "1 r9, 0, 0, 0 r9, 9, 0", "0 | 1 ; 2 3 | ; 4 | 5");
}

/* Mean cost 14/11, step 140 ns: a unit of cost is 110 ns. Level 0 = {0 1 2 3} saves (4 - 2) × 110 =
 * 220 ns on two lanes: worth 150 ns. Level 1 = {4 5} saves 110: not. Level 2 = {6} saves nothing.
 * Level 3 = {7 8 9 10} is as level 0. So levels 1 and 2 go into lane 0 of one batch. */
Test(levels, thin_levels_are_gathered) {
    expect((sq_plan_options){.lanes = 2, .step_ns = 140, .boundary_ns = 150},
           "0, 1, 2, 3, 0, 1, 0 1 2 3, 0, 1, 2, 3", "0 2 | 1 3 ; 4 5 6 | ; 7 9 | 8 10");
    /* The limit itself: 110 ns is not more than a boundary of 110 ns, but more than one of 109. */
    expect((sq_plan_options){.lanes = 2, .step_ns = 140, .boundary_ns = 109},
           "0, 1, 2, 3, 0, 1, 0 1 2 3, 0, 1, 2, 3", "0 2 | 1 3 ; 4 | 5 ; 6 | ; 7 9 | 8 10");
}

/* A chain: one batch, one lane. Gathered levels keep the order of the levels, not of the steps. */
Test(levels, a_chain_costs_no_boundary) {
    expect((sq_plan_options){.lanes = 2, .step_ns = 20, .boundary_ns = 300}, "0, 0, 0, 0",
           "0 1 2 3 |");
    expect((sq_plan_options){.lanes = 2, .step_ns = 20, .boundary_ns = 300}, "0, 0, 0, 1",
           "0 3 1 2 |");
}

/* One lane saves nothing whatever the boundary costs. */
Test(levels, one_lane) {
    expect((sq_plan_options){.lanes = 1, .step_ns = 20, .boundary_ns = 1}, "0, 1, 0", "0 1 2");
}

/* Level 0: 0 of cost 2, 2 of cost 1 and 3 of cost 2, to lanes 0, 1, 1. */
Test(levels, loops_and_empty_hyperedges) {
    expect(cheap_boundary, "3 r3, r3, , 4 4", "0 | 2 3 ; 1 |");
}

/* Dealt by cost: 0 has 3, so 1, 2 and 3 go to lane 1, and 4 to lane 0 again. */
Test(levels, dealt_to_the_least_loaded) {
    expect(cheap_boundary, "0 1 2, 3, 4, 5, 6", "0 4 | 1 2 3");
}

/* Each segment begins anew: step 2, alone in its segment, has level 0 though 0 precedes it. */
Test(levels, segments) {
    expect((sq_plan_options){.lanes = 2, .step_ns = 100, .boundary_ns = 1, .segment = 2},
           "0, 1, 0, 2, 0", "0 | 1 ; 2 | 3 ; 4 |");
}
