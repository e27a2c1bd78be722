/* Exact L2 in the modes that are not serial's: on one thread those that step one by one have serial's
 * bits; averaged runs those of serial runs of the shares; averaged gradients those of one thread, near
 * the loop that moves every parameter with every mini-batch. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/bench.h"
#include "support/small_models.h"
#include "support/training.h"

static const double LAMBDA = 40;
static const char *const ORDERS[] = {"shuffle", "reshuffle", "replacement"};
static const sq_model_kind KINDS[] = {SQ_LOGISTIC, SQ_LEAST_SQUARES, SQ_MATRIX_COMPLETION};

static sq_train_options options_of(sq_mode mode, unsigned threads, sq_schedule schedule) {
    sq_train_options o = training_options(mode, threads);
    o.l2_exact = LAMBDA;
    o.schedule = schedule;
    o.decay = schedule == SQ_EPOCH_DECAY ? o.decay : 1;
    return o;
}

/* Trains from the model's initial values. The caller frees the result. */
static float *trained(const training *t, const float *start, sq_train_options options,
                      double *loss) {
    size_t bytes = sq_problem_parameters(t->problem) * sizeof(float);
    float *x = aligned_alloc(64, (bytes + 63) / 64 * 64);
    sq_error error = {""};
    memcpy(x, start, bytes);
    int status = sq_train(t->problem, x, &t->order, &options, NULL, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    if (loss)
        cr_assert(sq_problem_loss(t->problem, x, LAMBDA, loss, &error) == SQ_OK);
    return x;
}

static int same(const training *t, const float *a, const float *b) {
    return same_floats(a, b, sq_problem_parameters(t->problem));
}

Test(exact_modes, one_thread_has_the_serial_bits) {
    static const sq_mode modes[] = {SQ_MODE_HOGWILD, SQ_MODE_LOCKED, SQ_MODE_ROUND_ROBIN,
                                    SQ_MODE_AVERAGE_RUNS, SQ_MODE_AVERAGE_GRADIENTS};
    for (int i = 0; i < 36; i++) {
        const sq_schedule schedule = (sq_schedule)(i % 4);
        training t = training_new(KINDS[i % 3], 700, ORDERS[i / 3 % 3], 0);
        float *want = trained(&t, t.model->x, options_of(SQ_MODE_SERIAL, 1, schedule), NULL);
        for (int m = 0; m < 5; m++) {
            sq_train_options o = options_of(modes[m], 1, schedule);
            o.minibatch = 1;
            float *got = trained(&t, t.model->x, o, NULL);
            cr_assert(same(&t, got, want), "%s, %s, %s, %s", t.problem->name, ORDERS[i / 3 % 3],
                      sq_schedule_name(schedule), sq_mode_name(modes[m]));
            free(got);
        }
        free(want);
        training_free(&t);
    }
}

/* One epoch of a share, run serially. */
static float *share_of(const training *t, const uint32_t *pi, size_t count) {
    training own = *t;
    own.order = (sq_order){0};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t k = 0; k < count; k++)
        fprintf(out, "%u\n", pi[k]);
    fclose(out);
    put_file(in_folder("share"), text, size);
    char spec[256];
    (void)snprintf(spec, sizeof spec, "file:%s", in_folder("share"));
    cr_assert(sq_order_init(&own.order, spec, 1, t->data->samples, NULL) == SQ_OK);
    sq_train_options o = options_of(SQ_MODE_SERIAL, 1, SQ_CONSTANT);
    o.epochs = 1;
    float *x = trained(&own, t->model->x, o, NULL);
    sq_order_fini(&own.order);
    free(text);
    return x;
}

static void begin(void) {
    new_folder();
}

Test(exact_modes, averaged_runs_are_serial_runs_of_the_shares, .init = begin,
     .fini = remove_folder) {
    for (unsigned threads = 2; threads <= 5; threads++) {
        training t = training_new(KINDS[threads % 3], 333, "shuffle", 0);
        const sq_problem *p = t.problem;
        uint32_t *pi = NULL;
        float *share[5];
        cr_assert(sq_pi_new(&pi, &t.order, NULL) == SQ_OK);
        for (unsigned s = 0; s < threads; s++) {
            size_t begin = 333 * s / threads, end = 333 * (s + 1) / threads;
            share[s] = share_of(&t, pi + begin, end - begin);
        }
        sq_train_options o = options_of(SQ_MODE_AVERAGE_RUNS, threads, SQ_CONSTANT);
        o.epochs = 1;
        float *got = trained(&t, t.model->x, o, NULL);
        for (size_t b = 0; b < p->blocks; b++)
            for (size_t j = b * p->stride; j < b * p->stride + p->width; j++) {
                double sum = 0;
                for (unsigned s = 0; s < threads; s++)
                    sum += (double)share[s][j];
                float mean = (float)(sum / threads);
                cr_assert(memcmp(&mean, &got[j], sizeof mean) == 0, "%u threads, number %zu",
                          threads, j);
            }
        for (unsigned s = 0; s < threads; s++)
            free(share[s]);
        free(got);
        sq_pi_free(pi);
        training_free(&t);
    }
}

/* Every parameter moves with every mini-batch. */
static long double *dense(const training *t, const sq_train_options *o) {
    const sq_problem *p = t->problem;
    const sq_hypergraph *graph = p->graph;
    size_t count = sq_problem_parameters(p);
    long double *x = calloc(count, sizeof *x), *sum = calloc(count, sizeof *sum);
    float *now = aligned_alloc(64, (count * sizeof *now + 63) / 64 * 64);
    double *g = calloc(4096, sizeof *g);
    uint32_t *pi = calloc(t->order.steps, sizeof *pi);
    for (size_t j = 0; j < count; j++)
        x[j] = (long double)t->model->x[j];
    double gamma = o->step;
    for (uint64_t e = 0; e < o->epochs; e++, gamma *= o->decay) {
        sq_order_fill(&t->order, e, pi);
        for (size_t first = 0; first < t->order.steps; first += o->minibatch) {
            size_t left = t->order.steps - first, size = left < o->minibatch ? left : o->minibatch;
            memset(sum, 0, count * sizeof *sum);
            for (size_t j = 0; j < count; j++)
                now[j] = (float)x[j];
            for (size_t k = first; k < first + size; k++) {
                size_t s = pi[k], begin = graph->arity ? graph->arity * s : graph->begin[s];
                size_t end = graph->arity ? begin + graph->arity : graph->begin[s + 1];
                p->gradient(p->context, now, &(sq_step){e, k, s, gamma}, g);
                for (size_t i = begin; i < end; i++)
                    for (uint32_t j = 0; j < p->width; j++)
                        sum[graph->block[i] * (size_t)p->stride + j] +=
                            (long double)g[(i - begin) * p->width + j];
            }
            long double keep = 1 - 2 * (long double)gamma * (long double)LAMBDA / p->samples;
            for (size_t j = 0; j < count; j++)
                x[j] = keep * x[j] - (long double)gamma / size * sum[j];
        }
    }
    free(sum);
    free(now);
    free(g);
    free(pi);
    return x;
}

Test(exact_modes, averaged_gradients_follow_the_dense_loop) {
    static const uint32_t batches[] = {2, 7, 32, 1000};
    for (int i = 0; i < 24; i++) {
        training t = training_new(KINDS[i % 3], 700, ORDERS[i / 3 % 3], 0);
        sq_train_options o = options_of(SQ_MODE_AVERAGE_GRADIENTS, 1, SQ_EPOCH_DECAY);
        o.minibatch = batches[i % 4];
        long double *want = dense(&t, &o);
        float *first = trained(&t, t.model->x, o, NULL);
        double worst = 0, scale = 0;
        for (size_t j = 0; j < sq_problem_parameters(t.problem); j++) {
            worst = fmax(worst, (double)fabsl((long double)first[j] - want[j]));
            scale = fmax(scale, fabs((double)first[j]));
        }
        cr_assert(worst < 2e-5 * scale, "%s, batch %u: off by %g of %g", t.problem->name,
                  o.minibatch, worst, scale);
        for (o.threads = 2; o.threads <= 8; o.threads++) {
            float *got = trained(&t, t.model->x, o, NULL);
            cr_assert(same(&t, got, first), "%s, batch %u, %u threads", t.problem->name,
                      o.minibatch, o.threads);
            free(got);
        }
        free(first);
        free(want);
        training_free(&t);
    }
}

/* More threads than processors: racy modes promise no bits, but learn as serial does. */
Test(exact_modes, threads_learn) {
    static const sq_mode modes[] = {SQ_MODE_HOGWILD, SQ_MODE_LOCKED, SQ_MODE_ROUND_ROBIN};
    for (int k = 0; k < 3; k++) {
        training t = training_new(KINDS[k], 3000, "reshuffle", 0);
        double serial, loss;
        free(trained(&t, t.model->x, options_of(SQ_MODE_SERIAL, 1, SQ_EPOCH_DECAY), &serial));
        for (int m = 0; m < 3; m++)
            for (unsigned threads = 2; threads <= 8; threads += 3) {
                free(trained(&t, t.model->x, options_of(modes[m], threads, SQ_EPOCH_DECAY), &loss));
                cr_assert(fabs(loss - serial) < 0.1 * serial, "%s, %s, %u threads: %g, not %g",
                          t.problem->name, sq_mode_name(modes[m]), threads, loss, serial);
            }
        training_free(&t);
    }
}
