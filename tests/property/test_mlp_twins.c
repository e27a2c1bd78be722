/* Networks against the textbook loops of tests/oracle/mlp.c, by bits: steps, losses, predictions; and
 * planned execution against serial, with every planner, order and 1 to 8 threads. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/mlp.h"
#include "sequent/train.h"
#include "support/chance.h"
#include "support/networks.h"
#include "support/scale.h"
#include "support/small_models.h"

enum { TWINS = 150, PLANS = 150 };

static const char *const layers[] = {"1", "7", "40", "130", "9,6", "33,17", "5,4,3", "20,1,30,2"};
static const double keeps[] = {1e-9, 0.002, 0.05, 0.1, 0.3, 0.7, 1};
static const char *const specs[] = {"shuffle", "reshuffle", "sequential", "replacement"};

/* A random network with its data. */
typedef struct subject {
    sq_data *data;
    sq_model *model;
    sq_problem *problem;
    sq_order order;
    const char *hidden;
    double keep;
} subject;

static subject subject_new(uint64_t seed, size_t most) {
    chance draw = {seed};
    subject s = {.hidden = layers[chance_below(&draw, 8)], .keep = keeps[chance_below(&draw, 7)]};
    uint32_t labels = 2 + chance_below(&draw, 9);
    size_t samples = labels + chance_below(&draw, (uint32_t)most);
    s.data = network_rows(samples, 1 + chance_size(&draw, 7), 9, labels, seed);
    sq_model_options o = network_options(s.hidden, s.keep, chance_next(&draw));
    sq_error error = {0};
    cr_assert(sq_model_new(&s.model, &o, s.data, &error) == SQ_OK, "%s", error.message);
    cr_assert(s.model->labels == labels);
    cr_assert(sq_model_problem(&s.problem, s.model, s.data, 0, &error) == SQ_OK);
    const char *spec = specs[chance_below(&draw, 4)];
    cr_assert(sq_order_init(&s.order, spec, seed, samples, NULL) == SQ_OK);
    return s;
}

static void subject_free(subject *s) {
    sq_order_fini(&s->order);
    sq_model_problem_free(s->problem);
    sq_model_free(s->model);
    sq_data_free(s->data);
}

static float *copy_of(const sq_model *model) {
    size_t bytes = model->blocks * model->stride * sizeof(float);
    float *x = aligned_alloc(64, bytes);
    memcpy(x, model->x, bytes);
    return x;
}

static int same_as(const sq_model *model, const float *x) {
    return memcmp(model->x, x, model->blocks * model->stride * sizeof *x) == 0;
}

/* The mean loss, in sums of 1,024 samples; accuracy; labels and scores. */
static void check_whole(const subject *s, double loss, uint64_t seed) {
    double total = 0, hits = 0, plain = 0, *logit = calloc(s->model->labels, sizeof *logit);
    sq_evaluator *evaluator = NULL;
    cr_assert(sq_evaluator_new(&evaluator, s->model, s->data, NULL) == SQ_OK);
    for (size_t first = 0; first < s->data->samples; first += 1024) {
        double sum = 0;
        for (size_t i = first; i < s->data->samples && i < first + 1024; i++) {
            uint32_t y = oracle_label(s->model, s->data, i), best = 0;
            oracle_mlp_logits(s->model, s->model->x, s->data, i, logit);
            for (uint32_t c = 1; c < s->model->labels; c++)
                best = logit[c] > logit[best] ? c : best;
            double one = oracle_cross_entropy(logit, s->model->labels, y);
            sq_prediction p = sq_evaluator_predict(evaluator, i);
            cr_assert(same_double(p.score, logit[best]), "%llu", (unsigned long long)seed);
            cr_assert(p.value == (double)s->model->label[best]);
            cr_assert(same_double(s->problem->loss(s->problem->context, s->model->x, i), one));
            hits += best == y;
            plain += one;
            sum += one;
        }
        total += sum;
    }
    double n = (double)s->data->samples;
    sq_evaluation e = sq_evaluator_run(evaluator);
    cr_assert(same_double(loss, total / n), "%llu: loss %a, not %a", (unsigned long long)seed, loss,
              total / n);
    cr_assert(same_double(e.loss, plain / n) && same_double(e.metric, hits / n));
    cr_assert(e.unseen_samples == 0 && strcmp(e.metric_name, "accuracy") == 0);
    sq_evaluator_free(evaluator);
    free(logit);
}

static int keep_loss(void *context, const sq_epoch *done) {
    *(double *)context = done->loss;
    return 0;
}

/* Whether the run changed the parameters: networks of few units may be dead from the start. */
static int check_twin(uint64_t seed) {
    subject s = subject_new(seed, 60);
    float *want = copy_of(s.model), *start = copy_of(s.model);
    double loss = NAN, gamma = 0.3;
    const sq_observer observer = {.context = &loss, .epoch = keep_loss};
    const sq_train_options options = {.mode = SQ_MODE_SERIAL,
                                      .epochs = 3,
                                      .step = gamma,
                                      .decay = 0.7,
                                      .losses = 1,
                                      .observer = &observer};
    sq_error error = {""};
    int status = sq_train(s.problem, s.model->x, &s.order, &options, NULL, &error);
    cr_assert(status == SQ_OK, "seed %llu: %s", (unsigned long long)seed, error.message);
    uint32_t *pi = calloc(s.order.steps, sizeof *pi);
    for (uint64_t epoch = 0; epoch < 3; epoch++, gamma *= 0.7) {
        sq_order_fill(&s.order, epoch, pi);
        for (size_t k = 0; k < s.order.steps; k++)
            oracle_mlp_step(s.model, s.data, want, &(sq_step){epoch, k, pi[k], gamma});
    }
    cr_assert(same_as(s.model, want), "seed %llu: --hidden %s --keep %g", (unsigned long long)seed,
              s.hidden, s.keep);
    check_whole(&s, loss, seed);
    int changed = !same_as(s.model, start);
    free(pi);
    free(want);
    free(start);
    subject_free(&s);
    return changed;
}

static void check_planned(uint64_t seed) {
    subject s = subject_new(seed, 400);
    chance draw = {seed + 1};
    float *start = copy_of(s.model);
    sq_train_options options = {.mode = SQ_MODE_SERIAL,
                                .epochs = 1 + chance_below(&draw, 3),
                                .step = 0.2,
                                .decay = 0.9,
                                .check_plan = 1};
    sq_error error = {""};
    cr_assert(sq_train(s.problem, s.model->x, &s.order, &options, NULL, &error) == SQ_OK, "%s",
              error.message);
    for (int i = 0; i < 4; i++) {
        float *x = aligned_alloc(64, s.model->blocks * s.model->stride * sizeof *x);
        memcpy(x, start, s.model->blocks * s.model->stride * sizeof *x);
        options.mode = SQ_MODE_PLANNED;
        options.threads = 1 + chance_below(&draw, 8);
        options.plan = (sq_plan_options){.planner = (sq_planner)i,
                                         .batch = chance_below(&draw, 3) * 20,
                                         .segment = chance_one_in(&draw, 2) ? 100 : 0};
        int status = sq_train(s.problem, x, &s.order, &options, NULL, &error);
        cr_assert(status == SQ_OK, "%s", error.message);
        cr_assert(same_as(s.model, x), "seed %llu: --hidden %s --keep %g, %s, %u threads",
                  (unsigned long long)seed, s.hidden, s.keep, sq_planner_name((sq_planner)i),
                  options.threads);
        free(x);
    }
    free(start);
    subject_free(&s);
}

Test(mlp_twins, are_the_textbook_loop) {
    uint64_t seed = scale_seed(8000000);
    size_t cases = scale_cases(TWINS), changed = 0;
    for (size_t i = 0; i < cases; i++)
        changed += (size_t)check_twin(seed + i);
    cr_assert(cases < 100 || changed > cases * 9 / 10, "%zu of %zu", changed, cases);
}

Test(mlp_twins, planned_has_the_serial_bits) {
    uint64_t seed = scale_seed(8100000);
    for (size_t i = 0, n = scale_cases(PLANS); i < n; i++)
        check_planned(seed + i);
}
