/* plan/check: every way in which a plan can be wrong, and the ways that only look so. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/plan.h"
#include "support/plan_text.h"

static int judge(const char *edges, const char *plan_text, sq_error *error) {
    sq_hypergraph *graph = text_graph(edges);
    sq_plan *plan = text_plan(plan_text);
    *error = (sq_error){""};
    int status = sq_plan_check(plan, graph, NULL, graph->samples, error);
    oracle_verdict verdict = oracle_judge(plan, graph, NULL, graph->samples);
    cr_assert(status == (verdict.incomplete || verdict.broken ? SQ_INVALID : SQ_OK),
              "%s with %s: %d", plan_text, edges, status);
    cr_assert(sq_plan_check(plan, graph, NULL, graph->samples, NULL) == status);
    text_plan_free(plan);
    text_graph_free(graph);
    return status;
}

static void accept(const char *edges, const char *plan_text) {
    sq_error error;
    cr_assert(judge(edges, plan_text, &error) == SQ_OK, "%s with %s: %s", plan_text, edges,
              error.message);
}

/* Refused, and the message has all the words. */
static void refuse_plan(const char *edges, const char *plan_text, const char *word,
                        const char *other) {
    sq_error error;
    cr_assert(judge(edges, plan_text, &error) == SQ_INVALID, "%s with %s", plan_text, edges);
    cr_assert(strstr(error.message, word), "'%s' lacks '%s'", error.message, word);
    cr_assert(strstr(error.message, other), "'%s' lacks '%s'", error.message, other);
}

Test(check, valid_plans) {
    accept("0, 0, 1", "0 1 | 2");
    accept("0, 0, 1", "0 | 2 ; 1 |");
    accept("0, 0, 1", "2 | 0 1");         /* any lane */
    accept("0, 0, 1", "| 0 ; | 1 ; 2 |"); /* empty lanes */
    accept("0, 0, 1", "| ; 0 1 2 | ; |"); /* empty batches */
    accept("0, 1, 2", "2 1 0 |");         /* out of order, but without conflict */
    accept("0, 1, 2", "2 | 1 ; 0 |");
}

Test(check, a_step_is_missing) {
    refuse_plan("0, 1, 2", "0 | 1", "2 steps", "3");
    refuse_plan("0, 1, 2", "0 1 | 1", "step 1", "twice"); /* and 2 is missing */
}

Test(check, a_step_is_there_twice) {
    refuse_plan("0, 1, 2", "0 1 | 2 ; 1 |", "4 steps", "3");
    refuse_plan("0, 1, 2", "0 | 2 ; 2 |", "step 2", "twice");
}

Test(check, a_step_is_none_of_the_order) {
    refuse_plan("0, 1, 2", "0 1 | 3", "step 3", "not in the order");
    refuse_plan("0, 1, 2", "0 1 | 4294967295", "step 4294967295", "not in the order");
}

Test(check, the_order_is_inverted_in_a_lane) {
    refuse_plan("0, 0", "1 0 |", "step 0", "step 1");
    refuse_plan("0, 5, 0 1, 1", "0 1 3 2 |", "step 2", "step 3");
}

Test(check, the_order_is_inverted_between_batches) {
    refuse_plan("0, 0", "1 | ; 0 |", "step 0", "step 1");
    refuse_plan("0, 3, 0", "2 | ; 1 | ; | 0", "step 0", "step 2");
}

Test(check, conflicting_steps_are_in_two_lanes) {
    refuse_plan("0, 0", "0 | 1", "step 0", "step 1");
    refuse_plan("0, 0", "1 | 0", "step 0", "step 1");
}

/* A write and a read conflict either way round, in lanes as in order. */
Test(check, reads_and_writes) {
    refuse_plan("0, r0", "0 | 1", "step 0", "step 1");
    refuse_plan("r0, 0", "0 | 1", "step 0", "step 1");
    refuse_plan("r0, 0", "1 0 |", "step 0", "step 1");
    refuse_plan("0, r0", "1 ; 0", "step 0", "step 1");
    refuse_plan("r0, r0, r0, 0", "0 | 1 ; 3 | ; 2 |", "step 2", "step 3");
    /* Two lanes have read block 0 in this batch, the second one now writes it. */
    refuse_plan("1 r0, 2 r0, 0", "0 | 1 2", "step 0", "step 2");
    /* A reader of an earlier batch, of a higher number, has nothing to do with it: 1 beside 2 has. */
    refuse_plan("9, 1 r0, 0, r0", "0 | 1 ; 2 | 3", "step 2", "step 3");
}

/* What is no conflict must be accepted. */
Test(check, readers_do_not_conflict) {
    accept("r0, r0, r0", "2 | 1 ; 0 |");
    accept("1 r0, 2 r0, 3 r0", "2 | 1 ; 0 |");
    accept("1 r0, 1 r0", "0 1 | ");
    accept("r0, r0, 0, r0, r0", "1 | 0 ; | 2 ; 4 | 3");
    accept("0, r0, r0", "0 | ; 2 | 1");
    accept("r0, r0, 0", "1 0 2 |"); /* both reads are before the write, in its lane */
}

/* The first place counts: a block that is written and then read is written; a loop conflicts with
 * others, but not with itself. */
Test(check, loops) {
    accept("0 0, 1 1", "0 | 1");
    accept("0 r0, 1", "0 | 1");
    refuse_plan("0 r0, r0", "0 | 1", "step 0", "step 1");
    accept("r0 r0, r0", "1 | 0");
}

/* The same sample at two positions conflicts with itself, if it writes. */
Test(check, repeated_samples) {
    sq_hypergraph *graph = text_graph("0, r1, 2");
    static const uint32_t pi[] = {0, 1, 0, 1, 2};
    sq_plan *apart = text_plan("0 2 | 1 3 4"), *reads = text_plan("0 2 1 | 3 4"),
            *wrong = text_plan("0 | 2 ; 1 3 4 |");
    cr_assert(sq_plan_check(apart, graph, pi, 5, NULL) == SQ_OK);
    cr_assert(sq_plan_check(reads, graph, pi, 5, NULL) == SQ_OK);
    cr_assert(sq_plan_check(wrong, graph, pi, 5, NULL) == SQ_INVALID);
    text_plan_free(apart);
    text_plan_free(reads);
    text_plan_free(wrong);
    text_graph_free(graph);
}

/* Offsets that descend, that do not begin at 0, that do not end with the steps. */
Test(check, offsets) {
    sq_hypergraph *graph = text_graph("0, 1, 2, 3");
    static const uint32_t wrong[][5] = {{0, 3, 2, 3, 4},          {1, 1, 2, 3, 4}, {0, 1, 2, 3, 3},
                                        {0, 1, 2, 3, 5},          {0, 5, 2, 3, 4}, {0, 4, 0, 4, 4},
                                        {0, 1, 2, 4294967295u, 4}};
    sq_plan *plan = text_plan("0 | 1 ; 2 | 3");
    cr_assert(sq_plan_check(plan, graph, NULL, 4, NULL) == SQ_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(plan->begin, wrong[i], sizeof wrong[i]);
        sq_error error = {""};
        cr_assert(sq_plan_check(plan, graph, NULL, 4, &error) == SQ_INVALID, "offsets %zu", i);
        cr_assert(strstr(error.message, "invalid plan"));
    }
    text_plan_free(plan);
    text_graph_free(graph);
}

Test(check, no_steps) {
    sq_hypergraph graph = {0};
    uint32_t begin[] = {0}, step[] = {0};
    sq_plan plan = {.lanes = 2, .begin = begin, .step = step};
    cr_assert(sq_plan_check(&plan, &graph, NULL, 0, NULL) == SQ_OK);
    cr_assert(sq_plan_check(&plan, &graph, NULL, 1, NULL) == SQ_INVALID);
    plan.lanes = 0;
    cr_assert(sq_plan_check(&plan, &graph, NULL, 0, NULL) == SQ_INVALID);
}
