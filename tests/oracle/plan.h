/* Plans by definition: every question of sequent/plan.h answered by trying all pairs of steps.
 *
 * Nothing here is shared with the library but the public structs. pi may be NULL: 0, 1, 2, … */
#ifndef ORACLE_PLAN_H
#define ORACLE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/plan.h"

/* Whether the sample's step touches the block, and whether it writes it. */
int oracle_touches(const sq_hypergraph *graph, size_t sample, uint32_t block);
int oracle_writes(const sq_hypergraph *graph, size_t sample, uint32_t block);

/* Whether the step writes anything at all. */
int oracle_has_effect(const sq_hypergraph *graph, const uint32_t *pi, size_t step);

/* Whether steps i and j share a block that one of them writes. */
int oracle_conflict(const sq_hypergraph *graph, const uint32_t *pi, size_t i, size_t j);

/* What a plan breaks; all zero: it is valid. */
typedef struct oracle_verdict {
    int incomplete;     /* a step is missing, there twice, or none of the order's */
    size_t broken;      /* conflicting pairs that are neither in order nor apart */
    size_t observable;  /* those of which both steps write something: an exchange shows */
    size_t first, then; /* the broken pair with the lowest first step */
} oracle_verdict;

/* Whether the plan has the plan property. Its offsets must ascend and stay inside the plan. */
oracle_verdict oracle_judge(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                            size_t steps);

/* The number of steps of the longest chain of conflicting steps. */
size_t oracle_depth(const sq_hypergraph *graph, const uint32_t *pi, size_t steps);

#endif
