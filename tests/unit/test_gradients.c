/* exec/gradients: sums of gradients with the bits of a plain loop, for every number of threads. */
#include "exec/gradients.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/cases.h"
#include "support/slopes.h"
#include "support/small_models.h"

/* s = +0, then every gradient in the order of the samples. */
static double *plain_sum(const sq_problem *p, const float *x) {
    double *sum = calloc(p->blocks * p->width + 1, sizeof *sum);
    const sq_hypergraph *g = p->graph;
    for (size_t k = 0; k < p->samples; k++) {
        sqi_edge edge = sqi_edge_of(g, k);
        double *row = calloc(edge.size * p->width + 1, sizeof *row);
        p->gradient(p->context, x, &(sq_step){.position = k, .sample = k}, row);
        for (size_t i = 0; i < edge.written; i++)
            for (uint32_t j = 0; j < p->width; j++)
                sum[edge.block[i] * p->width + j] += row[i * p->width + j];
        free(row);
    }
    return sum;
}

static void expect_sums(const sq_problem *p, const float *x, const char *what) {
    double *want = plain_sum(p, x), *sum = calloc(p->blocks * p->width + 1, sizeof *sum);
    for (unsigned threads = 1; threads <= 8; threads++) {
        sqi_team *team = NULL;
        sqi_gradients *g = NULL;
        sq_error error = {""};
        const sqi_gradient_task task = {.problem = p,
                                        .graph = p->graph,
                                        .steps = p->samples,
                                        .segment = p->samples,
                                        .batch = p->samples};
        cr_assert(sqi_team_new(&team, threads, &error) == SQ_OK);
        cr_assert(sqi_gradients_new(&g, threads, 2, &error) == SQ_OK);
        for (int again = 0; again < 2; again++) {
            cr_assert(sqi_gradients_prepare(g, &task, "test", &error) == SQ_OK);
            sum[0] = 77;
            sqi_gradient_sum(g, team, x, sum);
            cr_assert(memcmp(sum, want, p->blocks * p->width * sizeof *sum) == 0, "%s, %u threads",
                      what, threads);
        }
        sqi_gradients_free(g);
        sqi_team_free(team);
    }
    free(want);
    free(sum);
}

Test(gradients, random_hyperedges) {
    for (uint64_t seed = 0; seed < 150; seed++) {
        planning_case c;
        slopes s;
        case_init(&c, seed);
        uint32_t width = seed % 3 ? 1 + (uint32_t)seed % 5 : 40; /* wide rows are shared out */
        slopes_init(&s, MIXER_GRAPH, &c.graph, width, width + (uint32_t)seed % 3, 0);
        float *x = slopes_start(&s, seed);
        expect_sums(&s.problem, x, case_name(&c));
        free(x);
        case_fini(&c);
    }
}

/* More steps than a piece has, and rows without entries. */
Test(gradients, models_in_several_pieces) {
    sq_data *rows = small_rows(90000, 500, 9, 1), *ratings = small_ratings(20000, 300, 200, 1);
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        const sq_data *data = kind == SQ_MATRIX_COMPLETION ? ratings : rows;
        sq_model *model = new_model((sq_model_kind)kind, 16, data);
        sq_problem *p = NULL;
        cr_assert(sq_model_problem(&p, model, data, 0.1, NULL) == SQ_OK);
        expect_sums(p, model->x, p->name);
        sq_model_problem_free(p);
        sq_model_free(model);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* One block that all steps share, and one step that is larger than a buffer. */
Test(gradients, one_owner_has_all) {
    enum { BLOCKS = 3000, SAMPLES = 50 };
    uint64_t begin[SAMPLES + 1] = {0};
    uint32_t *block = calloc(BLOCKS + SAMPLES, sizeof *block);
    for (uint32_t b = 0; b < BLOCKS; b++)
        block[b] = b;
    for (size_t e = 0; e < SAMPLES; e++)
        begin[e + 1] = BLOCKS + e;
    sq_hypergraph graph = {.samples = SAMPLES, .blocks = BLOCKS, .begin = begin, .block = block};
    slopes s;
    slopes_init(&s, MIXER_GRAPH, &graph, 16, 16, 0);
    float *x = slopes_start(&s, 1);
    expect_sums(&s.problem, x, "a long step");
    free(x);
    free(block);
}

Test(gradients, a_problem_without_one_is_refused) {
    planning_case c;
    slopes s;
    sq_error error = {""};
    sqi_gradients *g = NULL;
    case_init(&c, 1);
    slopes_init(&s, MIXER_GRAPH, &c.graph, 1, 1, 0);
    s.problem.gradient = NULL;
    const sqi_gradient_task task = {
        .problem = &s.problem, .graph = &c.graph, .steps = 1, .segment = 1, .batch = 1};
    cr_assert(sqi_gradients_new(&g, 2, 2, &error) == SQ_OK);
    cr_assert(sqi_gradients_prepare(g, &task, "svrg", &error) == SQ_BAD_ARGUMENT);
    cr_assert_str_eq(error.message, "svrg needs a problem's gradient, which slopes does not have");
    sqi_gradients_free(g);
    case_fini(&c);
}
