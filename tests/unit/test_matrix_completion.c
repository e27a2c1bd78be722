/* model/matrix_completion: initial values, steps and losses against a textbook loop with the
 * documented order of operations (by bits), and against their own gradients. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/completion.h"
#include "model/steps.h"
#include "num/isa.h"
#include "oracle/coarse.h"
#include "sequent/random.h"
#include "support/data_files.h"
#include "support/small_models.h"

static uint32_t padded(uint32_t rank) {
    return (rank + 15) / 16 * 16;
}

/* 16 sums, one a place, then 16 → 8 → 4 → 2 → 1. */
static float dot(const float *a, const float *b, uint32_t rank) {
    float sum[16] = {0};
    for (uint32_t j = 0; j < padded(rank); j++) {
        float product = a[j] * b[j];
        sum[j % 16] = j < 16 ? product : sum[j % 16] + product;
    }
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            sum[j] = sum[j] + sum[j + half];
    return sum[0];
}

static double degree_of(const sq_data *data, uint32_t block) {
    double degree = 0;
    for (size_t i = 0; i < 2 * data->samples; i++)
        degree += data->pair[i] == block;
    return degree;
}

static void textbook_step(const sq_data *data, float *x, uint32_t rank, size_t sample, double gamma,
                          double l2) {
    uint32_t u = data->pair[2 * sample], v = data->pair[2 * sample + 1];
    float *left = x + (size_t)u * padded(rank), *right = x + (size_t)v * padded(rank);
    double e = (double)dot(left, right, rank) - (double)data->value[sample];
    float c = (float)(-2 * gamma * e), keep_left = 1, keep_right = 1;
    if (l2 > 0) {
        keep_left = (float)(1 - gamma * (2 * l2 / degree_of(data, u)));
        keep_right = (float)(1 - gamma * (2 * l2 / degree_of(data, v)));
    }
    for (uint32_t j = 0; j < rank; j++) {
        float l = left[j], r = right[j];
        left[j] = keep_left * l + c * r;
        right[j] = keep_right * r + c * l;
    }
}

static double textbook_loss(const sq_data *data, const float *x, uint32_t rank, size_t sample,
                            double l2) {
    double penalty = 0;
    for (int side = 0; l2 > 0 && side < 2; side++) {
        const float *row = x + (size_t)data->pair[2 * sample + (size_t)side] * padded(rank);
        double squares = 0;
        for (uint32_t j = 0; j < rank; j++)
            squares += (double)row[j] * (double)row[j];
        penalty += 2 * l2 / degree_of(data, data->pair[2 * sample + (size_t)side]) * squares;
    }
    double e = (double)dot(x + (size_t)data->pair[2 * sample] * padded(rank),
                           x + (size_t)data->pair[2 * sample + 1] * padded(rank), rank) -
               (double)data->value[sample];
    return e * e + 0.5 * penalty;
}

/* Word j mod 4 of Philox at index name × ⌈R/4⌉ + j div 4, epoch 0 for users, 1 for items. */
static float initial(uint32_t name, uint32_t side, uint32_t j, uint32_t rank, double mean,
                     uint64_t seed) {
    uint32_t word[4];
    sq_random(seed, SQ_STREAM_INITIAL, side, (uint64_t)name * ((rank + 3) / 4) + j / 4, word);
    double centre = mean == 0 ? 0 : sqrt(oracle_coarse(fabs(mean)) / rank);
    centre = side == 1 && mean < 0 ? -centre : centre;
    return (float)(centre + 0.1 / sqrt(rank) * ((double)word[j % 4] * 0x1p-31 - 1));
}

static void check_initial(const sq_data *data, uint32_t rank, uint64_t seed) {
    sq_model *model = NULL;
    const sq_model_options options = {.kind = SQ_MATRIX_COMPLETION, .rank = rank, .seed = seed};
    cr_assert(sq_model_new(&model, &options, data, NULL) == SQ_OK);
    double sum = 0;
    for (size_t i = 0; i < data->samples; i++)
        sum += (double)data->value[i];
    cr_assert(same_double(model->mean, sum / (double)data->samples));
    cr_assert(model->width == rank && model->stride == padded(rank));
    for (size_t b = 0; b < model->blocks; b++) {
        uint32_t side = b >= data->names[0].count;
        uint32_t name = data->names[side].name[b - (side ? data->names[0].count : 0)];
        for (uint32_t j = 0; j < model->stride; j++) {
            float want = j < rank ? initial(name, side, j, rank, model->mean, seed) : 0;
            cr_assert(same_floats(&model->x[b * model->stride + j], &want, 1),
                      "rank %u, block %zu, number %u: %a, not %a", rank, b, j,
                      (double)model->x[b * model->stride + j], (double)want);
        }
    }
    sq_model_free(model);
}

Test(matrix_completion, initial_values) {
    sq_data *data = small_ratings(60, 20, 15, 2);
    sq_data *negative = data_of("7 1 -3\n9 4294967294 -1\n4294967294 0 0.5\n", SQ_RATINGS);
    sq_data *zero = data_of("1 1 0\n1 2 0\n", SQ_RATINGS);
    for (uint32_t rank = 1; rank <= 33; rank++) {
        check_initial(data, rank, 1);
        check_initial(negative, rank, UINT64_C(0xFEDCBA9876543210));
    }
    check_initial(data, 100, 3);
    check_initial(zero, 16, 1);
    sq_data_free(data);
    sq_data_free(negative);
    sq_data_free(zero);
}

/* Also: what fills up a row stays zero, by its bits, for rows of one to nine lines. */
Test(matrix_completion, training_is_the_textbooks) {
    sq_data *data = small_ratings(400, 25, 18, 4);
    static const uint32_t ranks[] = {1,  2,  3,  5,  8,  15, 16, 17, 20,  31, 32,
                                     33, 47, 48, 49, 64, 65, 80, 97, 128, 129};
    for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++)
        for (int regularised = 0; regularised < 2; regularised++) {
            double step, decay, l2 = regularised ? 0.4 : 0, sum = 0;
            sq_model *model = new_model(SQ_MATRIX_COMPLETION, ranks[r], data);
            size_t parameters = model->blocks * model->stride;
            float *x = malloc(parameters * sizeof *x);
            memcpy(x, model->x, parameters * sizeof *x);
            sq_model_defaults(model, data, &step, &decay);
            for (int epoch = 0; epoch < 2; epoch++, step *= decay)
                for (size_t i = 0; i < data->samples; i++)
                    textbook_step(data, x, ranks[r], i, step, l2);
            for (size_t i = 0; i < data->samples; i++)
                sum += textbook_loss(data, x, ranks[r], i, l2);
            double loss = train_model(
                model, data,
                (how){.mode = SQ_MODE_SERIAL, .epochs = 2, .l2 = l2, .order = "sequential"});
            cr_assert(same_floats(model->x, x, parameters), "rank %u, l2 %g", ranks[r], l2);
            cr_assert(same_double(loss, sum / (double)data->samples), "rank %u, l2 %g: loss",
                      ranks[r], l2);
            free(x);
            sq_model_free(model);
        }
    sq_data_free(data);
}

Test(matrix_completion, padding_stays_zero) {
    sq_data *data = small_ratings(300, 20, 20, 8);
    for (uint32_t rank = 1; rank <= 33; rank++) {
        sq_model *model = new_model(SQ_MATRIX_COMPLETION, rank, data);
        train_model(model, data,
                    (how){.planner = SQ_PLANNER_LEVELS, .threads = 3, .l2 = 0.1, .epochs = 2});
        size_t set = 0;
        const float zero = 0;
        for (size_t b = 0; b < model->blocks; b++)
            for (uint32_t j = rank; j < model->stride; j++)
                set += !same_floats(&model->x[b * model->stride + j], &zero, 1);
        cr_assert(set == 0, "rank %u: %zu numbers", rank, set);
        sq_model_free(model);
    }
    sq_data_free(data);
}

/* A step of size γ is -γ times the gradient of its sample's loss, by central differences. */
Test(matrix_completion, steps_descend_the_loss) {
    enum { RANK = 3, STRIDE = 16 };
    sq_data *data = small_ratings(30, 6, 5, 9);
    sq_problem *problem = NULL;
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, RANK, data);
    cr_assert(sq_model_problem(&problem, model, data, 0.9, NULL) == SQ_OK);
    float *x = model->x, *after = malloc(model->blocks * STRIDE * sizeof *after);
    const double gamma = 0x1p-6;
    const float h = 0x1p-6f;
    for (size_t i = 0; i < data->samples; i++) {
        /* A sample's own rows must be lines of 64 bytes: the copy is a model of its own. */
        sq_model *copy = new_model(SQ_MATRIX_COMPLETION, RANK, data);
        problem->step(problem->context, copy->x, &(sq_step){0, i, i, gamma});
        memcpy(after, copy->x, model->blocks * STRIDE * sizeof *after);
        sq_model_free(copy);
        for (size_t at = 0; at < model->blocks * STRIDE; at++) {
            if (at % STRIDE >= RANK)
                continue;
            float kept = x[at];
            x[at] = kept + h;
            double above = problem->loss(problem->context, x, i), top = (double)x[at];
            x[at] = kept - h;
            double below = problem->loss(problem->context, x, i), bottom = (double)x[at];
            x[at] = kept;
            double slope = (above - below) / (top - bottom);
            double moved = (double)after[at] - (double)kept;
            cr_assert(fabs(moved + gamma * slope) < 2e-5, "sample %zu, number %zu: %g, not %g", i,
                      at, moved, -gamma * slope);
        }
    }
    free(after);
    sq_model_problem_free(problem);
    sq_model_free(model);
    sq_data_free(data);
}

Test(matrix_completion, sums_of_losses) {
    enum { N = 200 };
    sq_data *data = small_ratings(N, 15, 10, 10);
    static const uint32_t ranks[] = {4, 16, 30, 40, 64, 70, 90, 100, 128, 140};
    static double (*const kernels[])(const void *, const float *, size_t, size_t) = {
        sqi_rating_losses_baseline,
#if defined(__x86_64__)
        sqi_rating_losses_avx2,
        sqi_rating_losses_avx512,
#endif
    };
    for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++) {
        sq_problem *problem = NULL;
        sq_model *model = new_model(SQ_MATRIX_COMPLETION, ranks[r], data);
        cr_assert(sq_model_problem(&problem, model, data, 0, NULL) == SQ_OK);
        sqi_completion far = *(const sqi_completion *)problem->context;
        far.ahead = SQI_ROWS_FAR;
        for (size_t first = 0; first < N; first += 33)
            for (size_t count = 0; first + count <= N; count += 20) {
                double sum = 0;
                for (size_t i = first; i < first + count; i++)
                    sum += problem->loss(problem->context, model->x, i);
                for (int k = 0; k <= (int)sqi_isa(); k++)
                    cr_assert(
                        same_double(kernels[k](problem->context, model->x, first, count), sum) &&
                            same_double(kernels[k](&far, model->x, first, count), sum),
                        "rank %u, kernel %d", ranks[r], k);
                cr_assert(
                    same_double(problem->loss_sum(problem->context, model->x, first, count), sum));
            }
        sq_model_problem_free(problem);
        cr_assert(sq_model_problem(&problem, model, data, 0.1, NULL) == SQ_OK);
        for (size_t first = 0; first < N; first += 33)
            for (size_t count = 0; first + count <= N; count += 1 + count / 9) {
                double sum = 0;
                for (size_t i = first; i < first + count; i++)
                    sum += problem->loss(problem->context, model->x, i);
                cr_assert(
                    same_double(problem->loss_sum(problem->context, model->x, first, count), sum),
                    "rank %u, regularised, %zu from %zu", ranks[r], count, first);
            }
        sq_model_problem_free(problem);
        sq_model_free(model);
    }
    sq_data_free(data);
}

typedef void list_kernel(const void *context, float *x, const sq_steps *list);

/* The model's parameters, to be freed. */
static float *copy_of(const sq_model *model) {
    size_t bytes = model->blocks * model->stride * sizeof *model->x;
    float *x = aligned_alloc(64, bytes); /* rows are of whole lines */
    cr_assert(x);
    memcpy(x, model->x, bytes);
    return x;
}

/* The list through a kernel, and step by step: the same bits. */
static void check_list(const sq_problem *problem, const void *context, const sq_model *model,
                       list_kernel *kernel, const sq_steps *list) {
    size_t numbers = model->blocks * model->stride;
    float *one = copy_of(model), *many = copy_of(model);
    for (size_t i = 0; i < list->count; i++)
        problem->step(problem->context, one,
                      &(sq_step){.sample = sqi_sample_at(list, i), .gamma = sqi_gamma_at(list, i)});
    kernel(context, many, list);
    cr_assert(same_floats(one, many, numbers), "rank %u, %zu steps from %zu%s%s%s%s", model->width,
              list->count, list->first, list->pi ? ", pi" : "", list->position ? ", positions" : "",
              list->gammas ? ", step sizes" : "", list->streamed ? ", streamed" : "");
    free(one);
    free(many);
}

/* Every kind of list: with and without an order, positions, step sizes, and the samples in the order of
 * the positions; so short that nothing is asked for ahead, and longer. All end where their
 * arrays do. */
static void check_lists(const sq_problem *problem, const void *context, const sq_model *model,
                        list_kernel *kernel) {
    enum { N = 200, COUNTS = 13 };
    static const size_t counts[COUNTS] = {0, 1, 5, 6, 7, 24, 25, 32, 33, 50, 51, 90, 150};
    uint32_t pi[N], position[N];
    double gammas[N];
    for (uint32_t i = 0; i < N; i++) {
        pi[i] = (i * 7 + 3) % N;
        position[i] = (i * 11) % N;
        gammas[i] = 0.01 / (1 + i);
    }
    for (int kind = 0; kind < 16; kind++)
        for (size_t c = 0; c < COUNTS; c++)
            check_list(problem, context, model, kernel,
                       &(sq_steps){.pi = kind & 1 ? pi : NULL,
                                   .position = kind & 2 ? position + N - counts[c] : NULL,
                                   .first = kind & 2 && !(kind & 8) ? 0 : N - counts[c],
                                   .count = counts[c],
                                   .gamma = 0.01,
                                   .gammas = kind & 4 ? gammas : NULL,
                                   .streamed = kind & 8});
}

Test(matrix_completion, lists_are_single_steps) {
    sq_data *data = small_ratings(200, 15, 10, 10);
    static const uint32_t ranks[] = {4, 16, 30, 40, 64, 70, 90, 100, 128, 140};
    list_kernel *kernels[] = {sqi_rating_steps_baseline, sqi_rating_steps_avx2,
                              sqi_rating_steps_avx512};
    for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++)
        for (int regularised = 0; regularised < 2; regularised++) {
            sq_problem *problem = NULL;
            sq_model *model = new_model(SQ_MATRIX_COMPLETION, ranks[r], data);
            cr_assert(sq_model_problem(&problem, model, data, regularised ? 0.1 : 0, NULL) ==
                      SQ_OK);
            sqi_completion far = *(const sqi_completion *)problem->context;
            far.ahead = SQI_ROWS_FAR;
            for (int k = 0; k <= (int)sqi_isa(); k++) {
                check_lists(problem, problem->context, model, kernels[k]);
                check_lists(problem, &far, model, kernels[k]);
            }
            check_lists(problem, problem->context, model, problem->steps);
            sq_model_problem_free(problem);
            sq_model_free(model);
        }
    sq_data_free(data);
}

/* Users 0 … users - 1, each with a rating of one item. */
static sq_data *many_users(unsigned users) {
    char *text = malloc(16 * (size_t)users), *to = text;
    for (unsigned i = 0; i < users; i++)
        to += sprintf(to, "%u 1 1\n", i);
    sq_data *data = data_of(text, SQ_RATINGS);
    free(text);
    return data;
}

static uint32_t rows_ahead(const sq_data *data, uint32_t rank) {
    sq_problem *problem = NULL;
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, rank, data);
    cr_assert(sq_model_problem(&problem, model, data, 0, NULL) == SQ_OK);
    uint32_t ahead = ((const sqi_completion *)problem->context)->ahead;
    sq_model_problem_free(problem);
    sq_model_free(model);
    return ahead;
}

Test(matrix_completion, many_short_rows_are_asked_for_early) {
    sq_data *few = many_users(SQI_FAR_ROWS - 2),
            *many = many_users(SQI_FAR_ROWS - 1); /* and the item */
    cr_assert(rows_ahead(few, 16) == SQI_ROWS_ONE && rows_ahead(many, 16) == SQI_ROWS_FAR);
    cr_assert(rows_ahead(few, 17) == SQI_ROWS_MORE && rows_ahead(few, 32) == SQI_ROWS_MORE);
    cr_assert(rows_ahead(few, 33) == SQI_ROWS_SOME && rows_ahead(few, 96) == SQI_ROWS_SOME);
    cr_assert(rows_ahead(few, 97) == SQI_ROWS_MORE && rows_ahead(few, 200) == SQI_ROWS_MORE);
    cr_assert(rows_ahead(many, 32) == SQI_ROWS_FAR && rows_ahead(many, 33) == SQI_ROWS_SOME);
    sq_data_free(few);
    sq_data_free(many);
}

Test(matrix_completion, defaults_and_ranks) {
    sq_data *data = data_of("1 1 3\n1 2 4\n2 1 -5\n2 2 0\n", SQ_RATINGS);
    sq_data *zero = data_of("1 1 0\n1 2 0\n", SQ_RATINGS);
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 2, data);
    double step, decay;
    sq_model_defaults(model, data, &step, &decay);
    cr_assert(same_double(step, 0.02 / oracle_coarse(sqrt(50.0 / 4))) && same_double(decay, 0.8));
    sq_model_free(model);
    model = new_model(SQ_MATRIX_COMPLETION, 2, zero);
    sq_model_defaults(model, zero, &step, &decay);
    cr_assert(same_double(step, 0.02));
    sq_model_free(model);
    static const uint32_t refused[] = {0, 65537, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        sq_error error = {0};
        sq_model_options options = {.kind = SQ_MATRIX_COMPLETION, .rank = refused[i], .seed = 1};
        cr_assert(sq_model_new(&model, &options, data, &error) == SQ_BAD_ARGUMENT && !model);
        cr_assert(strstr(error.message, "rank"), "%s", error.message);
    }
    model = new_model(SQ_MATRIX_COMPLETION, 65536, data);
    cr_assert(model->width == 65536 && model->stride == 65536);
    sq_model_free(model);
    sq_data_free(data);
    sq_data_free(zero);
}
