/* Losses, predictions and accuracy of the whole network. */
#include "model/labels.h"
#include "model/mlp.h"
#include "num/exp.h"
#include "num/float_env.h"
#include "num/log.h"

static double largest(const double *logit, uint32_t labels) {
    double most = logit[0];
    for (uint32_t c = 1; c < labels; c++)
        most = logit[c] > most ? logit[c] : most;
    return most;
}

void sqi_softmax(double *logit, uint32_t labels) {
    double most = largest(logit, labels), sum = 0;
    for (uint32_t c = 0; c < labels; c++) {
        logit[c] = sqi_exp(logit[c] - most);
        sum += logit[c];
    }
    for (uint32_t c = 0; c < labels; c++)
        logit[c] /= sum;
}

double sqi_cross_entropy(const double *logit, uint32_t labels, uint32_t target) {
    double most = largest(logit, labels), sum = 0;
    for (uint32_t c = 0; c < labels; c++)
        sum += sqi_exp(logit[c] - most);
    return sqi_log(sum) + (most - logit[target]);
}

double sqi_mlp_loss(const void *context, const float *x, size_t sample) {
    return sqi_mlp_loss_sum(context, x, sample, 1);
}

double sqi_mlp_loss_sum(const void *context, const float *x, size_t first, size_t count) {
    const sqi_mlp_context *m = context;
    const sqi_view view = {m->data, NULL};
    const uint32_t labels = m->net.labels;
    size_t group = sqi_group_size(&m->net);
    double logit[SQI_GROUP_LOGITS], sum = 0;
    for (size_t done = 0; done < count; done += group) {
        size_t n = count - done < group ? count - done : group;
        sqi_whole_logits(&m->net, x, &view, first + done, n, logit);
        for (size_t s = 0; s < n; s++)
            sum += sqi_cross_entropy(logit + s * labels, labels, m->target[first + done + s]);
    }
    return sum;
}

/* The first of the largest. */
static uint32_t best(const double *logit, uint32_t labels) {
    uint32_t at = 0;
    for (uint32_t c = 1; c < labels; c++)
        at = logit[c] > logit[at] ? c : at;
    return at;
}

static uint32_t worst(const double *logit, uint32_t labels) {
    uint32_t at = 0;
    for (uint32_t c = 1; c < labels; c++)
        at = logit[c] < logit[at] ? c : at;
    return at;
}

static int has_unseen(const sq_evaluator *e, size_t sample) {
    int unseen = 0;
    for (uint64_t i = e->data->row[sample]; i < e->data->row[sample + 1]; i++)
        unseen |= e->block[e->data->column[i]] == SQI_UNSEEN;
    return unseen;
}

sq_prediction sqi_mlp_predict(const sq_evaluator *e, size_t sample, int *unseen) {
    const sqi_network net = sqi_network_of(e->model);
    const sqi_view view = {e->data, e->block};
    double logit[SQI_GROUP_LOGITS];
    sqi_whole_logits(&net, e->model->x, &view, sample, 1, logit);
    uint32_t at = best(logit, net.labels);
    *unseen |= has_unseen(e, sample);
    return (sq_prediction){logit[at], (double)e->model->label[at]};
}

/* A label that training never saw is a miss, with the loss of the least likely one. */
static void judge(const sq_evaluator *e, size_t sample, const double *logit, double *loss,
                  double *metric, size_t *unseen) {
    const uint32_t labels = e->model->labels;
    uint32_t target = sqi_label_find(e->model->label, labels, e->data->label[sample]);
    *metric += best(logit, labels) == target;
    *unseen += target == labels || has_unseen(e, sample);
    *loss += sqi_cross_entropy(logit, labels, target == labels ? worst(logit, labels) : target);
}

void sqi_mlp_judge_all(const sq_evaluator *e, double *loss, double *metric, size_t *unseen) {
    const sqi_network net = sqi_network_of(e->model);
    const sqi_view view = {e->data, e->block};
    size_t group = sqi_group_size(&net), samples = e->data->samples;
    double logit[SQI_GROUP_LOGITS];
    for (size_t first = 0; first < samples; first += group) {
        size_t n = samples - first < group ? samples - first : group;
        sqi_whole_logits(&net, e->model->x, &view, first, n, logit);
        for (size_t s = 0; s < n; s++)
            judge(e, first + s, logit + s * net.labels, loss, metric, unseen);
    }
}
