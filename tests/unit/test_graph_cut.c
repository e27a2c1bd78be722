/* model/graph_cut: what it finds, against minimum cuts; gradients, evaluation, and what is refused. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/coarse.h"
#include "oracle/max_flow.h"
#include "sequent/hash.h"
#include "sequent/train.h"
#include "support/data_files.h"
#include "support/graphs.h"
#include "support/small_models.h"

/* Trains in place; the mean loss. */
static double train(const terminal_graph *g, uint64_t epochs, double step, double decay) {
    sq_error error = {""};
    sq_problem *problem = NULL;
    sq_order order;
    double given, unused;
    sq_model_defaults(g->model, g->data, &given, &unused);
    const sq_train_options options = {
        .mode = SQ_MODE_SERIAL, .epochs = epochs, .step = step * given, .decay = decay};
    cr_assert(sq_model_problem(&problem, g->model, g->data, 0, &error) == SQ_OK);
    cr_assert(sq_order_init(&order, "reshuffle", 1, g->data->samples, &error) == SQ_OK);
    cr_assert(sq_train(problem, g->model->x, &order, &options, NULL, &error) == SQ_OK, "%s",
              error.message);
    sq_model_problem_free(problem);
    sq_order_fini(&order);
    sq_evaluator *evaluator;
    cr_assert(sq_evaluator_new(&evaluator, g->model, g->data, &error) == SQ_OK);
    sq_evaluation result = sq_evaluator_run(evaluator);
    sq_evaluator_free(evaluator);
    return result.loss;
}

static oracle_graph graph_of(const sq_data *data) {
    return (oracle_graph){(uint32_t)data->names[0].count, data->samples, data->pair, data->value};
}

/* Steps are as long as weights, so the last ones leave an error in proportion to all of them. */
static double total_weight(const sq_data *data) {
    double sum = 0;
    for (size_t i = 0; i < data->samples; i++)
        sum += (double)data->value[i];
    return sum;
}

/* The label of every node, as a number from 0: of the terminals alone, or of all by their rows. */
static int *labels_of(const sq_model *model, int all) {
    int *label = malloc(model->blocks * sizeof *label);
    for (size_t b = 0; b < model->blocks; b++) {
        const float *row = model->x + b * model->stride;
        label[b] = all || model->pinned[b] ? 0 : -1;
        for (uint32_t j = 1; j < model->labels && label[b] >= 0; j++)
            label[b] = row[j] > row[label[b]] ? (int)j : label[b];
    }
    return label;
}

/* With two labels the relaxation has the value of the minimum cut (twice: both labels of an edge's
 * end change), and rounding gives that cut where no other is as small. */
Test(graph_cut, two_labels_give_the_minimum_cut) {
    chance draw = {9000000};
    for (int i = 0; i < 60; i++) {
        uint32_t nodes = 6 + chance_below(&draw, 25);
        size_t edges = nodes + chance_below(&draw, 3 * nodes);
        terminal_graph g = terminal_graph_new(edges, nodes, 2, 12, 0, &draw);
        oracle_graph graph = graph_of(g.data);
        int *fixed = labels_of(g.model, 0);
        double least = oracle_min_cut(&graph, fixed, NULL);
        double value = train(&g, 8000, 1, 0.9985) * (double)edges / 2;
        int *found = labels_of(g.model, 1);
        double cut = oracle_cut_weight(&graph, found);
        cr_assert(fabs(cut - least) <= 1e-9 * least, "case %d: a cut of %.9g, not %.9g", i, cut,
                  least);
        cr_assert(value >= least * (1 - 1e-6) &&
                      value <= least * 1.01 + 1e-4 * total_weight(g.data),
                  "case %d: a value of %.9g, the cut is %.9g", i, value, least);
        free(fixed);
        free(found);
        terminal_graph_free(&g);
    }
}

/* With more labels the relaxation's value is at most the least cut's, at least half of it (Calinescu,
 * Karloff, Rabani 2000), and no rounding can be below the least cut. */
Test(graph_cut, more_labels_against_all_labelings) {
    chance draw = {9100000};
    int least_found = 0, cases = 60;
    for (int i = 0; i < cases; i++) {
        uint32_t labels = 3 + chance_below(&draw, 2), nodes = labels + 1 + chance_below(&draw, 6);
        size_t edges = 2 * nodes + chance_below(&draw, 2 * nodes);
        terminal_graph g = terminal_graph_new(edges, nodes, labels, 12, 0, &draw);
        oracle_graph graph = graph_of(g.data);
        int *fixed = labels_of(g.model, 0);
        double least = oracle_multiway_cut(&graph, fixed, (int)labels);
        double value = train(&g, 8000, 1, 0.9985) * (double)edges / 2;
        int *found = labels_of(g.model, 1);
        double cut = oracle_cut_weight(&graph, found);
        cr_assert(value <= least * 1.01 + 1e-4 * total_weight(g.data) &&
                      value >= least * (0.5 - 1e-6),
                  "case %d: a value of %.9g, the least cut is %.9g", i, value, least);
        cr_assert(cut >= least * (1 - 1e-9) && cut <= 2 * value,
                  "case %d: a cut of %.9g, the least is %.9g", i, cut, least);
        least_found += cut <= least * (1 + 1e-9);
        free(fixed);
        free(found);
        terminal_graph_free(&g);
    }
    cr_log_info("%d of %d are the least cut", least_found, cases);
    cr_assert(least_found >= cases * 9 / 10, "%d of %d", least_found, cases);
}

/* The oracle itself, where the answer is known: two flows, and both by all labelings. */
Test(graph_cut, the_oracles_agree) {
    chance draw = {9200000};
    for (int i = 0; i < 200; i++) {
        size_t edges = 8 + chance_below(&draw, 20);
        terminal_graph g = terminal_graph_new(edges, 9, 2, 9, 0, &draw);
        oracle_graph graph = graph_of(g.data);
        int *fixed = labels_of(g.model, 0), cut[9];
        double least = oracle_min_cut(&graph, fixed, cut);
        cr_assert(fabs(least - oracle_cut_weight(&graph, cut)) <= 1e-9 * least);
        cr_assert(fabs(least - oracle_multiway_cut(&graph, fixed, 2)) <= 1e-9 * least);
        free(fixed);
        terminal_graph_free(&g);
    }
}

/* x - γ g, projected, is what the step makes of the blocks that it writes. */
Test(graph_cut, the_gradient_is_what_a_step_subtracts) {
    chance draw = {9300000};
    for (uint32_t labels = 2; labels < 8; labels++) {
        terminal_graph g = terminal_graph_new(200, 30, labels, 5, 6, &draw);
        train(&g, 2, 1, 0.8);
        sq_problem *p = NULL;
        cr_assert(sq_model_problem(&p, g.model, g.data, 0, NULL) == SQ_OK);
        size_t count = sq_problem_parameters(p), bytes = (count * sizeof(float) + 63) / 64 * 64;
        float *after = aligned_alloc(64, bytes), *want = aligned_alloc(64, bytes);
        for (size_t e = 0; e < g.data->samples; e++) {
            double gradient[2 * 8] = {0};
            const sq_step step = {.sample = e, .gamma = 0.05};
            memcpy(after, g.model->x, count * sizeof *after);
            memcpy(want, g.model->x, count * sizeof *want);
            p->step(p->context, after, &step);
            p->gradient(p->context, g.model->x, &step, gradient);
            for (uint32_t i = 0; i < 2 - p->graph->reads[e]; i++) {
                uint32_t block = p->graph->block[2 * e + i];
                float *row = want + block * (size_t)p->stride;
                cr_assert(!g.model->pinned[block]);
                for (uint32_t j = 0; j < labels; j++)
                    row[j] = (float)((double)row[j] - 0.05 * gradient[i * labels + j]);
                p->project(p->context, block, row);
            }
            for (size_t i = 0; i < count; i++)
                cr_assert(fabsf(after[i] - want[i]) < 2e-6f, "%g, not %g", (double)after[i],
                          (double)want[i]);
        }
        for (size_t b = 0; b < g.model->blocks; b++)
            if (g.model->pinned[b]) { /* nor does a projection move them */
                memcpy(want, g.model->x + b * p->stride, p->stride * sizeof *want);
                want[0] = 7;
                p->project(p->context, b, want);
                cr_assert(want[0] == 7);
            }
        free(after);
        free(want);
        sq_model_problem_free(p);
        terminal_graph_free(&g);
    }
}

static terminal_graph of_texts(const char *edges, const sq_terminals *terminals) {
    terminal_graph g = {.data = data_of(edges, SQ_EDGES)};
    const sq_model_options options = {.kind = SQ_GRAPH_CUT, .terminals = terminals};
    cr_assert(sq_model_new(&g.model, &options, g.data, NULL) == SQ_OK);
    return g;
}

static void free_texts(terminal_graph *g) {
    sq_model_free(g->model);
    sq_data_free(g->data);
}

static sq_terminals three = {
    .count = 3, .node = (uint32_t[]){1, 4, 6}, .label = (float[]){2.5f, -1, 2.5f}};

Test(graph_cut, initial_values_hyperedges_and_defaults) {
    terminal_graph g = of_texts("1 2 3\n2 4 1\n4 1 2\n2 2\n9 1 0.5\n", &three);
    const sq_model *m = g.model;
    cr_assert(m->labels == 2 && m->label[0] == -1 && m->label[1] == 2.5f && m->width == 2);
    cr_assert(m->stride == 2 && m->blocks == 4 && m->names[1].count == 0);
    cr_assert(memcmp(m->pinned, (uint8_t[]){1, 0, 1, 0}, 4) == 0);
    cr_assert(same_floats(m->x, (float[]){0, 1, 0.5f, 0.5f, 1, 0, 0.5f, 0.5f}, 8));
    sq_problem *p = NULL;
    double step, decay;
    cr_assert(sq_model_problem(&p, m, g.data, 0, NULL) == SQ_OK);
    cr_assert(memcmp(p->graph->block, (uint32_t[]){1, 0, 1, 2, 2, 0, 1, 1, 3, 0}, 40) == 0);
    cr_assert(memcmp(p->graph->reads, (uint32_t[]){1, 1, 2, 2, 1}, 20) == 0);
    cr_assert(p->graph->arity == 2 && p->graph->blocks == 4 && p->graph->samples == 5);
    sq_model_defaults(m, g.data, &step, &decay);
    cr_assert(same_double(step, 1 / oracle_coarse(2 * 7.5 / 4)) && decay == 0.5);
    sq_model_problem_free(p);
    free_texts(&g);
}

Test(graph_cut, strides_and_alignment) {
    static const uint32_t want[][2] = {{2, 2},  {3, 4},   {4, 4},   {5, 8},  {8, 8},
                                       {9, 16}, {16, 16}, {17, 32}, {33, 48}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        chance draw = {i};
        terminal_graph g = terminal_graph_new(300, 200, want[i][0], 50, 0, &draw);
        sq_problem *p = NULL;
        cr_assert(g.model->stride == want[i][1]);
        cr_assert(sq_model_problem(&p, g.model, g.data, 0, NULL) == SQ_OK);
        cr_assert(p->alignment == 4 * (want[i][1] < 16 ? want[i][1] : 16));
        sq_model_problem_free(p);
        terminal_graph_free(&g);
    }
}

/* An edge between terminals, and a loop, have a loss but no effect. */
Test(graph_cut, edges_without_effect) {
    terminal_graph g = of_texts("1 4 2\n2 2 5\n4 1 3\n1 6\n", &three);
    float before[8];
    memcpy(before, g.model->x, sizeof before);
    double loss = train(&g, 3, 1, 1);
    cr_assert(same_floats(before, g.model->x, 8));
    cr_assert(same_double(loss, (2 * 2 + 3 * 2) / 4.0));
    free_texts(&g);
}

Test(graph_cut, evaluation) {
    terminal_graph g = of_texts("1 2 3\n2 4 1\n4 1 2\n2 2\n9 1 0.5\n", &three);
    float rows[8] = {0, 1, 0.25f, 0.75f, 1, 0, 0.5f, 0.5f}; /* node 9 ties: label -1 */
    memcpy(g.model->x, rows, sizeof rows);
    sq_data *other = data_of("2 1 8\n9 1 4\n4 2 2\n5 4 100\n4 5 100\n5 5 100\n", SQ_EDGES);
    sq_evaluator *e;
    cr_assert(sq_evaluator_new(&e, g.model, other, NULL) == SQ_OK);
    sq_evaluation r = sq_evaluator_run(e);
    cr_assert_str_eq(r.metric_name, "cut weight");
    cr_assert(same_double(r.loss, (8 * 0.5 + 4 * 1.0 + 2 * 1.5) / 6) && same_double(r.metric, 6));
    cr_assert(r.unseen_samples == 3, "%zu", r.unseen_samples);
    static const float want[] = {2.5f, 2.5f, -1, 0, -1}; /* of nodes 1, 2, 4, 5, 9 */
    for (size_t i = 0; i < 5; i++) {
        float label = 0;
        const float *row = sq_evaluator_node(e, i, &label);
        cr_assert((row == NULL) == (i == 3) && label == want[i], "node %zu", i);
        cr_assert(i == 3 || row == g.model->x + 2 * (i - (i == 4)));
    }
    sq_evaluator_free(e);
    sq_data_free(other);
    free_texts(&g);
}

static void refuse_model(const sq_terminals *terminals, const char *want) {
    sq_data *data = data_of("1 2\n2 4\n4 6\n", SQ_EDGES);
    sq_model *model = NULL;
    sq_error error = {""};
    const sq_model_options options = {.kind = SQ_GRAPH_CUT, .terminals = terminals};
    cr_assert(sq_model_new(&model, &options, data, &error) == SQ_BAD_ARGUMENT && !model);
    cr_assert(strstr(error.message, want), "%s", error.message);
    sq_data_free(data);
}

Test(graph_cut, terminals_that_are_refused) {
    refuse_model(NULL, "needs terminals");
    refuse_model(&(sq_terminals){0}, "of 0");
    refuse_model(&(sq_terminals){2, (uint32_t[]){1, 4}, (float[]){3, 3}}, "of 1");
    refuse_model(&(sq_terminals){2, (uint32_t[]){1, 5}, (float[]){3, 4}}, "of 1");
}

Test(graph_cut, labels_up_to_the_most) {
    enum { NODES = 1025 };
    char *text = malloc(NODES * 12), *at = text;
    sq_terminals t = {.node = calloc(NODES, 4), .label = calloc(NODES, 4)};
    for (uint32_t i = 0; i < NODES; i++) {
        at += sprintf(at, "%u %u\n", i, (i + 1) % NODES);
        t.node[i] = i;
        t.label[i] = (float)(i * 7 % NODES);
    }
    sq_data *data = data_of(text, SQ_EDGES);
    for (t.count = NODES - 1; t.count <= NODES; t.count++) {
        sq_model *model = NULL;
        sq_error error = {""};
        const sq_model_options options = {.kind = SQ_GRAPH_CUT, .terminals = &t};
        int status = sq_model_new(&model, &options, data, &error);
        cr_assert(status == (t.count < NODES ? SQ_OK : SQ_BAD_ARGUMENT), "%s", error.message);
        cr_assert(!model || (model->labels == 1024 && model->label[1023] > model->label[1022]));
        if (model) {
            terminal_graph g = {data, &t, model};
            train(&g, 2, 1, 0.5);
            float sum = 0;
            for (uint32_t j = 0; j < 1024; j++)
                sum += model->x[1024 * (size_t)model->stride + j];
            cr_assert(fabsf(sum - 1) < 1e-5f, "%g", (double)sum);
        }
        sq_model_free(model);
    }
    sq_data_free(data);
    free(t.node);
    free(t.label);
    free(text);
}

Test(graph_cut, problems_that_are_refused) {
    sq_error error = {""};
    sq_problem *p = NULL;
    terminal_graph g = of_texts("1 2\n2 4 0.5\n17 4 -0.25\n", &three);
    cr_assert(sq_model_problem(&p, g.model, g.data, 0, &error) == SQ_BAD_ARGUMENT && !p);
    cr_assert(strstr(error.message, "-0.25 of edge 2 (17, 4)"), "%s", error.message);
    g.data->value[2] = 1;
    cr_assert(sq_model_problem(&p, g.model, g.data, 0.1, &error) == SQ_BAD_ARGUMENT && !p);
    cr_assert(strstr(error.message, "--l2"), "%s", error.message);
    cr_assert(sq_model_problem(&p, g.model, g.data, 0, &error) == SQ_OK);
    sq_model_problem_free(p);

    /* A model file has no terminals: it predicts, but is not trained. */
    new_folder();
    sq_model *read = NULL;
    cr_assert(sq_model_write(g.model, in_folder("m"), &error) == SQ_OK);
    cr_assert(sq_model_read(&read, in_folder("m"), &error) == SQ_OK, "%s", error.message);
    cr_assert(read->labels == 2 && read->width == 2 && read->stride == 2 && !read->pinned);
    cr_assert(same_floats(read->x, g.model->x, 2 * read->blocks));
    cr_assert(sq_model_problem(&p, read, g.data, 0, &error) == SQ_BAD_ARGUMENT && !p);
    cr_assert(strstr(error.message, "terminals"), "%s", error.message);
    sq_model_free(read);
    remove_folder();
    free_texts(&g);
}

/* A step size beyond all numbers is no number that a model keeps. */
Test(graph_cut, diverges_where_steps_are_infinite) {
    terminal_graph g = of_texts("1 2 3e38\n2 4 3e38\n", &three);
    sq_problem *p = NULL;
    sq_order order;
    sq_error error = {""};
    const sq_train_options options = {
        .mode = SQ_MODE_SERIAL, .epochs = 1, .step = 1e300, .decay = 1};
    cr_assert(sq_model_problem(&p, g.model, g.data, 0, NULL) == SQ_OK);
    cr_assert(sq_order_init(&order, "sequential", 1, 2, NULL) == SQ_OK);
    cr_assert(sq_train(p, g.model->x, &order, &options, NULL, &error) == SQ_DIVERGED, "%s",
              error.message);
    sq_order_fini(&order);
    sq_model_problem_free(p);
    free_texts(&g);
}
