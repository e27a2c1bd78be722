/* Serial subgradient descent for graph-cut, written from doc/arithmetic.md. No kernel of the library is
 * called. */
#ifndef ORACLE_CUT_H
#define ORACLE_CUT_H

#include "sequent/data.h"
#include "sequent/model.h"

/* Runs pi's steps with step size gamma on x, laid out as in the model. */
void oracle_cut_epoch(const sq_model *model, const sq_data *data, float *x, const uint32_t *pi,
                      size_t steps, double gamma);

/* The mean of f_e over all samples, added up in sums of 1,024 samples. */
double oracle_cut_loss(const sq_model *model, const sq_data *data, const float *x);

#endif
