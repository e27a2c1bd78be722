/* exec/optimizing, opt/lazy: how near the lazy steps are to the dense loop, that svrg and saga reach the
 * optimum, that losses and bits are those of every number of threads, hogwild, and what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/optimizers.h"
#include "sequent/bench.h"
#include "support/small_models.h"
#include "support/training.h"

/* --- gradients of the models in long double --- */

typedef struct exact {
    const sq_model *model;
    const sq_data *data;
} exact;

static void linear_gradient(const void *context, const long double *x, size_t e, long double *g) {
    const exact *of = context;
    const sq_data *d = of->data;
    long double dot = 0, y = (long double)d->label[e], c;
    for (uint64_t i = d->row[e]; i < d->row[e + 1]; i++)
        dot += x[d->column[i]] * (long double)d->value[i];
    if (of->model->kind == SQ_LEAST_SQUARES)
        c = 2 * (dot - y);
    else
        c = -y / (1 + expl(y * dot)); /* labels are ±1 */
    for (uint64_t i = d->row[e]; i < d->row[e + 1]; i++)
        g[i - d->row[e]] = c * (long double)d->value[i];
}

static void completion_gradient(const void *context, const long double *x, size_t e,
                                long double *g) {
    const exact *of = context;
    const uint32_t *pair = of->data->pair + 2 * e, rank = of->model->width;
    const long double *left = x + (size_t)pair[0] * rank, *right = x + (size_t)pair[1] * rank;
    long double error = -(long double)of->data->value[e];
    for (uint32_t j = 0; j < rank; j++)
        error += left[j] * right[j];
    for (uint32_t j = 0; j < rank; j++) {
        g[j] = 2 * error * right[j];
        g[rank + j] = 2 * error * left[j];
    }
}

/* --- the dense loop --- */

static size_t longest_row(const sq_problem *p) {
    size_t *touched = calloc(p->blocks, sizeof *touched), most = 0;
    const sq_hypergraph *g = p->graph;
    uint64_t all = g->arity ? g->arity * g->samples : g->begin[g->samples];
    for (uint64_t i = 0; i < all; i++) {
        touched[g->block[i]]++;
        most = touched[g->block[i]] > most ? touched[g->block[i]] : most;
    }
    free(touched);
    return most;
}

/* Two roundings to binary32 a touch and one an epoch, 2^-24 of the largest number each; that nothing
 * enlarges them beyond a factor of 4 is a property of the data at hand. */
static void near_the_dense_loop(sq_model_kind kind, const sq_data *data, sq_train_options o,
                                const char *order) {
    sq_model *model = new_model(kind, 3, data);
    sq_problem *p = NULL;
    sq_order pi;
    double decay;
    sq_error error = {""};
    cr_assert(sq_model_problem(&p, model, data, 0, NULL) == SQ_OK);
    cr_assert(sq_order_init(&pi, order, 1, data->samples, NULL) == SQ_OK);
    sq_model_defaults(model, data, &o.step, &decay);
    const exact of = {model, data};
    const uint32_t width = model->width;
    long double *want = calloc(model->blocks * width, sizeof *want);
    for (size_t i = 0; i < model->blocks * width; i++)
        want[i] = (long double)model->x[i / width * model->stride + i % width];
    oracle_dense(p, kind == SQ_MATRIX_COMPLETION ? completion_gradient : linear_gradient, &of, want,
                 &pi, &o);
    cr_assert(sq_train(p, model->x, &pi, &o, NULL, &error) == SQ_OK, "%s", error.message);
    double off = 0, scale = 0;
    for (size_t i = 0; i < model->blocks * width; i++) {
        double x = (double)model->x[i / width * model->stride + i % width];
        off = fmax(off, fabs(x - (double)want[i]));
        scale = fmax(scale, fabs(x));
    }
    double touches = (double)(longest_row(p) * o.epochs);
    cr_assert(off <= 4 * 0x1p-24 * scale * (2 * touches + (double)o.epochs),
              "%s, %s, schedule %d: off by %g of %g, %g touches", p->name,
              sq_optimizer_name(o.optimizer), (int)o.schedule, off, scale, touches);
    cr_assert(off > 0); /* the loops are not the same one */
    free(want);
    sq_order_fini(&pi);
    sq_model_problem_free(p);
    sq_model_free(model);
}

Test(optimizers, are_near_the_dense_loop) {
    sq_data *rows = small_rows(400, 60, 8, 3), *ratings = small_ratings(400, 30, 20, 3);
    static const char *const orders[] = {"shuffle", "replacement"};
    for (int optimizer = SQ_SGD; optimizer <= SQ_SAGA; optimizer++)
        for (int schedule = SQ_EPOCH_DECAY; schedule <= SQ_INVERSE_SQRT; schedule++)
            for (int i = 0; i < 2; i++) {
                sq_train_options o = {.mode = SQ_MODE_SERIAL,
                                      .epochs = 4,
                                      .schedule = (sq_schedule)schedule,
                                      .decay = schedule == SQ_EPOCH_DECAY ? 0.8 : 1,
                                      .optimizer = (sq_optimizer)optimizer,
                                      .l2_exact = i ? 20 : 0.5};
                if (optimizer != SQ_SGD && schedule > SQ_CONSTANT)
                    continue;
                near_the_dense_loop(SQ_LOGISTIC, rows, o, orders[i]);
                near_the_dense_loop(SQ_LEAST_SQUARES, rows, o, orders[i]);
                near_the_dense_loop(SQ_MATRIX_COMPLETION, ratings, o, orders[i]);
                if (optimizer == SQ_SGD)
                    continue;
                o.l2_exact = 0;
                near_the_dense_loop(SQ_LOGISTIC, rows, o, orders[i]);
                near_the_dense_loop(SQ_MATRIX_COMPLETION, ratings, o, orders[i]);
            }
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* --- the optimum --- */

/* Gradient descent until nothing moves, in double. */
static double least_loss(const sq_data *d, size_t features, double l2) {
    double *w = calloc(features, sizeof *w), *g = calloc(features, sizeof *g), loss = 0;
    const double n = (double)d->samples;
    for (int round = 0; round < 40000; round++) {
        loss = 0;
        for (size_t b = 0; b < features; b++) {
            g[b] = 2 * l2 / n * w[b];
            loss += l2 / n * w[b] * w[b];
        }
        for (size_t e = 0; e < d->samples; e++) {
            double dot = 0, y = (double)d->label[e];
            for (uint64_t i = d->row[e]; i < d->row[e + 1]; i++)
                dot += w[d->column[i]] * (double)d->value[i];
            loss += log1p(exp(-y * dot)) / n;
            for (uint64_t i = d->row[e]; i < d->row[e + 1]; i++)
                g[d->column[i]] -= y / (1 + exp(y * dot)) * (double)d->value[i] / n;
        }
        for (size_t b = 0; b < features; b++)
            w[b] -= 0.5 * g[b];
    }
    free(w);
    free(g);
    return loss;
}

static int keep_loss(void *context, const sq_epoch *done) {
    *(double *)context = done->loss;
    return 0;
}

static double loss_after(const sq_data *data, sq_optimizer optimizer, double l2, double step) {
    sq_model *model = new_model(SQ_LOGISTIC, 0, data);
    sq_problem *p = NULL;
    sq_order pi;
    double loss = NAN;
    const sq_observer observer = {.context = &loss, .epoch = keep_loss};
    const sq_train_options o = {.mode = SQ_MODE_SERIAL,
                                .epochs = 60,
                                .schedule = SQ_CONSTANT,
                                .step = step,
                                .decay = 1,
                                .optimizer = optimizer,
                                .l2_exact = l2,
                                .losses = 1,
                                .observer = &observer};
    cr_assert(sq_model_problem(&p, model, data, 0, NULL) == SQ_OK);
    cr_assert(sq_order_init(&pi, "replacement", 1, data->samples, NULL) == SQ_OK);
    cr_assert(sq_train(p, model->x, &pi, &o, NULL, NULL) == SQ_OK);
    sq_order_fini(&pi);
    sq_model_problem_free(p);
    sq_model_free(model);
    return loss;
}

Test(optimizers, reach_the_optimum_with_constant_steps) {
    sq_data *data = small_rows(300, 20, 5, 9);
    const double l2 = 10, step = 0.05, least = least_loss(data, 20, l2);
    double sgd = loss_after(data, SQ_SGD, l2, step) / least - 1;
    double svrg = loss_after(data, SQ_SVRG, l2, step) / least - 1;
    double saga = loss_after(data, SQ_SAGA, l2, step) / least - 1;
    cr_assert(fabs(svrg) < 1e-6 && fabs(saga) < 1e-6, "svrg %g, saga %g above the optimum", svrg,
              saga);
    cr_assert(sgd > 1e-4, "sgd %g above the optimum: the test does not tell them apart", sgd);
    sq_data_free(data);
}

/* --- modes --- */

typedef struct run {
    double loss[3];
    unsigned epochs;
} run;

static int see(void *context, const sq_epoch *done) {
    run *r = context;
    r->loss[r->epochs++] = done->loss;
    return 0;
}

static run train(training *t, float *x, sq_train_options o) {
    run r = {{0}, 0};
    const sq_observer observer = {.context = &r, .epoch = see};
    sq_error error = {""};
    o.losses = 1;
    o.observer = &observer;
    memcpy(x, t->model->x, sq_problem_parameters(t->problem) * sizeof *x);
    cr_assert(sq_train(t->problem, x, &t->order, &o, NULL, &error) == SQ_OK, "%s", error.message);
    return r;
}

static float *room_for(const training *t) {
    return aligned_alloc(64, (sq_problem_parameters(t->problem) * sizeof(float) + 63) / 64 * 64);
}

/* More blocks than one sum of squares has, and more samples than one piece of anything. */
Test(optimizers, have_the_same_bits_on_all_threads) {
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int optimizer = SQ_SGD; optimizer <= SQ_SAGA; optimizer++) {
            training t = training_new((sq_model_kind)kind, 9000, "reshuffle", 0);
            float *want = room_for(&t), *x = room_for(&t);
            sq_train_options o = training_options(SQ_MODE_SERIAL, 1);
            o.optimizer = (sq_optimizer)optimizer;
            o.l2_exact = 3;
            o.plan.planner = SQ_PLANNER_LANES;
            run serial = train(&t, want, o);
            o.mode = SQ_MODE_PLANNED;
            for (o.threads = 1; o.threads <= 8; o.threads++) {
                run planned = train(&t, x, o);
                cr_assert(memcmp(planned.loss, serial.loss, sizeof serial.loss) == 0);
                cr_assert(same_floats(x, want, sq_problem_parameters(t.problem)),
                          "%s, %s, %u threads", t.problem->name, sq_optimizer_name(o.optimizer),
                          o.threads);
            }
            free(want);
            free(x);
            training_free(&t);
        }
}

Test(optimizers, hogwild_lowers_the_loss) {
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int optimizer = SQ_SGD; optimizer <= SQ_SAGA; optimizer++)
            for (int l2 = 0; l2 < 2; l2++) {
                training t = training_new((sq_model_kind)kind, 5000, "reshuffle", 0);
                float *x = room_for(&t);
                double before, after;
                sq_train_options o = training_options(SQ_MODE_HOGWILD, 4);
                o.optimizer = (sq_optimizer)optimizer;
                o.l2_exact = l2;
                o.step = 0.005;
                cr_assert(sq_problem_loss(t.problem, t.model->x, l2, &before, NULL) == SQ_OK);
                (void)train(&t, x, o);
                cr_assert(sq_problem_loss(t.problem, x, l2, &after, NULL) == SQ_OK);
                cr_assert(after < before, "%s, %s: %g, then %g", t.problem->name,
                          sq_optimizer_name(o.optimizer), before, after);
                free(x);
                training_free(&t);
            }
}

/* The optimum of hogwild's own steps is that of the others, but for what exact L2 shrinks in between. */
Test(optimizers, hogwild_reaches_the_optimum) {
    sq_data *data = small_rows(300, 20, 5, 9);
    const double l2 = 10, least = least_loss(data, 20, l2);
    for (int optimizer = SQ_SVRG; optimizer <= SQ_SAGA; optimizer++) {
        sq_model *model = new_model(SQ_LOGISTIC, 0, data);
        sq_problem *p = NULL;
        sq_order pi;
        double loss = NAN;
        const sq_observer observer = {.context = &loss, .epoch = keep_loss};
        const sq_train_options o = {.mode = SQ_MODE_HOGWILD,
                                    .threads = 1,
                                    .epochs = 100,
                                    .schedule = SQ_CONSTANT,
                                    .step = 0.02,
                                    .optimizer = (sq_optimizer)optimizer,
                                    .l2_exact = l2,
                                    .losses = 1,
                                    .observer = &observer};
        cr_assert(sq_model_problem(&p, model, data, 0, NULL) == SQ_OK);
        cr_assert(sq_order_init(&pi, "replacement", 1, data->samples, NULL) == SQ_OK);
        cr_assert(sq_train(p, model->x, &pi, &o, NULL, NULL) == SQ_OK);
        cr_assert(fabs(loss / least - 1) < 1e-4, "%s: %g above the optimum",
                  sq_optimizer_name(o.optimizer), loss / least - 1);
        sq_order_fini(&pi);
        sq_model_problem_free(p);
        sq_model_free(model);
    }
    sq_data_free(data);
}

Test(optimizers, copies_have_serials_bits) {
    for (int optimizer = SQ_SGD; optimizer <= SQ_SAGA; optimizer++) {
        training t = training_new(SQ_LOGISTIC, 2000, "reshuffle", 0);
        sq_train_options o = training_options(SQ_MODE_SERIAL, 1);
        float *want = room_for(&t), *x[3];
        double seconds;
        o.optimizer = (sq_optimizer)optimizer;
        o.l2_exact = 2;
        (void)train(&t, want, o);
        for (int c = 0; c < 3; c++) {
            x[c] = room_for(&t);
            memcpy(x[c], t.model->x, sq_problem_parameters(t.problem) * sizeof **x);
        }
        cr_assert(sq_train_copies(t.problem, x, 3, &t.order, &o, &seconds, NULL) == SQ_OK);
        for (int c = 0; c < 3; c++) {
            cr_assert(same_floats(x[c], want, sq_problem_parameters(t.problem)));
            free(x[c]);
        }
        free(want);
        training_free(&t);
    }
}

typedef struct traced {
    sq_trace_step *step; /* (size 3 × steps) */
} traced;

static int see_trace(void *context, uint64_t epoch, const uint32_t *pi, const sq_trace_step *step,
                     size_t steps) {
    traced *t = context;
    (void)pi;
    memcpy(t->step + epoch * steps, step, steps * sizeof *step);
    return 0;
}

/* Rows as the step finds them and leaves them, whoever steps. */
Test(optimizers, have_the_same_trace) {
    enum { STEPS = 3000 };
    for (int optimizer = SQ_SGD; optimizer <= SQ_SAGA; optimizer++) {
        training t = training_new(SQ_MATRIX_COMPLETION, STEPS, "reshuffle", 0);
        traced serial = {calloc(3 * STEPS, sizeof *serial.step)};
        traced planned = {calloc(3 * STEPS, sizeof *planned.step)};
        sq_observer observer = {.context = &serial, .trace = see_trace};
        sq_train_options o = training_options(SQ_MODE_SERIAL, 1);
        float *x = room_for(&t), *plain = room_for(&t);
        o.optimizer = (sq_optimizer)optimizer;
        o.l2_exact = 3;
        (void)train(&t, plain, o);
        for (int i = 0; i < 2; i++) {
            observer.context = i ? &planned : &serial;
            o.mode = i ? SQ_MODE_PLANNED : SQ_MODE_SERIAL;
            o.threads = i ? 3 : 1;
            o.plan.planner = SQ_PLANNER_LANES;
            o.observer = &observer;
            memcpy(x, t.model->x, sq_problem_parameters(t.problem) * sizeof *x);
            cr_assert(sq_train(t.problem, x, &t.order, &o, NULL, NULL) == SQ_OK);
            cr_assert(same_floats(x, plain, sq_problem_parameters(t.problem)));
        }
        cr_assert(memcmp(serial.step, planned.step, 3 * STEPS * sizeof *serial.step) == 0);
        free(serial.step);
        free(planned.step);
        free(x);
        free(plain);
        training_free(&t);
    }
}

/* --- small and odd --- */

Test(optimizers, one_sample_and_rows_without_entries) {
    static const char *const texts[] = {"1 3:2\n", "1 3:2\n-1\n-1\n1\n", "1\n-1 5:1\n1\n"};
    for (int i = 0; i < 3; i++)
        for (int optimizer = SQ_SGD; optimizer <= SQ_SAGA; optimizer++) {
            new_folder();
            put_file(in_folder("rows"), texts[i], strlen(texts[i]));
            sq_data *data = NULL;
            cr_assert(sq_data_read(&data, in_folder("rows"), SQ_ROWS, SQ_FORMAT_AUTO, NULL) ==
                      SQ_OK);
            sq_model *one = new_model(SQ_LOGISTIC, 0, data),
                     *other = new_model(SQ_LOGISTIC, 0, data);
            sq_problem *p = NULL;
            sq_order pi;
            sq_train_options o = {.mode = SQ_MODE_PLANNED,
                                  .threads = 3,
                                  .plan.planner = SQ_PLANNER_LANES,
                                  .epochs = 4,
                                  .step = 0.2,
                                  .decay = 1,
                                  .optimizer = (sq_optimizer)optimizer,
                                  .l2_exact = 0.1};
            cr_assert(sq_model_problem(&p, one, data, 0, NULL) == SQ_OK);
            cr_assert(sq_order_init(&pi, "replacement", 1, data->samples, NULL) == SQ_OK);
            cr_assert(sq_train(p, one->x, &pi, &o, NULL, NULL) == SQ_OK);
            oracle_lazy(p, other->x, &pi, &o, NULL, NULL);
            cr_assert(same_floats(one->x, other->x, one->blocks) && one->x[0] != 0);
            sq_order_fini(&pi);
            sq_model_problem_free(p);
            sq_model_free(one);
            sq_model_free(other);
            sq_data_free(data);
            remove_folder();
        }
}

/* --- what is refused --- */

static void refuse(training *t, sq_train_options o, const char *why) {
    sq_error error = {""};
    float *x = room_for(t);
    memcpy(x, t->model->x, sq_problem_parameters(t->problem) * sizeof *x);
    cr_assert(sq_train(t->problem, x, &t->order, &o, NULL, &error) == SQ_BAD_ARGUMENT, "%s", why);
    cr_assert(strstr(error.message, why), "expected %s, found %s", why, error.message);
    cr_assert(same_floats(x, t->model->x, sq_problem_parameters(t->problem)));
    free(x);
}

Test(optimizers, refusals) {
    training t = training_new(SQ_LOGISTIC, 100, "shuffle", 0);
    sq_train_options o = training_options(SQ_MODE_SERIAL, 1);
    o.optimizer = SQ_SVRG;
    o.schedule = SQ_INVERSE;
    refuse(&t, o, "schedule constant or epoch-decay, not inverse");
    o.schedule = SQ_CONSTANT;
    o.first_step = SQ_PLAN_SEGMENT;
    refuse(&t, o, "a run cannot go on at step");
    o.first_step = 0;
    o.l2_exact = -1;
    refuse(&t, o, "exact L2: found -1");
    o.l2_exact = (double)INFINITY;
    refuse(&t, o, "exact L2: found inf");
    o.l2_exact = 100 / (2 * o.step);
    refuse(&t, o, "above 0: the step size 0.02 of epoch 1");
    o.optimizer = SQ_SGD;
    o.l2_exact *= 0.5;
    o.schedule = SQ_EPOCH_DECAY;
    o.decay = 1.5;
    refuse(&t, o, "of epoch 3");
    o.optimizer = SQ_SAGA;
    o.decay = 1;
    o.memory = t.model->x;
    o.memory_size = 3;
    o.first_epoch = 1;
    refuse(&t, o, "found 3 remembered numbers");
    o.first_epoch = 0;
    sq_problem own = *t.problem, *kept = t.problem;
    t.problem = &own;
    o.memory = NULL;
    own.gradient = NULL;
    refuse(&t, o, "saga needs a problem's gradient");
    own = *kept;
    own.graph = NULL;
    own.edges_vary = 1;
    own.hyperedge = (size_t(*)(const void *, const sq_step *, uint32_t *, uint32_t *))abort;
    refuse(&t, o, "are others in each epoch");
    t.problem = kept;
    for (int mode = 0; sq_mode_name((sq_mode)mode); mode++) {
        o.mode = (sq_mode)mode;
        if (!sq_mode_optimizes(o.mode))
            refuse(&t, o, "is for the modes serial, planned and hogwild");
    }
    training_free(&t);
}

Test(optimizers, names) {
    for (int i = 0; sq_optimizer_name((sq_optimizer)i); i++)
        cr_assert(sq_optimizer_find(sq_optimizer_name((sq_optimizer)i)) == i);
    cr_assert(sq_optimizer_find("svrg") == SQ_SVRG && sq_optimizer_find("adam") < 0);
    sq_train_options o = {.optimizer = SQ_SGD};
    cr_assert(sq_train_resumes_within(&o));
    o.l2_exact = 1;
    cr_assert(!sq_train_resumes_within(&o));
    o = (sq_train_options){.optimizer = SQ_SVRG};
    cr_assert(!sq_train_resumes_within(&o));
}
