/* plan/lanes: examples worked by hand with the table of block states at that file's head.
 *
 * Two lanes unless said otherwise. A state is written block=KIND(lane). */
#include <criterion/criterion.h>

#include "support/plan_text.h"

static const sq_plan_options two = {
    .planner = SQ_PLANNER_LANES, .lanes = 2, .batch = 100, .deferrals = 100};

static void expect_with(sq_plan_options options, const char *edges, const char *plan_text,
                        uint64_t deferrals) {
    sq_hypergraph *graph = text_graph(edges);
    sq_plan *plan = NULL;
    sq_error error = {""};
    cr_assert(sq_plan_build(&plan, graph, NULL, graph->samples, &options, &error) == SQ_OK, "%s",
              error.message);
    cr_assert_str_eq(text_of_plan(plan), plan_text);
    cr_assert(plan->deferrals == deferrals, "%llu deferrals", (unsigned long long)plan->deferrals);
    cr_assert(plan->planner == SQ_PLANNER_LANES && plan->steps == graph->samples);
    cr_assert(sq_plan_check(plan, graph, NULL, graph->samples, &error) == SQ_OK);
    sq_plan_free(plan);
    text_graph_free(graph);
}

static void expect(const char *edges, const char *plan_text, uint64_t deferrals) {
    expect_with(two, edges, plan_text, deferrals);
}

/* Step 0: lane 0, 0 1=OWNED(0). 1: lane 1, the less loaded, 2 3=OWNED(1). 2: 1 and 2 have different
 * owners: deferred, 1 2=BLOCKED. 3: 0 is lane 0's, 4=OWNED(0). 4: 3 is lane 1's. 5: 2 is BLOCKED:
 * deferred. 6: lane 1 has cost 3, lane 0 has 4. Next batch: 2 in lane 0, 5 with it. */
Test(lanes, owners_and_deferral) {
    expect("0 1, 2 3, 1 2, 0 4, 3, 2, 5", "0 3 | 1 4 6 ; 2 5 |", 2);
}

/* 0: lane 0, 9=READ(0). 1: reads 9 in lane 1, 9=SHARED. 2: writes 9: deferred, 9=BLOCKED. 3: reads
 * 9: deferred, 2=BLOCKED. 4: 0 is lane 0's. 5: 2 is BLOCKED. Next batch: 2, 9=OWNED(0); 3 and 5
 * follow into lane 0. */
Test(lanes, readers_share_and_a_writer_waits) {
    expect("0 r9, 1 r9, 9, 2 r9, 0, 2", "0 4 | 1 ; 2 3 5 |", 3);
}

/* A block that one lane alone has read may be written there: 9=READ(0), then OWNED(0). */
Test(lanes, a_reader_may_become_the_owner) {
    expect("0 r9, 9, 1", "0 1 | 2", 0);
}

/* The writer of 9 must go where 9 was read, though lane 1 is empty; and where 0 is another lane's,
 * it has to wait. */
Test(lanes, a_write_needs_the_readers_lane) {
    expect("0 r9, 1, 1 9", "0 | 1 ; 2 |", 1);
}

/* 2 is deferred for 0 and 1; 9, free till then, becomes SHARED by its read: 3 reads beside it, 4
 * must not write before it, and 5, which reads, must not overtake 4. */
Test(lanes, a_deferred_reader_keeps_writers_behind) {
    expect("0, 1, 0 1 r9, 2 r9, 9, 3 r9", "0 3 | 1 ; 2 4 5 |", 3);
}

/* 9 is READ(0) when the deferred step 2 reads it as well: the writer 3 may not join lane 0, or it
 * would overtake step 2. */
Test(lanes, a_deferred_read_of_a_read_block) {
    expect("0 r9, 1, 0 1 r9, 9", "0 | 1 ; 2 3 |", 2);
}

/* 9 is OWNED(0) when the deferred step 2 reads it: BLOCKED, so that 3 does not write it first; and
 * does not read it in another lane, beside step 0, which writes it. */
Test(lanes, a_deferred_read_of_an_owned_block) {
    expect("0 9, 1, 0 1 r9, 9", "0 | 1 ; 2 3 |", 2);
    expect("0 9, 1, 0 1 r9, 3 r9", "0 | 1 ; 2 | 3", 2);
}

/* The deferred step 2 writes 9, the deferred step 3 reads it: 9 stays BLOCKED, or 4 would read it
 * before step 2. */
Test(lanes, a_deferred_read_of_a_blocked_block) {
    expect("0, 1, 0 1 9, 0 1 r9, 2 r9", "0 | 1 ; 2 3 4 |", 3);
}

/* 9 is SHARED when the deferred step 3 reads it: it stays so, and further readers pass. */
Test(lanes, a_deferred_read_of_a_shared_block) {
    expect("0 r9, 1 r9, 5, 0 1 r9, 2 r9, 9", "0 2 | 1 4 ; 3 5 |", 2);
}

/* A block that is listed as written and again as only read is written: step 1 must be in its lane. A
 * loop of reads is a read: 3 may be beside 2. */
Test(lanes, loops) {
    expect("3 r3, r3, r7 r7, r7", "0 1 | 2 3", 0);
    expect("3 3, 3, 4 4", "0 1 | 2", 0);
}

/* Hyperedges without blocks conflict with nothing and cost one. */
Test(lanes, empty_hyperedges) {
    expect(", , , ", "0 2 | 1 3", 0);
}

/* Cost decides: lane 0 has 3 after step 0, so lane 1 gets 1, 2, 3 (cost 1 each); then a tie, which
 * goes to lane 0. */
Test(lanes, work_is_cost_not_steps) {
    expect("0 1 2, 3, 4, 5, 6", "0 4 | 1 2 3", 0);
}

/* With 3 lanes (not a power of two) ties go to the lowest lane. */
Test(lanes, three_lanes) {
    sq_plan_options o = two;
    o.lanes = 3;
    expect_with(o, "0, 1, 2, 3, 4, 5, 6", "0 3 6 | 1 4 | 2 5", 0);
}

Test(lanes, a_batch_ends_with_its_steps) {
    sq_plan_options o = two;
    o.batch = 2;
    expect_with(o, "0, 1, 2, 3, 4", "0 | 1 ; 2 | 3 ; 4 |", 0);
}

/* Step 2 is the first deferral and ends the batch at once. */
Test(lanes, a_batch_ends_with_its_deferrals) {
    sq_plan_options o = two;
    o.deferrals = 1;
    expect_with(o, "0, 1, 0 1, 0, 1, 0 1, 2", "0 | 1 ; 2 3 4 5 | 6", 1);
}

/* Lanes with a share of 1. Step 0 fills lane 0: 1, 2 and 3, which share its blocks, wait; 4 ends the
 * batch. Batch 1 is full with 1 and 2: 3 is still pending, and comes before 5, which is new. */
Test(lanes, a_full_batch_leaves_pending_steps_in_order) {
    sq_plan_options o = two;
    o.batch = 2;
    expect_with(o, "0 1 2, 0, 1, 2, 3, 4, 5", "0 | 4 ; 1 | 2 ; 3 | 5 ; 6 |", 3);
}

/* Lane 0 has its share of 2 with steps 0 and 1: 2 waits for the next batch, and so does 4, behind
 * it. */
Test(lanes, a_full_lane_takes_no_more) {
    sq_plan_options o = two;
    o.batch = 4;
    expect_with(o, "0, 0, 0, 1, 0, 2", "0 1 | 3 5 ; 2 4 |", 2);
}

/* A share is two steps of mean cost. At step 2 that is 2 × 4/2, and lane 0 has 3; at step 3 it is
 * 2 × 5/3, and lane 0 has 4. */
Test(lanes, a_share_is_cost_not_steps) {
    sq_plan_options o = two;
    o.batch = 4;
    expect_with(o, "0 1 2, 3, 0, 1, 4", "0 2 | 1 4 ; 3 |", 1);
}

/* Deferrals 2. Batch 0 (full with 4 admitted: 0, 1, 7, 8 …) cannot be, as 2 and 3 end it at once;
 * batch 1 begins with 2 and 3; newly deferred steps of a batch go before those it has not visited:
 * batch 0 admits 0 1, defers 2 3 and ends. Batch 1: 2 → lane 0 (0 1=OWNED(0)), 3 → lane 0, 4 → lane 1
 * (4=OWNED(1)), 5 (0 4): deferred, 6 (4): BLOCKED, deferred: ends. Batch 2: 5, 6 → lane 0, 7 → lane
 * 1. */
Test(lanes, deferrals_of_several_batches) {
    sq_plan_options o = two;
    o.deferrals = 2;
    expect_with(o, "0, 1, 0 1, 0, 4, 0 4, 4, 5", "0 | 1 ; 2 3 | 4 ; 5 6 | 7", 4);
}

/* A step may be deferred again and again. Batch 0: 0 1 beside each other; 2, 3 wait. Batch 1, full
 * with 2: 2 in lane 0, 4 in lane 1 … here 3 needs both 5 of lane 1 and 0 of lane 0. */
Test(lanes, deferred_twice) {
    expect("0, 1, 0 1, 5 0 1, 6 5", "0 | 1 ; 2 3 4 |", 3);
}

/* Segments: nothing is carried over, and batches never mix steps of two. */
Test(lanes, segments) {
    sq_plan_options o = two;
    o.segment = 3;
    expect_with(o, "0, 1, 0 1, 0, 1, 0 1, 2", "0 | 1 ; 2 | ; 3 | 4 ; 5 | ; 6 |", 2);
}
