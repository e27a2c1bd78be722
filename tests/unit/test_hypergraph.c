/* exec/hypergraph: the hyperedges of a problem, asked for one by one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"

/* A problem's own hypergraph is passed on as it is. */
Test(hypergraph, given) {
    planning_case c;
    case_init(&c, 1);
    mixer m;
    mixer_init(&m, MIXER_GRAPH, &c.graph, 1, 1, 0);
    sq_hypergraph *graph = NULL;
    cr_assert(sq_problem_hypergraph(&graph, &m.problem, 3, c.pi, c.order.steps, NULL) == SQ_OK);
    cr_assert(graph->samples == c.graph.samples && graph->blocks == c.graph.blocks &&
              graph->arity == c.graph.arity && graph->begin == c.graph.begin &&
              graph->block == c.graph.block && graph->reads == c.graph.reads);
    cr_assert(!sq_hypergraph_free(graph) && !sq_hypergraph_free(NULL));
    case_fini(&c);
}

/* Hyperedge i of the graph is what the problem's function says of the step. */
static void expect(const mixer *m, const sq_hypergraph *graph, size_t i, const sq_step *step) {
    uint32_t block[8], reads = 99;
    size_t size = m->problem.hyperedge(m, step, block, &reads);
    cr_assert(graph->begin[i + 1] - graph->begin[i] == size && graph->reads[i] == reads);
    cr_assert(memcmp(graph->block + graph->begin[i], block, size * sizeof *block) == 0);
}

Test(hypergraph, by_sample) {
    for (uint64_t seed = 0; seed < 100; seed++) {
        planning_case c;
        case_init(&c, seed);
        mixer m;
        mixer_init(&m, MIXER_FUNCTION, &c.graph, 1, 1, 0);
        sq_hypergraph *graph = NULL;
        cr_assert(sq_problem_hypergraph(&graph, &m.problem, 3, c.pi, c.order.steps, NULL) == SQ_OK);
        cr_assert(graph->samples == c.graph.samples && graph->blocks == c.graph.blocks &&
                  graph->arity == 0 && graph->begin[0] == 0);
        for (size_t i = 0; i < graph->samples; i++)
            expect(&m, graph, i, &(sq_step){.sample = i});
        sq_hypergraph_free(graph);
        case_fini(&c);
    }
}

/* Edges that vary: one a step, with the step's epoch and position. */
Test(hypergraph, by_step) {
    for (uint64_t seed = 0; seed < 100; seed++) {
        planning_case c;
        case_init(&c, seed);
        mixer m;
        mixer_init(&m, MIXER_VARY, &c.graph, 1, 1, 0);
        sq_hypergraph *graph = NULL;
        cr_assert(sq_problem_hypergraph(&graph, &m.problem, 3, c.pi, c.order.steps, NULL) == SQ_OK);
        cr_assert(graph->samples == c.order.steps && graph->blocks == c.graph.blocks);
        for (size_t k = 0; k < c.order.steps; k++)
            expect(&m, graph, k, &(sq_step){3, k, c.pi[k], 0});
        sq_hypergraph_free(graph);
        case_fini(&c);
    }
}

/* Hyperedges that break the rules: too long, more reads than blocks, a block that is not there. */
typedef struct fault {
    size_t size;
    uint32_t reads, block;
    const char *word;
} fault;

static size_t faulty(const void *context, const sq_step *step, uint32_t *block, uint32_t *reads) {
    const fault *f = context;
    block[0] = block[1] = 0;
    if (step->sample < 5)
        return 2;
    block[1] = f->block;
    *reads = f->reads;
    return f->size;
}

static void do_nothing(const void *context, float *x, const sq_step *step) {
    (void)context, (void)x, (void)step;
}

Test(hypergraph, refused) {
    static const fault faults[] = {
        {3, 0, 0, "3 blocks"}, {2, 3, 0, "3 only read"}, {2, 0, 7, "block 7"}};
    uint32_t pi[] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int i = 0; i < 6; i++) {
        const fault *f = &faults[i / 2];
        sq_problem p = {.name = "faulty",
                        .context = f,
                        .samples = 8,
                        .blocks = 7,
                        .width = 1,
                        .stride = 1,
                        .hyperedge = faulty,
                        .edge_max = 2,
                        .edges_vary = i % 2,
                        .step = do_nothing};
        sq_hypergraph *graph = NULL;
        sq_error error = {""};
        cr_assert(sq_problem_hypergraph(&graph, &p, 0, pi, 8, &error) == SQ_INVALID && !graph);
        cr_assert(strstr(error.message, f->word) && strstr(error.message, "step 5") &&
                      strstr(error.message, "faulty"),
                  "%s", error.message);
        float x[7] = {0};
        sq_order order = {.kind = SQ_ORDER_SEQUENTIAL, .samples = 8, .steps = 8};
        sq_train_options options = {.mode = SQ_MODE_PLANNED,
                                    .threads = 2,
                                    .epochs = 1,
                                    .step = 1,
                                    .decay = 1,
                                    .plan.planner = SQ_PLANNER_LANES};
        cr_assert(sq_train(&p, x, &order, &options, NULL, NULL) == SQ_INVALID);
    }
}
