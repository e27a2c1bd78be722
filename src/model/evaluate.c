/* Losses, metrics and predictions of a model on any data. */
#include "base/alloc.h"
#include "model/kind.h"
#include "num/float_env.h"
#include "num/self_check.h"
#include "num/square_root.h"

/* Both lists of names ascend: one pass over each. first: the block of model->name[0]. */
static void match_names(uint32_t *block, const sq_names *data, const sq_names *model,
                        size_t first) {
    size_t m = 0;
    for (size_t i = 0; i < data->count; i++) {
        while (m < model->count && model->name[m] < data->name[i])
            m++;
        int known = m < model->count && model->name[m] == data->name[i];
        block[i] = known ? (uint32_t)(first + m) : SQI_UNSEEN;
    }
}

static int has_bias(const sq_names *names) {
    return names->count && names->name[names->count - 1] == SQ_BIAS_NAME;
}

int sq_evaluator_new(sq_evaluator **evaluator, const sq_model *model, const sq_data *data,
                     sq_error *error) {
    *evaluator = NULL;
    const sqi_model_kind *kind = sqi_model_kind_of(model->kind);
    if (data->kind != kind->data)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "%s does not fit this kind of data", kind->name);
    sqi_float_env was = sqi_float_env_enter();
    int status = sqi_self_check(error);
    sqi_float_env_leave(was);
    if (status != SQ_OK)
        return status;
    sq_evaluator *e = sqi_alloc(1, sizeof *e, error);
    if (!e)
        return SQ_NO_MEMORY;
    e->model = model;
    e->data = data;
    e->bias = data->kind == SQ_ROWS && has_bias(&model->names[0]) && !has_bias(&data->names[0]);
    e->block = sqi_alloc(data->names[0].count + data->names[1].count, sizeof *e->block, error);
    if (!e->block) {
        sqi_free(e);
        return SQ_NO_MEMORY;
    }
    match_names(e->block, &data->names[0], &model->names[0], 0);
    match_names(e->block + data->names[0].count, &data->names[1], &model->names[1],
                model->names[0].count);
    *evaluator = e;
    return SQ_OK;
}

sq_evaluator *sq_evaluator_free(sq_evaluator *evaluator) {
    if (evaluator)
        sqi_free(evaluator->block);
    return sqi_free(evaluator);
}

sq_evaluation sq_evaluator_run(const sq_evaluator *e) {
    const sqi_model_kind *kind = sqi_model_kind_of(e->model->kind);
    sqi_float_env was = sqi_float_env_enter();
    double loss = 0, metric = 0;
    size_t unseen_samples = 0;
    if (kind->judge_all)
        kind->judge_all(e, &loss, &metric, &unseen_samples);
    for (size_t i = 0; i < e->data->samples && !kind->judge_all; i++) {
        int unseen = 0;
        double sample_loss, sample_metric;
        sq_prediction p = kind->predict(e, i, &unseen);
        kind->judge(e, i, p, &sample_loss, &sample_metric, &unseen);
        loss += sample_loss;
        metric += sample_metric;
        unseen_samples += unseen != 0;
    }
    double n = (double)e->data->samples;
    sq_evaluation result = {.loss = loss / n,
                            .metric = kind->finish == SQI_SUM ? metric : metric / n,
                            .metric_name = kind->metric,
                            .unseen_samples = unseen_samples};
    if (kind->finish == SQI_ROOT_OF_MEAN)
        result.metric = sqi_square_root(result.metric);
    sqi_float_env_leave(was);
    return result;
}

sq_prediction sq_evaluator_predict(const sq_evaluator *evaluator, size_t sample) {
    int unseen = 0;
    sqi_float_env was = sqi_float_env_enter();
    sq_prediction p =
        sqi_model_kind_of(evaluator->model->kind)->predict(evaluator, sample, &unseen);
    sqi_float_env_leave(was);
    return p;
}

const float *sq_evaluator_node(const sq_evaluator *evaluator, size_t node, float *label) {
    const sq_model *model = evaluator->model;
    if (evaluator->block[node] == SQI_UNSEEN)
        return NULL;
    const float *row = model->x + evaluator->block[node] * (size_t)model->stride;
    *label = model->label[sqi_greatest_of(row, model->width)];
    return row;
}

size_t sq_evaluator_scores(const sq_evaluator *evaluator, size_t sample, double *scores) {
    const sqi_model_kind *kind = sqi_model_kind_of(evaluator->model->kind);
    if (!kind->scores) {
        if (scores)
            *scores = sq_evaluator_predict(evaluator, sample).score;
        return 1;
    }
    sqi_float_env was = sqi_float_env_enter();
    size_t count = kind->scores(evaluator, sample, scores);
    sqi_float_env_leave(was);
    return count;
}
