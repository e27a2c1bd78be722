/* plan/components: connected components of windows of steps. */
#include <criterion/criterion.h>

#include "support/plan_text.h"

static void expect(uint32_t lanes, uint32_t window, const char *edges, const char *plan_text) {
    sq_hypergraph *graph = text_graph(edges);
    sq_plan *plan = NULL;
    sq_error error = {""};
    sq_plan_options options = {.planner = SQ_PLANNER_COMPONENTS, .lanes = lanes, .batch = window};
    cr_assert(sq_plan_build(&plan, graph, NULL, graph->samples, &options, &error) == SQ_OK, "%s",
              error.message);
    cr_assert_str_eq(text_of_plan(plan), plan_text);
    cr_assert(plan->planner == SQ_PLANNER_COMPONENTS && plan->deferrals == 0);
    cr_assert(sq_plan_check(plan, graph, NULL, graph->samples, &error) == SQ_OK);
    sq_plan_free(plan);
    text_graph_free(graph);
}

/* Window 0: components {0 2} of cost 4, {1} and {3} of cost 1: the largest goes to lane 0, the
 * others to lane 1. Window 1: a ring, one component. Window 2: what is left. */
Test(components, windows) {
    expect(2, 4, "0 1, 2, 1 3, 4, 0 1, 1 2, 2 3, 3 0, 7", "0 2 | 1 3 ; 4 5 6 7 | ; 8 |");
}

/* The largest first: {2 3} of cost 4 takes lane 0 though {0} comes earlier; then {0} of cost 3 goes
 * to lane 1, {1} of cost 2 to lane 1 (3 < 4). */
Test(components, the_largest_first) {
    expect(2, 9, "0 1 2, 3 4, 5 6, 6 7", "2 3 | 0 1");
}

/* Equal costs: the one that comes first. */
Test(components, ties_go_to_the_first) {
    expect(3, 9, "0, 1, 2, 3", "0 3 | 1 | 2");
}

/* Readers of 9 are apart as long as nobody in the window writes 9; a writer connects all of them,
 * those before it as well as those after it. */
Test(components, only_a_write_connects) {
    expect(2, 4, "0 r9, 1 r9, 2 r9, 3", "0 2 | 1 3");
    expect(2, 4, "0 r9, 1 r9, 9, 3", "0 1 2 | 3");
    expect(2, 4, "9, 1 r9, 3, 2 r9", "0 1 3 | 2");
    /* The write in the first window says nothing about the second. */
    expect(2, 2, "9, 0, 1 r9, 2 r9", "0 | 1 ; 2 | 3");
}

/* 0-1, 2-3 and then 1-2: the three steps are one component, and 4 is another. */
Test(components, joined_late) {
    expect(2, 9, "0 1, 2 3, 1 2, 4", "0 1 2 | 3");
}

Test(components, loops_and_empty_hyperedges) {
    expect(2, 9, "3 r3, r3, , 4 4", "0 1 | 2 3");
}
