/* model/mlp_*: the gradient by finite differences, the promises of a problem, large networks against
 * the textbook loop, all kernels, other data than the training's. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/mlp.h"
#include "num/square_root.h"
#include "oracle/mlp.h"
#include "sequent/bench.h"
#include "sequent/random.h"
#include "support/chance.h"
#include "support/data_files.h"
#include "support/networks.h"
#include "support/small_models.h"

static sq_problem *problem_of(const sq_model *model, const sq_data *data) {
    sq_problem *problem = NULL;
    sq_error error = {0};
    cr_assert(sq_model_problem(&problem, model, data, 0, &error) == SQ_OK, "%s", error.message);
    return problem;
}

static const char *const shapes[] = {"6", "40", "9,6", "8,7,5"};

/* (f(w + h) - f(w - h)) / 2h, in binary64 throughout, with h = 2^-20: its error is about h² and
 * 2^-53 / h, and that of the gradient 2^-24 of activations that are rounded to binary32. Where a unit
 * is switched on or off within h the two differ; none of these cases has one. */
static void check_difference(const sq_model *model, const sq_data *data, const sq_step *step) {
    sq_problem *p = problem_of(model, data);
    size_t numbers = model->blocks * model->width;
    double *w = calloc(numbers, sizeof *w), *all = calloc(numbers, sizeof *all), most = 0;
    uint32_t *block = calloc(p->edge_max, sizeof *block), reads;
    size_t edges = p->hyperedge(p->context, step, block, &reads);
    double *gradient = calloc(edges * p->width, sizeof *gradient);
    memset(gradient, 0xFF, edges * p->width * sizeof *gradient); /* all is written, zeros too */
    p->gradient(p->context, model->x, step, gradient);
    for (size_t i = 0; i < edges; i++)
        memcpy(all + block[i] * (size_t)p->width, gradient + i * p->width, p->width * sizeof *all);
    for (size_t i = 0; i < numbers; i++)
        w[i] = (double)model->x[i / model->width * model->stride + i % model->width];
    for (size_t i = 0; i < numbers; i++) {
        const double h = 0x1p-20, was = w[i];
        w[i] = was + h;
        double above = oracle_mlp_smooth_loss(model, w, data, step);
        w[i] = was - h;
        double below = oracle_mlp_smooth_loss(model, w, data, step);
        w[i] = was;
        double off = fabs((above - below) / (2 * h) - all[i]);
        most = off > most ? off : most;
    }
    cr_assert(most < 1e-6, "off by %g", most);
    free(w);
    free(all);
    free(block);
    free(gradient);
    sq_model_problem_free(p);
}

/* Without them z is exactly 0, where the slope is not defined, for a row without entries. */
static void scatter_biases(sq_model *model, const sq_data *data) {
    const sqi_network net = sqi_network_of(model);
    chance draw = {data->samples};
    for (uint32_t l = 0; l < net.layers; l++)
        for (uint32_t u = 0; u < net.layer[l].units; u++)
            model->x[(net.layer[l].first + u) * net.stride + net.layer[l].inputs] =
                (float)chance_unit(&draw);
}

Test(mlp, gradient_is_the_slope_of_the_loss) {
    sq_data *data = network_rows(30, 12, 8, 4, 3);
    for (int s = 0; s < 4; s++)
        for (int k = 1; k <= 4; k++) {
            sq_model *model = network_new(shapes[s], 0.25 * k, data);
            scatter_biases(model, data);
            for (size_t i = 0; i < 30; i++)
                check_difference(model, data, &(sq_step){.position = i * 7, .sample = i});
            sq_model_free(model);
        }
    sq_data_free(data);
}

Test(mlp, gradient_is_what_a_step_subtracts) {
    sq_data *data = network_rows(100, 12, 8, 4, 4);
    sq_model *model = network_new("30,20", 0.3, data);
    sq_problem *p = problem_of(model, data);
    size_t bytes = model->blocks * model->stride * sizeof(float);
    uint32_t *block = calloc(p->edge_max, sizeof *block), reads;
    double *g = calloc(p->edge_max * (size_t)p->width, sizeof *g);
    float *after = aligned_alloc(64, bytes);
    for (size_t i = 0; i < 100; i++) {
        const sq_step step = {.epoch = 2, .position = i, .sample = i, .gamma = 0.1};
        size_t edges = p->hyperedge(p->context, &step, block, &reads);
        memcpy(after, model->x, bytes);
        p->gradient(p->context, model->x, &step, g);
        p->step(p->context, after, &step);
        for (size_t e = 0; e < edges; e++)
            for (uint32_t j = 0; j < p->width; j++) {
                size_t at = block[e] * (size_t)p->stride + j;
                double want = (double)model->x[at] - 0.1 * g[e * p->width + j];
                cr_assert(fabs(want - (double)after[at]) <= 1e-7 * (1 + fabs(want)));
            }
        memcpy(model->x, after, bytes);
    }
    free(block);
    free(g);
    free(after);
    sq_model_problem_free(p);
    sq_model_free(model);
    sq_data_free(data);
}

Test(mlp, keeps_the_promises_of_a_problem) {
    sq_data *data = network_rows(60, 20, 6, 3, 5);
    uint32_t pi[90];
    for (uint32_t i = 0; i < 90; i++)
        pi[i] = i * 7 % 60;
    for (int s = 0; s < 4; s++)
        for (int k = 0; k < 3; k++) {
            sq_model *model = network_new(shapes[s], (double[]){0.01, 0.3, 1}[k], data);
            sq_problem *p = problem_of(model, data);
            sq_error error = {0};
            for (uint64_t epoch = 0; epoch < 2; epoch++)
                cr_assert(sq_problem_check(p, model->x, pi, 90, 0.1, epoch, &error) == SQ_OK, "%s",
                          error.message);
            cr_assert(p->edges_vary && !p->graph && !p->arranger && p->step_ns > 0);
            sq_model_problem_free(p);
            sq_model_free(model);
        }
    sq_data_free(data);
}

/* Steps, and the whole network, of shapes that fill tiles and groups only in part, more than once, or
 * need the large scratch memory. */
static void check_large(const char *hidden, double keep, uint32_t features, uint32_t most,
                        uint32_t labels) {
    enum { SAMPLES = 330 };
    sq_data *data = network_rows(SAMPLES, features, most, labels, 6);
    sq_model *model = network_new(hidden, keep, data);
    sq_problem *p = problem_of(model, data);
    size_t bytes = model->blocks * model->stride * sizeof(float);
    float *want = aligned_alloc(64, bytes);
    double *logit = calloc(labels, sizeof *logit), sum = 0;
    memcpy(want, model->x, bytes);
    for (size_t k = 0; k < 5; k++) {
        const sq_step step = {1, k, 3 * k + 1, 0.05};
        p->step(p->context, model->x, &step);
        oracle_mlp_step(model, data, want, &step);
    }
    cr_assert(memcmp(want, model->x, bytes) == 0, "--hidden %s --keep %g", hidden, keep);
    for (size_t i = 1; i < SAMPLES; i++) {
        oracle_mlp_logits(model, model->x, data, i, logit);
        sum += oracle_cross_entropy(logit, labels, oracle_label(model, data, i));
    }
    double got = p->loss_sum(p->context, model->x, 1, SAMPLES - 1);
    cr_assert(same_double(got, sum), "--hidden %s: %a, not %a", hidden, got, sum);
    free(logit);
    free(want);
    sq_model_problem_free(p);
    sq_model_free(model);
    sq_data_free(data);
}

Test(mlp, large_networks) {
    check_large("70", 0.3, 1500, 900, 33); /* several tiles of inputs, two of labels */
    check_large("70", 0.3, 3000, 4, 2);    /* rows that are too sparse for tiles */
    check_large("700,33", 0.9, 40, 9, 65); /* several tiles of units below */
    check_large("5", 1, 30, 9, 300);       /* many labels */
    check_large("1,1,1,1,1,1,1,1", 1, 30, 9, 3);
}

Test(mlp, the_largest_layer) {
    sq_data *data = network_rows(6, 9, 5, 3, 7);
    sq_model *model = network_new("16384", 1, data);
    sq_problem *p = problem_of(model, data);
    size_t bytes = model->blocks * model->stride * sizeof(float);
    float *want = aligned_alloc(64, bytes);
    memcpy(want, model->x, bytes);
    for (size_t k = 0; k < 6; k++) {
        const sq_step step = {0, k, k, 0.01};
        p->step(p->context, model->x, &step);
        oracle_mlp_step(model, data, want, &step);
    }
    cr_assert(memcmp(want, model->x, bytes) == 0);
    free(want);
    sq_model_problem_free(p);
    sq_model_free(model);
    sq_data_free(data);
}

/* Every vector unit's kernel of the tiles has the bits of the plain loop. */
static void check_kernel(sqi_tile_kernel *add, int indexed) {
    enum { N = 77 };
    _Alignas(64) float tile[SQI_TILE_INPUTS * SQI_TILE_UNITS];
    float value[N];
    uint32_t index[N];
    double got[SQI_TILE_UNITS], want[SQI_TILE_UNITS];
    chance draw = {3};
    for (size_t i = 0; i < sizeof tile / sizeof *tile; i++)
        tile[i] = (float)chance_unit(&draw);
    for (uint32_t i = 0; i < N; i++) {
        value[i] = (float)chance_unit(&draw);
        index[i] = 1000 + 6 * i;
    }
    for (int u = 0; u < SQI_TILE_UNITS; u++)
        want[u] = got[u] = chance_unit(&draw);
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t u = 0; u < SQI_TILE_UNITS; u++)
            want[u] += (double)tile[(indexed ? 6 * i : i) * SQI_TILE_UNITS + u] * (double)value[i];
    add(got, tile, (sqi_inputs){indexed ? index : NULL, value, N}, indexed ? 1000 : 0);
    cr_assert(memcmp(got, want, sizeof got) == 0);
}

Test(mlp, kernels_have_the_same_bits) {
    for (int indexed = 0; indexed < 2; indexed++) {
        check_kernel(sqi_add_tile_baseline, indexed);
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx2"))
            check_kernel(sqi_add_tile_avx2, indexed);
        if (__builtin_cpu_supports("avx512f"))
            check_kernel(sqi_add_tile_avx512, indexed);
#endif
    }
}

/* Padding and the zeros behind a shorter row stay what they are. */
Test(mlp, padding_stays_zero) {
    sq_data *data = network_rows(200, 5, 4, 3, 8);
    sq_model *model = network_new("30,4", 0.5, data);
    train_model(model, data, (how){.mode = SQ_MODE_PLANNED, .threads = 3});
    cr_assert(model->width == 30 + 1 + 3 && model->stride == 48 && model->blocks == 34);
    for (uint32_t u = 0; u < 34; u++)
        for (uint32_t j = u < 30 ? 5 + 1 : model->width; j < model->stride; j++)
            cr_assert(model->x[u * 48 + j] == 0 && !signbit(model->x[u * 48 + j]));
    sq_model_free(model);
    sq_data_free(data);
}

/* Number r of a place: word p mod 4 of Philox(seed, 1, block, p div 4), p a feature's name, a unit's
 * number, or 2^32 and a label's. */
static float scattered(uint64_t seed, uint32_t block, uint64_t place, double fan_in) {
    uint32_t word[4];
    sq_random(seed, SQ_STREAM_INITIAL, block, place / 4, word);
    return (float)(sqi_square_root(6 / fan_in) * ((double)word[place % 4] * 0x1p-31 - 1));
}

Test(mlp, initial_values) {
    sq_data *data = network_rows(50, 9, 5, 3, 9);
    sq_model *model = network_new("20,8", 0.2, data);
    for (uint32_t u = 0; u < 28; u++) {
        const float *row = model->x + u * (size_t)model->stride;
        uint32_t inputs = u < 20 ? 9 : 20;
        for (uint32_t v = 0; v < inputs; v++) {
            uint64_t place = u < 20 ? data->names[0].name[v] : v;
            cr_assert(row[v] == scattered(1, u, place, u < 20 ? 9 : 4), "unit %u, %u", u, v);
        }
        cr_assert(row[inputs] == 0);
        for (uint32_t c = 0; u >= 20 && c < 3; c++)
            cr_assert(row[inputs + 1 + c] == scattered(1, u, (UINT64_C(1) << 32) + c, 2));
    }
    sq_model_free(model);
    sq_data_free(data);
}

/* Three kinds of rows, each with features of its own, and noise. */
Test(mlp, learns) {
    sq_data *data = network_rows(900, 40, 8, 3, 10);
    for (size_t i = 0; i < 900; i++)
        for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++) {
            uint32_t c = (uint32_t)((data->label[i] + 3) / 3.5f);
            data->value[j] += data->column[j] % 3 == c ? 1.0f : 0.0f;
        }
    sq_model *model = network_new("60", 0.2, data);
    sq_evaluator *evaluator = NULL;
    cr_assert(sq_evaluator_new(&evaluator, model, data, NULL) == SQ_OK);
    sq_evaluation before = sq_evaluator_run(evaluator);
    train_model(model, data, (how){.mode = SQ_MODE_SERIAL, .epochs = 20});
    sq_evaluation after = sq_evaluator_run(evaluator);
    cr_assert(after.loss < 0.65 * before.loss && after.metric > 0.6, "%g, %g, %g", before.loss,
              after.loss, after.metric);
    sq_evaluator_free(evaluator);
    sq_model_free(model);
    sq_data_free(data);
}

/* A feature that training never saw counts 0; a label that it never saw is a miss with the loss of
 * the least likely one. Both paths: 2 samples, and 300 that are worth a tile. */
static void check_other_data(size_t copies) {
    sq_data *data = network_rows(60, 10, 5, 3, 11);
    sq_model *model = network_new("20,9", 0.5, data);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < copies; i++) /* names of the training data: 3, 6, …, 30 */
        fprintf(out, "0.5 1:9 6:0.25 9:-1 12:2 21:0.5 30:1 31:5\n7.5 3:1 9:2\n");
    cr_assert(fclose(out) == 0);
    sq_data *other = data_of(text, SQ_ROWS);
    sq_data *same = network_rows(3, 10, 5, 3, 12); /* the model's names, two rows */
    sq_evaluator *evaluator = NULL;
    static const uint32_t column[] = {1, 2, 3, 6, 9, 0, 2};
    static const float value[] = {0.25, -1, 2, 0.5, 1, 1, 2};
    same->row[1] = 5;
    same->row[2] = same->row[3] = 7;
    same->column = sqi_free(same->column);
    same->value = sqi_free(same->value);
    same->column = sqi_alloc(7, sizeof *column, NULL);
    same->value = sqi_alloc(7, sizeof *value, NULL);
    memcpy(same->column, column, sizeof column);
    memcpy(same->value, value, sizeof value);
    double logit[2][3], loss = 0;
    oracle_mlp_logits(model, model->x, same, 0, logit[0]);
    oracle_mlp_logits(model, model->x, same, 1, logit[1]);
    uint32_t least = 0, most = 0;
    for (uint32_t c = 1; c < 3; c++) {
        least = logit[1][c] < logit[1][least] ? c : least;
        most = logit[0][c] > logit[0][most] ? c : most;
    }
    for (size_t i = 0; i < copies; i++) {
        loss += oracle_cross_entropy(logit[0], 3, 1);
        loss += oracle_cross_entropy(logit[1], 3, least);
    }
    cr_assert(sq_evaluator_new(&evaluator, model, other, NULL) == SQ_OK);
    sq_evaluation e = sq_evaluator_run(evaluator);
    cr_assert(e.unseen_samples == 2 * copies);
    cr_assert(same_double(e.loss, loss / (double)(2 * copies)), "%a", e.loss);
    cr_assert(e.metric == (most == 1 ? 0.5 : 0));
    cr_assert(same_double(sq_evaluator_predict(evaluator, 0).score, logit[0][most]));
    sq_evaluator_free(evaluator);
    sq_data_free(same);
    sq_data_free(other);
    sq_model_free(model);
    sq_data_free(data);
    free(text);
}

Test(mlp, other_data) {
    check_other_data(1);
    check_other_data(150);
}

Test(mlp, copies_have_the_serial_bits) {
    sq_data *data = network_rows(100, 10, 5, 3, 13);
    sq_model *model = network_new("20", 0.2, data), *serial = network_new("20", 0.2, data);
    sq_problem *p = problem_of(model, data);
    sq_order order;
    float *x[2] = {sqi_alloc(model->blocks, model->stride * sizeof(float), NULL),
                   sqi_alloc(model->blocks, model->stride * sizeof(float), NULL)};
    const sq_train_options options = {.epochs = 2, .step = 0.1, .decay = 1, .mode = SQ_MODE_SERIAL};
    double seconds;
    size_t bytes = model->blocks * model->stride * sizeof(float);
    memcpy(x[0], model->x, bytes);
    memcpy(x[1], model->x, bytes);
    cr_assert(sq_order_init(&order, "reshuffle", 1, 100, NULL) == SQ_OK);
    cr_assert(sq_train_copies(p, x, 2, &order, &options, &seconds, NULL) == SQ_OK);
    cr_assert(sq_train(p, serial->x, &order, &options, NULL, NULL) == SQ_OK);
    cr_assert(memcmp(x[0], serial->x, bytes) == 0 && memcmp(x[1], serial->x, bytes) == 0);
    sq_order_fini(&order);
    sqi_free(x[0]);
    sqi_free(x[1]);
    sq_model_problem_free(p);
    sq_model_free(model);
    sq_model_free(serial);
    sq_data_free(data);
}
