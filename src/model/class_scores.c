/* From the margins of all classes to losses and predictions.
 *
 * svm, one against the rest: Σ_c max(0, 1 - y_c m_c), y_c = 1 for the sample's class, -1 for the
 * others. logistic: -log p_y, p the softmax of the margins,
 *
 *     p_c = exp(m_c - M) / (1 + r),   M = m_t the largest margin,  r = Σ_{c≠t} exp(m_c - M)
 *     -log p_y = (M - m_y) + log(1 + r)
 *
 * so that nothing overflows, and a small loss keeps its digits: it is about r. */
#include <string.h>

#include "model/labels.h"
#include "model/multiclass.h"
#include "num/exp.h"
#include "num/float_env.h"
#include "num/log.h"

static uint32_t chunk_of(const sqi_scorer *from, uint32_t first) {
    return from->classes - first < SQI_CHUNK ? from->classes - first : SQI_CHUNK;
}

void sqi_softmax_exps(const sqi_softmax *s, uint32_t count, double *m) {
    for (uint32_t c = 0; c < count; c++)
        m[c] = sqi_exp(m[c] - s->most);
}

/* The lowest class with the largest margin, and y's. m holds the last chunk's afterwards. */
static sqi_softmax find_top(const sqi_scorer *from, uint32_t y, double *m) {
    sqi_softmax s = {0};
    for (uint32_t first = 0; first < from->classes; first += SQI_CHUNK) {
        from->margins(from, first, m);
        if (first == 0)
            s.most = m[0];
        for (uint32_t c = 0; c < chunk_of(from, first); c++)
            if (m[c] > s.most) {
                s.top = first + c;
                s.most = m[c];
            }
        if (y - first < SQI_CHUNK)
            s.own = m[y - first];
    }
    return s;
}

static void add_rest(const sqi_scorer *from, sqi_softmax *s, double *m) {
    for (uint32_t first = 0; first < from->classes; first += SQI_CHUNK) {
        if (from->classes > SQI_CHUNK)
            from->margins(from, first, m);
        sqi_softmax_exps(s, chunk_of(from, first), m);
        for (uint32_t c = 0; c < chunk_of(from, first); c++)
            if (first + c != s->top)
                s->rest += m[c];
    }
}

sqi_softmax sqi_softmax_of(const sqi_scorer *from, uint32_t y, double *m) {
    sqi_softmax s = find_top(from, y, m);
    add_rest(from, &s, m);
    return s;
}

static double hinge_loss(const sqi_scorer *from, uint32_t y) {
    double m[SQI_CHUNK], loss = 0;
    for (uint32_t first = 0; first < from->classes; first += SQI_CHUNK) {
        from->margins(from, first, m);
        for (uint32_t c = 0; c < chunk_of(from, first); c++) {
            double z = first + c == y ? m[c] : -m[c];
            loss += z < 1 ? 1 - z : 0;
        }
    }
    return loss;
}

static double softmax_loss(const sqi_scorer *from, uint32_t y) {
    double m[SQI_CHUNK];
    sqi_softmax s = sqi_softmax_of(from, y, m);
    return (s.most - s.own) + sqi_log1p_any(s.rest);
}

double sqi_classes_loss(const sqi_scorer *from, sq_model_kind kind, uint32_t y) {
    return kind == SQ_SVM ? hinge_loss(from, y) : softmax_loss(from, y);
}

/* --- evaluation ------------------------------------------------------------------------------- */

static void add_weights(double *m, const float *weights, double value, uint32_t count) {
    for (uint32_t c = 0; c < count; c++)
        m[c] += (double)weights[c] * value;
}

static void evaluator_margins(const sqi_scorer *from, uint32_t first, double *m) {
    const sq_evaluator *e = from->evaluator;
    const float *x = e->model->x + first;
    uint32_t count = chunk_of(from, first);
    memset(m, 0, count * sizeof *m);
    for (size_t i = 0; i < from->row.n; i++) {
        uint32_t block = e->block[from->row.column[i]];
        if (block != SQI_UNSEEN)
            add_weights(m, x + (size_t)block * e->model->stride, (double)from->row.value[i], count);
    }
    if (e->bias)
        add_weights(m, x + (e->model->blocks - 1) * e->model->stride, 1, count);
}

static sqi_scorer scorer_of(const sq_evaluator *e, size_t sample) {
    return (sqi_scorer){.classes = e->model->labels,
                        .margins = evaluator_margins,
                        .evaluator = e,
                        .row = sqi_row_of(e->data, sample)};
}

sq_prediction sqi_classes_predict(const sq_evaluator *e, size_t sample, int *unseen) {
    double m[SQI_CHUNK];
    sqi_scorer from = scorer_of(e, sample);
    for (size_t i = 0; i < from.row.n; i++)
        if (e->block[from.row.column[i]] == SQI_UNSEEN)
            *unseen = 1;
    sqi_softmax s = find_top(&from, 0, m);
    return (sq_prediction){s.most, (double)e->model->label[s.top]};
}

void sqi_classes_judge(const sq_evaluator *e, size_t sample, sq_prediction p, double *loss,
                       double *metric, int *unseen) {
    sqi_scorer from = scorer_of(e, sample);
    float label = e->data->label[sample];
    uint32_t y = sqi_label_find(e->model->label, e->model->labels, label);
    if (y == e->model->labels) {
        *unseen = 1;
        y = 0; /* as of two labels: what is not known counts as the lowest */
    }
    *loss = sqi_classes_loss(&from, e->model->kind, y);
    *metric = p.value == (double)label;
}

void sqi_classes_scores(const sq_evaluator *e, size_t sample, double *scores) {
    double m[SQI_CHUNK];
    sqi_scorer from = scorer_of(e, sample);
    for (uint32_t first = 0; first < from.classes; first += SQI_CHUNK) {
        evaluator_margins(&from, first, m);
        memcpy(scores + first, m, chunk_of(&from, first) * sizeof *m);
    }
}
