/* The network as a model: its shape, initial values, defaults and problem.
 *
 * Every step trains a random part of every hidden layer, k = max(1, ⌊keep × H + 1/2⌋) of its H units
 * (dropout: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014; sparse active sets: SLIDE,
 * Chen et al. 2020). Each weight belongs to the unit that receives it, outgoing weights to the unit of
 * the last layer that sends them, and labels have no bias: so two steps conflict only where they train
 * the same unit. mlp_units.c draws the parts, mlp_step.c has the step, mlp_whole.c the evaluation. */
#include "model/mlp.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "model/labels.h"
#include "num/coarse.h"
#include "num/isa.h"
#include "num/square_root.h"

enum { LINE_NUMBERS = 16 }; /* binary32 numbers of a line of memory */

static uint32_t active_of(const sq_model_options *o, uint32_t layer) {
    uint32_t k = (uint32_t)(o->keep * o->hidden[layer] + 0.5);
    return k > 0 ? k : 1;
}

/* The widest kernel of this processor. */
static sqi_tile_kernel *kernel(void) {
#if defined(__x86_64__)
    switch (sqi_isa()) {
    case SQI_ISA_AVX512:
        return sqi_add_tile_avx512;
    case SQI_ISA_AVX2:
        return sqi_add_tile_avx2;
    case SQI_ISA_BASELINE:
        break;
    }
#endif
    return sqi_add_tile_baseline;
}

sqi_network sqi_network_of(const sq_model *model) {
    sq_model_options o = {.layers = model->layers, .keep = model->keep};
    memcpy(o.hidden, model->hidden, sizeof o.hidden);
    sqi_network net = {.seed = model->seed,
                       .layers = model->layers,
                       .labels = model->labels,
                       .stride = model->stride,
                       .add = kernel()};
    uint32_t inputs = (uint32_t)model->names[0].count, first = 0;
    for (uint32_t l = 0; l < net.layers; l++) {
        uint32_t units = o.hidden[l], active = active_of(&o, l);
        net.layer[l] = (sqi_layer){.units = units,
                                   .active = active,
                                   .inputs = inputs,
                                   .first = first,
                                   .scale = (double)active / (double)units};
        net.active += active;
        first += units;
        inputs = units;
    }
    return net;
}

/* Numbers of the longest row: inputs, bias and, in the last layer, outgoing weights. */
static uint64_t row_width(uint32_t layers, const uint32_t *hidden, size_t features,
                          uint32_t labels) {
    uint64_t inputs = features, width = 0;
    for (uint32_t l = 0; l < layers; l++) {
        uint64_t own = inputs + 1 + (l + 1 == layers ? labels : 0);
        width = own > width ? own : width;
        inputs = hidden[l];
    }
    return width;
}

enum { WIDTH_MAX = INT32_MAX };

static int check_layers(const sq_model_options *o, sq_error *error) {
    uint64_t active = 0;
    if (o->layers < 1 || o->layers > SQ_LAYERS_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "layers: found %u, expected 1 to %d", o->layers,
                        SQ_LAYERS_MAX);
    if (!(o->keep > 0 && o->keep <= 1))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "keep: found %g, expected above 0, at most 1",
                        o->keep);
    for (uint32_t l = 0; l < o->layers; l++) {
        if (o->hidden[l] < 1 || o->hidden[l] > SQI_UNITS_MAX)
            return sqi_fail(error, SQ_BAD_ARGUMENT, "hidden: found %u units, expected 1 to %d",
                            o->hidden[l], SQI_UNITS_MAX);
        active += active_of(o, l);
    }
    if (active > SQI_ACTIVE_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a step would train %llu units, expected at most %d in all layers: a "
                        "smaller keep",
                        (unsigned long long)active, SQI_ACTIVE_MAX);
    return SQ_OK;
}

/* The distinct labels, ascending; of equal ones (±0) the first in the order of the samples. */
static int find_labels(sq_model *model, const sq_data *data, sq_error *error) {
    float *label = model->label = sqi_alloc(SQI_MLP_LABELS_MAX, sizeof *label, error);
    if (!label)
        return SQ_NO_MEMORY;
    for (size_t i = 0; i < data->samples; i++)
        if (!sqi_label_add(label, &model->labels, SQI_MLP_LABELS_MAX, data->label[i]))
            return sqi_fail(error, SQ_BAD_ARGUMENT, "%s tells at most %d labels apart",
                            sq_model_name(model->kind), SQI_MLP_LABELS_MAX);
    return model->labels > 1
               ? SQ_OK
               : sqi_fail(error, SQ_BAD_ARGUMENT, "%s tells labels apart, the data have one (%g)",
                          sq_model_name(model->kind), (double)label[0]);
}

static int shape(sq_model *model, const sq_model_options *options, const sq_data *data,
                 sq_error *error) {
    const sq_names *features = &data->names[0];
    int status = check_layers(options, error);
    if (status != SQ_OK)
        return status;
    if (features->count && features->name[features->count - 1] == SQ_BIAS_NAME)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "every unit of %s has a bias of its own",
                        sq_model_name(model->kind));
    model->layers = options->layers;
    memcpy(model->hidden, options->hidden, options->layers * sizeof *options->hidden);
    model->keep = options->keep;
    status = find_labels(model, data, error);
    if (status != SQ_OK)
        return status;
    uint64_t width = row_width(model->layers, model->hidden, features->count, model->labels);
    if (width > WIDTH_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a unit would have %llu weights, expected at most %d",
                        (unsigned long long)width, WIDTH_MAX);
    model->width = (uint32_t)width;
    return SQ_OK;
}

static uint32_t stride(uint32_t width) {
    return (width + LINE_NUMBERS - 1) / LINE_NUMBERS * LINE_NUMBERS;
}

static int valid(const sq_model *model) {
    sq_model_options o = {.layers = model->layers, .keep = model->keep};
    memcpy(o.hidden, model->hidden, sizeof o.hidden);
    return model->names[1].count == 0 && model->labels >= 2 &&
           model->labels <= SQI_MLP_LABELS_MAX && isfinite(model->mean) &&
           check_layers(&o, NULL) == SQ_OK && model->width <= WIDTH_MAX &&
           model->width ==
               row_width(model->layers, model->hidden, model->names[0].count, model->labels);
}

/* Numbers in [-limit, limit) for the places place(i) of a row, i < count: round32(limit (r 2^-31 - 1))
 * with r word p mod 4 of Philox with the block as its epoch and index p div 4. name NULL: place i. */
static void scatter(float *row, uint64_t seed, uint32_t block, const uint32_t *name, uint64_t first,
                    size_t count, double limit) {
    uint64_t index = UINT64_MAX;
    uint32_t word[4];
    for (size_t i = 0; i < count; i++) {
        uint64_t place = first + (name ? name[i] : i);
        if (place / 4 != index) {
            index = place / 4;
            sqi_philox(seed, SQ_STREAM_INITIAL, block, index, word);
        }
        row[i] = (float)(limit * ((double)word[place % 4] * 0x1p-31 - 1));
    }
}

/* He, Zhang, Ren, Sun 2015, section 2.2, uniform: variance 2 / n, n the numbers that a step adds up:
 * features, or the active units below. A row's places are its inputs (features: by their names), and
 * its labels from 2^32 on; biases are 0. */
static void init(sq_model *model, uint64_t seed) {
    const sqi_network net = sqi_network_of(model);
    double fan_in = (double)(model->names[0].count ? model->names[0].count : 1);
    for (uint32_t l = 0; l < net.layers; l++) {
        const sqi_layer *layer = &net.layer[l];
        const uint32_t *name = l == 0 ? model->names[0].name : NULL;
        double in = sqi_square_root(6 / fan_in), out = sqi_square_root(6.0 / layer->active);
        for (uint32_t b = layer->first; b < layer->first + layer->units; b++) {
            float *row = model->x + (size_t)b * model->stride;
            scatter(row, seed, b, name, 0, layer->inputs, in);
            if (l + 1 == net.layers)
                scatter(row + layer->inputs + 1, seed, b, NULL, UINT64_C(1) << 32, net.labels, out);
        }
        fan_in = layer->active;
    }
}

/* 4 / Σ (1 + the square of what a layer or the labels receive), in the mean at the beginning: q of a
 * sample's entries, and of a layer's k active units q k / F, F features. It is what a step's change of
 * the weights does to a logit, which softmax bends with at most 1/4. */
static void defaults(const sq_model *model, const sq_data *data, double *step, double *decay) {
    const sqi_network net = sqi_network_of(model);
    double squares = 0, features = (double)(data->names[0].count ? data->names[0].count : 1);
    for (size_t i = 0; i < data->nonzeros; i++)
        squares += (double)data->value[i] * (double)data->value[i];
    squares /= (double)data->samples;
    double received = 1 + squares;
    for (uint32_t l = 0; l < net.layers; l++)
        received += 1 + squares * (double)net.layer[l].active / features;
    *step = 4 / sqi_coarse(received);
    *decay = 0.95;
}

static void context_free(void *context) {
    sqi_mlp_context *m = context;
    if (m)
        sqi_free(m->target);
    sqi_free(m);
}

static int find_targets(sqi_mlp_context *m, const sq_model *model, sq_error *error) {
    m->target = sqi_alloc(m->data->samples, sizeof *m->target, error);
    if (!m->target)
        return SQ_NO_MEMORY;
    for (size_t i = 0; i < m->data->samples; i++) {
        m->target[i] = sqi_label_find(model->label, model->labels, m->data->label[i]);
        if (m->target[i] == model->labels)
            return sqi_fail(error, SQ_BAD_ARGUMENT, "the model does not know the label %g",
                            (double)m->data->label[i]);
    }
    return SQ_OK;
}

/* What a step takes: measured, for each weight that it looks at, each unit and each exponential. */
static double step_ns(const sqi_mlp_context *m) {
    double inputs = (double)m->data->nonzeros / (double)m->data->samples, weights = 0;
    for (uint32_t l = 0; l < m->net.layers; l++) {
        weights += m->net.layer[l].active * inputs;
        inputs = m->net.layer[l].active;
    }
    weights += inputs * m->net.labels;
    return 300 + 15 * (double)m->net.labels + 10 * (double)m->net.active + 0.75 * weights;
}

static int problem(sq_problem *p, void **context, const sq_model *model, const sq_data *data,
                   double l2, sq_error *error) {
    if (l2 > 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "l2: %s has none: it is shared out by how many samples touch a weight, and "
                        "the units that a step touches are drawn anew each time",
                        sq_model_name(model->kind));
    sqi_mlp_context *m = *context = sqi_alloc(1, sizeof *m, error);
    if (!m)
        return SQ_NO_MEMORY;
    m->net = sqi_network_of(model);
    m->data = data;
    m->width = model->width;
    p->alignment = LINE_NUMBERS * sizeof(float);
    p->hyperedge = sqi_mlp_hyperedge;
    p->edge_max = m->net.active;
    p->edges_vary = 1;
    p->step = sqi_mlp_step;
    p->gradient = sqi_mlp_gradient;
    p->loss = sqi_mlp_loss;
    p->loss_sum = sqi_mlp_loss_sum;
    p->step_ns = step_ns(m);
    p->arranger = NULL; /* a step is known by its position: copies in another order have another */
    return find_targets(m, model, error);
}

const sqi_model_kind sqi_mlp = {.name = "mlp",
                                .data = SQ_ROWS,
                                .metric = "accuracy",
                                .shape = shape,
                                .stride = stride,
                                .valid = valid,
                                .init = init,
                                .defaults = defaults,
                                .problem = problem,
                                .context_free = context_free,
                                .predict = sqi_mlp_predict,
                                .judge_all = sqi_mlp_judge_all};
