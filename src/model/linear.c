/* The linear models on sparse rows: svm, logistic, least-squares.
 *
 * Given rows x_e with targets y_e:
 *
 *     f_e(w) = loss(w·x_e, y_e) + λ Σ_{u∈e} w_u² / d_u
 *
 * with d_u the number of samples that have coordinate u, so that the step of a sample touches its
 * own coordinates only (Niu, Recht, Ré, Wright 2011, section 2) and the sum over all samples has
 * λ ‖w‖². The step, for every u of e:
 *
 *     m = w·x_e,  c = -γ loss'(m, y_e),  w_u ← w_u (1 - γ 2λ/d_u) + c x_eu
 *
 *     svm             loss = max(0, 1 - y m)        c = γ y where y m < 1, else 0
 *     logistic        loss = log(1 + exp(-y m))     c = γ y / (1 + exp(y m))
 *     least-squares   loss = (m - y)²               c = 2γ (y - m)
 *
 * That is for two labels; multiclass.c has svm and logistic for more.
 *
 * Scalars are binary64, weights are rounded once to binary32 when they are stored. */
#include "model/linear.h"

#include <math.h>

#include "base/alloc.h"
#include "model/kind.h"
#include "model/multiclass.h"
#include "num/coarse.h"
#include "num/exp.h"
#include "num/float_env.h"
#include "num/isa.h"

/* y of a sample. */
static inline double target(const sqi_linear *l, size_t sample, sq_model_kind kind) {
    float label = l->data->label[sample];
    return kind == SQ_LEAST_SQUARES ? (double)label : label == l->positive ? 1 : -1;
}

static inline double pull(sq_model_kind kind, double margin, double y, double gamma) {
    if (kind == SQ_SVM)
        return y * margin < 1 ? gamma * y : 0;
    if (kind == SQ_LOGISTIC)
        return gamma * y / (1 + sqi_exp(y * margin));
    return 2 * gamma * (y - margin);
}

/* loss'(m, y). */
static inline double slope(sq_model_kind kind, double margin, double y) {
    if (kind == SQ_SVM)
        return y * margin < 1 ? -y : 0;
    if (kind == SQ_LOGISTIC)
        return -y / (1 + sqi_exp(y * margin));
    return 2 * (margin - y);
}

static inline double loss_at(sq_model_kind kind, double margin, double y) {
    double ym = y * margin;
    if (kind == SQ_SVM)
        return ym < 1 ? 1 - ym : 0;
    if (kind == SQ_LOGISTIC) /* log(1 + e^-z), for negative z as -z + log(1 + e^z) */
        return ym >= 0 ? sqi_log1p(sqi_exp(-ym)) : -ym + sqi_log1p(sqi_exp(ym));
    return (margin - y) * (margin - y);
}

SQI_INLINED void step_row(const sqi_linear *l, float *w, size_t sample, double gamma,
                          sq_model_kind kind) {
    const sqi_row row = sqi_row_of(l->data, sample);
    double c =
        pull(kind, sqi_dot(l, w, row.column, row.value, row.n), target(l, sample, kind), gamma);
    if (l->shrink && sqi_is_long(l, row.n)) {
        l->long_rows->shrink_and_add(w, row.column, row.value, row.n, c, l->shrink, gamma);
    } else if (l->shrink) {
        sqi_shrink_and_add_row(w, row.column, row.value, row.n, c, l->shrink, gamma);
    } else if (kind == SQ_SVM && c == 0) {
        return;
    } else if (sqi_is_long(l, row.n)) {
        l->long_rows->add(w, row.column, row.value, row.n, c);
    } else {
        sqi_add_row(w, row.column, row.value, row.n, c);
    }
}

SQI_INLINED void row_gradient(const sqi_linear *l, const float *w, size_t sample, double *gradient,
                              sq_model_kind kind) {
    const sqi_row row = sqi_row_of(l->data, sample);
    double c = slope(kind, sqi_dot(l, w, row.column, row.value, row.n), target(l, sample, kind));
    for (size_t i = 0; i < row.n; i++)
        gradient[i] = c * (double)row.value[i];
    for (size_t i = 0; l->shrink && i < row.n; i++)
        gradient[i] += l->shrink[row.column[i]] * (double)w[row.column[i]];
}

SQI_INLINED double regularised_loss(const sqi_linear *l, const float *w, size_t sample,
                                    sq_model_kind kind) {
    const sqi_row row = sqi_row_of(l->data, sample);
    double loss =
        loss_at(kind, sqi_dot(l, w, row.column, row.value, row.n), target(l, sample, kind));
    double penalty = 0;
    for (size_t i = 0; l->shrink && i < row.n; i++)
        penalty += l->shrink[row.column[i]] * ((double)w[row.column[i]] * (double)w[row.column[i]]);
    return loss + 0.5 * penalty;
}

SQI_ROW_KERNELS(svm, SQ_SVM)
SQI_ROW_KERNELS(logistic, SQ_LOGISTIC)
SQI_ROW_KERNELS(least_squares, SQ_LEAST_SQUARES)

static const struct kernels {
    void (*step)(const void *context, float *w, const sq_step *step);
    void (*steps)(const void *context, float *w, const sq_steps *steps);
    void (*gradient)(const void *context, const float *w, const sq_step *step, double *gradient);
    double (*loss)(const void *context, const float *w, size_t sample);
    double (*losses)(const void *context, const float *w, size_t first, size_t count);
    double step_ns, entry_ns; /* what a step takes, and each entry of its row: a fit to 4 … 150 */
} kernels[] = {
    [SQ_SVM] = {svm_step, svm_steps, svm_gradient, svm_loss, svm_losses, 14, 0.85},
    [SQ_LOGISTIC] = {logistic_step, logistic_steps, logistic_gradient, logistic_loss,
                     logistic_losses, 20, 1.45},
    [SQ_LEAST_SQUARES] = {least_squares_step, least_squares_steps, least_squares_gradient,
                          least_squares_loss, least_squares_losses, 5, 1.4},
};

static void context_free(void *context) {
    sqi_linear *l = context;
    if (l) {
        sqi_free(l->shrink);
        sqi_free(l->label);
    }
    sqi_free(l);
}

static void look_at(sqi_linear *l, const sq_data *data, size_t blocks) {
    l->data = data;
    l->graph = (sq_hypergraph){
        .samples = data->samples, .blocks = blocks, .begin = data->row, .block = data->column};
}

static int view(void **view, const sq_hypergraph **graph, const void *context, const sq_data *data,
                sq_error *error) {
    sqi_linear *l = *view = *view ? *view : sqi_alloc(1, sizeof *l, error);
    if (!l)
        return SQ_NO_MEMORY;
    *l = *(const sqi_linear *)context;
    look_at(l, data, l->graph.blocks);
    *graph = &l->graph;
    return SQ_OK;
}

static const sqi_long_rows *long_rows(void) {
#if defined(__x86_64__)
    if (sqi_isa() >= SQI_ISA_AVX2)
        return &sqi_long_rows_avx2;
#endif
    return NULL;
}

static void two_labels_problem(sq_problem *p, sqi_linear *l, const sq_model *model) {
    l->positive = model->labels ? model->label[1] : 0;
    l->long_rows = long_rows();
    p->fixed_ns = kernels[model->kind].step_ns;
    p->step_ns = p->fixed_ns + kernels[model->kind].entry_ns * (double)l->data->nonzeros /
                                   (double)l->data->samples;
    p->step = kernels[model->kind].step;
    p->steps = kernels[model->kind].steps;
    p->gradient = kernels[model->kind].gradient;
    p->loss = kernels[model->kind].loss;
    p->loss_sum = kernels[model->kind].losses;
}

static int problem(sq_problem *p, void **context, const sq_model *model, const sq_data *data,
                   double l2, sq_error *error) {
    sqi_linear *l = *context = sqi_alloc(1, sizeof *l, error);
    if (!l)
        return SQ_NO_MEMORY;
    look_at(l, data, model->blocks);
    l->stride = model->stride;
    l->ahead = model->blocks * model->stride >= SQI_WEIGHTS_FAR ? SQI_WEIGHTS_AHEAD : 0;
    p->graph = &l->graph;
    int status = SQ_OK;
    if (model->width > 1)
        status = sqi_classes_problem(p, l, model, error);
    else
        two_labels_problem(p, l, model);
    if (status == SQ_OK && l2 > 0)
        status = sqi_shrink_new(&l->shrink, &l->graph, l2, error);
    return status;
}

static int shape_values(sq_model *model, const sq_model_options *options, const sq_data *data,
                        sq_error *error) {
    (void)options, (void)data, (void)error;
    model->width = 1;
    return SQ_OK;
}

static uint32_t stride(uint32_t width) {
    return width > 1 ? sqi_classes_stride(width) : width;
}

static int valid(const sq_model *model) {
    if (model->names[1].count != 0 || model->layers != 0)
        return 0;
    if (model->kind == SQ_LEAST_SQUARES)
        return model->width == 1 && model->labels == 0;
    return model->labels == (model->width == 1 ? 2 : model->width) && model->width != 2 &&
           model->labels <= SQI_CLASSES_MAX;
}

/* Two labels: the smaller stands for -1, the larger for +1. A single one stands for its sign. More
 * are told apart by a weight for each. */
static int shape_labels(sq_model *model, const sq_model_options *options, const sq_data *data,
                        sq_error *error) {
    float low = data->label[0], high = low;
    for (size_t i = 0; i < data->samples; i++) {
        low = data->label[i] < low ? data->label[i] : low;
        high = data->label[i] > high ? data->label[i] : high;
    }
    for (size_t i = 0; i < data->samples; i++)
        if (data->label[i] != low && data->label[i] != high)
            return sqi_classes_shape(model, data, error);
    if (low == high) {
        low = high > 0 ? -high : high == 0 ? -1 : low;
        high = high < 0 ? -high : high;
    }
    model->label = sqi_alloc(2, sizeof *model->label, error);
    if (!model->label)
        return SQ_NO_MEMORY;
    model->labels = 2;
    model->label[0] = low;
    model->label[1] = high;
    return shape_values(model, options, data, error);
}

static double mean_square_norm(const sq_data *data) {
    double sum = 0;
    for (size_t i = 0; i < data->nonzeros; i++)
        sum += (double)data->value[i] * (double)data->value[i];
    return sum / (double)data->samples;
}

static void defaults(const sq_model *model, const sq_data *data, double *step, double *decay) {
    double norm = mean_square_norm(data);
    double unit = model->kind == SQ_SVM ? 0.5 : model->kind == SQ_LOGISTIC ? 1 : 0.1;
    *step = norm > 0 ? unit / sqi_coarse(norm) : unit;
    *decay = 0.8;
}

static sq_prediction predict(const sq_evaluator *e, size_t sample, int *unseen) {
    const sq_data *data = e->data;
    uint64_t begin = data->row[sample];
    size_t n = (size_t)(data->row[sample + 1] - begin);
    double a[4] = {0};
    for (size_t i = 0; i < n; i++) {
        uint32_t block = e->block[data->column[begin + i]];
        if (block == SQI_UNSEEN)
            *unseen = 1;
        else
            a[i % 4] += (double)e->model->x[block] * (double)data->value[begin + i];
    }
    if (e->bias)
        a[n % 4] += (double)e->model->x[e->model->blocks - 1];
    double margin = (a[0] + a[1]) + (a[2] + a[3]);
    return (sq_prediction){margin, margin};
}

static sq_prediction classify(const sq_evaluator *e, size_t sample, int *unseen) {
    if (e->model->width > 1)
        return sqi_classes_predict(e, sample, unseen);
    sq_prediction p = predict(e, sample, unseen);
    p.value = (double)e->model->label[p.score > 0];
    return p;
}

static void judge_value(const sq_evaluator *e, size_t sample, sq_prediction p, double *loss,
                        double *metric, int *unseen) {
    (void)unseen;
    *loss = *metric = loss_at(SQ_LEAST_SQUARES, p.score, (double)e->data->label[sample]);
}

static void judge_label(const sq_evaluator *e, size_t sample, sq_prediction p, double *loss,
                        double *metric, int *unseen) {
    if (e->model->width > 1) {
        sqi_classes_judge(e, sample, p, loss, metric, unseen);
        return;
    }
    float label = e->data->label[sample];
    if (label != e->model->label[0] && label != e->model->label[1])
        *unseen = 1;
    double y = label == e->model->label[1] ? 1 : -1;
    *loss = loss_at(e->model->kind, p.score, y);
    *metric = p.value == (double)label;
}

static size_t scores(const sq_evaluator *e, size_t sample, double *score) {
    int unseen = 0;
    if (score && e->model->width > 1)
        sqi_classes_scores(e, sample, score);
    else if (score)
        *score = predict(e, sample, &unseen).score;
    return e->model->width;
}

const sqi_model_kind sqi_svm = {.name = "svm",
                                .data = SQ_ROWS,
                                .metric = "accuracy",
                                .shape = shape_labels,
                                .stride = stride,
                                .valid = valid,
                                .defaults = defaults,
                                .problem = problem,
                                .context_free = context_free,
                                .view = view,
                                .predict = classify,
                                .judge = judge_label,
                                .scores = scores};

const sqi_model_kind sqi_logistic = {.name = "logistic",
                                     .data = SQ_ROWS,
                                     .metric = "accuracy",
                                     .shape = shape_labels,
                                     .stride = stride,
                                     .valid = valid,
                                     .defaults = defaults,
                                     .problem = problem,
                                     .context_free = context_free,
                                     .view = view,
                                     .predict = classify,
                                     .judge = judge_label,
                                     .scores = scores};

const sqi_model_kind sqi_least_squares = {.name = "least-squares",
                                          .data = SQ_ROWS,
                                          .metric = "rmse",
                                          .finish = SQI_ROOT_OF_MEAN,
                                          .shape = shape_values,
                                          .stride = stride,
                                          .valid = valid,
                                          .defaults = defaults,
                                          .problem = problem,
                                          .context_free = context_free,
                                          .view = view,
                                          .predict = predict,
                                          .judge = judge_value};
