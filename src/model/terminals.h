/* The terminals of a graph's nodes in a model: its labels, and rows that stay as they are. */
#ifndef SQI_MODEL_TERMINALS_H
#define SQI_MODEL_TERMINALS_H

#include "sequent/model.h"

/* Sets the model's labels (label: room for SQI_SIMPLEX_MAX) to those of the terminals whose nodes are
 * among the names, ascending. SQ_BAD_ARGUMENT where they are fewer than two, or too many. Cost:
 * O(names + terminals × log labels + labels²). */
int sqi_terminal_labels(sq_model *model, const sq_terminals *t, const sq_names *names,
                        sq_error *error);

/* Marks these nodes as pinned, each with the unit vector of its label for a row. */
void sqi_pin_terminals(sq_model *model, const sq_terminals *t);

#endif
