/* What a built-in model provides. Adding one is a file and a line in models.c. */
#ifndef SQI_MODEL_KIND_H
#define SQI_MODEL_KIND_H

#include "sequent/model.h"

/* A model's view of a data set: the block of each of its coordinates. */
struct sq_evaluator {
    const sq_model *model;
    const sq_data *data;
    uint32_t *block; /* of dense id i, users before items (size of both names); or SQI_UNSEEN */
    int bias;        /* the model has a bias that the data do not list */
};

#define SQI_UNSEEN UINT32_MAX

typedef enum sqi_finish { SQI_MEAN, SQI_ROOT_OF_MEAN, SQI_SUM } sqi_finish;

typedef struct sqi_model_kind {
    const char *name;
    sq_data_kind data;
    const char *metric; /* "accuracy": a share of hits; "rmse": from squared errors; "cut weight" */
    sqi_finish finish;  /* what the metric makes of the sum of the samples' shares */

    /* Sets labels, mean, width, layers: all but the names and x, which is zero when init is called. */
    int (*shape)(sq_model *model, const sq_model_options *options, const sq_data *data,
                 sq_error *error);
    uint32_t (*stride)(uint32_t width);  /* floats from one block to the next */
    int (*valid)(const sq_model *model); /* can a file hold such width, counts, labels, mean? */
    void (*init)(sq_model *model, uint64_t seed);                /* initial x; NULL: zero */
    void (*pin)(sq_model *model, const sq_terminals *terminals); /* … of terminals; NULL: none */
    void (*defaults)(const sq_model *model, const sq_data *data, double *step, double *decay);

    /* Fills in the problem (graph, step, steps, loss, step_ns) and *context, which the caller hands
     * to it and releases with context_free, also after a failure. */
    int (*problem)(sq_problem *problem, void **context, const sq_model *model, const sq_data *data,
                   double l2, sq_error *error);
    void (*context_free)(void *context);

    /* Makes *view (NULL, or of an earlier call) a context like the given one, but over the samples of
     * other data with the same names; and its graph. It shares what the first context owns (the given one
     * may be a view, and be gone before this one), and sqi_free releases it. NULL: samples are never
     * arranged. */
    int (*view)(void **view, const sq_hypergraph **graph, const void *context, const sq_data *data,
                sq_error *error);

    sq_prediction (*predict)(const sq_evaluator *evaluator, size_t sample, int *unseen);
    /* Loss of a sample given its prediction, and what the metric adds up. */
    void (*judge)(const sq_evaluator *evaluator, size_t sample, sq_prediction prediction,
                  double *loss, double *metric, int *unseen);
    /* The scores of sq_evaluator_scores, and how many they are; scores NULL: only that. NULL: the
     * prediction's one. */
    size_t (*scores)(const sq_evaluator *evaluator, size_t sample, double *scores);

    /* Optional, instead of judge: adds the losses and metrics of all samples, in their order, and how
     * many have something unseen. */
    void (*judge_all)(const sq_evaluator *evaluator, double *loss, double *metric, size_t *unseen);
} sqi_model_kind;

extern const sqi_model_kind sqi_svm, sqi_logistic, sqi_least_squares, sqi_matrix_completion,
    sqi_graph_cut, sqi_mlp;

/* How many blocks a model with such names and layers has. */
size_t sqi_model_blocks(const sq_model *model);

/* NULL: there is no such kind. */
const sqi_model_kind *sqi_model_kind_of(sq_model_kind kind);

/* The place of the greatest number of a row, the first of equal ones. */
uint32_t sqi_greatest_of(const float *row, uint32_t width);

/* 2 λ / d_u for every block (size blocks), d_u the number of samples whose hyperedge has it. */
int sqi_shrink_new(double **shrink, const sq_hypergraph *graph, double l2, sq_error *error);

#endif
