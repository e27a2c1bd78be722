/* Both lists of nodes ascend: one pass over each. */
#include "model/terminals.h"

#include "base/status.h"
#include "model/labels.h"
#include "num/simplex.h"

/* The next terminal, from *at on, whose node occurs in the data, as the node's dense id; SIZE_MAX
 * behind the last one. *node goes through the names. */
static size_t next_terminal(const sq_terminals *t, const sq_names *names, size_t *at,
                            size_t *node) {
    for (; *at < t->count; ++*at) {
        while (*node < names->count && names->name[*node] < t->node[*at])
            ++*node;
        if (*node < names->count && names->name[*node] == t->node[*at])
            return *node;
    }
    return SIZE_MAX;
}

int sqi_terminal_labels(sq_model *model, const sq_terminals *t, const sq_names *names,
                        sq_error *error) {
    size_t node = 0;
    for (size_t at = 0; next_terminal(t, names, &at, &node) != SIZE_MAX; at++) {
        if (!sqi_label_add(model->label, &model->labels, SQI_SIMPLEX_MAX, t->label[at]))
            return sqi_fail(error, SQ_BAD_ARGUMENT,
                            "graph-cut tells at most %d labels apart; the terminals have more",
                            SQI_SIMPLEX_MAX);
    }
    if (model->labels < 2)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "graph-cut needs terminals of two labels; those of nodes that have edges "
                        "are of %u",
                        model->labels);
    return SQ_OK;
}

void sqi_pin_terminals(sq_model *model, const sq_terminals *t) {
    size_t node = 0;
    for (size_t at = 0; next_terminal(t, &model->names[0], &at, &node) != SIZE_MAX; at++) {
        float *row = model->x + node * model->stride;
        for (uint32_t j = 0; j < model->labels; j++)
            row[j] = 0;
        row[sqi_label_find(model->label, model->labels, t->label[at])] = 1;
        model->pinned[node] = 1;
    }
}
