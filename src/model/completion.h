/* The context of matrix completion, and its kernels for vectors of several widths. */
#ifndef SQI_MODEL_COMPLETION_H
#define SQI_MODEL_COMPLETION_H

#include "sequent/model.h"

enum { SQI_LINE_NUMBERS = 16 }; /* binary32 numbers of a line */

/* How many steps before they are needed rows are asked for. Those that the caches hold need it late:
 * early, they would be taken from other threads too soon. Of others, as many lines should be on their
 * way as memory can deliver. Measured with users and items as many as MovieLens 20M's, serially: rank
 * 16 took 37 ns a step with 6 steps and 21 to 24 with 24, rank 32 57 and 37, which is 12 to 14 GB/s;
 * longer rows come as fast with 6. */
enum { SQI_ROWS_NEAR = 6, SQI_ROWS_FAR = 24 };

typedef struct sqi_completion {
    const sq_data *data;
    double *shrink;       /* 2μ of each block; NULL: λ = 0 */
    uint32_t rank, lines; /* numbers and lines of a row */
    uint32_t ahead;       /* SQI_ROWS_NEAR or SQI_ROWS_FAR */
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
