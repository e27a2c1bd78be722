/* Sample orders: pi, the sequence in which a serial run would process the samples.
 *
 * doc/arithmetic.md, section "Orders", defines every kind so exactly that it can be rebuilt. */
#ifndef SEQUENT_ORDER_H
#define SEQUENT_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sq_order_kind {
    SQ_ORDER_SHUFFLE,     /* one permutation, the same in every epoch */
    SQ_ORDER_RESHUFFLE,   /* a new permutation each epoch */
    SQ_ORDER_SEQUENTIAL,  /* 0, 1, 2, … */
    SQ_ORDER_REPLACEMENT, /* samples drawn independently, anew each epoch */
    SQ_ORDER_FILE         /* given: any length, repeats allowed */
} sq_order_kind;

typedef struct sq_order {
    sq_order_kind kind;
    uint64_t seed;
    size_t samples; /* of the data set, at most 2^32 - 2 */
    size_t steps;   /* of an epoch: samples, or the file's length */
    uint32_t *file; /* SQ_ORDER_FILE: the order (size steps), owned; else NULL */
} sq_order;

/* Makes an order of n samples. spec: "shuffle", "reshuffle", "sequential", "replacement" or
 * "file:PATH" (0-based sample numbers, one a line; gzip and "file:-" work as for data). Errors:
 * SQ_BAD_ARGUMENT, and those of sq_data_read. sq_order_fini releases it. */
SQ_API int sq_order_init(sq_order *order, const char *spec, uint64_t seed, size_t samples,
                         sq_error *error);
SQ_API void sq_order_fini(sq_order *order);

/* Whether every epoch has the same order. */
SQ_API int sq_order_fixed(const sq_order *order);

/* Writes the order of an epoch to pi (size steps). */
SQ_API void sq_order_fill(const sq_order *order, uint64_t epoch, uint32_t *pi);

/* Memory for one epoch's order, filled with epoch 0's; the caller's (sq_pi_free). */
SQ_API int sq_pi_new(uint32_t **pi, const sq_order *order, sq_error *error);
SQ_API void sq_pi_free(uint32_t *pi);

/* "shuffle", … */
SQ_API const char *sq_order_name(sq_order_kind kind);

#ifdef __cplusplus
}
#endif
#endif
