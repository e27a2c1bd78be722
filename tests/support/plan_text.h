/* Hypergraphs and plans as short texts, so that a test shows what it is about.
 *
 * A hypergraph: hyperedges parted by commas, blocks by blanks, an r before those that are only
 * read: "0 1, 2 r7, , 3 3" (the third is empty, the fourth a loop). A plan: lanes parted by |,
 * batches by ;, such as "0 2 | 1 ; 3 |". */
#ifndef TEST_PLAN_TEXT_H
#define TEST_PLAN_TEXT_H

#include "sequent/plan.h"

/* The caller releases it with text_graph_free. blocks is one more than the highest number. */
sq_hypergraph *text_graph(const char *text);
void text_graph_free(sq_hypergraph *graph);

/* Steps of a plan and what it looks like; static storage, the next call overwrites it. */
const char *text_of_plan(const sq_plan *plan);

/* A plan of the text, which names a lane count by its first batch. The caller releases it with
 * text_plan_free; so with the next three. */
sq_plan *text_plan(const char *text);
void text_plan_free(sq_plan *plan);

/* The plan without the boundary behind batch b: each lane's steps of batch b + 1 follow its steps
 * of batch b. */
sq_plan *plan_without_boundary(const sq_plan *plan, size_t b);

/* The plan with a step moved to the batch before its own, into the given lane, behind the lane's
 * lower steps and before its higher ones. The step must not be in batch 0. */
sq_plan *plan_without_deferral(const sq_plan *plan, uint32_t step, uint32_t lane);

/* The batch of a step. */
size_t plan_batch_of(const sq_plan *plan, uint32_t step);

#endif
