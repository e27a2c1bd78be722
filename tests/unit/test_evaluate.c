/* model/evaluate: losses, metrics and predictions by a loop of one's own, on data that training
 * saw and on others. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "num/exp.h"
#include "support/data_files.h"
#include "support/small_models.h"

/* The weight of a feature by its name; 0 where there is none. */
static double weight_of(const sq_model *model, uint32_t name, int *unseen) {
    for (size_t b = 0; b < model->names[0].count; b++)
        if (model->names[0].name[b] == name)
            return (double)model->x[b];
    *unseen = 1;
    return 0;
}

static int bias_of(const sq_names *names) {
    return names->count && names->name[names->count - 1] == SQ_BIAS_NAME;
}

static double score_of_row(const sq_model *model, const sq_data *data, size_t sample, int *unseen) {
    double sum[4] = {0};
    uint64_t begin = data->row[sample], end = data->row[sample + 1];
    for (uint64_t i = begin; i < end; i++) {
        int own = 0;
        double w = weight_of(model, data->names[0].name[data->column[i]], &own);
        if (!own)
            sum[(i - begin) % 4] += w * (double)data->value[i];
        *unseen |= own;
    }
    if (bias_of(&model->names[0]) && !bias_of(&data->names[0]))
        sum[(end - begin) % 4] += (double)model->x[model->blocks - 1];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* A side's row by the name of its user or item; NULL where there is none. */
static const float *row_of(const sq_model *model, int side, uint32_t name) {
    for (size_t i = 0; i < model->names[side].count; i++)
        if (model->names[side].name[i] == name)
            return model->x + (i + (side ? model->names[0].count : 0)) * model->stride;
    return NULL;
}

static double score_of_pair(const sq_model *model, const sq_data *data, size_t sample,
                            int *unseen) {
    uint32_t user = data->names[0].name[data->pair[2 * sample]];
    uint32_t item = data->names[1].name[data->pair[2 * sample + 1] - data->names[0].count];
    const float *left = row_of(model, 0, user), *right = row_of(model, 1, item);
    if (!left || !right) {
        *unseen = 1;
        return model->mean;
    }
    float sum[16] = {0};
    for (uint32_t j = 0; j < model->stride; j++)
        sum[j % 16] = j < 16 ? left[j] * right[j] : sum[j % 16] + left[j] * right[j];
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            sum[j] += sum[j + half];
    return (double)sum[0];
}

static double logistic(double z) {
    return z < 0 ? -z + sqi_log1p(sqi_exp(z)) : sqi_log1p(sqi_exp(-z));
}

/* Loss and what the metric adds up, of a sample with this score. */
static void judge(const sq_model *model, const sq_data *data, size_t sample, double score,
                  double *loss, double *metric, double *value, int *unseen) {
    *value = score;
    double off = 0;
    switch (model->kind) {
    case SQ_MATRIX_COMPLETION:
        off = score - (double)data->value[sample];
        *loss = *metric = off * off;
        return;
    case SQ_LEAST_SQUARES:
        off = score - (double)data->label[sample];
        *loss = *metric = off * off;
        return;
    default:
        break;
    }
    float label = data->label[sample];
    double y = label == model->label[1] ? 1 : -1;
    *unseen |= label != model->label[0] && label != model->label[1];
    *loss = model->kind == SQ_SVM ? (y * score < 1 ? 1 - y * score : 0) : logistic(y * score);
    *value = score > 0 ? (double)model->label[1] : (double)model->label[0];
    *metric = *value == (double)label;
}

static size_t check(const sq_model *model, const sq_data *data) {
    sq_evaluator *evaluator = NULL;
    sq_error error = {0};
    cr_assert(sq_evaluator_new(&evaluator, model, data, &error) == SQ_OK, "%s", error.message);
    double loss = 0, metric = 0;
    size_t unseen_samples = 0, wrong = 0;
    for (size_t i = 0; i < data->samples; i++) {
        int unseen = 0;
        double own_loss, own_metric, value;
        double score = data->kind == SQ_ROWS ? score_of_row(model, data, i, &unseen)
                                             : score_of_pair(model, data, i, &unseen);
        judge(model, data, i, score, &own_loss, &own_metric, &value, &unseen);
        sq_prediction p = sq_evaluator_predict(evaluator, i);
        wrong += !same_double(p.score, score) || !same_double(p.value, value);
        loss += own_loss;
        metric += own_metric;
        unseen_samples += (size_t)unseen;
    }
    sq_evaluation got = sq_evaluator_run(evaluator);
    const char *name = sq_model_name(model->kind);
    int accuracy = model->kind == SQ_SVM || model->kind == SQ_LOGISTIC;
    loss /= (double)data->samples;
    metric /= (double)data->samples;
    metric = accuracy ? metric : sqrt(metric);
    cr_assert(wrong == 0, "%s: %zu predictions", name, wrong);
    cr_assert(same_double(got.loss, loss), "%s: loss %a, not %a", name, got.loss, loss);
    cr_assert(same_double(got.metric, metric), "%s: metric %a, not %a", name, got.metric, metric);
    cr_assert(got.unseen_samples == unseen_samples, "%s: %zu unseen", name, got.unseen_samples);
    cr_assert(strcmp(got.metric_name, accuracy ? "accuracy" : "rmse") == 0);
    sq_evaluator_free(evaluator);
    return unseen_samples;
}

Test(evaluate, rows_seen_and_not) {
    sq_data *train = small_rows(300, 30, 9, 1), *other = small_rows(200, 50, 9, 2);
    for (int kind = SQ_SVM; kind <= SQ_LEAST_SQUARES; kind++) {
        sq_model *model = new_model((sq_model_kind)kind, 0, train);
        cr_assert(check(model, train) == 0, "before training");
        train_model(model, train, (how){.mode = SQ_MODE_SERIAL});
        cr_assert(check(model, train) == 0);
        cr_assert(check(model, other) > 0);
        sq_model_free(model);
    }
    sq_data_free(train);
    sq_data_free(other);
}

Test(evaluate, ratings_seen_and_not) {
    sq_data *train = small_ratings(300, 20, 15, 1), *other = small_ratings(200, 30, 25, 2);
    static const uint32_t ranks[] = {1, 7, 16, 40};
    for (int r = 0; r < 4; r++) {
        sq_model *model = new_model(SQ_MATRIX_COMPLETION, ranks[r], train);
        train_model(model, train, (how){.mode = SQ_MODE_SERIAL});
        cr_assert(check(model, train) == 0);
        size_t unseen = check(model, other);
        cr_assert(unseen > 0 && unseen < other->samples);
        sq_model_free(model);
    }
    sq_data_free(train);
    sq_data_free(other);
}

Test(evaluate, nothing_known) {
    sq_data *train = data_of("1 1 3\n2 1 4\n", SQ_RATINGS);
    sq_data *other = data_of("7 9 2\n1 8 1\n9 1 5\n1 1 3\n", SQ_RATINGS);
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 4, train);
    cr_assert(model->mean == 3.5 && check(model, other) == 3);
    sq_data_free(train);
    sq_data_free(other);
    sq_model_free(model);
    train = data_of("1 1:1\n0 2:1\n", SQ_ROWS);
    other = data_of("1 3:1\n0\n1 0:1 4294967294:2\n", SQ_ROWS);
    model = new_model(SQ_SVM, 0, train);
    cr_assert(check(model, other) == 2, "rows without entries have nothing unseen");
    sq_data_free(train);
    sq_data_free(other);
    sq_model_free(model);
}

Test(evaluate, labels_never_seen_are_wrong) {
    sq_data *train = data_of("1 1:1\n0 2:1\n", SQ_ROWS);
    sq_data *other = data_of("1 1:1\n0 2:1\n2 1:1\n-1 2:1\n", SQ_ROWS);
    sq_model *model = new_model(SQ_LOGISTIC, 0, train);
    train_model(model, train, (how){.mode = SQ_MODE_SERIAL});
    cr_assert(check(model, other) == 2);
    sq_evaluator *evaluator = NULL;
    cr_assert(sq_evaluator_new(&evaluator, model, other, NULL) == SQ_OK);
    cr_assert(sq_evaluator_run(evaluator).metric == 0.5);
    cr_assert(sq_evaluator_predict(evaluator, 0).value == 1 &&
              sq_evaluator_predict(evaluator, 1).value == 0);
    sq_evaluator_free(evaluator);
    sq_data_free(train);
    sq_data_free(other);
    sq_model_free(model);
}

/* A model with a bias on data without one, and on data that got one: the same bits. */
Test(evaluate, bias) {
    sq_data *plain = small_rows(200, 20, 9, 3), *biased = small_rows(200, 20, 9, 3);
    cr_assert(sq_data_add_bias(biased, NULL) == SQ_OK);
    for (int kind = SQ_SVM; kind <= SQ_LEAST_SQUARES; kind++) {
        sq_model *with = new_model((sq_model_kind)kind, 0, biased);
        sq_model *without = new_model((sq_model_kind)kind, 0, plain);
        train_model(with, biased, (how){.mode = SQ_MODE_SERIAL});
        train_model(without, plain, (how){.mode = SQ_MODE_SERIAL});
        cr_assert(check(with, plain) == 0 && check(with, biased) == 0);
        sq_evaluator *a = NULL, *b = NULL;
        cr_assert(sq_evaluator_new(&a, with, plain, NULL) == SQ_OK);
        cr_assert(sq_evaluator_new(&b, with, biased, NULL) == SQ_OK);
        cr_assert(same_double(sq_evaluator_run(a).loss, sq_evaluator_run(b).loss));
        sq_evaluator_free(a);
        sq_evaluator_free(b);
        check(without, plain);
        cr_assert(check(without, biased) == biased->samples, "the bias is a feature unseen");
        sq_model_free(with);
        sq_model_free(without);
    }
    sq_data_free(plain);
    sq_data_free(biased);
}

/* The loss that training reports without regularisation is the evaluator's, up to the order in
 * which the samples are added. */
Test(evaluate, agrees_with_training) {
    sq_data *rows = small_rows(2000, 30, 9, 5), *ratings = small_ratings(2000, 40, 30, 5);
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        const sq_data *data = kind == SQ_MATRIX_COMPLETION ? ratings : rows;
        sq_model *model = new_model((sq_model_kind)kind, 6, data);
        sq_evaluator *evaluator = NULL;
        cr_assert(sq_evaluator_new(&evaluator, model, data, NULL) == SQ_OK);
        double loss = train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
        double own = sq_evaluator_run(evaluator).loss;
        cr_assert(fabs(loss - own) < 1e-12 * own, "%s: %g, %g", sq_model_name(model->kind), loss,
                  own);
        sq_evaluator_free(evaluator);
        sq_model_free(model);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
}
