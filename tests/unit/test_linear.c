/* model/linear: the steps and losses of svm, logistic and least-squares against a textbook loop
 * with the documented order of operations (by bits), and against their own gradients. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/linear.h"
#include "num/exp.h"
#include "oracle/coarse.h"
#include "support/data_files.h"
#include "support/small_models.h"

static const sq_model_kind kinds[] = {SQ_SVM, SQ_LOGISTIC, SQ_LEAST_SQUARES};

/* Σ over the row, position i in sum i mod 4. */
static double margin_of(const sq_data *data, size_t sample, const float *w) {
    double sum[4] = {0, 0, 0, 0};
    for (uint64_t i = data->row[sample]; i < data->row[sample + 1]; i++)
        sum[(i - data->row[sample]) % 4] += (double)w[data->column[i]] * (double)data->value[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static double target_of(sq_model_kind kind, float label) {
    return kind == SQ_LEAST_SQUARES ? (double)label : label > 0 ? 1 : -1;
}

static double loss_of(sq_model_kind kind, double m, double y) {
    switch (kind) {
    case SQ_SVM:
        return fmax(0, 1 - y * m);
    case SQ_LOGISTIC:
        return y * m < 0 ? -(y * m) + sqi_log1p(sqi_exp(y * m)) : sqi_log1p(sqi_exp(-(y * m)));
    default:
        return (m - y) * (m - y);
    }
}

/* In how many samples a feature occurs. */
static double degree_of(const sq_data *data, uint32_t feature) {
    double degree = 0;
    for (size_t i = 0; i < data->nonzeros; i++)
        degree += data->column[i] == feature;
    return degree;
}

static void textbook_step(sq_model_kind kind, const sq_data *data, const double *degree, float *w,
                          size_t sample, double gamma, double l2) {
    double m = margin_of(data, sample, w), y = target_of(kind, data->label[sample]), pull;
    if (kind == SQ_SVM)
        pull = y * m < 1 ? gamma * y : 0;
    else if (kind == SQ_LOGISTIC)
        pull = gamma * y / (1 + sqi_exp(y * m));
    else
        pull = 2 * gamma * (y - m);
    for (uint64_t i = data->row[sample]; i < data->row[sample + 1]; i++) {
        uint32_t u = data->column[i];
        double keep = l2 > 0 ? 1 - gamma * (2 * l2 / degree[u]) : 1;
        w[u] = (float)((double)w[u] * keep + pull * (double)data->value[i]);
    }
}

/* Epochs of textbook steps in the order 0, 1, 2, …; mean loss in blocks of 1,024 samples. */
static double textbook(sq_model_kind kind, const sq_data *data, float *w, double step, double decay,
                       double l2, int epochs) {
    size_t features = data->names[0].count;
    double *degree = malloc(features * sizeof *degree), loss = 0;
    for (uint32_t u = 0; u < features; u++)
        degree[u] = degree_of(data, u);
    for (int epoch = 0; epoch < epochs; epoch++, step *= decay)
        for (size_t i = 0; i < data->samples; i++)
            textbook_step(kind, data, degree, w, i, step, l2);
    for (size_t first = 0; first < data->samples; first += 1024) {
        double sum = 0;
        for (size_t i = first; i < first + 1024 && i < data->samples; i++) {
            double own = loss_of(kind, margin_of(data, i, w), target_of(kind, data->label[i])),
                   penalty = 0;
            for (uint64_t j = data->row[i]; l2 > 0 && j < data->row[i + 1]; j++) {
                double x = (double)w[data->column[j]];
                penalty += 2 * l2 / degree[data->column[j]] * (x * x);
            }
            sum += own + 0.5 * penalty;
        }
        loss += sum;
    }
    free(degree);
    return loss / (double)data->samples;
}

/* Rows of up to `most` entries. */
static void check_training(uint32_t most) {
    sq_data *data = small_rows(2500, 60, most, 5);
    float w[64];
    for (size_t k = 0; k < 3; k++)
        for (int regularised = 0; regularised < 2; regularised++) {
            double step, decay, l2 = regularised ? 0.3 : 0;
            sq_model *model = new_model(kinds[k], 0, data);
            sq_model_defaults(model, data, &step, &decay);
            memset(w, 0, sizeof w);
            double want = textbook(kinds[k], data, w, step, decay, l2, 3);
            double got = train_model(
                model, data, (how){.mode = SQ_MODE_SERIAL, .l2 = l2, .order = "sequential"});
            cr_assert(model->blocks == data->names[0].count && model->stride == 1);
            cr_assert(same_floats(model->x, w, model->blocks), "%s, l2 %g, rows up to %u: weights",
                      sq_model_name(kinds[k]), l2, most);
            cr_assert(same_double(got, want), "%s, l2 %g, rows up to %u: loss %a, not %a",
                      sq_model_name(kinds[k]), l2, most, got, want);
            sq_model_free(model);
        }
    sq_data_free(data);
}

Test(linear, training_is_the_textbooks) {
    check_training(SQI_ROW_LONG / 2);
    check_training(2 * SQI_ROW_LONG);
}

#if defined(__x86_64__)
/* Rows of every length up to MOST, weights of very different sizes, so that sums in another order differ. */
Test(linear, long_rows_have_the_bits_of_short_ones) {
    enum { MOST = 70, WEIGHTS = 4 * MOST };
    float value[MOST], w[WEIGHTS], want[WEIGHTS];
    double shrink[WEIGHTS];
    uint32_t column[MOST];
    sqi_words words = sqi_words_at(1, SQ_STREAM_USER, 4);
    if (!__builtin_cpu_supports("avx2"))
        cr_skip_test("this processor has no AVX2");
    for (size_t n = 0; n <= MOST; n++) {
        for (size_t i = 0; i < WEIGHTS; i++) {
            w[i] = ldexpf((float)(sqi_words_unit(&words) - 0.5),
                          (int)sqi_words_below(&words, 40) - 20);
            shrink[i] = sqi_words_unit(&words);
        }
        for (size_t i = 0; i < n; i++) {
            column[i] = (uint32_t)(4 * i) + sqi_words_below(&words, 4);
            value[i] = (float)(sqi_words_unit(&words) - 0.5);
        }
        const double c = sqi_words_unit(&words) - 0.5;
        cr_assert(same_double(sqi_long_rows_avx2.dot(w, column, value, n),
                              sqi_sparse_dot(w, column, value, n)),
                  "the product of %zu", n);
        memcpy(want, w, sizeof w);
        for (size_t i = 0; i < n; i++)
            want[column[i]] = (float)((double)want[column[i]] + c * (double)value[i]);
        sqi_long_rows_avx2.add(w, column, value, n, c);
        cr_assert(same_floats(w, want, WEIGHTS), "the change of %zu", n);
        for (size_t i = 0; i < n; i++) {
            float *u = &want[column[i]];
            *u = (float)((double)*u * (1 - 0.3 * shrink[column[i]]) + c * (double)value[i]);
        }
        sqi_long_rows_avx2.shrink_and_add(w, column, value, n, c, shrink, 0.3);
        cr_assert(same_floats(w, want, WEIGHTS), "the regularised change of %zu", n);
    }
}
#endif

/* A step of size γ is -γ times the gradient of its sample's loss, by central differences. */
Test(linear, steps_descend_the_loss) {
    sq_data *data = small_rows(40, 12, 6, 6);
    const double gamma = 0x1p-6, h = 0x1p-8;
    for (size_t k = 0; k < 3; k++) {
        sq_problem *problem = NULL;
        sq_model *model = new_model(kinds[k], 0, data);
        cr_assert(sq_model_problem(&problem, model, data, 0.7, NULL) == SQ_OK);
        float x[16], after[16];
        sqi_words words = sqi_words_at(1, SQ_STREAM_USER, 3);
        for (size_t b = 0; b < model->blocks; b++)
            x[b] = (float)(sqi_words_unit(&words) * 2 - 1);
        for (size_t i = 0; i < data->samples; i++) {
            if (kinds[k] == SQ_SVM &&
                fabs(1 - target_of(SQ_SVM, data->label[i]) * margin_of(data, i, x)) < 0.05)
                continue; /* at the hinge there is no gradient */
            memcpy(after, x, sizeof x);
            problem->step(problem->context, after, &(sq_step){0, i, i, gamma});
            for (size_t b = 0; b < model->blocks; b++) {
                float kept = x[b];
                x[b] = kept + (float)h;
                double above = problem->loss(problem->context, x, i), top = (double)x[b];
                x[b] = kept - (float)h;
                double below = problem->loss(problem->context, x, i), bottom = (double)x[b];
                x[b] = kept;
                double slope = (above - below) / (top - bottom);
                double moved = (double)after[b] - (double)x[b];
                cr_assert(fabs(moved + gamma * slope) < 1e-5, "%s, sample %zu, weight %zu: %g, %g",
                          problem->name, i, b, moved, -gamma * slope);
            }
        }
        sq_model_problem_free(problem);
        sq_model_free(model);
    }
    sq_data_free(data);
}

/* The list function gives the bits of the single steps, by positions and by a range, with weights that
 * are asked for ahead and without. */
Test(linear, lists_are_single_steps) {
    sq_data *data = small_rows(300, 30, 9, 7);
    uint32_t pi[300], position[150];
    for (uint32_t i = 0; i < 300; i++)
        pi[i] = (i * 7 + 3) % 300;
    for (uint32_t i = 0; i < 150; i++)
        position[i] = (i * 11) % 300;
    for (size_t k = 0; k < 6; k++) {
        sq_problem *problem = NULL;
        sq_model *model = new_model(kinds[k / 2], 0, data);
        cr_assert(sq_model_problem(&problem, model, data, 0.1, NULL) == SQ_OK);
        sqi_linear l = *(const sqi_linear *)problem->context;
        l.ahead = k % 2 ? SQI_WEIGHTS_AHEAD : 0;
        float one[32] = {0}, many[32] = {0};
        for (size_t i = 0; i < 150; i++)
            problem->step(problem->context, one,
                          &(sq_step){0, position[i], pi[position[i]], 0.125});
        for (size_t i = 20; i < 290; i++)
            problem->step(problem->context, one, &(sq_step){0, i, pi[i], 0.125});
        problem->steps(&l, many,
                       &(sq_steps){.pi = pi, .position = position, .count = 150, .gamma = 0.125});
        problem->steps(&l, many, &(sq_steps){.pi = pi, .first = 20, .count = 270, .gamma = 0.125});
        problem->steps(&l, many, &(sq_steps){.pi = pi, .first = 20, .count = 0, .gamma = 0.125});
        cr_assert(same_floats(one, many, model->blocks), "%s", problem->name);
        sq_model_problem_free(problem);
        sq_model_free(model);
    }
    sq_data_free(data);
}

/* Of every part of the samples, with weights that are asked for ahead and without, and of rows that are
 * longer than what is asked for. */
Test(linear, sums_of_losses) {
    sq_data *data = small_rows(60, 700, 400, 7);
    for (size_t k = 0; k < 12; k++) {
        sq_problem *problem = NULL;
        sq_model *model = new_model(kinds[k / 4], 0, data);
        cr_assert(sq_model_problem(&problem, model, data, k & 1 ? 0.1 : 0, NULL) == SQ_OK);
        sqi_linear l = *(const sqi_linear *)problem->context;
        l.ahead = k / 2 % 2 ? SQI_WEIGHTS_AHEAD : 0;
        for (size_t u = 0; u < model->blocks; u++)
            model->x[u] = (float)(u % 7) - 3;
        for (size_t first = 0; first <= data->samples; first++)
            for (size_t count = 0; first + count <= data->samples; count += 1 + count / 4) {
                double sum = 0;
                for (size_t i = first; i < first + count; i++)
                    sum += problem->loss(problem->context, model->x, i);
                cr_assert(same_double(problem->loss_sum(&l, model->x, first, count), sum));
            }
        sq_model_problem_free(problem);
        sq_model_free(model);
    }
    sq_data_free(data);
}

/* How many steps the weights of so many features are asked for ahead; labels 1 … labels. */
static uint32_t weights_ahead(unsigned features, int labels) {
    char *text = malloc(16 * (size_t)features), *to = text;
    for (int label = 1; label <= labels; label++)
        to += sprintf(to, "%d 1:1\n", label);
    to += sprintf(to, "1");
    for (unsigned u = 1; u <= features; u++)
        to += sprintf(to, " %u:1", u);
    sq_data *data = data_of(text, SQ_ROWS);
    sq_problem *problem = NULL;
    sq_model *model = new_model(SQ_SVM, 0, data);
    cr_assert(sq_model_problem(&problem, model, data, 0, NULL) == SQ_OK);
    uint32_t ahead = ((const sqi_linear *)problem->context)->ahead;
    sq_model_problem_free(problem);
    sq_model_free(model);
    sq_data_free(data);
    free(text);
    return ahead;
}

/* Of three labels a feature has four weights, one of them unused. */
Test(linear, many_weights_are_asked_for_ahead) {
    cr_assert(weights_ahead(SQI_WEIGHTS_FAR - 1, 2) == 0);
    cr_assert(weights_ahead(SQI_WEIGHTS_FAR, 2) == SQI_WEIGHTS_AHEAD);
    cr_assert(weights_ahead(SQI_WEIGHTS_FAR / 4 - 1, 3) == 0);
    cr_assert(weights_ahead(SQI_WEIGHTS_FAR / 4, 3) == SQI_WEIGHTS_AHEAD);
}

static const char PLAIN[] = "+1 1:0.5 2:-1.25 3:3 9:0.1\n-1 2:0.3\n+1\n-1 1:2 3:0.7 4:1 5:1 6:1\n";
static const char EXPLICIT[] =
    "+1 1:0.5 2:-1.25 3:3 9:0.1 10:1\n-1 2:0.3 10:1\n+1 10:1\n-1 1:2 3:0.7 4:1 5:1 6:1 10:1\n";

Test(linear, a_bias_is_a_column_of_ones) {
    for (size_t k = 0; k < 3; k++) {
        sq_data *with = data_of(PLAIN, SQ_ROWS), *explicit = data_of(EXPLICIT, SQ_ROWS);
        cr_assert(sq_data_add_bias(with, NULL) == SQ_OK);
        sq_model *a = new_model(kinds[k], 0, with), *b = new_model(kinds[k], 0, explicit);
        how h = {.mode = SQ_MODE_SERIAL, .l2 = 0.01};
        double loss = train_model(a, with, h), same = train_model(b, explicit, h);
        cr_assert(a->blocks == 8 && b->blocks == 8 && a->names[0].name[7] == SQ_BIAS_NAME);
        cr_assert(same_floats(a->x, b->x, 8) && same_double(loss, same));
        cr_assert(a->x[7] != 0, "the bias learns");
        sq_model_free(a);
        sq_model_free(b);
        sq_data_free(with);
        sq_data_free(explicit);
    }
}

static sq_model *model_of(const char *text, sq_model_kind kind, char message[512]) {
    sq_data *data = data_of(text, SQ_ROWS);
    sq_error error = {0};
    sq_model *model = NULL;
    int status = sq_model_new(&model, &(sq_model_options){.kind = kind}, data, &error);
    cr_assert(status == SQ_OK || (status == SQ_BAD_ARGUMENT && !model));
    strcpy(message, error.message);
    sq_data_free(data);
    return model;
}

static void expect_labels(const char *text, float low, float high) {
    char message[512];
    for (size_t k = 0; k < 2; k++) {
        sq_model *model = model_of(text, kinds[k], message);
        cr_assert(model, "'%s' is refused: %s", text, message);
        cr_assert(model->label[0] == low && model->label[1] == high, "'%s': %g %g", text,
                  (double)model->label[0], (double)model->label[1]);
        sq_model_free(model);
    }
}

Test(linear, two_labels_of_any_name) {
    expect_labels("+1 1:1\n-1 2:1\n+1 1:1\n", -1, 1);
    expect_labels("1 1:1\n0 2:1\n", 0, 1);
    expect_labels("2 1:1\n1 2:1\n", 1, 2);
    expect_labels("-7.5 1:1\n3 2:1\n", -7.5f, 3);
    expect_labels("-3 1:1\n-2 2:1\n", -3, -2);
    expect_labels("-0 1:1\n1 2:1\n0 1:1\n", 0, 1);
}

/* One label alone stands for its sign. */
Test(linear, a_single_label) {
    expect_labels("1 1:1\n1 2:1\n", -1, 1);
    expect_labels("-1 1:1\n", -1, 1);
    expect_labels("0 1:1\n", -1, 0);
    expect_labels("2 1:1\n", -2, 2);
    expect_labels("-3 1:1\n-3 1:1\n", -3, 3);
}

/* A third label, however close, makes a model of three classes; test_multiclass.c goes on from here. */
Test(linear, three_labels_are_three_classes) {
    static const char *const texts[] = {"1 1:1\n2 1:1\n3 1:1\n", "3 1:1\n2 1:1\n1 1:1\n",
                                        "-1 1:1\n1 1:1\n-1 1:1\n1.0000001 1:1\n"};
    char message[512];
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            uint32_t classes = kinds[k] == SQ_LEAST_SQUARES ? 0 : 3;
            sq_model *model = model_of(texts[i], kinds[k], message);
            cr_assert(model && model->labels == classes, "%s", message);
            cr_assert(model->width == (classes ? 3 : 1) && model->stride == (classes ? 4 : 1));
            sq_model_free(model);
        }
}

/* The formula of doc/arithmetic.md: 0.5, 1 or 0.1 divided by the coarsely rounded mean of ‖x‖². */
Test(linear, defaults) {
    static const double unit[] = {0.5, 1, 0.1};
    sq_data *data = data_of("+1 1:3 2:4\n-1 1:1\n+1\n-1 5:0.5\n", SQ_ROWS);
    sq_data *empty = data_of("+1\n-1 2:0\n", SQ_ROWS);
    for (size_t k = 0; k < 3; k++) {
        double step, decay;
        sq_model *model = new_model(kinds[k], 0, data);
        sq_model_defaults(model, data, &step, &decay);
        cr_assert(same_double(step, unit[k] / oracle_coarse((9.0 + 16 + 1 + 0.25) / 4)) &&
                  same_double(decay, 0.8));
        sq_model_free(model);
        model = new_model(kinds[k], 0, empty);
        sq_model_defaults(model, empty, &step, &decay);
        cr_assert(same_double(step, unit[k]), "without entries");
        sq_model_free(model);
    }
    sq_data_free(data);
    sq_data_free(empty);
}

Test(linear, begins_at_zero) {
    sq_data *data = small_rows(50, 20, 5, 1);
    for (size_t k = 0; k < 3; k++) {
        sq_model *model = new_model(kinds[k], 0, data);
        static const float zero[32];
        cr_assert(model->width == 1 && same_floats(model->x, zero, model->blocks));
        sq_model_free(model);
    }
    sq_data_free(data);
}
