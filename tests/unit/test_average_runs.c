/* exec/average_runs: the bits of a plain loop over shares, for every number of threads. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/small_models.h"
#include "support/training.h"

enum { EPOCHS = 3, SEGMENT = 1 << 20, MOST = 9 };

typedef struct expected {
    const sq_problem *problem;
    float *x, *own[MOST];
    unsigned threads;
    int whole_runs;
} expected;

/* What thread t does in a segment. */
static void run_share(const expected *e, unsigned t, const uint32_t *pi, size_t first, size_t count,
                      uint64_t epoch, double gamma) {
    for (size_t k = first + count * t / e->threads; k < first + count * (t + 1) / e->threads; k++)
        e->problem->step(e->problem->context, e->own[t], &(sq_step){epoch, k, pi[k], gamma});
}

static void average(const expected *e) {
    const sq_problem *p = e->problem;
    for (size_t b = 0; b < p->blocks; b++)
        for (size_t j = b * p->stride; j < b * p->stride + p->width; j++) {
            double sum = (double)e->own[0][j];
            for (unsigned t = 1; t < e->threads; t++)
                sum += (double)e->own[t][j];
            e->x[j] = (float)(sum / e->threads);
        }
}

/* The definition. e->x: as it is before. */
static void plain_runs(expected *e, const sq_order *order, double gamma, double decay) {
    size_t bytes = sq_problem_parameters(e->problem) * sizeof(float);
    uint32_t *pi = calloc(order->steps, sizeof *pi);
    for (unsigned t = 0; t < e->threads; t++)
        e->own[t] = sqi_alloc(bytes, 1, NULL);
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++, gamma *= decay) {
        sq_order_fill(order, epoch, pi);
        for (unsigned t = 0; t < e->threads; t++) {
            if (epoch == 0 || !e->whole_runs)
                memcpy(e->own[t], e->x, bytes);
            for (size_t first = 0; first < order->steps; first += SEGMENT)
                run_share(e, t, pi, first,
                          order->steps - first < SEGMENT ? order->steps - first : SEGMENT, epoch,
                          gamma);
        }
        average(e);
    }
    for (unsigned t = 0; t < e->threads; t++)
        sqi_free(e->own[t]);
    free(pi);
}

static sq_train_options options_of(unsigned threads, int whole_runs) {
    return (sq_train_options){.mode = SQ_MODE_AVERAGE_RUNS,
                              .threads = threads,
                              .epochs = EPOCHS,
                              .step = 0.02,
                              .decay = 0.9,
                              .average_run = whole_runs};
}

/* Both ways of averaging, by bits, padding included. */
static void expect_runs(const sq_problem *p, const float *start, const sq_order *order,
                        unsigned threads, const char *what) {
    size_t count = sq_problem_parameters(p);
    float *x = sqi_alloc(count, sizeof *x, NULL), *want = sqi_alloc(count, sizeof *want, NULL);
    for (int whole_runs = 0; whole_runs < 2; whole_runs++) {
        sq_train_options options = options_of(threads, whole_runs);
        sq_error error = {""};
        expected e = {.problem = p, .x = want, .threads = threads, .whole_runs = whole_runs};
        memcpy(x, start, count * sizeof *x);
        memcpy(want, start, count * sizeof *x);
        plain_runs(&e, order, options.step, options.decay);
        int status = sq_train(p, x, order, &options, NULL, &error);
        cr_assert(status == SQ_OK, "%s: %s", what, error.message);
        cr_assert(memcmp(x, want, count * sizeof *x) == 0, "%s, %u threads, %s", what, threads,
                  whole_runs ? "whole runs" : "epochs");
    }
    sqi_free(x);
    sqi_free(want);
}

Test(average_runs, random_cases) {
    for (uint64_t seed = 0; seed < 200; seed++) {
        planning_case c;
        mixer m;
        case_init(&c, seed);
        mixer_init(&m, (mixer_kind)(seed % 3), &c.graph, 1 + (uint32_t)seed % 2, 2, seed % 2 == 0);
        float *start = mixer_start(&m, seed);
        for (unsigned threads = 1; threads <= 5; threads++)
            expect_runs(&m.problem, start, &c.order, threads, case_name(&c));
        free(start);
        case_fini(&c);
    }
}

Test(average_runs, models) {
    static const char *const orders[] = {"shuffle", "reshuffle", "sequential", "replacement"};
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int o = 0; o < 4; o++) {
            training t = training_new((sq_model_kind)kind, 2000, orders[o], o == 1 ? 0.01 : 0);
            for (unsigned threads = 1; threads <= 5; threads++)
                expect_runs(t.problem, t.model->x, &t.order, threads, orders[o]);
            training_free(&t);
        }
}

/* More steps than a segment has: each segment is shared out. */
Test(average_runs, several_segments) {
    training t = training_new(SQ_MATRIX_COMPLETION, 1000, "replacement", 0);
    t.order.steps = SEGMENT + 1000;
    for (unsigned threads = 1; threads <= 3; threads += 2)
        expect_runs(t.problem, t.model->x, &t.order, threads, "two segments");
    training_free(&t);
}

/* Rows as long as the mean's pieces, and longer; one thread is serial. */
Test(average_runs, long_rows) {
    sq_data *ratings = small_ratings(60, 7, 5, 1);
    sq_order order;
    cr_assert(sq_order_init(&order, "shuffle", 1, ratings->samples, NULL) == SQ_OK);
    static const uint32_t ranks[] = {1023, 1024, 1025, 3000};
    for (int i = 0; i < 4; i++) {
        sq_model *model = new_model(SQ_MATRIX_COMPLETION, ranks[i], ratings);
        sq_problem *p = NULL;
        cr_assert(sq_model_problem(&p, model, ratings, 0, NULL) == SQ_OK);
        for (unsigned threads = 1; threads <= 3; threads++)
            expect_runs(p, model->x, &order, threads, "long rows");
        sq_model_problem_free(p);
        sq_model_free(model);
    }
    sq_order_fini(&order);
    sq_data_free(ratings);
}

/* Every copy is aligned as the problem asks. */
static void aligned_step(const void *context, float *x, const sq_step *s) {
    const sq_problem *inner = context;
    x[s->sample % inner->blocks] += (uintptr_t)x % 4096 == 0 ? 1 : 1000;
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return 0;
}

Test(average_runs, copies_are_aligned) {
    enum { SAMPLES = 12, BLOCKS = 3 };
    uint32_t block[SAMPLES];
    for (uint32_t i = 0; i < SAMPLES; i++)
        block[i] = i % BLOCKS;
    sq_hypergraph graph = {.samples = SAMPLES, .blocks = BLOCKS, .arity = 1, .block = block};
    sq_problem p = {.name = "aligned",
                    .samples = SAMPLES,
                    .blocks = BLOCKS,
                    .width = 1,
                    .stride = 1,
                    .alignment = 4096,
                    .graph = &graph,
                    .step = aligned_step,
                    .loss = no_loss};
    p.context = &p;
    sq_order order = {.kind = SQ_ORDER_SEQUENTIAL, .samples = SAMPLES, .steps = SAMPLES};
    sq_train_options options = options_of(2, 0);
    options.epochs = 1;
    float *x = aligned_alloc(4096, 4096);
    memset(x, 0, 4096);
    cr_assert(sq_train(&p, x, &order, &options, NULL, NULL) == SQ_OK);
    for (int b = 0; b < BLOCKS; b++)
        cr_assert(x[b] == 2, "block %d: %g", b, (double)x[b]);
    free(x);
}

Test(average_runs, goes_on_at_the_end_of_an_epoch_only) {
    training t = training_new(SQ_MATRIX_COMPLETION, 300000, "shuffle", 0);
    sq_train_options options = options_of(2, 0);
    sq_error error = {""};
    cr_assert(!sq_train_resumes_within(&options));
    options.first_step = SQ_PLAN_SEGMENT;
    cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, NULL, &error) == SQ_BAD_ARGUMENT);
    cr_assert_str_eq(
        error.message,
        "average-runs, sgd: the run cannot go on at step 262144, only at the end of an epoch");
    options.mode = SQ_MODE_HOGWILD;
    cr_assert(sq_train_resumes_within(&options));
    training_free(&t);
}
