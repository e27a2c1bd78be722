/* plan/pairs: the plans of plan/lanes, byte for byte. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "plan/builder.h"
#include "plan/pairs.h"
#include "support/chance.h"
#include "support/plan_text.h"
#include "support/scale.h"

enum { STEPS_MAX = 3000, BLOCKS_MAX = 400 };

static sq_plan *plan_with(const sqi_planner *planner, const sq_hypergraph *graph,
                          const uint32_t *pi, size_t steps, const sq_plan_options *o) {
    void *work = NULL;
    sq_plan *plan = sqi_plan_new(SQ_PLANNER_LANES, o->lanes, steps, NULL);
    cr_assert(plan && planner->start(&work, graph, o, NULL) == SQ_OK);
    for (size_t first = 0; first < steps; first += o->segment) {
        size_t left = steps - first, count = left < o->segment ? left : o->segment;
        cr_assert(planner->segment(work, plan, &(sqi_segment){pi, first, count, 0}, NULL) == SQ_OK);
    }
    planner->finish(work);
    return plan;
}

static int same_plan(const sq_plan *a, const sq_plan *b) {
    return a->steps == b->steps && a->batches == b->batches && a->deferrals == b->deferrals &&
           memcmp(a->step, b->step, a->steps * sizeof *a->step) == 0 &&
           memcmp(a->begin, b->begin, (a->batches * a->lanes + 1) * sizeof *a->begin) == 0;
}

/* Blocks drawn evenly or the lower ones more often, loops, orders with repeats or none. */
static void check_case(uint64_t seed) {
    static uint32_t block[2 * STEPS_MAX], pi[STEPS_MAX];
    static const uint32_t lanes[] = {1, 2, 2, 2, 3, 4, 7, 8, 64, 65, 1024};
    chance draw = {seed};
    size_t steps = chance_below(&draw, STEPS_MAX + 1);
    uint32_t blocks = 1 + chance_below(&draw, BLOCKS_MAX), skewed = chance_below(&draw, 2);
    for (size_t i = 0; i < STEPS_MAX; i++) {
        for (size_t e = 2 * i; e < 2 * i + 2; e++)
            block[e] = chance_below(&draw, skewed ? 1 + chance_below(&draw, blocks) : blocks);
        pi[i] = chance_below(&draw, STEPS_MAX);
    }
    sq_hypergraph graph = {.samples = STEPS_MAX, .blocks = blocks, .arity = 2, .block = block};
    sq_plan_options o = {.lanes = lanes[chance_below(&draw, 11)],
                         .batch = chance_size(&draw, 9),
                         .deferrals = chance_size(&draw, 9),
                         .segment = chance_one_in(&draw, 2) ? chance_size(&draw, 10) : STEPS_MAX};
    const uint32_t *order = chance_one_in(&draw, 2) ? pi : NULL;
    sq_plan *want = plan_with(&sqi_planner_lanes, &graph, order, steps, &o);
    sq_plan *got = plan_with(&sqi_planner_pairs, &graph, order, steps, &o);
    cr_assert(same_plan(want, got),
              "seed %llu: %zu steps, %u blocks, %u lanes, batch %u, deferrals %u, segment %u",
              (unsigned long long)seed, steps, blocks, o.lanes, o.batch, o.deferrals, o.segment);
    sq_plan_free(want);
    sq_plan_free(got);
}

Test(pairs, are_the_plans_of_lanes) {
    for (uint64_t i = 0; i < scale_cases(3000); i++)
        check_case(scale_seed(6000000) + i);
}

/* They are used where they fit, and nowhere else. */
Test(pairs, serve_two_written_blocks) {
    static const uint32_t block[4] = {0, 1, 2, 3}, reads[2] = {0, 0};
    sq_hypergraph graph = {.samples = 2, .blocks = 4, .arity = 2, .block = block};
    cr_assert(sqi_planner_for(SQ_PLANNER_LANES, &graph) == &sqi_planner_pairs);
    cr_assert(sqi_planner_for(SQ_PLANNER_LEVELS, &graph) == &sqi_planner_levels);
    graph.reads = reads;
    cr_assert(sqi_planner_for(SQ_PLANNER_LANES, &graph) == &sqi_planner_lanes);
    graph.reads = NULL;
    graph.arity = 1;
    cr_assert(sqi_planner_for(SQ_PLANNER_LANES, &graph) == &sqi_planner_lanes);
}

/* There are words for so many batches, then the numbers begin anew: every segment must be planned as the
 * first one was, and a step block nothing that it touched long ago. Begins a few segments before. */
Test(pairs, words_are_used_up) {
    enum { STEPS = 256, SEGMENTS = 40 };
    static uint32_t block[2 * STEPS];
    for (uint32_t i = 0; i < 2 * STEPS; i++)
        block[i] = i % 3 ? i % 7 : i;
    sq_hypergraph graph = {.samples = STEPS, .blocks = 2 * STEPS, .arity = 2, .block = block};
    const uint32_t lanes[] = {2, 3, 1024};
    for (size_t l = 0; l < sizeof lanes / sizeof *lanes; l++) {
        sq_plan_options o = {.lanes = lanes[l], .batch = 1, .deferrals = 1, .segment = STEPS};
        sq_plan *want = plan_with(&sqi_planner_lanes, &graph, NULL, STEPS, &o);
        sq_plan *got = sqi_plan_new(SQ_PLANNER_LANES, o.lanes, STEPS, NULL);
        void *work = NULL;
        cr_assert(sqi_planner_pairs.start(&work, &graph, &o, NULL) == SQ_OK);
        sqi_pairs *pairs = work;
        uint32_t first = pairs->batch = (UINT32_MAX >> pairs->bits) - 10 * STEPS;
        for (int s = 0; s < SEGMENTS; s++) {
            got->steps = got->batches = got->deferrals = 0;
            cr_assert(sqi_planner_pairs.segment(work, got, &(sqi_segment){NULL, 0, STEPS, 0},
                                                NULL) == SQ_OK);
            cr_assert(memcmp(got->step, want->step, STEPS * sizeof *got->step) == 0,
                      "%u lanes, segment %d", lanes[l], s);
        }
        cr_assert(pairs->batch < first);
        sqi_planner_pairs.finish(work);
        sq_plan_free(want);
        sq_plan_free(got);
    }
}
