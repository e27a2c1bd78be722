/* model/multiclass and class_scores: labels, losses at their edges, lists of steps, evaluation. The
 * steps themselves are compared with their twin in tests/property/test_class_twins.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/labels.h"
#include "model/multiclass.h"
#include "oracle/classes.h"
#include "support/data_files.h"
#include "support/small_models.h"
#include "support/tables.h"

static const sq_model_kind kinds[] = {SQ_SVM, SQ_LOGISTIC};

static void expect_labels(const char *text, const float *label, uint32_t count) {
    sq_data *data = data_of(text, SQ_ROWS);
    for (int k = 0; k < 2; k++) {
        sq_model *model = new_model(kinds[k], 0, data);
        cr_assert(model->labels == count && model->width == count, "%u labels", model->labels);
        cr_assert(same_floats(model->label, label, count), "'%s'", text);
        sq_model_free(model);
    }
    sq_data_free(data);
}

/* Any finite numbers, ascending; of +0 and -0 the first one in the file. */
Test(multiclass, labels_keep_their_names) {
    expect_labels("3 1:1\n1 1:1\n2 1:1\n1\n", (float[]){1, 2, 3}, 3);
    expect_labels("1e6\n-1.5 1:1\n0\n3\n", (float[]){-1.5f, 0, 3, 1e6f}, 4);
    expect_labels("-0 1:1\n1\n0\n-2\n", (float[]){-2, -0.0f, 1}, 3);
    expect_labels("0 1:1\n1\n-0\n-2\n", (float[]){-2, 0, 1}, 3);
    expect_labels("3.4e38 1:1\n-3.4e38\n1e-45\n-1e-45\n0\n",
                  (float[]){-3.4e38f, -1e-45f, 0, 1e-45f, 3.4e38f}, 5);
}

static int try_labels(uint32_t count, char message[512]) {
    sq_data *data = table_rows(count, 3, 2, 0, 1);
    for (uint32_t i = 0; i < count; i++)
        data->label[i] = (float)(7 * (uint64_t)i % count);
    sq_error error = {0};
    sq_model *model = NULL;
    int status = sq_model_new(&model, &(sq_model_options){.kind = SQ_SVM}, data, &error);
    cr_assert((status == SQ_OK) == (model != NULL));
    for (uint32_t i = 0; model && i < count; i++)
        cr_assert(model->label[i] == (float)i);
    strcpy(message, error.message);
    sq_model_free(model);
    sq_data_free(data);
    return status;
}

Test(multiclass, too_many_labels) {
    char message[512];
    cr_assert(try_labels(65536, message) == SQ_OK, "%s", message);
    cr_assert(try_labels(65537, message) == SQ_BAD_ARGUMENT);
    cr_assert(strstr(message, "svm") && strstr(message, "65536") && strstr(message, "65537") &&
                  strstr(message, "least-squares"),
              "%s", message);
}

Test(multiclass, class_of_a_label) {
    static const float label[] = {-3, -0.0f, 2, 2.5f, 1e9f};
    for (uint32_t count = 1; count <= 5; count++) {
        for (uint32_t c = 0; c < count; c++)
            cr_assert(sqi_label_find(label, count, label[c]) == c);
        cr_assert(sqi_label_find(label, count, -4) == count &&
                  sqi_label_find(label, count, 2.25f) == count &&
                  sqi_label_find(label, count, 2e9f) == count);
    }
    cr_assert(sqi_label_find(label, 5, 0.0f) == 1, "one zero");
}

/* Margins that a test gives. */
typedef struct given {
    sqi_scorer scorer; /* first */
    const double *margin;
} given;

static void given_margins(const sqi_scorer *from, uint32_t first, double *m) {
    uint32_t left = from->classes - first, count = left < SQI_CHUNK ? left : SQI_CHUNK;
    memcpy(m, ((const given *)from)->margin + first, count * sizeof *m);
}

static double loss_of(sq_model_kind kind, const double *margin, uint32_t classes, uint32_t y) {
    given g = {{.classes = classes, .margins = given_margins}, margin};
    return sqi_classes_loss(&g.scorer, kind, y);
}

static double exact(sq_model_kind kind, const double *margin, uint32_t classes, uint32_t y) {
    long double sum = 0, most = -HUGE_VALL;
    for (uint32_t c = 0; c < classes; c++)
        most = margin[c] > most ? margin[c] : most;
    for (uint32_t c = 0; c < classes; c++) {
        if (kind == SQ_SVM)
            sum += fmaxl(0, 1 - (c == y ? (long double)margin[c] : -(long double)margin[c]));
        else
            sum += expl(margin[c] - (long double)margin[y]);
    }
    if (kind == SQ_SVM)
        return (double)sum;
    if (most == margin[y]) { /* log of 1 + little */
        long double rest = 0;
        for (uint32_t c = 0; c < classes; c++)
            rest += c == y ? 0 : expl(margin[c] - (long double)margin[y]);
        return (double)log1pl(rest);
    }
    return (double)logl(sum);
}

/* Within 2^-50 (svm: 2^-48), relative: a sum of K terms of one sign, each off by a few units in the last
 * place, of their sum. */
Test(multiclass, losses_against_long_double) {
    sqi_words words = sqi_words_at(3, SQ_STREAM_USER, 9);
    static const uint32_t classes[] = {3, 4, 5, 10, 17, 1024, 1025, 3000};
    static const double scales[] = {1e-8, 0.1, 1, 10, 1000};
    double margin[3000], worst[2] = {0, 0};
    for (int n = 0; n < 2000; n++) {
        uint32_t count = classes[n % (n % 100 ? 5 : 8)];
        for (uint32_t c = 0; c < count; c++)
            margin[c] = scales[n % 5] * (2 * sqi_words_unit(&words) - 1);
        uint32_t y = sqi_words_below(&words, count);
        for (int k = 0; k < 2; k++) {
            double want = exact(kinds[k], margin, count, y);
            double off = fabs(loss_of(kinds[k], margin, count, y) - want) / (want > 0 ? want : 1);
            worst[k] = off > worst[k] ? off : worst[k];
        }
    }
    cr_log_info("worst relative error: svm %.3g, logistic %.3g", worst[0], worst[1]);
    cr_assert(worst[0] < 0x1p-48 && worst[1] < 0x1p-50, "svm %g, logistic %g", worst[0], worst[1]);
}

/* Margins of ±1,000, where e^m overflows; and a loss far below the unit of 1. */
Test(multiclass, large_margins) {
    const double margin[4] = {1000, -1000, 999, 1000};
    cr_assert(fabs(loss_of(SQ_LOGISTIC, margin, 4, 1) - 2000 - log(2 + exp(-1))) < 1e-12);
    cr_assert(fabs(loss_of(SQ_LOGISTIC, margin, 4, 3) - log(2 + exp(-1))) < 1e-15);
    cr_assert(loss_of(SQ_SVM, margin, 4, 1) == 1001 + 1001 + 1000 + 1001);
    const double sure[3] = {50, 0, 0};
    cr_assert(fabs(loss_of(SQ_LOGISTIC, sure, 3, 0) / (2 * exp(-50)) - 1) < 1e-15);
    const double huge[3] = {1e300, -1e300, 0};
    cr_assert(loss_of(SQ_LOGISTIC, huge, 3, 0) == 0 && loss_of(SQ_LOGISTIC, huge, 3, 2) == 1e300);
}

/* A step on margins of ±1,000 stays finite, and moves what is wrong by γ. */
Test(multiclass, steps_with_large_margins) {
    sq_data *data = data_of("1 1:1\n2 1:1\n3 2:1\n", SQ_ROWS);
    sq_model *model = new_model(SQ_LOGISTIC, 0, data);
    sq_problem *problem = NULL;
    cr_assert(sq_model_problem(&problem, model, data, 0, NULL) == SQ_OK);
    const float start[3] = {-1000, 1000, 0};
    memcpy(model->x, start, sizeof start);
    problem->step(problem->context, model->x, &(sq_step){0, 0, 0, 0.5});
    cr_assert(model->x[0] == -999.5f && model->x[1] == 999.5f && model->x[2] == 0);
    problem->step(problem->context, model->x, &(sq_step){0, 1, 1, 0.5});
    cr_assert(model->x[0] == -999.5f && model->x[1] == 999.5f && model->x[2] == 0);
    sq_model_problem_free(problem);
    sq_model_free(model);
    sq_data_free(data);
}

/* The list function gives the bits of the single steps: by positions, by a range, with a step size of
 * each, with weights that are asked for ahead and without; and an arranged copy gives them, too. The sum
 * of losses has the bits of their sum. */
static void check_lists(sq_model_kind kind, uint32_t classes, double l2, uint32_t ahead) {
    enum { N = 300 };
    sq_data *data = table_classes(N, 60, 9, classes, classes);
    sq_model *a = new_model(kind, 0, data), *b = new_model(kind, 0, data);
    uint32_t pi[N], position[N / 2];
    double gammas[N];
    for (uint32_t i = 0; i < N; i++) {
        pi[i] = (i * 7 + 3) % N;
        gammas[i] = 0.125 / (1 + i);
    }
    for (uint32_t i = 0; i < N / 2; i++)
        position[i] = (i * 11) % N;
    sq_problem *p = NULL, *arranged = NULL;
    cr_assert(sq_model_problem(&p, a, data, l2, NULL) == SQ_OK);
    sqi_linear l = *(const sqi_linear *)p->context;
    l.ahead = ahead;
    for (size_t i = 0; i < N / 2; i++)
        p->step(p->context, a->x, &(sq_step){0, position[i], pi[position[i]], 0.125});
    for (size_t i = 0; i < N; i++)
        p->step(p->context, a->x, &(sq_step){0, i, pi[i], gammas[i]});
    p->steps(&l, b->x, &(sq_steps){.pi = pi, .position = position, .count = N / 2, .gamma = 0.125});
    p->steps(&l, b->x, &(sq_steps){.pi = pi, .count = 100, .gammas = gammas});
    cr_assert(p->arranger->arrange(&arranged, p, pi, N, NULL) == SQ_OK);
    p->arranger->fill(arranged, p, pi, 0, N);
    arranged->steps(arranged->context, b->x,
                    &(sq_steps){.first = 100, .count = N - 100, .gammas = gammas, .streamed = 1});
    cr_assert(same_floats(a->x, b->x, a->blocks * a->stride), "%s, %u classes", p->name, classes);
    double sum = 0;
    for (size_t i = 5; i < N; i++)
        sum += p->loss(p->context, a->x, i);
    cr_assert(same_double(p->loss_sum(&l, a->x, 5, N - 5), sum));
    for (size_t i = 0; i < a->blocks; i++) /* the padding stays zero */
        for (uint32_t j = a->width; j < a->stride; j++)
            cr_assert(same_floats(&a->x[i * a->stride + j], &(float){0}, 1));
    cr_assert_null(p->arranger->free(arranged));
    sq_model_problem_free(p);
    sq_model_free(a);
    sq_model_free(b);
    sq_data_free(data);
}

Test(multiclass, lists_are_single_steps) {
    static const uint32_t classes[] = {3, 4, 5, 8, 10, 17};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 12; i++) {
            check_lists(kinds[k], classes[i / 2], 0, i % 2 ? SQI_WEIGHTS_AHEAD : 0);
            check_lists(kinds[k], classes[i / 2], 0.05, i % 2 ? SQI_WEIGHTS_AHEAD : 0);
        }
}

/* svm with λ = 0: the weights of a class whose hinge is 0 are not touched, not even a zero's sign. */
Test(multiclass, svm_leaves_satisfied_classes_alone) {
    sq_data *data = data_of("1 1:1 2:1\n2 1:1 2:-1\n3 2:1\n", SQ_ROWS);
    sq_model *model = new_model(SQ_SVM, 0, data);
    sq_problem *problem = NULL;
    cr_assert(sq_model_problem(&problem, model, data, 0, NULL) == SQ_OK);
    const float start[8] = {0, -0.0f, -2, 0, 0, -2, -0.0f, 0};
    memcpy(model->x, start, sizeof start);
    problem->step(problem->context, model->x, &(sq_step){0, 0, 0, 0.25});
    const float want[8] = {0.25f, -0.0f, -2, 0, 0.25f, -2, -0.0f, 0};
    cr_assert(same_floats(model->x, want, 8), "%g %g %g %g %g %g", (double)model->x[0],
              (double)model->x[1], (double)model->x[2], (double)model->x[4], (double)model->x[5],
              (double)model->x[6]);
    sq_model_problem_free(problem);
    sq_model_free(model);
    sq_data_free(data);
}

/* The margins of a sample of other data, by names. */
static void scores_by_name(const sq_model *model, const sq_data *data, size_t sample, double *score,
                           int *unseen) {
    int biased = 0;
    for (uint32_t c = 0; c < model->labels; c++)
        score[c] = 0;
    for (uint64_t i = data->row[sample]; i < data->row[sample + 1]; i++) {
        uint32_t name = data->names[0].name[data->column[i]];
        size_t block = sq_names_find(&model->names[0], name);
        biased |= name == SQ_BIAS_NAME;
        *unseen |= block == SIZE_MAX;
        for (uint32_t c = 0; block != SIZE_MAX && c < model->labels; c++)
            score[c] += (double)model->x[block * model->stride + c] * (double)data->value[i];
    }
    if (!biased && sq_names_find(&model->names[0], SQ_BIAS_NAME) != SIZE_MAX)
        for (uint32_t c = 0; c < model->labels; c++)
            score[c] += (double)model->x[(model->blocks - 1) * model->stride + c];
}

static size_t check_evaluation(const sq_model *model, const sq_data *data) {
    sq_evaluator *e = NULL;
    double *score = calloc(2 * model->labels, sizeof *score), *got = score + model->labels;
    double loss = 0, hits = 0;
    size_t unseen_samples = 0;
    cr_assert(sq_evaluator_new(&e, model, data, NULL) == SQ_OK);
    cr_assert(sq_evaluator_scores(e, 0, NULL) == model->labels);
    for (size_t i = 0; i < data->samples; i++) {
        int unseen = 0;
        uint32_t top = 0, own = 0, known = 0;
        scores_by_name(model, data, i, score, &unseen);
        cr_assert(sq_evaluator_scores(e, i, got) == model->labels);
        cr_assert(memcmp(score, got, model->labels * sizeof *score) == 0);
        for (uint32_t c = 0; c < model->labels; c++) {
            top = score[c] > score[top] ? c : top;
            own = model->label[c] == data->label[i] ? c : own;
            known |= model->label[c] == data->label[i];
        }
        sq_prediction p = sq_evaluator_predict(e, i);
        cr_assert(p.value == (double)model->label[top] && same_double(p.score, score[top]));
        loss += oracle_class_loss(model, score, own);
        hits += model->label[top] == data->label[i];
        unseen_samples += unseen || !known;
    }
    sq_evaluation all = sq_evaluator_run(e);
    cr_assert(same_double(all.loss, loss / (double)data->samples), "%a, not %a", all.loss,
              loss / (double)data->samples);
    cr_assert(same_double(all.metric, hits / (double)data->samples));
    cr_assert(all.unseen_samples == unseen_samples && strcmp(all.metric_name, "accuracy") == 0);
    sq_evaluator_free(e);
    free(score);
    return unseen_samples;
}

Test(multiclass, evaluation) {
    static const uint32_t classes[] = {3, 5, 10, 1500};
    for (int bias = 0; bias < 2; bias++)
        for (int i = 0; i < 4; i++) {
            size_t samples = classes[i] + 200;
            sq_data *train = table_classes(samples, 40, 9, classes[i], 1), *biased = NULL;
            sq_data *other = table_classes(samples, 70, 9, classes[i] + 2, 2);
            if (bias) {
                biased = table_classes(samples, 40, 9, classes[i], 1);
                cr_assert(sq_data_add_bias(biased, NULL) == SQ_OK);
            }
            for (int k = 0; k < 2; k++) {
                sq_model *model = new_model(kinds[k], 0, bias ? biased : train);
                cr_assert(check_evaluation(model, train) == 0, "before training");
                train_model(model, bias ? biased : train, (how){.mode = SQ_MODE_SERIAL});
                cr_assert(check_evaluation(model, train) == 0);
                cr_assert(check_evaluation(model, other) > 0);
                sq_model_free(model);
            }
            sq_data_free(biased);
            sq_data_free(train);
            sq_data_free(other);
        }
}

/* Equal scores: the lowest class. A label that training never saw is wrong, and counts as the lowest. */
Test(multiclass, ties_and_unknown_labels) {
    sq_data *train = data_of("5 1:1\n7 2:1\n9 3:1\n", SQ_ROWS);
    sq_data *other = data_of("5 1:1\n8 1:1\n", SQ_ROWS);
    for (int k = 0; k < 2; k++) {
        sq_model *model = new_model(kinds[k], 0, train);
        sq_evaluator *e = NULL;
        cr_assert(sq_evaluator_new(&e, model, other, NULL) == SQ_OK);
        cr_assert(sq_evaluator_predict(e, 0).value == 5 && sq_evaluator_predict(e, 1).value == 5);
        sq_evaluation all = sq_evaluator_run(e);
        cr_assert(all.metric == 0.5 && all.unseen_samples == 1);
        cr_assert(fabs(all.loss - (kinds[k] == SQ_SVM ? 3 : log(3))) < 1e-15);
        sq_evaluator_free(e);
        sq_model_free(model);
    }
    sq_data_free(train);
    sq_data_free(other);
}

/* Two labels have one score; so have other models. */
Test(multiclass, other_models_have_one_score) {
    sq_data *rows = small_rows(50, 20, 5, 1), *ratings = small_ratings(50, 10, 8, 1);
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        const sq_data *data = kind == SQ_MATRIX_COMPLETION ? ratings : rows;
        sq_model *model = new_model((sq_model_kind)kind, 3, data);
        sq_evaluator *e = NULL;
        double score = NAN;
        train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
        cr_assert(sq_evaluator_new(&e, model, data, NULL) == SQ_OK);
        cr_assert(sq_evaluator_scores(e, 7, NULL) == 1 && sq_evaluator_scores(e, 7, &score) == 1);
        cr_assert(same_double(score, sq_evaluator_predict(e, 7).score));
        sq_evaluator_free(e);
        sq_model_free(model);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* Classes apart learn: rows whose own feature names the class. */
Test(multiclass, learns) {
    char text[20000] = "";
    for (int i = 0; i < 400; i++)
        snprintf(text + strlen(text), 40, "%d %d:1 9:%g\n", 10 * (i % 6), i % 6 + 1, 0.1 * (i % 7));
    sq_data *data = data_of(text, SQ_ROWS);
    for (int k = 0; k < 2; k++) {
        sq_model *model = new_model(kinds[k], 0, data);
        sq_evaluator *e = NULL;
        train_model(model, data, (how){.mode = SQ_MODE_SERIAL, .epochs = 10});
        cr_assert(sq_evaluator_new(&e, model, data, NULL) == SQ_OK);
        cr_assert(sq_evaluator_run(e).metric == 1);
        sq_evaluator_free(e);
        sq_model_free(model);
    }
    sq_data_free(data);
}
