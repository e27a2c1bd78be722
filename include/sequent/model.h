/* The built-in models: svm, logistic, least-squares and matrix-completion.
 *
 * A model is what training leaves: parameters and the names of their coordinates. A problem
 * (problem.h) ties a model to training data; an evaluator ties it to any data. */
#ifndef SEQUENT_MODEL_H
#define SEQUENT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/data.h"
#include "sequent/problem.h"
#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sq_model_kind {
    SQ_SVM = 1,       /* max(0, 1 - y w·x), y = ±1; more labels: one against the rest */
    SQ_LOGISTIC,      /* log(1 + exp(-y w·x)), y = ±1; more labels: -log softmax(w_1·x, …) */
    SQ_LEAST_SQUARES, /* (w·x - y)² */
    SQ_MATRIX_COMPLETION, /* (L_u·R_v - M_uv)² */
} sq_model_kind;

#define SQ_LAYERS_MAX 8

/* Parameters x and what they belong to. Block b < names[0].count is the weight of feature
 * names[0].name[b] (of more than two labels: its weights for each) or the row of that user; the blocks of the items follow those of the users. Where
 * there are layers, the blocks are their units, layer after layer. */
typedef struct sq_model {
    sq_model_kind kind;
    uint32_t width;    /* parameters of a block: 1, or the rank, or one for each of > 2 labels */
    uint32_t stride;   /* floats from one block to the next in x; what lies between is 0 */
    size_t blocks;     /* names[0].count + names[1].count, or all units of the layers */
    sq_names names[2]; /* features | users, items */
    uint32_t labels;   /* svm, logistic: how many; else 0 */
    float *label;      /* ascending (size labels); of two, the first stands for y = -1 */
    double mean;       /* matrix completion: of the ratings; predicted where nothing is known */
    uint32_t layers;   /* of hidden units; 0: none */
    uint32_t hidden[SQ_LAYERS_MAX]; /* units of each layer (size layers) */
    double keep;                    /* share of the units that a step trains */
    float *x;                       /* (size blocks × stride) */
} sq_model;

typedef struct sq_model_options {
    sq_model_kind kind;
    uint32_t rank; /* matrix completion: 1 … 65,536 */
    uint64_t seed; /* of the initial values and of the units that a step trains */
    uint32_t layers, hidden[SQ_LAYERS_MAX]; /* as in sq_model */
    double keep;
} sq_model_options;

/* A model for the coordinates of the data, with the initial values of doc/arithmetic.md: zero for
 * linear models. Errors: SQ_BAD_ARGUMENT where model and data do not fit (wrong kind of data, more
 * than 65,536 labels for svm and logistic), SQ_NO_MEMORY. The caller's (sq_model_free). */
SQ_API int sq_model_new(sq_model **model, const sq_model_options *options, const sq_data *data,
                        sq_error *error);
SQ_API sq_model *sq_model_free(sq_model *model);

/* "svm", … (NULL: no such kind), and the kind of a name (negative: none); the kind of data that a
 * kind is trained on. */
SQ_API const char *sq_model_name(sq_model_kind kind);
SQ_API int sq_model_find(const char *name);
SQ_API sq_data_kind sq_model_data(sq_model_kind kind);

/* The step size and its decay where the user gives none; doc/arithmetic.md, "Defaults". */
SQ_API void sq_model_defaults(const sq_model *model, const sq_data *data, double *step,
                              double *decay);

/* The problem of training the model on the data it was made for. l2: the weight λ of the
 * regularisation λ Σ_{u∈e} ‖x_u‖² / d_u, d_u the number of samples with coordinate u (Niu, Recht,
 * Ré, Wright 2011, section 2). Data must outlive the problem, which the caller releases. */
SQ_API int sq_model_problem(sq_problem **problem, const sq_model *model, const sq_data *data,
                            double l2, sq_error *error);
SQ_API sq_problem *sq_model_problem_free(sq_problem *problem);

/* A model's view of other data: which of its coordinates the model knows. */
typedef struct sq_evaluator sq_evaluator;

typedef struct sq_evaluation {
    double loss;             /* mean over the samples, without regularisation */
    double metric;           /* accuracy as a share, or root mean square error */
    const char *metric_name; /* "accuracy", "rmse" */
    size_t unseen_samples;   /* with a coordinate, or a label, that training never saw */
} sq_evaluation;

/* The evaluator borrows model and data. */
SQ_API int sq_evaluator_new(sq_evaluator **evaluator, const sq_model *model, const sq_data *data,
                            sq_error *error);
SQ_API sq_evaluator *sq_evaluator_free(sq_evaluator *evaluator);

/* Loss and metric of the model's present parameters; summed in the order of the samples, so they
 * have the same bits everywhere. */
SQ_API sq_evaluation sq_evaluator_run(const sq_evaluator *evaluator);

/* The prediction for a sample. A feature that training never saw counts 0; where it never saw the
 * user or the item the prediction is the mean of the training ratings. */
typedef struct sq_prediction {
    double score; /* w·x, or the rating; of more than two labels: the largest */
    double value; /* svm, logistic: label[1] where the score is above 0, else label[0]; of more than
                     two, the label with the largest score, of equal ones the lowest; else the score */
} sq_prediction;

SQ_API sq_prediction sq_evaluator_predict(const sq_evaluator *evaluator, size_t sample);

/* The scores of a sample: one for each label, ascending, where the model tells more than two apart,
 * else the prediction's. Returns how many they are; scores NULL: only that. */
SQ_API size_t sq_evaluator_scores(const sq_evaluator *evaluator, size_t sample, double *scores);

#ifdef __cplusplus
}
#endif
#endif
