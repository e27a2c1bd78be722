/* Planning with all threads. */
#ifndef SQI_EXEC_PLANNING_H
#define SQI_EXEC_PLANNING_H

#include "sequent/order.h"
#include "sequent/plan.h"
#include "sequent/problem.h"
#include "sync/team.h"

/* As sq_plan_build with complete options (of sq_plan_choose), segments shared out to the team. The
 * plan is the same for every team. */
int sqi_plan_on_team(sq_plan **plan, sqi_team *team, const sq_hypergraph *graph, const uint32_t *pi,
                     size_t steps, const sq_plan_options *options, sq_error *error);

/* What a step takes, where the options do not say it, as the problem has it; and what planning and drawing
 * take in each epoch, where each has an order of its own. */
void sqi_plan_costs(sq_plan_options *options, const sq_problem *problem, const sq_order *order);

#endif
