/* exec/average_gradients: the bits of a plain loop over mini-batches, for every number of threads. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plan/edges.h"
#include "sequent/train.h"
#include "support/cases.h"
#include "support/chance.h"
#include "support/slopes.h"
#include "support/small_models.h"
#include "support/training.h"

enum { EPOCHS = 3, SEGMENT = 1 << 20 };
static const double GAMMA = 0.02;

/* One mini-batch, steps first … first + count - 1. sum and touched (size blocks) are zero before and
 * after. */
static void plain_batch(const sq_problem *p, float *x, const uint32_t *pi, const double *gammas,
                        size_t first, size_t count, uint64_t epoch, double *sum, char *touched) {
    const uint32_t width = p->width;
    for (size_t k = first; k < first + count; k++) {
        uint32_t vary[8], reads = 0;
        sq_step step = {epoch, k, pi[k], gammas[k]};
        sqi_edge edge;
        if (p->graph) {
            edge = sqi_edge_of(p->graph, pi[k]);
        } else {
            edge.block = vary;
            edge.size = p->hyperedge(p->context, &step, vary, &reads);
            edge.written = edge.size - reads;
        }
        double *g = calloc(edge.size * width + 1, sizeof *g);
        p->gradient(p->context, x, &step, g);
        for (size_t i = 0; i < edge.written; i++) {
            touched[edge.block[i]] = 1;
            for (uint32_t j = 0; j < width; j++)
                sum[(size_t)edge.block[i] * width + j] += g[i * width + j];
        }
        free(g);
    }
    for (size_t b = 0; b < p->blocks; b++) {
        if (!touched[b])
            continue;
        float *row = x + b * p->stride;
        for (uint32_t j = 0; j < width; j++) {
            double *s = &sum[b * width + j];
            row[j] = (float)((double)row[j] - gammas[first] / (double)count * *s);
            *s = 0;
        }
        if (p->project)
            p->project(p->context, b, row);
        touched[b] = 0;
    }
}

/* The definition. */
static void plain_loop(const sq_problem *p, float *x, const sq_order *order, size_t batch,
                       sq_schedule schedule) {
    uint32_t *pi = calloc(order->steps, sizeof *pi);
    double *gammas = calloc(order->steps, sizeof *gammas), gamma = GAMMA;
    double *sum = calloc(p->blocks * p->width, sizeof *sum);
    char *touched = calloc(p->blocks, 1);
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++, gamma *= 0.9) {
        sq_order_fill(order, epoch, pi);
        for (size_t k = 0; k < order->steps; k++)
            gammas[k] = schedule == SQ_EPOCH_DECAY
                            ? gamma
                            : GAMMA / (1 + ((double)epoch + (double)k / (double)order->steps));
        for (size_t segment = 0; segment < order->steps; segment += SEGMENT) {
            size_t end = order->steps - segment < SEGMENT ? order->steps : segment + SEGMENT;
            for (size_t k = segment; k < end; k += batch)
                plain_batch(p, x, pi, gammas, k, end - k < batch ? end - k : batch, epoch, sum,
                            touched);
        }
    }
    free(pi);
    free(gammas);
    free(sum);
    free(touched);
}

static sq_train_options options_of(unsigned threads, uint32_t batch, sq_schedule schedule) {
    return (sq_train_options){.mode = SQ_MODE_AVERAGE_GRADIENTS,
                              .threads = threads,
                              .epochs = EPOCHS,
                              .schedule = schedule,
                              .step = GAMMA,
                              .decay = schedule == SQ_EPOCH_DECAY ? 0.9 : 1,
                              .minibatch = batch};
}

/* Some numbers of threads, one result, padding included. */
static void expect_batches(const sq_problem *p, const float *start, const sq_order *order,
                           uint32_t batch, sq_schedule schedule, const char *what) {
    size_t count = sq_problem_parameters(p);
    float *x = sqi_alloc(count, sizeof *x, NULL), *want = sqi_alloc(count, sizeof *want, NULL);
    memcpy(want, start, count * sizeof *x);
    plain_loop(p, want, order, batch ? batch : 256, schedule);
    for (unsigned threads = 1; threads <= 8; threads += threads == 3 ? 5 : 1) {
        sq_train_options options = options_of(threads, batch, schedule);
        sq_error error = {""};
        memcpy(x, start, count * sizeof *x);
        int status = sq_train(p, x, order, &options, NULL, &error);
        cr_assert(status == SQ_OK, "%s: %s", what, error.message);
        cr_assert(memcmp(x, want, count * sizeof *x) == 0, "%s, %u threads, mini-batches of %u",
                  what, threads, batch);
    }
    sqi_free(x);
    sqi_free(want);
}

Test(average_gradients, random_cases) {
    for (uint64_t seed = 0; seed < 200; seed++) {
        planning_case c;
        slopes s;
        case_init(&c, seed);
        /* Wide rows make mini-batches that even of few steps are shared out. */
        uint32_t width = seed % 3 ? 1 + (uint32_t)seed % 4 : 40;
        slopes_init(&s, (mixer_kind)(seed % 3), &c.graph, width, width + (uint32_t)seed % 2,
                    seed % 4 == 0);
        float *start = slopes_start(&s, seed);
        const uint32_t batches[] = {1, 2, 7, 32, 1000, 3 * (uint32_t)c.order.steps};
        for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
            expect_batches(&s.problem, start, &c.order, batches[i],
                           seed % 5 ? SQ_EPOCH_DECAY : SQ_INVERSE, case_name(&c));
        free(start);
        case_fini(&c);
    }
}

Test(average_gradients, models) {
    static const char *const orders[] = {"shuffle", "reshuffle", "sequential", "replacement"};
    static const uint32_t batches[] = {0, 1, 32, 6000};
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int o = 0; o < 4; o++) {
            training t = training_new((sq_model_kind)kind, 2000, orders[o], o == 1 ? 0.01 : 0);
            for (int b = 0; b < 4; b++)
                expect_batches(t.problem, t.model->x, &t.order, batches[b], SQ_EPOCH_DECAY,
                               orders[o]);
            training_free(&t);
        }
}

/* Mini-batches of several pieces, and more steps than a segment has: the one across its end is cut. */
Test(average_gradients, pieces_and_segments) {
    training t = training_new(SQ_MATRIX_COMPLETION, 3000, "replacement", 0);
    t.order.steps = SEGMENT + 70000;
    expect_batches(t.problem, t.model->x, &t.order, 300007, SQ_EPOCH_DECAY, "large mini-batches");
    training_free(&t);
}

/* ---- sums whose order shows ---- */

/* All steps write the same blocks; what an even one adds to a number, the next one takes away but for
 * its own small part, of which rounding leaves more or less, depending on what was added before. */
static void see_saw(const void *context, const float *x, const sq_step *s, double *g) {
    (void)context, (void)x;
    for (size_t i = 0; i < (size_t)4 * 20; i++) {
        chance large = {chance_mix(s->position / 2 * 1000 + i)};
        chance small = {chance_mix(s->position * 7919 + i)};
        double up = 0x1p52 * chance_unit(&large);
        g[i] = s->position % 2 ? chance_unit(&small) - up : up;
    }
}

static void no_step(const void *context, float *x, const sq_step *s) {
    (void)context, (void)x, (void)s;
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return 0;
}

Test(average_gradients, sums_are_in_the_order_of_the_steps) {
    enum { STEPS = 5000, BLOCKS = 4, WIDTH = 20 };
    uint32_t *block = calloc(STEPS * BLOCKS, sizeof *block);
    for (uint32_t i = 0; i < STEPS * BLOCKS; i++)
        block[i] = i % BLOCKS;
    sq_hypergraph graph = {.samples = STEPS, .blocks = BLOCKS, .arity = BLOCKS, .block = block};
    sq_problem p = {.name = "see-saw",
                    .samples = STEPS,
                    .blocks = BLOCKS,
                    .width = WIDTH,
                    .stride = WIDTH,
                    .graph = &graph,
                    .step = no_step,
                    .gradient = see_saw,
                    .loss = no_loss};
    sq_order order = {.kind = SQ_ORDER_SHUFFLE, .seed = 1, .samples = STEPS, .steps = STEPS};
    static const uint32_t batches[] = {2, 32, 256, 1000, STEPS};
    float start[BLOCKS * WIDTH] = {0};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        expect_batches(&p, start, &order, batches[i], SQ_EPOCH_DECAY, "see-saw");
    free(block);
}
