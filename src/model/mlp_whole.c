/* The whole network: what evaluation and prediction see.
 *
 * Trained with k of H units, a layer gives in the mean k/H of what all its units give; so the whole
 * network's activations are scaled by it (Srivastava et al. 2014, section 4):
 *
 *     z_u = Σ_v W_uv a_v + b_u,  a_u = (k/H) max(0, z_u),  o_c = Σ_u V_uc a_u
 *
 * with a_0 = x, every sum in the order of the entries or units, activations rounded to binary32 once.
 *
 * A network has far more units than a step trains, so this is where the time goes. Many samples are
 * taken together, and SQI_TILE_UNITS units: their weights are laid side by side once, a *tile* for
 * SQI_TILE_INPUTS inputs, and then serve all samples with vector instructions. Where few entries meet a
 * tile, rows are read as in a step. Both give the same bits. */
#include <string.h>

#include "model/mlp_rows.h"
#include "num/float_env.h"

/* Activations of a layer, for all samples of a group. */
enum { GROUP_ACTIVATIONS = 1 << 14 };

/* Tiles pay where the samples have so many entries for each input. */
enum { ENTRIES_AN_INPUT = 3 };

typedef struct group {
    const sqi_network *net;
    const float *x;
    const sqi_view *view;
    size_t first, count;
    const float *below; /* activations of the layer below (size count × its units) */
    float *own;         /* of this layer; not of the last one */
    double *logit;      /* (size count × labels) */
} group;

/* Units of a layer that are looked at together; behind the last one it is repeated. */
typedef struct units {
    const sqi_layer *layer;
    uint32_t l, first, count;
    const float *row[SQI_TILE_UNITS];
    double bias[SQI_TILE_UNITS];
} units;

static inline int is_last(const group *g, uint32_t l) {
    return l + 1 == g->net->layers;
}

static sqi_inputs inputs_of(const group *g, uint32_t l, size_t sample) {
    if (l == 0)
        return sqi_inputs_of(g->view->data, g->first + sample);
    uint32_t n = g->net->layer[l - 1].units;
    return (sqi_inputs){NULL, g->below + sample * n, n};
}

/* How many inputs a layer has, by the numbers of the data's features. */
static size_t input_count(const group *g, uint32_t l) {
    return l == 0 ? g->view->data->names[0].count : g->net->layer[l - 1].units;
}

static int tiles_pay(const group *g, uint32_t l) {
    size_t entries = 0;
    for (size_t s = 0; s < g->count; s++)
        entries += inputs_of(g, l, s).n;
    return entries > ENTRIES_AN_INPUT * input_count(g, l);
}

enum { FILLED = 16 }; /* inputs at a time, so that reading and writing stay in the cache */

/* The weights from inputs base … base + count - 1; what the model never saw weighs nothing. */
static void fill_tile(float *tile, const units *u, const uint32_t *input, uint32_t base,
                      uint32_t count) {
    for (uint32_t from = 0; from < count; from += FILLED) {
        uint32_t to = count - from < FILLED ? count : from + FILLED;
        for (uint32_t j = 0; j < SQI_TILE_UNITS; j++) {
            const float *row = u->row[j] + base;
            for (uint32_t i = from; i < to && !input; i++)
                tile[i * SQI_TILE_UNITS + j] = row[i];
            for (uint32_t i = from; i < to && input; i++) {
                uint32_t at = input[base + i];
                tile[i * SQI_TILE_UNITS + j] = at == SQI_UNSEEN ? 0 : u->row[j][at];
            }
        }
    }
}

/* The first entry whose index is at least limit. */
static size_t entry_at(sqi_inputs in, size_t limit) {
    size_t low = 0, high = in.n;
    while (in.index && low < high) {
        size_t middle = low + (high - low) / 2;
        if (in.index[middle] < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return in.index ? low : limit < in.n ? limit : in.n;
}

/* The entries from input `base` on that lie in a tile. */
static sqi_inputs inputs_in(sqi_inputs in, size_t base, size_t count) {
    size_t from = entry_at(in, base), to = entry_at(in, base + count);
    return (sqi_inputs){in.index ? in.index + from : NULL, in.value + from, to - from};
}

static void receive_by_tiles(const group *g, const units *u, double *sum) {
    _Alignas(64) float tile[SQI_TILE_INPUTS * SQI_TILE_UNITS];
    const uint32_t *input = u->l == 0 ? g->view->input : NULL;
    size_t inputs = input_count(g, u->l);
    for (size_t base = 0; base < inputs; base += SQI_TILE_INPUTS) {
        size_t left = inputs - base, count = left < SQI_TILE_INPUTS ? left : SQI_TILE_INPUTS;
        fill_tile(tile, u, input, (uint32_t)base, (uint32_t)count);
        for (size_t s = 0; s < g->count; s++)
            g->net->add(sum + s * SQI_TILE_UNITS, tile,
                        inputs_in(inputs_of(g, u->l, s), base, count), (uint32_t)base);
    }
}

static void receive_by_rows(const group *g, const units *u, double *sum) {
    const uint32_t *input = u->l == 0 ? g->view->input : NULL;
    for (uint32_t j = 0; j < u->count; j += SQI_ROWS)
        for (size_t s = 0; s < g->count; s++)
            sqi_receive(sum + s * SQI_TILE_UNITS + j, u->row + j, inputs_of(g, u->l, s), input);
}

/* Activations from sums: of each sample SQI_TILE_UNITS. */
static void activate(const group *g, const units *u, const double *sum, float *a) {
    for (size_t s = 0; s < g->count; s++)
        for (uint32_t j = 0; j < SQI_TILE_UNITS; j++, sum++, a++) {
            double z = *sum + u->bias[j];
            *a = (float)(u->layer->scale * (z > 0 ? z : 0));
        }
}

static void keep_activations(const group *g, const units *u, const float *a) {
    for (size_t s = 0; s < g->count; s++)
        memcpy(g->own + s * u->layer->units + u->first, a + s * SQI_TILE_UNITS,
               u->count * sizeof *a);
}

/* What units of the last layer send to the labels: a tile whose inputs are these units. */
static void add_to_logits(const group *g, const units *u, const float *a) {
    const uint32_t labels = g->net->labels;
    for (uint32_t first = 0; first < labels; first += SQI_TILE_UNITS) {
        float tile[SQI_TILE_UNITS * SQI_TILE_UNITS] = {0};
        uint32_t left = labels - first, n = left < SQI_TILE_UNITS ? left : SQI_TILE_UNITS;
        for (uint32_t j = 0; j < u->count; j++)
            memcpy(tile + (size_t)j * SQI_TILE_UNITS, u->row[j] + u->layer->inputs + 1 + first,
                   n * sizeof *tile);
        for (size_t s = 0; s < g->count; s++) {
            double sum[SQI_TILE_UNITS] = {0}, *logit = g->logit + s * labels + first;
            memcpy(sum, logit, n * sizeof *sum);
            g->net->add(sum, tile, (sqi_inputs){NULL, a + s * SQI_TILE_UNITS, u->count}, 0);
            memcpy(logit, sum, n * sizeof *sum);
        }
    }
}

static void run_layer(const group *g, uint32_t l) {
    units u = {.layer = &g->net->layer[l], .l = l};
    int by_tiles = tiles_pay(g, l);
    for (; u.first < u.layer->units; u.first += SQI_TILE_UNITS) {
        double sum[SQI_GROUP * SQI_TILE_UNITS];
        float a[SQI_GROUP * SQI_TILE_UNITS];
        uint32_t left = u.layer->units - u.first;
        u.count = left < SQI_TILE_UNITS ? left : SQI_TILE_UNITS;
        for (uint32_t j = 0; j < SQI_TILE_UNITS; j++) {
            uint32_t unit = u.first + (j < u.count ? j : u.count - 1);
            u.row[j] = sqi_unit_row(g->net, u.layer, g->x, unit);
            u.bias[j] = (double)u.row[j][u.layer->inputs];
        }
        memset(sum, 0, g->count * SQI_TILE_UNITS * sizeof *sum);
        (by_tiles ? receive_by_tiles : receive_by_rows)(g, &u, sum);
        activate(g, &u, sum, a);
        (is_last(g, l) ? add_to_logits : keep_activations)(g, &u, a);
    }
}

/* Activations lie in two arrays by turns. */
static __attribute__((noinline)) void run_layers(group g) {
    float activations[2][GROUP_ACTIVATIONS];
    for (uint32_t l = 0; l < g.net->layers; l++) {
        g.below = activations[l % 2];
        g.own = activations[(l + 1) % 2];
        run_layer(&g, l);
    }
}

size_t sqi_group_size(const sqi_network *net) {
    size_t size = SQI_GROUP;
    if (size > SQI_GROUP_LOGITS / net->labels)
        size = SQI_GROUP_LOGITS / net->labels;
    for (uint32_t l = 0; l + 1 < net->layers; l++)
        if (size > GROUP_ACTIVATIONS / net->layer[l].units)
            size = GROUP_ACTIVATIONS / net->layer[l].units;
    return size;
}

void sqi_whole_logits(const sqi_network *net, const float *x, const sqi_view *view, size_t first,
                      size_t count, double *logit) {
    group g = {.net = net, .x = x, .view = view, .first = first, .count = count, .logit = logit};
    memset(logit, 0, count * net->labels * sizeof *logit);
    if (net->layers > 1)
        run_layers(g);
    else
        run_layer(&g, 0);
}
