/* A problem whose result shows every exchange of conflicting steps.
 *
 * A step reads the bits of all its blocks in the order of its hyperedge, mixes them with its
 * position, sample, epoch and step size into one 64-bit number, and writes numbers made of that to
 * the blocks that it may write. So every step's mix goes into the final parameters, through
 * whatever came after it, and two steps that conflict and both write leave other bits when they are
 * exchanged, but for a chance of about 2^-31 in a case; a read or write that another step slips
 * into does so too. Parameters stay finite. */
#ifndef TEST_MIXER_H
#define TEST_MIXER_H

#include "sequent/problem.h"

/* Where the hyperedges come from. */
typedef enum mixer_kind {
    MIXER_GRAPH,    /* the problem's hypergraph */
    MIXER_FUNCTION, /* the problem's function, by sample */
    MIXER_VARY      /* the problem's function, by epoch, position and sample */
} mixer_kind;

typedef struct mixer {
    mixer_kind kind;
    const sq_hypergraph *pool; /* the hyperedges that there are; one a sample, or chosen by step */
    uint64_t delays;           /* 0: none; else a seed: steps and lists of steps dawdle at random */
    sq_problem problem;        /* its context is this mixer */
} mixer;

/* The mixer stays where it is as long as the problem is used, and borrows the pool. width and
 * stride: of a block; with_steps: whether the problem has the list function too. */
void mixer_init(mixer *m, mixer_kind kind, const sq_hypergraph *pool, uint32_t width,
                uint32_t stride, int with_steps);

/* Initial parameters; the caller frees them. */
float *mixer_start(const mixer *m, uint64_t seed);

/* The hyperedge of a step, as a sample of the pool. */
size_t mixer_edge(const mixer *m, const sq_step *step);

/* The two halves of a step: what it reads, and what it writes given that. */
uint64_t mixer_gather(const mixer *m, const float *x, const sq_step *step);
void mixer_scatter(const mixer *m, float *x, const sq_step *step, uint64_t mix);

/* One epoch, one step after another, in the order pi. */
void mixer_serial(const mixer *m, float *x, const uint32_t *pi, size_t steps, uint64_t epoch,
                  double gamma);

/* The number of bytes of the parameters, for memcmp. */
size_t mixer_bytes(const mixer *m);

#endif
