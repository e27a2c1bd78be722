/* plan/conflicts: the figures of an epoch, by hand and against the definition. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "oracle/plan.h"
#include "support/cases.h"
#include "support/plan_text.h"

/* Chain: 0, 2 (by 1), 3 (by 0), 4: depth 4. Block 0: steps 0, 2, 3, 4 touch it. */
Test(conflicts, by_hand) {
    sq_hypergraph *graph = text_graph("0 1, 2, 1 0, 0 3 4, 0 r2, ");
    sq_conflicts c;
    cr_assert(sq_plan_conflicts(&c, graph, NULL, 6, NULL) == SQ_OK);
    cr_assert(c.samples == 6 && c.steps == 6 && c.blocks == 5 && c.used == 5);
    cr_assert(c.incidences == 10 && c.edge_min == 0 && c.edge_max == 3);
    cr_assert(c.depth == 4 && c.heaviest == 4);
    text_graph_free(graph);
}

Test(conflicts, no_steps) {
    sq_hypergraph *graph = text_graph("0 1, 2");
    sq_conflicts c;
    cr_assert(sq_plan_conflicts(&c, graph, NULL, 0, NULL) == SQ_OK);
    cr_assert(c.samples == 2 && c.steps == 0 && c.blocks == 3 && c.used == 0);
    cr_assert(c.edge_min == 0 && c.edge_max == 0 && c.depth == 0 && c.heaviest == 0);
    text_graph_free(graph);
}

/* A step that lists a block twice touches it once. */
Test(conflicts, loops) {
    sq_hypergraph *graph = text_graph("0 0, 1, 1");
    sq_conflicts c;
    cr_assert(sq_plan_conflicts(&c, graph, NULL, 3, NULL) == SQ_OK);
    cr_assert(c.incidences == 4 && c.used == 2 && c.depth == 2);
    cr_assert(c.heaviest == 2, "%llu steps touch block 1", (unsigned long long)c.heaviest);
    cr_assert(sq_plan_conflicts(&c, graph, NULL, 1, NULL) == SQ_OK);
    cr_assert(c.heaviest == 1, "one step touches block 0, not %llu",
              (unsigned long long)c.heaviest);
    text_graph_free(graph);
}

static void compare(const planning_case *p) {
    sq_conflicts c;
    size_t steps = p->order.steps, used = 0;
    uint64_t heaviest = 0;
    cr_assert(sq_plan_conflicts(&c, &p->graph, p->pi, steps, NULL) == SQ_OK);
    for (uint32_t b = 0; b < p->graph.blocks; b++) {
        uint64_t touching = 0;
        for (size_t k = 0; k < steps; k++)
            touching += (uint64_t)oracle_touches(&p->graph, p->pi[k], b);
        used += touching > 0;
        heaviest = touching > heaviest ? touching : heaviest;
    }
    cr_assert(c.depth == oracle_depth(&p->graph, p->pi, steps), "%s", case_name(p));
    cr_assert(c.used == used, "%s", case_name(p));
    cr_assert(c.heaviest == heaviest, "%s: heaviest %llu, not %llu", case_name(p),
              (unsigned long long)c.heaviest, (unsigned long long)heaviest);
}

Test(conflicts, random_cases) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        planning_case p;
        case_init(&p, seed);
        compare(&p);
        case_fini(&p);
    }
}
