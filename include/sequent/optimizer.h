/* Optimisers, and schedules of the step size. */
#ifndef SEQUENT_OPTIMIZER_H
#define SEQUENT_OPTIMIZER_H

#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sq_optimizer {
    SQ_SGD, /* stochastic gradient descent: the problem's own step */
    SQ_SVRG, /* … less the sample's gradient at the epoch's first x, plus the mean of all gradients there
                (Johnson, Zhang 2013, "Accelerating stochastic gradient descent using predictive variance
                reduction") */
    SQ_SAGA /* … less the sample's last gradient, plus the mean of the last gradients of all samples
                (Defazio, Bach, Lacoste-Julien 2014, "SAGA: a fast incremental gradient method …") */
} sq_optimizer;

/* The step size of step t of a run, t = epoch × n + position, n the steps of an epoch; γ is the one
 * that is given. */
typedef enum sq_schedule {
    SQ_EPOCH_DECAY, /* γ × decay^epoch, by as many multiplications */
    SQ_CONSTANT,    /* γ */
    SQ_INVERSE,     /* γ / (1 + t/n) */
    SQ_INVERSE_SQRT /* γ / √(1 + t/n) */
} sq_schedule;

/* "sgd", … and "epoch-decay", … (NULL: there is none), and what has a name (negative: nothing). Both
 * are numbered without gaps, from 0. */
SQ_API const char *sq_optimizer_name(sq_optimizer optimizer);
SQ_API int sq_optimizer_find(const char *name);
SQ_API const char *sq_schedule_name(sq_schedule schedule);
SQ_API int sq_schedule_find(const char *name);

#ifdef __cplusplus
}
#endif
#endif
