/* The context of matrix completion, and its kernels for vectors of several widths. */
#ifndef SQI_MODEL_COMPLETION_H
#define SQI_MODEL_COMPLETION_H

#include "sequent/model.h"

enum { SQI_LINE_NUMBERS = 16 }; /* binary32 numbers of a line */

/* How many steps before they are needed rows are asked for.
 *
 * Where the caches hold the rows, half of them are in another processor's. If it shares a cache with this
 * one, 6 steps are enough. If not, a line takes 200 ns: at rank 16 planned steps on Douban took 14.3 ns with
 * 6, 11.7 with 8, 10.3 with 10, 10.0 with 12, and on Jester 15.3, 14.4, 12.4, 12.8. So rows of ONE line are
 * asked for earlier; ranks 32 and 64 gain nothing there, since their lines are as many on the way with 6.
 * Early requests also take rows too soon from Hogwild!'s other threads: on Jester 10 cost it a tenth at rank
 * 16 with a shared cache and gained a twentieth without, on Douban nothing and a quarter.
 *
 * SOME, for SOME_LEAST to SOME_MOST lines: planned steps are 2 to 4 % faster. Of two lines they are not, and
 * Hogwild!'s 2 to 6 % slower; of eight serial ones are 1 to 3 % slower.
 *
 * FAR, where there are FAR_ROWS or more, of FAR_LINES or fewer: of rows that mostly come from memory, as
 * many lines should be on their way as it can deliver. With 4 MB of them rank 16 took 28 ns a step
 * serially with 6 steps and 25 with 24, with 10 MB 37 and 21 to 24, rank 32 57 and 37, which is 12 to
 * 14 GB/s; longer rows come as fast with 6. */
enum {
    SQI_ROWS_MORE = 6,
    SQI_ROWS_SOME = 8,
    SQI_ROWS_ONE = 10,
    SQI_ROWS_FAR = 24,
    SQI_SOME_LEAST = 3,
    SQI_SOME_MOST = 6,
    SQI_FAR_ROWS = 32768,
    SQI_FAR_LINES = 2
};

typedef struct sqi_completion {
    const sq_data *data;
    double *shrink;       /* 2μ of each block; NULL: λ = 0 */
    uint32_t rank, lines; /* numbers and lines of a row */
    uint32_t ahead;       /* steps: one of SQI_ROWS_… */
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
