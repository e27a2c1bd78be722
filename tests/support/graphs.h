/* Small random graphs with terminals, for tests of graph-cut. */
#ifndef TEST_GRAPHS_H
#define TEST_GRAPHS_H

#include "sequent/model.h"
#include "support/chance.h"

typedef struct terminal_graph {
    sq_data *data;
    sq_terminals *terminals;
    sq_model *model; /* of them, with its initial values */
} terminal_graph;

/* So many edges between nodes that are drawn unevenly, with names 3, 6, 9, …; one in eight is a loop
 * or repeats an earlier edge. Weights are random numbers of up to 24 bits, one in `zeros` is 0 (0:
 * none). Every label has a terminal; beyond, one node in `free_share` is one, and some terminals are
 * no nodes of the graph. samples ≥ 2 × labels. */
terminal_graph terminal_graph_new(size_t samples, uint32_t nodes, uint32_t labels,
                                  uint32_t free_share, uint32_t zeros, chance *draw);
void terminal_graph_free(terminal_graph *g);

#endif
