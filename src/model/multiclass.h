/* svm and logistic with more than two labels, the classes 0 … K - 1 in ascending order of their
 * labels. linear.c calls these where a model's width is above 1. */
#ifndef SQI_MODEL_MULTICLASS_H
#define SQI_MODEL_MULTICLASS_H

#include "model/kind.h"
#include "model/linear.h"

enum {
    SQI_CLASSES_MAX = 65536,
    SQI_CHUNK = 1024 /* classes whose margins a step holds at once, on its stack */
};

/* Sets the labels and the width of a model of data with more than two. Cost: O(samples) of time and
 * memory. */
int sqi_classes_shape(sq_model *model, const sq_data *data, sq_error *error);

/* Weights of a feature, K of them, are filled up with zeros to a multiple of four. */
uint32_t sqi_classes_stride(uint32_t classes);

/* The functions of problem.h and what they need in the context. */
int sqi_classes_problem(sq_problem *p, sqi_linear *l, const sq_model *model, sq_error *error);

/* Where margins come from: a row in training or in evaluation. */
typedef struct sqi_scorer {
    uint32_t classes;

    /* The margins of the classes first, …, as many as there are, but at most SQI_CHUNK (and up to 3
     * zeros behind the last one). m: size SQI_CHUNK. */
    void (*margins)(const struct sqi_scorer *from, uint32_t first, double *m);

    const sqi_linear *linear; /* training … */
    const float *w;
    const sq_evaluator *evaluator; /* … or evaluation */
    sqi_row row;
} sqi_scorer;

/* Softmax of the margins: p_c = exp(m_c - most) / (1 + rest), with rest the sum over all but top. */
typedef struct sqi_softmax {
    uint32_t top;      /* the lowest class with the largest margin … */
    double most, rest; /* … which this is */
    double own;        /* the margin of y */
} sqi_softmax;

/* m: size SQI_CHUNK. Where there are no more classes than that, it holds exp(m_c - most) afterwards. */
sqi_softmax sqi_softmax_of(const sqi_scorer *from, uint32_t y, double *m);

/* m_c - most → exp of it for `count` margins. */
void sqi_softmax_exps(const sqi_softmax *s, uint32_t count, double *m);

/* The loss without regularisation, given the sample's class. */
double sqi_classes_loss(const sqi_scorer *from, sq_model_kind kind, uint32_t y);

/* What kind.h asks for. */
sq_prediction sqi_classes_predict(const sq_evaluator *e, size_t sample, int *unseen);
void sqi_classes_judge(const sq_evaluator *e, size_t sample, sq_prediction p, double *loss,
                       double *metric, int *unseen);
void sqi_classes_scores(const sq_evaluator *e, size_t sample, double *scores);

/* Kernels, for vectors of several widths and with the same bits. w: the first of `count` weights of
 * feature 0, count a multiple of 4; m, pull: size count. */
typedef struct sqi_class_kernels {
    void (*margins)(const sqi_row *row, const float *w, uint32_t stride, uint32_t count, double *m);

    /* w ← w (1 - γ shrink) + pull × value, or without shrink (NULL) w + pull × value; then, where
     * `some` is set, a weight with pull 0 is left as it is. */
    void (*change)(const sqi_row *row, float *w, uint32_t stride, uint32_t count,
                   const double *pull, const double *shrink, double gamma, int some);
} sqi_class_kernels;

extern const sqi_class_kernels sqi_class_kernels_avx2; /* x86-64 */

#endif
