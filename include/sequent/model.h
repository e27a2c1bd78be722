/* The built-in models: svm, logistic, least-squares, matrix-completion, graph-cut and mlp.
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
    SQ_GRAPH_CUT,         /* w_uv ‖x_u - x_v‖₁, every x_v on the simplex of the labels */
    SQ_MLP,               /* softmax cross-entropy of a network, parts of which a step trains */
} sq_model_kind;

#define SQ_LAYERS_MAX 8

/* Parameters x and what they belong to. Block b < names[0].count is the weight of feature
 * names[0].name[b] (of more than two labels: its weights for each) or the row of that user or node;
 * the blocks of the items follow those of the users. Where there are layers, the blocks are their
 * units, layer after layer. */
typedef struct sq_model {
    sq_model_kind kind;
    uint32_t width;    /* of a block: 1, the rank, one for each of > 2 labels, the largest unit's */
    uint32_t stride;   /* floats from one block to the next in x; what lies between is 0 */
    size_t blocks;     /* names[0].count + names[1].count, or all units of the layers */
    sq_names names[2]; /* features | users, items | nodes */
    uint32_t labels;   /* svm, logistic, graph-cut, mlp: how many; else 0 */
    float *label;      /* ascending (size labels); of two, the first stands for y = -1 */
    double mean;       /* matrix completion: of the ratings; predicted where nothing is known */
    uint32_t layers;   /* of hidden units; 0: none */
    uint32_t hidden[SQ_LAYERS_MAX]; /* units of each layer (size layers) */
    double keep;                    /* share of the units that a step trains */
    uint64_t seed;                  /* of these units; in no file */
    uint8_t
        *pinned; /* graph-cut: whether a node is a terminal (size blocks); NULL: not known, as of
                        a model that was read, which cannot be trained */
    float *x;    /* (size blocks × stride) */
} sq_model;

typedef struct sq_model_options {
    sq_model_kind kind;
    uint32_t rank; /* matrix completion: 1 … 65,536 */
    uint64_t seed; /* of the initial values and of the units that a step trains */
    uint32_t layers, hidden[SQ_LAYERS_MAX]; /* as in sq_model */
    double keep;
    const sq_terminals *terminals; /* graph-cut: at least one node with edges of each of 2 … 1,024
                                      labels; those of nodes without edges are ignored */
} sq_model_options;

/* A model for the coordinates of the data, with the initial values of doc/arithmetic.md: zero for
 * linear models. Errors: SQ_BAD_ARGUMENT where model and data do not fit (wrong kind of data, more
 * than 65,536 labels for svm and logistic, fewer than two or more than 4,096 for mlp) or layers and
 * keep are none (1 to 8 layers of 1 to 16,384 units; 0 < keep ≤ 1; a step trains at most 16,384 units
 * in all), SQ_NO_MEMORY. The caller's (sq_model_free). */
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

/* The step size ε m / (2 M²) of theory, for svm and logistic with two labels and exact L2 of weight λ
 * (sq_train_options.l2_exact); doc/arithmetic.md, "Defaults". SQ_BAD_ARGUMENT elsewhere. */
SQ_API int sq_model_theory_step(const sq_model *model, const sq_data *data, double l2,
                                double epsilon, double *step, sq_error *error);

/* The problem of training the model on the data it was made for. l2: the weight λ of the
 * regularisation λ Σ_{u∈e} ‖x_u‖² / d_u, d_u the number of samples with coordinate u (Niu, Recht,
 * Ré, Wright 2011, section 2); mlp has none, as its hyperedges vary. Data must outlive the problem,
 * which the caller releases. Of ratings it has a copy of 4 or 8 bytes a sample, to arrange them from:
 * 4 to 6 ns each; of the edges of a graph cut one of 12 bytes. */
SQ_API int sq_model_problem(sq_problem **problem, const sq_model *model, const sq_data *data,
                            double l2, sq_error *error);
SQ_API sq_problem *sq_model_problem_free(sq_problem *problem);

/* A model's view of other data: which of its coordinates the model knows. */
typedef struct sq_evaluator sq_evaluator;

typedef struct sq_evaluation {
    double loss;             /* mean over the samples, without regularisation */
    double metric;           /* accuracy as a share, root mean square error, or a sum of weights */
    const char *metric_name; /* "accuracy", "rmse", "cut weight" */
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
    double score; /* w·x, of more than two labels and of mlp's logits the largest; or the rating; or
                     w_uv ‖x_u - x_v‖₁ */
    double value; /* svm, logistic: label[1] where the score is above 0, else label[0]; of more than
                     two, and mlp, the label with the largest score, of equal ones the lowest;
                     graph-cut: w_uv where the nodes' labels differ, else 0; else the score */
} sq_prediction;

SQ_API sq_prediction sq_evaluator_predict(const sq_evaluator *evaluator, size_t sample);

/* graph-cut: the row of a node, by its dense id in the data, and *label, that of its greatest number
 * (of equal ones the lowest). NULL, and *label unchanged, where training never saw the node. */
SQ_API const float *sq_evaluator_node(const sq_evaluator *evaluator, size_t node, float *label);

/* The scores of a sample: one for each label, ascending, where the model tells more than two apart,
 * else the prediction's. Returns how many they are; scores NULL: only that. */
SQ_API size_t sq_evaluator_scores(const sq_evaluator *evaluator, size_t sample, double *scores);

#ifdef __cplusplus
}
#endif
#endif
