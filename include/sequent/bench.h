/* What a comparison of modes needs beside training: how much the machine itself gains from threads.
 *
 * T threads are not T times as fast as one where they share caches, memory or processors. The
 * ceiling of a mode's speed-up is therefore measured: T independent serial trainings at once, which
 * share the samples and nothing else, against one. What shares the parameters also depends on how far
 * apart the processors are: that is measured, too. */
#ifndef SEQUENT_BENCH_H
#define SEQUENT_BENCH_H

#include "sequent/order.h"
#include "sequent/problem.h"
#include "sequent/status.h"
#include "sequent/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Trains `copies` models at once, each serially on a thread of its own: copy c on x[c], in place
 * (sq_problem_parameters floats, aligned as the problem's steps want them; no two overlap). Each
 * ends with the bits that serial training gives to its initial values. All begin every epoch
 * together; *seconds is what the slowest of them spent in steps, as train_seconds of sq_train's
 * report counts them.
 *
 * Of options, epochs, schedule, step, decay, optimizer and l2_exact count. The gain of T copies over one is
 * T × train_seconds of one / *seconds. Errors: those of sq_train; copies is 1 … SQ_LANES_MAX. */
SQ_API int sq_train_copies(const sq_problem *problem, float *const *x, unsigned copies,
                           const sq_order *order, const sq_train_options *options, double *seconds,
                           sq_error *error);

/* How far apart two processors are, which on a virtual machine may change from second to second: *ns is
 * the nanoseconds from one thread's write to a cache line until another, which waits for it on a
 * processor of its own, has seen it. 20 to 60 where the two share a cache, 100 to 300 where they do not;
 * NaN where this process has one processor only. The mean of a burst of handovers, the least of a few
 * bursts; takes half a millisecond, or twenty where the processors are busy. Errors: SQ_NO_MEMORY,
 * SQ_NO_THREAD. */
SQ_API int sq_handover(double *ns, sq_error *error);

/* The mean of f_e over all samples at x, on all processors, with the bits that sq_train reports where
 * its l2_exact is the given one. Errors: SQ_NO_MEMORY, SQ_NO_THREAD. */
SQ_API int sq_problem_loss(const sq_problem *problem, const float *x, double l2_exact, double *loss,
                           sq_error *error);

#ifdef __cplusplus
}
#endif
#endif
