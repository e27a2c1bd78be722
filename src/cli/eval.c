/* sequent eval and sequent predict: a model on data. */
#include <stdio.h>

#include "base/alloc.h"
#include "cli/commands.h"

static const char EVAL_USAGE[] =
    "Usage: sequent eval [OPTIONS] MODEL DATA\n\n"
    "Prints the mean loss (without regularisation) and the metric of a model file on data:\n"
    "accuracy for svm, logistic and mlp, root mean square error for least-squares and\n"
    "matrix-completion, for graph-cut the weight of the edges whose nodes get different labels.\n"
    "'-' is standard input.";

static const char PREDICT_USAGE[] =
    "Usage: sequent predict [OPTIONS] MODEL DATA\n\n"
    "Prints one prediction a line: a label for svm, logistic and mlp, a number for least-squares\n"
    "and matrix-completion. With --scores the score instead; of more than two labels all of them,\n"
    "separated by blanks, in ascending order of the labels. A feature that training never saw "
    "counts\n"
    "0; where it never saw the user or the item the prediction is the mean of the training "
    "ratings.\n"
    "graph-cut: a line for each node of DATA, node and label, ascending; nan where training never\n"
    "saw the node.";

typedef struct view {
    sq_model *model;
    sq_data *data;
    sq_evaluator *evaluator;
} view;

static void warn_unseen(const settings *s, const view *v, size_t unseen) {
    if (unseen)
        warn(s, "%zu of %zu samples have coordinates or labels that training never saw", unseen,
             v->data->samples);
}

static int open_view(view *v, const settings *s, sq_error *error) {
    int status = settings_arguments(s, 2, 2, "MODEL DATA", error);
    if (status == SQ_OK)
        status = sq_model_read(&v->model, s->arguments[0], error);
    if (status == SQ_OK)
        status = sq_data_read(&v->data, s->arguments[1], sq_model_data(v->model->kind),
                              (sq_format)s->format, error);
    if (status == SQ_OK)
        status = sq_evaluator_new(&v->evaluator, v->model, v->data, error);
    return status;
}

static int evaluate(const view *v, const settings *s, sq_error *error) {
    sq_evaluation result = sq_evaluator_run(v->evaluator);
    warn_unseen(s, v, result.unseen_samples);
    if (s->json)
        return print_json(
            json_pack("{s:s, s:s, s:I, s:o, s:o, s:s, s:I}", "model", sq_model_name(v->model->kind),
                      "model_hash", sq_model_hash(v->model).hex, "samples",
                      (json_int_t)v->data->samples, "loss", json_number(result.loss), "metric",
                      json_number(result.metric), "metric_name", result.metric_name, "unseen",
                      (json_int_t)result.unseen_samples),
            error);
    (void)printf("samples   %zu\nloss      %.9g\n%-9s %.6f\n", v->data->samples, result.loss,
                 result.metric_name, result.metric);
    return SQ_OK;
}

/* A line for each node. */
static void predict_nodes(const view *v, const settings *s) {
    for (size_t i = 0; i < v->data->names[0].count; i++) {
        float label = 0;
        const float *row = sq_evaluator_node(v->evaluator, i, &label);
        (void)printf("%u", v->data->names[0].name[i]);
        if (!row)
            (void)printf(" nan");
        else if (!s->scores)
            (void)printf(" %.9g", (double)label);
        for (uint32_t j = 0; row && s->scores && j < v->model->width; j++)
            (void)printf(" %.9g", (double)row[j]);
        (void)printf("\n");
    }
}

static int print_scores(const view *v, sq_error *error) {
    double *score = sqi_alloc(sq_evaluator_scores(v->evaluator, 0, NULL), sizeof *score, error);
    if (!score)
        return SQ_NO_MEMORY;
    for (size_t i = 0; i < v->data->samples; i++) {
        size_t count = sq_evaluator_scores(v->evaluator, i, score);
        for (size_t c = 0; c < count; c++)
            (void)printf("%.9g%c", score[c], c + 1 < count ? ' ' : '\n');
    }
    sqi_free(score);
    return SQ_OK;
}

static int predict(const view *v, const settings *s, sq_error *error) {
    warn_unseen(s, v, sq_evaluator_run(v->evaluator).unseen_samples);
    if (v->model->kind == SQ_GRAPH_CUT) {
        predict_nodes(v, s);
        return SQ_OK;
    }
    if (s->scores)
        return print_scores(v, error);
    for (size_t i = 0; i < v->data->samples; i++)
        (void)printf("%.9g\n", sq_evaluator_predict(v->evaluator, i).value);
    return SQ_OK;
}

static int command(int argc, char **argv, unsigned groups, const char *usage,
                   int (*run)(const view *v, const settings *s, sq_error *error)) {
    settings s;
    int early = begin(&s, argc, argv, groups, usage);
    if (early >= 0)
        return early;
    sq_error error = {0};
    view v = {0};
    int status = open_view(&v, &s, &error);
    if (status == SQ_OK)
        status = run(&v, &s, &error);
    sq_evaluator_free(v.evaluator);
    sq_data_free(v.data);
    sq_model_free(v.model);
    return end(status, &error);
}

int command_eval(int argc, char **argv) {
    return command(argc, argv, OPTIONS_FORMAT | OPTIONS_REPORT, EVAL_USAGE, evaluate);
}

int command_predict(int argc, char **argv) {
    return command(argc, argv, OPTIONS_FORMAT | OPTIONS_PREDICT, PREDICT_USAGE, predict);
}
