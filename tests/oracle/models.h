/* Serial stochastic gradient descent for each built-in model, written from its formula.
 *
 * No kernel, executor or kernel helper of the library is called (but sqi_exp and sqi_log1p, whose
 * bits are a definition). Data come in the struct of sequent/data.h, which only holds them. */
#ifndef ORACLE_MODELS_H
#define ORACLE_MODELS_H

#include "sequent/data.h"
#include "sequent/model.h"

/* Runs pi's steps with step size gamma on x, laid out as in the model. */
void oracle_linear_epoch(const sq_model *model, const sq_data *data, double l2, float *x,
                         const uint32_t *pi, size_t steps, double gamma);
void oracle_completion_epoch(const sq_model *model, const sq_data *data, double l2, float *x,
                             const uint32_t *pi, size_t steps, double gamma);

/* Whichever of these fits the model, or classes.h where there are more than two labels. */
void oracle_epoch(const sq_model *model, const sq_data *data, double l2, float *x,
                  const uint32_t *pi, size_t steps, double gamma);

/* The mean of f_e over all samples, added up in sums of 1,024 samples. */
double oracle_loss(const sq_model *model, const sq_data *data, double l2, const float *x);

#endif
