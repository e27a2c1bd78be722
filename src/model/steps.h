/* Walking a list of steps. */
#ifndef SQI_MODEL_STEPS_H
#define SQI_MODEL_STEPS_H

#include "base/inline.h"
#include "sequent/problem.h"

/* The position of the i-th step of the list. */
SQI_INLINED size_t sqi_position_at(const sq_steps *list, size_t i) {
    return list->position ? list->position[i] : list->first + i;
}

/* The sample of the i-th step of the list. */
SQI_INLINED size_t sqi_sample_at(const sq_steps *list, size_t i) {
    if (list->streamed)
        return list->first + i;
    size_t position = sqi_position_at(list, i);
    return list->pi ? list->pi[position] : position;
}

/* The step size of the i-th step of the list. */
SQI_INLINED double sqi_gamma_at(const sq_steps *list, size_t i) {
    if (!list->gammas)
        return list->gamma;
    return list->gammas[sqi_position_at(list, i)];
}

#endif
