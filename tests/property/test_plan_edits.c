/* The tests can fail: a plan that lacks one boundary or one deferral is noticed by everyone.
 *
 * A plan is made, one boundary is taken out or one deferred step put back, and the result is judged
 * by the definition. Where a conflict has come apart, the checker must refuse the plan, and if both
 * steps write something the bits must differ from the serial ones in one of the two plainest bad
 * orders (support/worst_order.h): not in many cases, in all. Where none has, the checker must
 * accept the plan and the bits must stay. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/plan.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/plan_text.h"
#include "support/scale.h"
#include "support/worst_order.h"

enum { CASES = 3000 };

typedef struct tally {
    size_t edits, broken, observable, differ, in_every_way;
} tally;

static void judge_edit(const planning_case *c, const mixer *m, const float *serial,
                       const sq_plan *edited, tally *t) {
    sq_error error = {""};
    size_t steps = c->order.steps;
    oracle_verdict verdict = oracle_judge(edited, &c->graph, c->pi, steps);
    int status = sq_plan_check(edited, &c->graph, c->pi, steps, &error);
    cr_assert(!verdict.incomplete, "%s: the edit lost a step", case_name(c));
    cr_assert(status == (verdict.broken ? SQ_INVALID : SQ_OK), "%s: checker %d, %zu broken pairs",
              case_name(c), status, verdict.broken);
    cr_assert((error.message[0] != '\0') == (verdict.broken > 0));
    int ways = 0, plainest = 0;
    for (int way = 0; way < WORST_WAYS; way++) {
        float *x = mixer_start(m, c->seed);
        worst_order_run(m, edited, x, c->pi, 0, 0.5, (worst_way)way, c->seed);
        int differs = memcmp(x, serial, mixer_bytes(m)) != 0;
        ways += differs;
        plainest |= differs && way <= WORST_LAST_LANE_FIRST;
        free(x);
    }
    cr_assert(verdict.broken > 0 || ways == 0, "%s: a valid plan gave other bits", case_name(c));
    cr_assert(verdict.observable == 0 || plainest, "%s: steps %zu and %zu came apart unnoticed",
              case_name(c), verdict.first, verdict.then);
    t->edits++;
    t->broken += verdict.broken > 0;
    t->observable += verdict.observable > 0;
    t->differ += plainest != 0;
    t->in_every_way += ways == WORST_WAYS;
}

static void edit_boundaries(const planning_case *c, const mixer *m, const float *serial,
                            const sq_plan *plan, tally *t) {
    for (size_t b = 0; b + 1 < plan->batches && b < 6; b++) {
        sq_plan *edited = plan_without_boundary(plan, b);
        judge_edit(c, m, serial, edited, t);
        text_plan_free(edited);
    }
}

/* Whether the step was put off: an earlier batch has a higher step. */
static int was_deferred(const sq_plan *plan, uint32_t step) {
    size_t batch = plan_batch_of(plan, step);
    for (uint32_t i = 0; i < plan->begin[batch * plan->lanes]; i++)
        if (plan->step[i] > step)
            return 1;
    return 0;
}

static void edit_deferrals(const planning_case *c, const mixer *m, const float *serial,
                           const sq_plan *plan, tally *t) {
    chance draw = {c->seed + 3};
    size_t done = 0;
    for (uint32_t step = 0; step < plan->steps && done < 6; step++)
        if (was_deferred(plan, step)) {
            sq_plan *edited = plan_without_deferral(plan, step, chance_below(&draw, plan->lanes));
            judge_edit(c, m, serial, edited, t);
            text_plan_free(edited);
            done++;
        }
}

typedef void edit_all(const planning_case *c, const mixer *m, const float *serial,
                      const sq_plan *plan, tally *t);

static tally check_cases(size_t cases, uint64_t seed, edit_all *edit) {
    tally t = {0};
    for (size_t i = 0; i < cases; i++) {
        planning_case c;
        case_init(&c, seed + i);
        mixer m;
        mixer_init(&m, MIXER_GRAPH, &c.graph, 1, 1, 0);
        float *serial = mixer_start(&m, c.seed);
        mixer_serial(&m, serial, c.pi, c.order.steps, 0, 0.5);
        sq_plan *plan = NULL;
        cr_assert(sq_plan_build(&plan, &c.graph, c.pi, c.order.steps, &c.options, NULL) == SQ_OK);
        if (plan && plan->lanes > 1)
            edit(&c, &m, serial, plan, &t);
        sq_plan_free(plan);
        free(serial);
        case_fini(&c);
    }
    return t;
}

static void check_shares(size_t cases, tally t) {
    cr_log_info("%zu edits: %zu part a conflict, %zu of them differ, %zu in every way", t.edits,
                t.broken, t.differ, t.in_every_way);
    if (cases < 1000)
        return; /* too few to speak of shares */
    /* Many edits part a conflict, and of these at least two thirds show in the bits: all but those
     * of steps that write nothing. */
    cr_assert(t.edits > cases / 3 && t.broken > t.edits / 10, "%zu edits, %zu broken", t.edits,
              t.broken);
    cr_assert(3 * t.differ > 2 * t.broken, "%zu broken, %zu differ", t.broken, t.differ);
    cr_assert(t.differ >= t.observable && t.differ <= t.broken);
}

Test(plan_edits, a_missing_boundary_is_noticed) {
    size_t cases = scale_cases(CASES);
    check_shares(cases, check_cases(cases, scale_seed(4000000), edit_boundaries));
}

Test(plan_edits, a_missing_deferral_is_noticed) {
    size_t cases = scale_cases(CASES);
    check_shares(cases, check_cases(cases, scale_seed(5000000), edit_deferrals));
}

/* Two steps on one block in two batches; without the boundary they are in different lanes. */
Test(plan_edits, smallest_case) {
    sq_hypergraph *graph = text_graph("0, 0");
    static const uint32_t pi[] = {0, 1};
    mixer m;
    mixer_init(&m, MIXER_GRAPH, graph, 1, 1, 0);
    float *serial = mixer_start(&m, 1);
    mixer_serial(&m, serial, pi, 2, 0, 0.5);
    sq_plan *good = text_plan("| 0 ; 1 |"), *bad = plan_without_boundary(good, 0);
    cr_assert_str_eq(text_of_plan(bad), "1 | 0");
    cr_assert(sq_plan_check(good, graph, pi, 2, NULL) == SQ_OK);
    cr_assert(sq_plan_check(bad, graph, pi, 2, NULL) == SQ_INVALID);
    cr_assert(oracle_judge(good, graph, pi, 2).broken == 0);
    cr_assert(oracle_judge(bad, graph, pi, 2).observable == 1);
    static const int differs[WORST_WAYS] = {[WORST_FIRST_LANE_FIRST] = 1,
                                            [WORST_LAST_LANE_FIRST] = 0,
                                            [WORST_IN_TURN] = 1,
                                            [WORST_IN_TURN_BACKWARDS] = 0,
                                            [WORST_READ_THEN_WRITE] = 1};
    for (int way = 0; way < WORST_AT_RANDOM; way++) {
        float *x = mixer_start(&m, 1);
        worst_order_run(&m, bad, x, pi, 0, 0.5, (worst_way)way, 0);
        cr_assert((memcmp(x, serial, mixer_bytes(&m)) != 0) == differs[way], "way %d", way);
        free(x);
    }
    free(serial);
    text_plan_free(good);
    text_plan_free(bad);
    text_graph_free(graph);
}
