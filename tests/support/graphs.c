/* Drawing graphs. All memory is the library's, which releases it. */
#include "support/graphs.h"

#include <criterion/criterion.h>

#include "base/alloc.h"

static void *make(size_t count, size_t size) {
    void *memory = sqi_alloc(count, size, NULL);
    cr_assert(memory);
    return memory;
}

static uint32_t uneven(chance *draw, uint32_t count) {
    while (count > 4 && chance_one_in(draw, 3))
        count /= 2;
    return chance_below(draw, count);
}

static sq_data *draw_edges(size_t samples, uint32_t nodes, uint32_t zeros, chance *draw) {
    sq_data *d = make(1, sizeof *d);
    *d = (sq_data){.kind = SQ_EDGES, .samples = samples};
    d->pair = make(2 * samples, sizeof *d->pair);
    d->value = make(samples, sizeof *d->value);
    d->names[0] = (sq_names){nodes, make(nodes, sizeof *d->names[0].name)};
    for (uint32_t i = 0; i < nodes; i++)
        d->names[0].name[i] = 3 * (i + 1);
    for (size_t e = 0; e < samples; e++) {
        uint32_t *pair = d->pair + 2 * e;
        pair[0] = uneven(draw, nodes);
        pair[1] = chance_below(draw, nodes);
        if (chance_one_in(draw, 16))
            pair[1] = pair[0];
        if (e > 0 && chance_one_in(draw, 16)) {
            const uint32_t *earlier = d->pair + 2 * (size_t)chance_below(draw, (uint32_t)e);
            int turned = chance_one_in(draw, 2);
            pair[0] = earlier[turned];
            pair[1] = earlier[!turned];
        }
        d->value[e] = zeros && chance_one_in(draw, zeros)
                          ? 0
                          : (float)(1 + chance_below(draw, (1 << 24) - 1)) * 0x1p-22f;
    }
    return d;
}

static sq_terminals *draw_terminals(uint32_t nodes, uint32_t labels, uint32_t free_share,
                                    chance *draw) {
    sq_terminals *t = make(1, sizeof *t);
    t->node = make(2 * (size_t)nodes + 2, sizeof *t->node);
    t->label = make(2 * (size_t)nodes + 2, sizeof *t->label);
    uint32_t *wanted = make(nodes, sizeof *wanted); /* label + 1 of a node */
    for (uint32_t label = 0; label < labels; label++) {
        uint32_t node = chance_below(draw, nodes);
        while (wanted[node])
            node = (node + 1) % nodes;
        wanted[node] = label + 1;
    }
    for (uint32_t i = 0; i < nodes; i++) {
        if (!wanted[i] && chance_one_in(draw, free_share))
            wanted[i] = 1 + chance_below(draw, labels);
        if (chance_one_in(draw, 8)) { /* a stranger, of a label of its own */
            t->node[t->count] = 3 * (i + 1) - 1;
            t->label[t->count++] = 1000;
        }
        if (wanted[i]) {
            t->node[t->count] = 3 * (i + 1);
            t->label[t->count++] = (float)wanted[i] - 2.5f;
        }
    }
    sqi_free(wanted);
    return t;
}

terminal_graph terminal_graph_new(size_t samples, uint32_t nodes, uint32_t labels,
                                  uint32_t free_share, uint32_t zeros, chance *draw) {
    sq_error error = {""};
    terminal_graph g = {.data = draw_edges(samples, nodes, zeros, draw)};
    g.terminals = draw_terminals(nodes, labels, free_share, draw);
    const sq_model_options options = {.kind = SQ_GRAPH_CUT, .terminals = g.terminals};
    cr_assert(sq_model_new(&g.model, &options, g.data, &error) == SQ_OK, "%s", error.message);
    cr_assert(g.model->labels == labels);
    return g;
}

void terminal_graph_free(terminal_graph *g) {
    sq_model_free(g->model);
    sq_terminals_free(g->terminals);
    sq_data_free(g->data);
}
