/* graph-cut against a loop written from the page of the arithmetic, and planned runs against serial
 * ones: the same bits for random graphs with terminals, loops, repeated edges and edges between
 * terminals, every order, planner and number of threads. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/cut.h"
#include "sequent/train.h"
#include "support/cases.h"
#include "support/graphs.h"
#include "support/scale.h"

enum { CASES = 400, EPOCHS = 3 };

static const double STEP = 0.3, DECAY = 0.7;

typedef struct watched {
    const terminal_graph *graph;
    uint64_t epochs;
} watched;

static int compare_loss(void *context, const sq_epoch *epoch) {
    watched *w = context;
    double want = oracle_cut_loss(w->graph->model, w->graph->data, epoch->x);
    cr_assert(memcmp(&want, &epoch->loss, sizeof want) == 0, "loss %a, not %a", epoch->loss, want);
    cr_assert(epoch->epoch == w->epochs++);
    return 0;
}

static float *copy_of(const float *x, size_t count) {
    float *copy = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    memcpy(copy, x, count * sizeof *x);
    return copy;
}

/* Trains a copy of the start; it must be what is wanted. */
static void check_run(const terminal_graph *g, const sq_order *order, const float *want,
                      const sq_train_options *options, uint64_t seed) {
    sq_error error = {""};
    sq_problem *problem = NULL;
    size_t count = g->model->blocks * g->model->stride;
    float *x = copy_of(g->model->x, count);
    cr_assert(sq_model_problem(&problem, g->model, g->data, 0, &error) == SQ_OK, "%s",
              error.message);
    int status = sq_train(problem, x, order, options, NULL, &error);
    cr_assert(status == SQ_OK, "seed %llu: %s", (unsigned long long)seed, error.message);
    cr_assert(memcmp(x, want, count * sizeof *x) == 0,
              "seed %llu, %u labels: %s, planner %s, %u threads", (unsigned long long)seed,
              g->model->labels, sq_mode_name(options->mode), sq_planner_name(options->plan.planner),
              options->threads);
    sq_model_problem_free(problem);
    free(x);
}

static void check_terminals(const terminal_graph *g, const float *x) {
    for (size_t b = 0; b < g->model->blocks; b++)
        if (g->model->pinned[b])
            cr_assert(memcmp(x + b * g->model->stride, g->model->x + b * g->model->stride,
                             g->model->stride * sizeof *x) == 0);
}

static void check_case(uint64_t seed) {
    chance draw = {seed};
    uint32_t labels = chance_one_in(&draw, 3) ? 2 : 2 + chance_below(&draw, 20);
    size_t samples = 2 * labels + chance_size(&draw, 11);
    uint32_t nodes = labels + 1 + chance_size(&draw, 9);
    uint32_t free_share = 1 + chance_below(&draw, 20), zeros = chance_one_in(&draw, 2) ? 6 : 0;
    terminal_graph g = terminal_graph_new(samples, nodes, labels, free_share, zeros, &draw);
    static const char *const specs[] = {"shuffle", "reshuffle", "sequential", "replacement"};
    sq_order order;
    cr_assert(sq_order_init(&order, specs[chance_below(&draw, 4)], seed, samples, NULL) == SQ_OK);
    size_t count = g.model->blocks * g.model->stride;
    float *want = copy_of(g.model->x, count);
    uint32_t *pi = calloc(samples, sizeof *pi);
    double gamma = STEP;
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++, gamma *= DECAY) {
        sq_order_fill(&order, epoch, pi);
        oracle_cut_epoch(g.model, g.data, want, pi, samples, gamma);
    }
    check_terminals(&g, want);
    watched w = {&g, 0};
    const sq_observer observer = {.context = &w, .epoch = compare_loss};
    sq_train_options options = {.mode = SQ_MODE_SERIAL,
                                .threads = 1,
                                .epochs = EPOCHS,
                                .step = STEP,
                                .decay = DECAY,
                                .losses = 1,
                                .observer = &observer};
    check_run(&g, &order, want, &options, seed);
    options.mode = SQ_MODE_PLANNED;
    options.check_plan = 1;
    for (int i = 0; i < 4; i++) {
        w.epochs = 0;
        options.plan = case_options(&draw, 1);
        options.plan.planner = (sq_planner)i;
        options.threads = 1 + chance_below(&draw, 9);
        check_run(&g, &order, want, &options, seed);
    }
    free(pi);
    free(want);
    sq_order_fini(&order);
    terminal_graph_free(&g);
}

Test(cut_twins, serial_and_planned_are_the_textbook_loop) {
    size_t cases = scale_cases(CASES);
    uint64_t seed = scale_seed(8500000);
    for (size_t i = 0; i < cases; i++)
        check_case(seed + i);
}

/* The hyperedges list every block that a step touches, and as read only what it does not write. */
Test(cut_twins, keeps_the_promises_of_a_problem) {
    for (uint64_t seed = 8600000; seed < 8600000 + scale_cases(40); seed++) {
        chance draw = {seed};
        sq_error error = {""};
        uint32_t labels = 2 + chance_below(&draw, 4);
        terminal_graph g = terminal_graph_new(60, 10, labels, 4, 0, &draw);
        sq_problem *problem = NULL;
        uint32_t pi[60];
        for (uint32_t i = 0; i < 60; i++)
            pi[i] = chance_below(&draw, 60);
        cr_assert(sq_model_problem(&problem, g.model, g.data, 0, &error) == SQ_OK);
        cr_assert(sq_problem_check(problem, g.model->x, pi, 60, 0.05, 0, &error) == SQ_OK, "%s",
                  error.message);
        sq_model_problem_free(problem);
        terminal_graph_free(&g);
    }
}
