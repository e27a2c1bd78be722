/* The context of matrix completion, and its kernels for vectors of several widths. */
#ifndef SQI_MODEL_COMPLETION_H
#define SQI_MODEL_COMPLETION_H

#include "sequent/model.h"

enum { SQI_LINE_NUMBERS = 16 }; /* binary32 numbers of a line */

typedef struct sqi_completion {
    const sq_data *data;
    double *shrink;       /* 2μ of each block; NULL: λ = 0 */
    uint32_t rank, lines; /* numbers and lines of a row */
    sq_hypergraph graph;
} sqi_completion;

/* The same steps, the same bits; the wider ones exist on x86-64 and run where sqi_isa allows. */
void sqi_rating_steps_baseline(const void *context, float *x, const sq_steps *list);
void sqi_rating_steps_avx2(const void *context, float *x, const sq_steps *list);
void sqi_rating_steps_avx512(const void *context, float *x, const sq_steps *list);

/* The sums of losses without regularisation. */
double sqi_rating_losses_baseline(const void *context, const float *x, size_t first, size_t count);
double sqi_rating_losses_avx2(const void *context, const float *x, size_t first, size_t count);
double sqi_rating_losses_avx512(const void *context, const float *x, size_t first, size_t count);

#endif
