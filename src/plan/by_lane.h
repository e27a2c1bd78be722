/* A plan's lists lane by lane: those of lane 0 in all batches, then those of lane 1, and so on. */
#ifndef SQI_PLAN_BY_LANE_H
#define SQI_PLAN_BY_LANE_H

#include "sequent/plan.h"

/* Where each list then begins: list batch × lanes + lane at first[list] (size batches × lanes). */
void sqi_plan_place_lists(const sq_plan *plan, uint32_t *first);

/* Copies the steps of a lane's lists from where they are in the plan to where they belong in `to` (size
 * steps). Lanes may be moved by several threads at once. */
void sqi_plan_move_lane(const sq_plan *plan, const uint32_t *first, size_t lane, uint32_t *to);

#endif
