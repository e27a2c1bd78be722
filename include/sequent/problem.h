/* A problem: minimise f(x) = Σ_e f_e(x_e), where sample e touches only the few blocks of parameters
 * that its hyperedge lists. The built-in models are problems; so is whatever a user writes with the
 * few functions below, and it then runs under every mode.
 *
 * What a problem promises (sq_problem_check tries to refute it):
 *   - step reads and writes parameters of its hyperedge's blocks only, and writes none of those
 *     that the hyperedge lists as only read;
 *   - step is a function of these parameters, of its sq_step and of constant data: no clock, no
 *     global state, no random numbers but sq_random's;
 *   - step may run on any thread, several at once, and cannot fail. */
#ifndef SEQUENT_PROBLEM_H
#define SEQUENT_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/plan.h"
#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One step. Steps, epochs and samples count from 0. */
typedef struct sq_step {
    uint64_t epoch;
    size_t position; /* in the epoch's order pi */
    size_t sample;   /* pi[position] */
    double gamma;    /* the step size */
} sq_step;

/* Steps to run one after another: the i-th, for i < count, is position[i] of the epoch's order, or,
 * where position is NULL, first + i. Position k processes sample pi[k]. Only a problem with an arranger
 * meets a pi of NULL, in its arranged form: there the i-th step's sample is first + i where streamed is
 * set, and else the one with the number of its position. */
typedef struct sq_steps {
    const uint32_t *pi;
    const uint32_t *position;
    size_t first, count;
    uint64_t epoch;
    double gamma;         /* the step size of all of them … */
    const double *gammas; /* … or, where it is not NULL, of each position of the order */
    int streamed;
} sq_steps;

typedef struct sq_problem sq_problem;

/* Optional, for speed: a problem's samples copied into the order in which they are visited, so
 * that steps stream through memory. The result has the same bits. A copy of a problem with another
 * context or other functions needs its own arranger and loss_sum, or none. */
typedef struct sq_arranger {
    /* Makes *arranged (NULL, or of an earlier call and used again) the same problem, but for its
     * samples: sample k of *arranged, for k < steps, will be the problem's sample order[k]. The problem
     * may be an arranged one itself, and be freed before the new one. On failure *arranged is NULL or
     * still to be freed. */
    int (*arrange)(sq_problem **arranged, const sq_problem *problem, const uint32_t *order,
                   size_t steps, sq_error *error);

    /* Copies samples first … first + count - 1 of *arranged; it is called once for each of them,
     * before they are used, by several threads at once. Cannot fail. */
    void (*fill)(sq_problem *arranged, const sq_problem *problem, const uint32_t *order,
                 size_t first, size_t count);

    /* Releases *arranged; NULL is ignored. Returns NULL. */
    sq_problem *(*free)(sq_problem *arranged);
} sq_arranger;

struct sq_problem {
    const char *name;
    const void *context; /* handed to every function below, which only read it */
    size_t samples;
    size_t blocks;

    /* Block b's parameters are x[b × stride] … x[b × stride + width - 1]. stride ≥ width; what lies
     * between is the problem's own padding. x begins at a multiple of `alignment` bytes (0: any
     * float's). */
    uint32_t width, stride, alignment;

    /* The hyperedges. Either graph, the same in every epoch; or, where graph is NULL, hyperedge
     * writes the blocks of one step into block (room for edge_max; first the written, then the
     * only-read ones; no block ≥ blocks), sets *reads to the number of only-read ones and returns
     * the number of all. edges_vary: they depend on the step or epoch, not on the sample alone. */
    const sq_hypergraph *graph;
    size_t (*hyperedge)(const void *context, const sq_step *step, uint32_t *block, uint32_t *reads);
    uint32_t edge_max;
    int edges_vary;

    /* One step of stochastic gradient descent on x, in place. */
    void (*step)(const void *context, float *x, const sq_step *step);

    /* Optional: the same as step for each of a list, in order, but faster; NULL: step is called. */
    void (*steps)(const void *context, float *x, const sq_steps *steps);

    /* Optional: the gradient (or subgradient) of f_e at x for the blocks that the step writes, in the
     * order of its hyperedge, `width` numbers each: gradient (size written blocks × width). A block
     * that occurs again has zeros there. NULL: modes and optimisers that compute gradients and apply
     * them later refuse the problem. */
    void (*gradient)(const void *context, const float *x, const sq_step *step, double *gradient);

    /* Optional, with gradient: moves block b's row to the nearest point of the set that it has to stay
     * in; NULL: any row is good. A step of the problem's own does so itself. */
    void (*project)(const void *context, size_t block, float *row);

    /* f_e(x_e) of a sample, regularisation included. */
    double (*loss)(const void *context, const float *x, size_t sample);

    /* Optional: s = 0, then s = s + loss(k) for the samples k = first, …, first + count - 1, with the
     * same bits, but faster; NULL: loss is called. */
    double (*loss_sum)(const void *context, const float *x, size_t first, size_t count);

    double step_ns;  /* what a step of mean cost takes, for the cost model; 0: unknown … */
    double fixed_ns; /* … of it, what every step takes, however large its hyperedge is */

    const sq_arranger *arranger; /* or NULL */
};

/* The number of floats in x: blocks × stride. */
SQ_API size_t sq_problem_parameters(const sq_problem *problem);

#ifdef __cplusplus
}
#endif
#endif
