/* A convex problem with a gradient on any hypergraph: sample e pulls the numbers of its blocks towards
 * each other, towards 0 and towards a number of its own,
 *
 *     f_e(x) = Σ_j ( 0.15/s t_j² + Σ_b (0.1 x_bj² - c_ej x_bj) ),   t_j = Σ_b x_bj
 *
 * over the s blocks of its hyperedge, those that are only read included; rows may have to stay in a box.
 * A block that a hyperedge has again counts once. */
#ifndef TEST_SPRINGS_H
#define TEST_SPRINGS_H

#include "sequent/problem.h"

typedef struct springs {
    const sq_hypergraph *graph;
    uint64_t seed;
    double box; /* rows stay in [-box, box]^width; 0: anywhere */
    sq_problem problem;
} springs;

/* The springs stay where they are as long as the problem is used, and borrow the graph. by_function: the
 * hyperedges are asked for; vary: and depend on the position, too (graph's samples are then the
 * hyperedges to choose from). */
void springs_init(springs *s, const sq_hypergraph *graph, uint32_t width, uint32_t stride,
                  uint64_t seed);
void springs_by_function(springs *s, int vary);

/* Initial parameters, padding 0; the caller frees them. */
float *springs_start(const springs *s);

#endif
