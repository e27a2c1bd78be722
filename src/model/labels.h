/* The labels that a model tells apart: distinct and ascending. */
#ifndef SQI_MODEL_LABELS_H
#define SQI_MODEL_LABELS_H

#include <stdint.h>

/* Which of the labels (size labels) equals `of`; `labels` where none does. By binary search. */
uint32_t sqi_label_find(const float *label, uint32_t labels, float of);

/* Puts `of` among the *labels labels where none equals it: of equal ones (±0) the first that is added
 * stays. Returns 0, with nothing changed, where there would be more than `most`. */
int sqi_label_add(float *label, uint32_t *labels, uint32_t most, float of);

#endif
