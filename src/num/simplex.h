/* The Euclidean projection onto the simplex { x : x_c ≥ 0, Σ x_c = 1 }.
 *
 * Duchi, Shalev-Shwartz, Singer, Chandra 2008, "Efficient projections onto the l1-ball for learning
 * in high dimensions", figure 1: with μ the numbers in descending order and ρ the last j with
 * μ_j - (Σ_{r≤j} μ_r - 1)/j > 0, every x_c is max(a_c - θ, 0), θ = (Σ_{r≤ρ} μ_r - 1)/ρ.
 *
 * Here the greatest number is subtracted from all first, which moves no projection along but keeps
 * every sum between -ρ and 0, however large the numbers are. */
#ifndef SQI_NUM_SIMPLEX_H
#define SQI_NUM_SIMPLEX_H

#include <stddef.h>

enum { SQI_SIMPLEX_MAX = 1024 }; /* numbers of a point, at most */

/* The point of the simplex that is nearest to a (size count, 1 … SQI_SIMPLEX_MAX; overwritten),
 * rounded to binary32 once: every x_c ≥ 0, and the exact sum of all within 2^-24 + count × 2^-51 of
 * 1. A unit vector is left as it is, and so is any point whose numbers are multiples of 2^-40 that add
 * up to 1; another one, projected again, moves by 2^-24 at most. Equal numbers stay equal, and x keeps
 * the order of a. An infinity below the others counts as any number that is too small; one above them,
 * and what is no number, gives NaN. */
void sqi_simplex_project(double *a, size_t count, float *x);

/* max(a - θ, 0), which lets NaN through. */
static inline double sqi_above(double a, double theta) {
    double above = a - theta;
    return 0 > above ? 0 : above;
}

/* The same as sqi_simplex_project for two numbers. */
static inline void sqi_simplex_project_pair(double a, double b, float x[2]) {
    double most = a > b ? a : b, low = (a > b ? b : a) - most;
    double theta = 1 + 2 * low > low ? (low - 1) / 2 : -1;
    x[0] = (float)sqi_above(a - most, theta);
    x[1] = (float)sqi_above(b - most, theta);
}

#endif
