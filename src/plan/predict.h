/* The cost model: what a plan's batches take. */
#ifndef SQI_PLAN_PREDICT_H
#define SQI_PLAN_PREDICT_H

#include "sequent/plan.h"

/* Of a plan's steps, in nanoseconds; cost: as sqi_edge_cost has it, in blocks. */
typedef struct sqi_prediction {
    double serial, lanes, boundaries, cost;
} sqi_prediction;

/* Replaces zeros by the model's defaults. */
void sqi_costs_complete(sq_plan_options *options);

sqi_prediction sqi_plan_predict(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                                const sq_plan_options *options);

#endif
