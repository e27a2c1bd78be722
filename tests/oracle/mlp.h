/* The network written from its formulas, one number at a time: which units a step trains, the step, the
 * loss and the prediction. Nothing of the library is called but sq_random and the functions of num/,
 * whose bits are a definition. */
#ifndef ORACLE_MLP_H
#define ORACLE_MLP_H

#include "sequent/data.h"
#include "sequent/model.h"

/* k of H. */
uint32_t oracle_active(const sq_model *model, uint32_t layer);

/* on[u] for every unit u of a layer: whether the step trains it (size H). */
void oracle_units(const sq_model *model, uint32_t layer, uint64_t epoch, size_t position,
                  unsigned char *on);

/* One step on x, laid out as in the model. */
void oracle_mlp_step(const sq_model *model, const sq_data *data, float *x, const sq_step *step);

/* The whole network's logits for a sample (size labels). input: of each feature of the data the
 * model's, or SIZE_MAX. */
void oracle_mlp_logits(const sq_model *model, const float *x, const sq_data *data, size_t sample,
                       double *logit);

/* log Σ exp(o) - o_y. */
double oracle_cross_entropy(const double *logit, uint32_t labels, uint32_t y);

/* The loss of a sample whose units are all of them (on NULL) or, unscaled, those that a step trains:
 * in binary64 throughout, for finite differences (w: blocks × width). */
double oracle_mlp_smooth_loss(const sq_model *model, const double *w, const sq_data *data,
                              const sq_step *step);

/* The place of a sample's label among the model's. */
uint32_t oracle_label(const sq_model *model, const sq_data *data, size_t sample);

#endif
