/* Every plan is valid by two independent judges, and every planned run has the serial bits.
 *
 * 10,000 cases: 4,000 with a hypergraph, 3,000 with hyperedges by function, 3,000 with hyperedges
 * that vary from step to step. Each builds a plan, has it judged by the library's checker and by
 * the definition, runs it in the worst orders that one thread can, and trains on real threads. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/plan.h"
#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/scale.h"
#include "support/worst_order.h"

enum { GRAPHS = 4000, FUNCTIONS = 3000, VARYING = 3000 };
_Static_assert(GRAPHS + FUNCTIONS + VARYING == SCALE_CASES, "the promise of issue 2");

/* What the cases of a test were, so that the test can see that it tested what it is for. */
typedef struct tally {
    size_t cases, plans, unplanned, deferrals, batches, parallel, many_threads;
} tally;

/* The hyperedges of the steps of epoch 0 one by one, for pi = NULL. */
static sq_hypergraph unroll(const mixer *m, const planning_case *c) {
    size_t steps = c->order.steps, used = 0;
    uint64_t *begin = calloc(steps + 1, sizeof *begin);
    uint32_t *block = calloc(steps * 8 + 1, sizeof *block), *reads = calloc(steps, sizeof *reads);
    for (size_t k = 0; k < steps; k++) {
        sq_step step = {0, k, c->pi[k], 0};
        used += m->problem.hyperedge(m, &step, block + used, &reads[k]);
        begin[k + 1] = used;
    }
    return (sq_hypergraph){.samples = steps,
                           .blocks = m->pool->blocks,
                           .begin = begin,
                           .block = block,
                           .reads = reads};
}

static void free_unrolled(sq_hypergraph *graph) {
    free((void *)(uintptr_t)graph->begin);
    free((void *)(uintptr_t)graph->block);
    free((void *)(uintptr_t)graph->reads);
}

/* Runs epoch 0 of a valid plan in every bad order. */
static void run_worst(const planning_case *c, const mixer *m, const sq_plan *plan) {
    float *serial = mixer_start(m, c->seed);
    mixer_serial(m, serial, c->pi, c->order.steps, 0, 0.5);
    for (int way = 0; way < WORST_WAYS; way++) {
        float *x = mixer_start(m, c->seed);
        worst_order_run(m, plan, x, c->pi, 0, 0.5, (worst_way)way, c->seed);
        cr_assert(memcmp(x, serial, mixer_bytes(m)) == 0, "%s: way %d", case_name(c), way);
        free(x);
    }
    free(serial);
}

/* One plan of epoch 0, judged and run in bad orders. */
static void check_plan(const planning_case *c, const mixer *m, const sq_hypergraph *graph,
                       const uint32_t *pi, tally *t) {
    sq_error error = {""};
    sq_plan *plan = NULL;
    size_t steps = c->order.steps;
    int status = sq_plan_build(&plan, graph, pi, steps, &c->options, &error);
    cr_assert(status == SQ_OK, "%s: %s", case_name(c), error.message);
    if (!plan) {
        cr_assert(c->options.planner == SQ_PLANNER_AUTO, "%s: no plan", case_name(c));
        t->unplanned++;
        return;
    }
    cr_assert(plan->lanes == c->options.lanes && plan->steps == steps, "%s", case_name(c));
    cr_assert(c->options.planner == SQ_PLANNER_AUTO || plan->planner == c->options.planner, "%s",
              case_name(c));
    oracle_verdict verdict = oracle_judge(plan, graph, pi, steps);
    cr_assert(!verdict.incomplete, "%s: a step is missing or there twice", case_name(c));
    cr_assert(verdict.broken == 0, "%s: steps %zu and %zu", case_name(c), verdict.first,
              verdict.then);
    status = sq_plan_check(plan, graph, pi, steps, &error);
    cr_assert(status == SQ_OK, "%s: %s", case_name(c), error.message);
    run_worst(c, m, plan);
    t->plans++;
    t->batches += plan->batches;
    t->deferrals += plan->deferrals;
    for (size_t b = 0; b < plan->batches; b++) {
        const uint32_t *begin = plan->begin + b * plan->lanes;
        size_t lanes = 0;
        for (uint32_t l = 0; l < plan->lanes; l++)
            lanes += begin[l] < begin[l + 1];
        t->parallel += lanes > 1;
    }
    sq_plan_free(plan);
}

/* Planned and serial training against a loop that has nothing but the order and the step. */
static void check_training(const planning_case *c, const mixer *m, tally *t) {
    chance draw = {c->seed + 1};
    sq_train_options options = {.mode = SQ_MODE_SERIAL,
                                .threads = c->options.lanes,
                                .epochs = 1 + chance_below(&draw, 3),
                                .step = 0.5 + chance_unit(&draw),
                                .decay = 0.9,
                                .check_plan = 1,
                                .losses = chance_one_in(&draw, 4),
                                .plan = c->options};
    float *want = mixer_start(m, c->seed);
    uint32_t *pi = calloc(c->order.steps, sizeof *pi);
    double gamma = options.step;
    for (uint64_t epoch = 0; epoch < options.epochs; epoch++) {
        sq_order_fill(&c->order, epoch, pi);
        mixer_serial(m, want, pi, c->order.steps, epoch, gamma);
        gamma *= options.decay;
    }
    static const sq_mode modes[] = {SQ_MODE_SERIAL, SQ_MODE_PLANNED};
    for (int i = 0; i < 2; i++) {
        sq_error error = {""};
        float *x = mixer_start(m, c->seed);
        options.mode = modes[i];
        int status = sq_train(&m->problem, x, &c->order, &options, NULL, &error);
        cr_assert(status == SQ_OK, "%s: %s", case_name(c), error.message);
        cr_assert(memcmp(x, want, mixer_bytes(m)) == 0, "%s: mode %s", case_name(c),
                  sq_mode_name(modes[i]));
        free(x);
    }
    t->many_threads += c->options.lanes > 8;
    free(want);
    free(pi);
}

static void check_case(uint64_t seed, mixer_kind kind, tally *t) {
    planning_case c;
    case_init(&c, seed);
    chance draw = {seed + 2};
    uint32_t width = 1 + chance_below(&draw, 3), padding = chance_below(&draw, 2);
    mixer m;
    mixer_init(&m, kind, &c.graph, width, width + padding, chance_one_in(&draw, 2));
    if (kind == MIXER_VARY) {
        sq_hypergraph graph = unroll(&m, &c);
        check_plan(&c, &m, &graph, NULL, t);
        free_unrolled(&graph);
    } else {
        check_plan(&c, &m, &c.graph, c.pi, t);
    }
    check_training(&c, &m, t);
    case_fini(&c);
    t->cases++;
}

static void check_cases(size_t cases, mixer_kind kind, uint64_t seed) {
    tally t = {0};
    size_t wanted = scale_cases(cases);
    seed = scale_seed(seed);
    for (size_t i = 0; i < wanted; i++)
        check_case(seed + i, kind, &t);
    cr_assert(t.cases == wanted);
    cr_log_info("%zu cases: %zu plans, %zu batches, %zu of them on several lanes, %zu deferrals",
                t.cases, t.plans, t.batches, t.parallel, t.deferrals);
    if (wanted < 1000)
        return; /* too few to expect every kind of case */
    cr_assert(t.plans > wanted / 2 && t.unplanned > 0, "%zu plans", t.plans);
    cr_assert(t.batches > 5 * t.plans && t.parallel > t.plans && t.deferrals > t.plans / 2,
              "%zu plans, %zu batches, %zu of them on several lanes, %zu deferrals", t.plans,
              t.batches, t.parallel, t.deferrals);
    cr_assert(t.many_threads > wanted / 4);
}

Test(planned_bits, hypergraphs) {
    check_cases(GRAPHS, MIXER_GRAPH, 1000000);
}

Test(planned_bits, hyperedges_by_function) {
    check_cases(FUNCTIONS, MIXER_FUNCTION, 2000000);
}

Test(planned_bits, hyperedges_that_vary) {
    check_cases(VARYING, MIXER_VARY, 3000000);
}
