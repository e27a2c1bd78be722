/* A problem with a gradient on any hypergraph, for the modes that compute gradients and apply them
 * later. Row i of a step's gradient is made of the step's sample, position and epoch, of all numbers
 * that its hyperedge reads, and of i: numbers of many sizes, so that the order of a sum shows in its
 * bits. A block that occurs again has zeros. */
#ifndef TEST_SLOPES_H
#define TEST_SLOPES_H

#include "sequent/problem.h"
#include "support/mixer.h"

typedef struct slopes {
    mixer_kind kind; /* where the hyperedges come from */
    const sq_hypergraph *pool;
    sq_problem problem; /* its context is this */
} slopes;

/* The problem stays where it is as long as it is used, and borrows the pool. projected: rows have to
 * stay in [-4, 4]. */
void slopes_init(slopes *s, mixer_kind kind, const sq_hypergraph *pool, uint32_t width,
                 uint32_t stride, int projected);

/* The hyperedge of a step: its blocks, their number, and that of the written ones. */
const uint32_t *slopes_edge(const slopes *s, const sq_step *step, size_t *size, size_t *written);

/* Initial parameters; the caller frees them. */
float *slopes_start(const slopes *s, uint64_t seed);

/* The step that the gradient stands for: x_b ← project(x_b - γ g_b), row after row. */
void slopes_apply(const slopes *s, float *x, const sq_step *step, const double *gradient);

/* Most numbers that a gradient has. */
enum { SLOPES_MOST = 8 * 40 };

#endif
