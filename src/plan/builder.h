/* A plan under construction, and what every planner provides. */
#ifndef SQI_PLAN_BUILDER_H
#define SQI_PLAN_BUILDER_H

#include "plan/edges.h"

/* What a planner plans at a time: steps first … first + steps - 1 of the order. open: the last batch
 * (not of `levels`) is left out if it would be shorter than the others, with the steps still deferred, so that a short
 * part of an order looks like the whole; nothing can be planned after that. */
typedef struct sqi_segment {
    const uint32_t *pi;
    size_t first, steps;
    int open;
} sqi_segment;

/* A planner: start makes a workspace (4 to 8 bytes a block) that serves any number of segments of
 * one hypergraph; segment appends the batches of one segment to the plan; finish releases the
 * workspace (NULL is ignored). The options are complete: no zeros, no SQ_PLANNER_AUTO. */
typedef struct sqi_planner {
    const char *name;
    double visit_ns; /* what it takes for a block of a step that it looks at, as measured */
    int (*start)(void **work, const sq_hypergraph *graph, const sq_plan_options *options,
                 sq_error *error);
    int (*segment)(void *work, sq_plan *plan, const sqi_segment *segment, sq_error *error);
    void (*finish)(void *work);
} sqi_planner;

extern const sqi_planner sqi_planner_lanes, sqi_planner_levels, sqi_planner_components;

/* `lanes` for hyperedges of two written blocks: the same plans, sooner. */
extern const sqi_planner sqi_planner_pairs;

/* The planner of an explicit choice, in the form that suits the hypergraph; NULL for
 * SQ_PLANNER_AUTO. */
const sqi_planner *sqi_planner_for(sq_planner planner, const sq_hypergraph *graph);

/* An empty plan for lanes lanes, with room for steps steps. */
sq_plan *sqi_plan_new(sq_planner planner, uint32_t lanes, size_t steps, sq_error *error);

/* An empty plan of the steps of `all` from first on. It writes them where they will be in the end,
 * so that parts can be made at once and joining them moves no steps. */
sq_plan *sqi_plan_part(const sq_plan *all, size_t first, sq_error *error);
sq_plan *sqi_plan_part_free(sq_plan *part);

/* Appends all batches of a part, which begins where plan ends, to plan. */
int sqi_plan_join(sq_plan *plan, const sq_plan *part, sq_error *error);

/* Where the begins of the next batch's lanes go (size lanes + 1): begin[0] is set, the caller sets
 * begin[1] … begin[lanes] and calls sqi_plan_close. NULL: no memory. */
uint32_t *sqi_plan_open(sq_plan *plan, sq_error *error);

/* Ends the batch whose begins have been set. */
static inline void sqi_plan_close(sq_plan *plan) {
    plan->batches++;
    plan->steps = plan->begin[plan->batches * plan->lanes];
}

/* Appends a batch of count steps: step[i] runs in lane[i], in this order within a lane. fill:
 * workspace (size lanes). */
int sqi_plan_append(sq_plan *plan, const uint32_t *step, const uint32_t *lane, size_t count,
                    uint32_t *fill, sq_error *error);

#endif
