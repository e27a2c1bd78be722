/* The steps and losses of svm and logistic with more than two labels, written from their formulas.
 *
 * Nothing of the library is called but sqi_exp and sqi_log1p, whose bits are a definition. */
#ifndef ORACLE_CLASSES_H
#define ORACLE_CLASSES_H

#include "sequent/data.h"
#include "sequent/model.h"

/* One step on x, laid out as in the model. shrink: 2λ/d_u of every block; NULL: λ = 0. */
void oracle_classes_step(const sq_model *model, const sq_data *data, const double *shrink, float *x,
                         size_t sample, double gamma);

/* f_e. */
double oracle_classes_loss(const sq_model *model, const sq_data *data, const double *shrink,
                           const float *x, size_t sample);

/* The margin of one class. */
double oracle_class_margin(const sq_model *model, const sq_data *data, const float *x,
                           size_t sample, uint32_t class);

/* The loss without regularisation, given all margins (size model->labels) and the sample's class. */
double oracle_class_loss(const sq_model *model, const double *margin, uint32_t own);

#endif
