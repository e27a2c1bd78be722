/* plan/choose: the cost model and what it chooses. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/cases.h"
#include "support/plan_text.h"

static int near(double a, double b) {
    return fabs(a - b) <= 1e-12 * fabs(b);
}

/* Costs 2 3 1 4. Batch 0: lane 0 has 2 + 1, lane 1 has 3: 3. Batch 1: 4. Total 10, critical 7: ideal
 * 10/7. A step of mean cost (2.5) takes 20 ns, so a unit takes 8: serially 80 ns, on the lanes 56,
 * and two boundaries of 300 ns. */
Test(choose, speedup_by_hand) {
    sq_hypergraph *graph = text_graph("0 1, 2 3 4, 5, 0 2 5 6");
    sq_plan *plan = text_plan("0 2 | 1 ; 3 |");
    sq_plan_options options = {.lanes = 2};
    sq_speedup s = sq_plan_speedup(plan, graph, NULL, &options);
    cr_assert(near(s.ideal, 10.0 / 7) && near(s.with_boundary, 80.0 / 656), "%g %g", s.ideal,
              s.with_boundary);
    options.step_ns = 100;
    options.boundary_ns = 10;
    s = sq_plan_speedup(plan, graph, NULL, &options);
    cr_assert(near(s.ideal, 10.0 / 7) && near(s.with_boundary, 400.0 / 300), "%g %g", s.ideal,
              s.with_boundary);
    /* Of 100 ns 50 are every step's: 20 a unit. Batch 0: lane 0 has 2 × 50 + 3 × 20, lane 1 has
     * 50 + 60; batch 1: 50 + 80. */
    options.fixed_ns = 50;
    s = sq_plan_speedup(plan, graph, NULL, &options);
    cr_assert(near(s.ideal, 400.0 / 290) && near(s.with_boundary, 400.0 / 310), "%g %g", s.ideal,
              s.with_boundary);
    /* More than the whole step: the steps count, not their hyperedges. */
    options.fixed_ns = 1000;
    s = sq_plan_speedup(plan, graph, NULL, &options);
    cr_assert(near(s.ideal, 4.0 / 3), "%g", s.ideal);
    options.fixed_ns = 0;
    /* The order decides what a step costs: with 3 0 0 0 lane 0 has 4 + 2, lane 1 has 2, then 2. */
    static const uint32_t pi[] = {3, 0, 0, 0};
    s = sq_plan_speedup(plan, graph, pi, &options);
    cr_assert(near(s.ideal, 10.0 / 8), "%g", s.ideal);
    text_plan_free(plan);
    text_graph_free(graph);
}

/* A step without blocks costs one; a plan without steps is as fast as none. */
Test(choose, speedup_of_little) {
    sq_hypergraph *graph = text_graph(", , 0");
    sq_plan *plan = text_plan("0 | 1 | 2"), *none = text_plan("");
    sq_plan_options options = {.lanes = 3};
    cr_assert(near(sq_plan_speedup(plan, graph, NULL, &options).ideal, 3));
    sq_speedup s = sq_plan_speedup(none, graph, NULL, &options);
    cr_assert(near(s.ideal, 1) && near(s.with_boundary, 1));
    text_plan_free(plan);
    text_plan_free(none);
    text_graph_free(graph);
}

static int same_options(const sq_plan_options *a, const sq_plan_options *b) {
    return a->planner == b->planner && a->lanes == b->lanes && a->batch == b->batch &&
           a->deferrals == b->deferrals && a->segment == b->segment && a->step_ns == b->step_ns &&
           a->boundary_ns == b->boundary_ns;
}

/* Every zero is replaced, every given value stays (a batch may be cut to the segment). */
Test(choose, completes_the_options) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        planning_case c;
        case_init(&c, seed);
        sq_plan_options o = c.options, again = c.options, thorough = c.options;
        int serial = -1, serial_again = -1, serial_thorough = -1;
        thorough.thorough = 1;
        cr_assert(sq_plan_choose(&o, &serial, &c.graph, c.pi, c.order.steps, NULL) == SQ_OK);
        cr_assert(sq_plan_choose(&again, &serial_again, &c.graph, c.pi, c.order.steps, NULL) ==
                  SQ_OK);
        cr_assert(serial == serial_again && same_options(&o, &again), "%s", case_name(&c));
        cr_assert(sq_plan_choose(&thorough, &serial_thorough, &c.graph, c.pi, c.order.steps,
                                 NULL) == SQ_OK);
        cr_assert(serial == serial_thorough && (serial || same_options(&o, &thorough)), "%s",
                  case_name(&c));
        if (c.options.planner != SQ_PLANNER_AUTO)
            cr_assert(!serial && o.planner == c.options.planner, "%s", case_name(&c));
        if (!serial)
            cr_assert(o.planner != SQ_PLANNER_AUTO && o.batch && o.deferrals && o.segment &&
                          o.step_ns > 0 && o.boundary_ns > 0,
                      "%s", case_name(&c));
        cr_assert(o.lanes == c.options.lanes);
        cr_assert(c.options.segment ? o.segment == c.options.segment
                                    : serial || SQ_PLAN_SEGMENT % o.segment == 0);
        cr_assert(serial || !c.options.batch || o.batch == c.options.batch ||
                  (c.options.batch > o.segment && o.batch == o.segment));
        cr_assert(serial || !c.options.deferrals || o.deferrals == c.options.deferrals ||
                  (c.options.deferrals > o.segment && o.deferrals == o.segment));
        case_fini(&c);
    }
}

/* What is chosen gives the plan that is built with the zeros. */
Test(choose, is_what_build_does) {
    for (uint64_t seed = 500; seed < 700; seed++) {
        planning_case c;
        case_init(&c, seed);
        sq_plan_options o = c.options;
        int serial = 0;
        sq_plan *zeros = NULL, *chosen = NULL;
        size_t steps = c.order.steps;
        cr_assert(sq_plan_choose(&o, &serial, &c.graph, c.pi, steps, NULL) == SQ_OK);
        cr_assert(sq_plan_build(&zeros, &c.graph, c.pi, steps, &c.options, NULL) == SQ_OK);
        cr_assert(serial == !zeros, "%s", case_name(&c));
        if (zeros) {
            cr_assert(sq_plan_build(&chosen, &c.graph, c.pi, steps, &o, NULL) == SQ_OK);
            cr_assert(chosen->planner == zeros->planner && chosen->batches == zeros->batches &&
                      chosen->deferrals == zeros->deferrals);
            cr_assert(memcmp(chosen->step, zeros->step, steps * sizeof *zeros->step) == 0);
        }
        sq_plan_free(zeros);
        sq_plan_free(chosen);
        case_fini(&c);
    }
}

static sq_plan_options choose(const sq_hypergraph *graph, size_t steps, uint32_t lanes,
                              sq_planner planner, int *serial) {
    sq_plan_options o = {.planner = planner, .lanes = lanes};
    cr_assert(sq_plan_choose(&o, serial, graph, NULL, steps, NULL) == SQ_OK);
    return o;
}

enum { STEPS = 20000 };

/* Pairs of blocks of their own. */
static uint32_t *apart(sq_hypergraph *graph, size_t steps) {
    uint32_t *block = calloc(2 * steps, sizeof *block);
    for (uint32_t i = 0; i < 2 * steps; i++)
        block[i] = i;
    *graph = (sq_hypergraph){.samples = steps, .blocks = 2 * steps, .arity = 2, .block = block};
    return block;
}

/* A given batch that is longer than what candidates plan is compared all the same. */
Test(choose, long_batches_are_tried) {
    enum { MANY = 200000 };
    sq_hypergraph graph;
    uint32_t *block = apart(&graph, MANY);
    static const uint32_t batches[] = {16000, 16384, 17000, 100000, MANY, 4 * MANY};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        sq_plan_options o = {.lanes = 2, .step_ns = 100, .batch = batches[i]};
        int serial = 1;
        cr_assert(sq_plan_choose(&o, &serial, &graph, NULL, MANY, NULL) == SQ_OK);
        cr_assert(!serial && o.planner == SQ_PLANNER_LANES, "batch %u: serial %d, planner %s",
                  batches[i], serial, sq_planner_name(o.planner));
    }
    free(block);
}

/* A boundary behind each short segment counts. */
Test(choose, short_segments_do_not_pay) {
    sq_hypergraph graph;
    uint32_t *block = apart(&graph, STEPS);
    for (uint32_t segment = 1; segment <= 1 << 14; segment *= 4) {
        sq_plan_options o = {.lanes = 2, .step_ns = 20, .segment = segment};
        int serial = 0;
        cr_assert(sq_plan_choose(&o, &serial, &graph, NULL, STEPS, NULL) == SQ_OK);
        cr_assert(serial == (segment <= 16), "segments of %u: serial %d", segment, serial);
    }
    free(block);
}

Test(choose, refuses_unknown_planners) {
    sq_hypergraph graph;
    uint32_t *block = apart(&graph, 10);
    static const int planners[] = {-1, SQ_PLANNER_COMPONENTS + 1, 1 << 30};
    for (size_t i = 0; i < sizeof planners / sizeof *planners; i++) {
        sq_plan *plan = NULL;
        sq_error error = {""};
        const sq_plan_options o = {.planner = (sq_planner)planners[i], .lanes = 2};
        cr_assert(sq_plan_build(&plan, &graph, NULL, 10, &o, &error) == SQ_BAD_ARGUMENT);
        cr_assert(!plan && strstr(error.message, "no planner"), "%s", error.message);
    }
    free(block);
}

/* A chain gives auto nothing to gain: serial. An explicit planner is obeyed nevertheless. */
Test(choose, a_chain_is_serial) {
    uint32_t *block = calloc(STEPS, sizeof *block);
    sq_hypergraph graph = {.samples = STEPS, .blocks = 1, .arity = 1, .block = block};
    int serial = 0;
    choose(&graph, STEPS, 4, SQ_PLANNER_AUTO, &serial);
    cr_assert(serial);
    choose(&graph, STEPS, 4, SQ_PLANNER_LANES, &serial);
    cr_assert(!serial);
    free(block);
}

/* Independent steps whose many blocks take longer to plan than to step: serial in a few epochs, planned
 * where many share the plan. */
Test(choose, planning_must_pay) {
    enum { EDGES = 2000, SIZE = 50 };
    uint32_t *block = calloc(EDGES * SIZE, sizeof *block);
    for (uint32_t i = 0; i < EDGES * SIZE; i++)
        block[i] = i;
    sq_hypergraph graph = {.samples = EDGES, .blocks = EDGES * SIZE, .arity = SIZE, .block = block};
    int serial = 0;
    sq_plan_options few = {.lanes = 2, .step_ns = 20}, many = few;
    cr_assert(sq_plan_choose(&few, &serial, &graph, NULL, EDGES, NULL) == SQ_OK && serial);
    many.epochs = 1000;
    cr_assert(sq_plan_choose(&many, &serial, &graph, NULL, EDGES, NULL) == SQ_OK && !serial);
    /* So few steps are tried that the first candidate has no whole batch: shorter ones are tried. */
    sq_plan_options long_batches = {.lanes = 8, .step_ns = 20000};
    cr_assert(sq_plan_choose(&long_batches, &serial, &graph, NULL, EDGES, NULL) == SQ_OK &&
              !serial);
    free(block);
}

/* A block in every third step, and boundaries that cost as much as many steps: the first candidate tells
 * auto to give up. A thorough search has the same answer, and a better plan to show for it. */
Test(choose, a_thorough_search_goes_on) {
    uint32_t *block = calloc(2 * STEPS, sizeof *block);
    for (uint32_t i = 0; i < STEPS; i++) {
        block[2 * i] = i % 3 ? 1 + i : 0;
        block[2 * i + 1] = STEPS + 1 + i;
    }
    sq_hypergraph graph = {.samples = STEPS, .blocks = 2 * STEPS + 1, .arity = 2, .block = block};
    sq_plan_options quick = {.lanes = 2, .step_ns = 2, .boundary_ns = 300, .epochs = 1};
    sq_plan_options thorough = quick;
    thorough.thorough = 1;
    int serial = 0, serial_too = 0;
    cr_assert(sq_plan_choose(&quick, &serial, &graph, NULL, STEPS, NULL) == SQ_OK);
    cr_assert(sq_plan_choose(&thorough, &serial_too, &graph, NULL, STEPS, NULL) == SQ_OK);
    cr_assert(serial && serial_too && thorough.batch > quick.batch, "%u %u", thorough.batch,
              quick.batch);
    free(block);
}

/* Independent steps: the whole gain of the lanes, nearly. One lane: nothing. */
Test(choose, independent_steps_are_planned) {
    uint32_t *block = calloc(STEPS, sizeof *block);
    for (uint32_t i = 0; i < STEPS; i++)
        block[i] = i;
    sq_hypergraph graph = {.samples = STEPS, .blocks = STEPS, .arity = 1, .block = block};
    int serial = 1;
    sq_plan_options o = choose(&graph, STEPS, 8, SQ_PLANNER_AUTO, &serial);
    cr_assert(!serial);
    sq_plan *plan = NULL;
    cr_assert(sq_plan_build(&plan, &graph, NULL, STEPS, &o, NULL) == SQ_OK && plan);
    sq_speedup s = sq_plan_speedup(plan, &graph, NULL, &o);
    cr_assert(s.ideal > 7.9 && s.with_boundary > 7, "%g %g", s.ideal, s.with_boundary);
    sq_plan_free(plan);
    choose(&graph, STEPS, 1, SQ_PLANNER_AUTO, &serial);
    cr_assert(serial);
    free(block);
}

static sq_hypergraph random_pairs(uint32_t *block) {
    chance draw = {5};
    for (uint32_t i = 0; i < 2 * STEPS; i++)
        block[i] = (i % 2) * 2000 + chance_below(&draw, 2000);
    return (sq_hypergraph){.samples = STEPS, .blocks = 4000, .arity = 2, .block = block};
}

/* Where every epoch has an order of its own: what others do for the next one while one thread runs the steps
 * is not gained by lanes; and lanes gain as much as there are processors. */
Test(choose, orders_and_processors_count) {
    static const struct {
        double step_ns, order_ns;
        uint32_t lanes, processors;
        int serial;
    } cases[] = {{20, 0, 2, 0, 0},  {10, 10, 2, 0, 1}, {30, 10, 2, 0, 0}, {20, 60, 2, 0, 1},
                 {10, 10, 8, 0, 0}, {10, 10, 8, 2, 1}, {30, 10, 8, 2, 0}, {30, 10, 8, 1, 1},
                 {20, -1, 2, 0, 0}, {20, NAN, 2, 2, 0}};
    uint32_t *block = calloc(2 * STEPS, sizeof *block);
    sq_hypergraph graph = random_pairs(block);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sq_plan_options o = {.lanes = cases[i].lanes,
                             .step_ns = cases[i].step_ns,
                             .boundary_ns = 50,
                             .epochs = 1,
                             .order_ns = cases[i].order_ns,
                             .processors = cases[i].processors};
        int serial = -1;
        cr_assert(sq_plan_choose(&o, &serial, &graph, NULL, STEPS, NULL) == SQ_OK);
        cr_assert(serial == cases[i].serial, "case %zu: %d", i, serial);
    }
    free(block);
}

/* Random pairs of 4,000 blocks: with its own batch length the planner beats every fixed power of ten
 * by its own model, or comes within a tenth. */
Test(choose, the_batch_length_suits) {
    uint32_t *block = calloc(2 * STEPS, sizeof *block);
    sq_hypergraph graph = random_pairs(block);
    double chosen = 0;
    static const uint32_t batch[] = {0, 10, 100, 1000, 10000};
    for (int i = 0; i < 5; i++) {
        sq_plan_options o = {.planner = SQ_PLANNER_LANES, .lanes = 4, .batch = batch[i]};
        sq_plan *plan = NULL;
        cr_assert(sq_plan_build(&plan, &graph, NULL, STEPS, &o, NULL) == SQ_OK && plan);
        double gain = sq_plan_speedup(plan, &graph, NULL, &o).with_boundary;
        chosen = i == 0 ? gain : chosen;
        cr_assert(chosen > 2 && gain < 1.1 * chosen, "batch %u: %g, chosen: %g", batch[i], gain,
                  chosen);
        sq_plan_free(plan);
    }
    free(block);
}
