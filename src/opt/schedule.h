/* Step sizes as a function of the position in the order. */
#ifndef SQI_OPT_SCHEDULE_H
#define SQI_OPT_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/optimizer.h"

/* Whether all steps of an epoch have the same step size. */
int sqi_schedule_by_epoch(sq_schedule schedule);

/* The step size of an epoch where all its steps have the same, else of its first step. decayed: gamma
 * after as many decays as there were epochs. In the environment of sqi_float_env_enter. */
double sqi_schedule_begin(sq_schedule schedule, double gamma, double decayed, uint64_t epoch);

/* The step sizes of an epoch: gammas (size steps). In the environment of sqi_float_env_enter. */
void sqi_schedule_fill(sq_schedule schedule, double gamma, uint64_t epoch, double *gammas,
                       size_t steps);

#endif
