/* Random planning cases: hyperedges of every shape that a hypergraph allows, orders of every kind,
 * and what to ask a planner for. A case is a function of its seed. */
#ifndef TEST_CASES_H
#define TEST_CASES_H

#include "sequent/order.h"
#include "sequent/plan.h"
#include "support/chance.h"

typedef struct planning_case {
    uint64_t seed;
    sq_hypergraph graph; /* its arrays are the case's */
    uint64_t *begin;
    uint32_t *block, *reads;
    sq_order order;
    uint32_t *pi; /* the order of epoch 0 (size order.steps) */
    sq_plan_options options;
} planning_case;

/* Hyperedges of 0 to 8 blocks, up to 256 of them, few or many blocks, some blocks hot, some only
 * read; orders of all five kinds, those of files with repeats and of any length. */
void case_init(planning_case *c, uint64_t seed);
void case_fini(planning_case *c);

/* Random options for sq_plan_build: every planner, 1 to most_lanes lanes, what is 0 or given, costs
 * with which planning small cases pays. */
sq_plan_options case_options(chance *draw, uint32_t most_lanes);

/* What a failed assertion says: the case's seed and options. Static storage. */
const char *case_name(const planning_case *c);

#endif
