/* The nearest point of the simplex, twice: by the words of doc/arithmetic.md, to be compared by bits,
 * and by its definition. */
#ifndef ORACLE_SIMPLEX_H
#define ORACLE_SIMPLEX_H

#include <stddef.h>

void oracle_project(const double *a, size_t count, float *x);

/* Of all sets of numbers that may be positive, the one whose θ fits (count ≤ 16): exact but for some
 * roundings of 64 bits, relative to the greatest |a|. */
void oracle_project_by_supports(const double *a, size_t count, long double *x);

/* max(a - τ, 0) with the τ between which and its neighbour the sum passes 1. */
void oracle_project_by_bisection(const double *a, size_t count, long double *x);

#endif
