/* svm and logistic with K > 2 labels: a weight of every class for every feature, side by side in one
 * block.
 *
 * Given rows x_e of class y, and the margins m_c = w_c·x_e of all classes:
 *
 *     svm        loss = Σ_c max(0, 1 - y_c m_c),  y_c = +1 for c = y, else -1
 *                d_c = -y_c where y_c m_c < 1, else 0
 *     logistic   loss = -log p_y,  p = softmax(m)
 *                d_c = p_c - [c = y]
 *
 * (one against the rest: Rifkin, Klautau 2004; multinomial logistic regression: Bishop 2006, section
 * 4.3.4). Regularisation is linear.c's, with the norm of a block's K weights: the step, for every
 * feature u of e and every class c,
 *
 *     w_uc ← w_uc (1 - γ 2λ/d_u) - γ d_c x_eu
 *
 * A margin is one plain sum over the row's entries: the classes fill the vectors, so no sum has to be
 * cut into several. More than SQI_CHUNK classes are taken chunk by chunk, and the softmax then
 * computes their margins once for the largest, once for the sum and once for the step, so that a step
 * needs no memory but its stack, whatever K is. */
#include "model/multiclass.h"

#include <string.h>

#include "base/alloc.h"
#include "data/sort.h"
#include "model/labels.h"
#include "num/isa.h"

#define SQI_DOUBLES 2 /* what every processor with vectors has as one */
#include "model/class_rows.h"

static void margins(const sqi_row *row, const float *w, uint32_t stride, uint32_t count,
                    double *m) {
    sqi_add_margins(row, w, stride, count, m);
}

static void change(const sqi_row *row, float *w, uint32_t stride, uint32_t count,
                   const double *pull, const double *shrink, double gamma, int some) {
    sqi_change_rows(row, w, stride, count, pull, shrink, gamma, some);
}

static const sqi_class_kernels baseline = {margins, change};

/* Weights from class first on, padding included, that a chunk has. */
static uint32_t chunk_of(const sqi_linear *l, uint32_t first) {
    return l->stride - first < SQI_CHUNK ? l->stride - first : SQI_CHUNK;
}

static void linear_margins(const sqi_scorer *from, uint32_t first, double *m) {
    const sqi_linear *l = from->linear;
    l->kernels->margins(&from->row, from->w + first, l->stride, chunk_of(l, first), m);
}

static sqi_scorer scorer_of(const sqi_linear *l, const float *w, size_t sample) {
    return (sqi_scorer){.classes = l->classes,
                        .margins = linear_margins,
                        .linear = l,
                        .w = w,
                        .row = sqi_row_of(l->data, sample)};
}

static uint32_t class_of(const sqi_linear *l, size_t sample) {
    return sqi_label_find(l->label, l->classes, l->data->label[sample]);
}

/* d of a chunk of classes, and 0 for the padding; for softmax s is of all classes, and m holds the
 * chunk's exps where that is all there is. */
static void slopes(const sqi_scorer *from, const sqi_softmax *s, uint32_t y, uint32_t first,
                   double *m) {
    uint32_t padded = chunk_of(from->linear, first), left = from->classes - first;
    uint32_t count = left < padded ? left : padded;
    if (!s || from->classes > SQI_CHUNK)
        from->margins(from, first, m);
    if (!s) {
        for (uint32_t c = 0; c < count; c++)
            m[c] = first + c == y ? (m[c] < 1 ? -1 : 0) : (-m[c] < 1 ? 1 : 0);
    } else {
        double all = 1 + s->rest, one = 1 / all;
        if (from->classes > SQI_CHUNK)
            sqi_softmax_exps(s, count, m);
        double others = y == s->top ? s->rest : y - first < count ? all - m[y - first] : 0;
        for (uint32_t c = 0; c < count; c++)
            m[c] = first + c == y ? -(others * one) : m[c] * one;
    }
    for (uint32_t c = count; c < padded; c++)
        m[c] = 0;
}

static inline void step_row(const sqi_linear *l, float *w, size_t sample, double gamma,
                            sq_model_kind kind) {
    double m[SQI_CHUNK];
    const sqi_scorer from = scorer_of(l, w, sample);
    const uint32_t y = class_of(l, sample);
    sqi_softmax s;
    if (kind == SQ_LOGISTIC)
        s = sqi_softmax_of(&from, y, m);
    for (uint32_t first = 0; first < l->classes; first += SQI_CHUNK) {
        uint32_t count = chunk_of(l, first);
        slopes(&from, kind == SQ_LOGISTIC ? &s : NULL, y, first, m);
        for (uint32_t c = 0; c < count; c++)
            m[c] = -gamma * m[c];
        l->kernels->change(&from.row, w + first, l->stride, count, m, l->shrink, gamma,
                           kind == SQ_SVM);
    }
}

static inline void row_gradient(const sqi_linear *l, const float *w, size_t sample,
                                double *gradient, sq_model_kind kind) {
    double m[SQI_CHUNK];
    const sqi_scorer from = scorer_of(l, w, sample);
    const uint32_t y = class_of(l, sample);
    sqi_softmax s;
    if (kind == SQ_LOGISTIC)
        s = sqi_softmax_of(&from, y, m);
    for (uint32_t first = 0; first < l->classes; first += SQI_CHUNK) {
        uint32_t left = l->classes - first, count = left < SQI_CHUNK ? left : SQI_CHUNK;
        slopes(&from, kind == SQ_LOGISTIC ? &s : NULL, y, first, m);
        for (size_t i = 0; i < from.row.n; i++)
            for (uint32_t c = 0; c < count; c++)
                gradient[i * l->classes + first + c] = m[c] * (double)from.row.value[i];
    }
    for (size_t i = 0; l->shrink && i < from.row.n; i++) {
        const float *weights = w + (size_t)from.row.column[i] * l->stride;
        for (uint32_t c = 0; c < l->classes; c++)
            gradient[i * l->classes + c] += l->shrink[from.row.column[i]] * (double)weights[c];
    }
}

static double regularised_loss(const sqi_linear *l, const float *w, size_t sample,
                               sq_model_kind kind) {
    const sqi_scorer from = scorer_of(l, w, sample);
    double loss = sqi_classes_loss(&from, kind, class_of(l, sample)), penalty = 0;
    for (size_t i = 0; l->shrink && i < from.row.n; i++) {
        const float *weights = w + (size_t)from.row.column[i] * l->stride;
        double squares = 0;
        for (uint32_t c = 0; c < l->classes; c++)
            squares += (double)weights[c] * (double)weights[c];
        penalty += l->shrink[from.row.column[i]] * squares;
    }
    return loss + 0.5 * penalty;
}

SQI_ROW_KERNELS(svm, SQ_SVM)
SQI_ROW_KERNELS(logistic, SQ_LOGISTIC)

static const sqi_class_kernels *widest_kernels(void) {
#if defined(__x86_64__)
    if (sqi_isa() >= SQI_ISA_AVX2) /* wider vectors gained nothing: rows are read from the cache */
        return &sqi_class_kernels_avx2;
#endif
    return &baseline;
}

int sqi_classes_problem(sq_problem *p, sqi_linear *l, const sq_model *model, sq_error *error) {
    l->classes = model->labels;
    l->kernels = widest_kernels();
    l->label = sqi_alloc(l->classes, sizeof *l->label, error);
    if (!l->label)
        return SQ_NO_MEMORY;
    memcpy(l->label, model->label, l->classes * sizeof *l->label);
    int hinge = model->kind == SQ_SVM;
    p->step = hinge ? svm_step : logistic_step;
    p->steps = hinge ? svm_steps : logistic_steps;
    p->gradient = hinge ? svm_gradient : logistic_gradient;
    p->loss = hinge ? svm_loss : logistic_loss;
    p->loss_sum = hinge ? svm_losses : logistic_losses;
    double entries = (double)l->data->nonzeros / (double)l->data->samples;
    p->fixed_ns = hinge ? 80 + 2.0 * l->classes : 90 + 15.0 * l->classes;
    p->step_ns = p->fixed_ns + 0.4 * l->stride * entries;
    return SQ_OK;
}

uint32_t sqi_classes_stride(uint32_t classes) {
    return (classes + 3) / 4 * 4;
}

/* The number of distinct labels; *distinct: (size samples) each of them in the high half of an item,
 * in ascending order, as the bits of a number that ascends with it; in the low half the first sample
 * that has it. */
static size_t find_distinct(uint64_t *items, uint64_t *scratch, const sq_data *data) {
    for (size_t i = 0; i < data->samples; i++) {
        uint32_t bits;
        float label = data->label[i] == 0 ? 0 : data->label[i]; /* one zero */
        memcpy(&bits, &label, sizeof bits);
        bits = bits & UINT32_C(0x80000000) ? ~bits : bits | UINT32_C(0x80000000);
        items[i] = (uint64_t)bits << 32 | (uint32_t)i;
    }
    sqi_sort_high(items, scratch, data->samples);
    size_t count = 0;
    for (size_t i = 0; i < data->samples; i++)
        if (count == 0 || items[count - 1] >> 32 != items[i] >> 32)
            items[count++] = items[i];
    return count;
}

static int set_labels(sq_model *model, const sq_data *data, const uint64_t *items, size_t count,
                      sq_error *error) {
    if (count > SQI_CLASSES_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s tells at most %d labels apart, the data have %zu; least-squares takes "
                        "any numbers",
                        sq_model_name(model->kind), SQI_CLASSES_MAX, count);
    model->label = sqi_alloc(count, sizeof *model->label, error);
    if (!model->label)
        return SQ_NO_MEMORY;
    for (size_t c = 0; c < count; c++)
        model->label[c] = data->label[(uint32_t)items[c]];
    model->labels = model->width = (uint32_t)count;
    return SQ_OK;
}

int sqi_classes_shape(sq_model *model, const sq_data *data, sq_error *error) {
    uint64_t *items = sqi_alloc(data->samples, sizeof *items, error);
    uint64_t *scratch = items ? sqi_alloc(data->samples, sizeof *scratch, error) : NULL;
    int status = SQ_NO_MEMORY;
    if (scratch)
        status = set_labels(model, data, items, find_distinct(items, scratch, data), error);
    sqi_free(scratch);
    sqi_free(items);
    return status;
}
