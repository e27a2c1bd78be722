/* Minimum cuts by maximum flow (Ford, Fulkerson 1956; blocking flows of Dinic 1970), and multiway cuts
 * by trying every labeling. Nothing here is shared with the library. */
#ifndef ORACLE_MAX_FLOW_H
#define ORACLE_MAX_FLOW_H

#include <stddef.h>
#include <stdint.h>

/* An undirected graph: edge i joins node[2 i] and node[2 i + 1] (loops and repeats allowed). */
typedef struct oracle_graph {
    uint32_t nodes;
    size_t edges;
    const uint32_t *node;
    const float *weight; /* ≥ 0 */
} oracle_graph;

/* fixed: the label of each node, or a negative number where it is free (size nodes). */

/* The least weight of the edges between label 0 and label 1. cut (size nodes, may be NULL): 0 on the
 * side of the nodes of label 0, else 1; of several minimum cuts the one next to them. */
double oracle_min_cut(const oracle_graph *graph, const int *fixed, int *cut);

/* The least weight of the edges whose ends get different ones of `labels` labels, of all labelings. */
double oracle_multiway_cut(const oracle_graph *graph, const int *fixed, int labels);

/* The weight of the edges whose ends have different labels, added up in order. */
double oracle_cut_weight(const oracle_graph *graph, const int *label);

#endif
