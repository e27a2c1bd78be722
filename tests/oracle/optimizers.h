/* The optimisers as their formulas have them, twice.
 *
 * oracle_lazy follows doc/arithmetic.md word by word, one list of counters, one block after the other,
 * and must have the program's bits. oracle_dense is the textbook: every step moves every parameter, in
 * long double, and nothing is ever missing; the program comes as close to it as roundings allow. Both
 * take gradients and projections from the problem, whose own tests look at these. */
#ifndef ORACLE_OPTIMIZERS_H
#define ORACLE_OPTIMIZERS_H

#include "sequent/order.h"
#include "sequent/train.h"

/* Trains x (laid out as in the problem) by options' epochs, schedule, step, decay, optimizer, l2_exact
 * and memory. losses (size epochs), or NULL: the mean of f_e after each epoch. memory, or NULL: SAGA's
 * table at the end, packed in the order of the samples' hyperedges, what is only read included. */
void oracle_lazy(const sq_problem *problem, float *x, const sq_order *order,
                 const sq_train_options *options, double *losses, float *memory);

/* A gradient at x for a sample, as sq_problem.gradient has it, but in long double. */
typedef void oracle_gradient(const void *context, const long double *x, size_t sample,
                             long double *gradient);

/* The dense loop; no projections, no padding: x (size blocks × width). */
void oracle_dense(const sq_problem *problem, oracle_gradient *gradient, const void *context,
                  long double *x, const sq_order *order, const sq_train_options *options);

#endif
