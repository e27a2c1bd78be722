/* A plan under construction, and what every planner provides. */
#ifndef SQI_PLAN_BUILDER_H
#define SQI_PLAN_BUILDER_H

#include "plan/edges.h"

/* What a planner plans at a time: steps first … first + steps - 1 of the order. */
typedef struct sqi_segment {
    const uint32_t *pi;
    size_t first, steps;
} sqi_segment;

/* A planner: start makes a workspace (about 8 bytes a block) that serves any number of segments of
 * one hypergraph; segment appends the batches of one segment to the plan; finish releases the
 * workspace (NULL is ignored). The options are complete: no zeros, no SQ_PLANNER_AUTO. */
typedef struct sqi_planner {
    const char *name;
    int (*start)(void **work, const sq_hypergraph *graph, const sq_plan_options *options,
                 sq_error *error);
    int (*segment)(void *work, sq_plan *plan, const sqi_segment *segment, sq_error *error);
    void (*finish)(void *work);
} sqi_planner;

extern const sqi_planner sqi_planner_lanes, sqi_planner_levels, sqi_planner_components;

/* The planner of an explicit choice; NULL for SQ_PLANNER_AUTO. */
const sqi_planner *sqi_planner_of(sq_planner planner);

/* An empty plan for lanes lanes. */
sq_plan *sqi_plan_new(sq_planner planner, uint32_t lanes, sq_error *error);

/* Room for steps more steps. */
int sqi_plan_reserve(sq_plan *plan, size_t steps, sq_error *error);

/* Appends a batch of count steps: step[i] runs in lane[i], in this order within a lane. The steps
 * must have been reserved. fill: workspace (size lanes). */
int sqi_plan_append(sq_plan *plan, const uint32_t *step, const uint32_t *lane, size_t count,
                    uint32_t *fill, sq_error *error);

/* Appends all batches of next, which plans the steps that follow, to plan. */
int sqi_plan_join(sq_plan *plan, const sq_plan *next, sq_error *error);

#endif
