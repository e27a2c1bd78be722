/* A network of hidden layers of which every step trains a random part: what its files share.
 *
 * A block is a hidden unit. Its row of x, `width` numbers, is
 *
 *     | incoming weights (inputs of its layer) | bias | outgoing weights (labels) | 0 … 0 |
 *
 * where the units of the last layer alone have outgoing weights, and the zeros, which fill up to the
 * longest of these rows, stay zero. Rows are stored in whole lines of 16 numbers. */
#ifndef SQI_MODEL_MLP_H
#define SQI_MODEL_MLP_H

#include "model/kind.h"

/* Units of a layer; units that a step trains, of all layers; labels. They bound what a step and an
 * evaluation take of the stack: 320 KB. */
enum { SQI_UNITS_MAX = 16384, SQI_ACTIVE_MAX = 16384, SQI_MLP_LABELS_MAX = 4096 };

/* What a unit receives of one sample: the sample's entries, or activations of the layer below. */
typedef struct sqi_inputs {
    const uint32_t *index; /* of each entry (size n); NULL: 0, 1, 2, … */
    const float *value;    /* (size n) */
    size_t n;
} sqi_inputs;

static inline sqi_inputs sqi_inputs_of(const sq_data *data, size_t sample) {
    uint64_t begin = data->row[sample];
    return (sqi_inputs){data->column + begin, data->value + begin,
                        (size_t)(data->row[sample + 1] - begin)};
}

/* The weights of SQI_TILE_UNITS units from up to SQI_TILE_INPUTS inputs, units side by side. */
enum { SQI_TILE_UNITS = 32, SQI_TILE_INPUTS = 512 };

/* sum[u] += value[i] × tile[(index[i] - base) × SQI_TILE_UNITS + u] for every entry i in turn, for all
 * u < SQI_TILE_UNITS; index NULL: i - base, base = 0. Compiled for several vector units (mlp_tiles.h),
 * with the same bits. */
typedef void sqi_tile_kernel(double *sum, const float *tile, sqi_inputs in, uint32_t base);

typedef struct sqi_layer {
    uint32_t units, active; /* H, and of them a step trains k */
    uint32_t inputs;        /* features, or units of the layer below */
    uint32_t first;         /* the block of its first unit */
    double scale;           /* k / H: of activations, where the whole network is evaluated */
} sqi_layer;

typedef struct sqi_network {
    uint64_t seed; /* of the units that a step trains */
    uint32_t layers, labels, stride;
    uint32_t active; /* units of all layers that a step trains */
    sqi_tile_kernel *add;
    sqi_layer layer[SQ_LAYERS_MAX];
} sqi_network;

sqi_network sqi_network_of(const sq_model *model);

/* The row of a unit of a layer. */
static inline const float *sqi_unit_row(const sqi_network *net, const sqi_layer *layer,
                                        const float *x, uint32_t unit) {
    return x + ((size_t)layer->first + unit) * net->stride;
}

/* The units of a layer that a step trains: `active` of them, each set with the same probability, in
 * ascending order (size active). A function of the seed, epoch, position and layer alone. */
void sqi_active_units(const sqi_network *net, uint32_t layer, uint64_t epoch, size_t position,
                      uint32_t *unit);

/* The problem's context. */
typedef struct sqi_mlp_context {
    sqi_network net;
    const sq_data *data;
    uint32_t width;   /* numbers of a row */
    uint32_t *target; /* which label each sample has (size samples) */
} sqi_mlp_context;

/* The functions of the problem that depend on the step. */
size_t sqi_mlp_hyperedge(const void *context, const sq_step *step, uint32_t *block,
                         uint32_t *reads);
void sqi_mlp_step(const void *context, float *x, const sq_step *step);
void sqi_mlp_gradient(const void *context, const float *x, const sq_step *step, double *gradient);

/* logit (size labels) becomes exp(logit_c - m) / Σ exp(logit - m), m the largest of them. */
void sqi_softmax(double *logit, uint32_t labels);

/* log Σ exp(logit - m) + (m - logit_target). */
double sqi_cross_entropy(const double *logit, uint32_t labels, uint32_t target);

/* The problem's functions of the whole network, and the model's. */
double sqi_mlp_loss(const void *context, const float *x, size_t sample);
double sqi_mlp_loss_sum(const void *context, const float *x, size_t first, size_t count);
sq_prediction sqi_mlp_predict(const sq_evaluator *evaluator, size_t sample, int *unseen);
void sqi_mlp_judge_all(const sq_evaluator *evaluator, double *loss, double *metric, size_t *unseen);

/* Rows for the whole network to look at. */
typedef struct sqi_view {
    const sq_data *data;
    const uint32_t *input; /* of each feature of the data, or SQI_UNSEEN; NULL: its own number */
} sqi_view;

/* Samples that are evaluated at once, and logits of theirs, at most. */
enum { SQI_GROUP = 128, SQI_GROUP_LOGITS = SQI_MLP_LABELS_MAX };

/* How many samples may be evaluated at once: 1 … SQI_GROUP. */
size_t sqi_group_size(const sqi_network *net);

/* The logits of the whole network, activations scaled by k / H, for the samples first … first +
 * count - 1: logit (size count × labels). count is at most sqi_group_size. */
void sqi_whole_logits(const sqi_network *net, const float *x, const sqi_view *view, size_t first,
                      size_t count, double *logit);

extern sqi_tile_kernel sqi_add_tile_baseline, sqi_add_tile_avx2, sqi_add_tile_avx512;

#endif
