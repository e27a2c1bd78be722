/* A step of the network: forward and back through the units that it trains.
 *
 * Given a sample x with label y, and the k_l active units of each layer l, with h_0 = x:
 *
 *     z_u = Σ_v W_uv h_v + b_u,  h_u = max(0, z_u)          u of layer l, v active (or entries of x)
 *     o_c = Σ_u V_uc h_u                                     u of the last layer, every label c
 *     f = log Σ_c exp(o_c) - o_y
 *
 *     d_c = exp(o_c) / Σ exp(o) - [c = y]                    df/do_c
 *     δ_u = Σ_c V_uc d_c, or Σ_w δ_w W_wu of the layer above; 0 where h_u = 0
 *     V_uc ← V_uc - γ d_c h_u,  W_uv ← W_uv - γ δ_u h_v,  b_u ← b_u - γ δ_u
 *
 * with all numbers as they were before the step on the right-hand sides (Rumelhart, Hinton, Williams
 * 1986; units left out: Srivastava et al. 2014). Activations are rounded to binary32 once; all else is
 * binary64. A unit with h_u = 0 changes nothing and is not changed. */
#include <string.h>

#include "model/mlp_rows.h"
#include "num/float_env.h"

/* What a step works on, on the stack: for all its units, layer after layer. */
typedef struct pass {
    const sqi_network *net;
    const float *x;
    sqi_inputs input;
    uint32_t *unit; /* numbers in their layers */
    float *h;       /* activations */
    double *delta;
    double *d;                  /* (size labels) */
    uint32_t at[SQ_LAYERS_MAX]; /* where each layer begins in the three above */
} pass;

enum { FEW_UNITS = 1024, FEW_LABELS = 256 };

/* What the units of layer l receive: the sample, or the active units below. */
static sqi_inputs inputs_of(const pass *p, uint32_t l) {
    if (l == 0)
        return p->input;
    uint32_t below = p->at[l - 1];
    return (sqi_inputs){p->unit + below, p->h + below, p->net->layer[l - 1].active};
}

static void forward_layer(const pass *p, uint32_t l) {
    const sqi_layer *layer = &p->net->layer[l];
    const uint32_t *unit = p->unit + p->at[l];
    sqi_inputs in = inputs_of(p, l);
    for (uint32_t i = 0; i < layer->active; i += SQI_ROWS) {
        const float *row[SQI_ROWS];
        double sum[SQI_ROWS];
        uint32_t left = layer->active - i, n = left < SQI_ROWS ? left : SQI_ROWS;
        for (uint32_t j = 0; j < SQI_ROWS; j++) /* rows that there are not: the last one again */
            row[j] = sqi_unit_row(p->net, layer, p->x, unit[i + (j < n ? j : n - 1)]);
        sqi_receive(sum, row, in, NULL);
        for (uint32_t j = 0; j < n; j++) {
            double z = sum[j] + (double)row[j][layer->inputs];
            p->h[p->at[l] + i + j] = z > 0 ? (float)z : 0;
        }
    }
}

/* The logits, then their exponentials, then d. */
static void output(const pass *p, uint32_t target) {
    const sqi_network *net = p->net;
    const sqi_layer *layer = &net->layer[net->layers - 1];
    const uint32_t at = p->at[net->layers - 1];
    for (uint32_t c = 0; c < net->labels; c++)
        p->d[c] = 0;
    for (uint32_t i = at; i < at + layer->active; i++) {
        const float *out = sqi_unit_row(net, layer, p->x, p->unit[i]) + layer->inputs + 1;
        double h = (double)p->h[i];
        for (uint32_t c = 0; h > 0 && c < net->labels; c++)
            p->d[c] += (double)out[c] * h;
    }
    sqi_softmax(p->d, net->labels);
    p->d[target] = p->d[target] - 1;
}

static void backward_output(const pass *p) {
    const sqi_network *net = p->net;
    const sqi_layer *layer = &net->layer[net->layers - 1];
    const uint32_t at = p->at[net->layers - 1];
    for (uint32_t i = at; i < at + layer->active; i++) {
        const float *out = sqi_unit_row(net, layer, p->x, p->unit[i]) + layer->inputs + 1;
        double sum = 0;
        for (uint32_t c = 0; p->h[i] > 0 && c < net->labels; c++)
            sum += (double)out[c] * p->d[c];
        p->delta[i] = sum;
    }
}

/* From layer l to the one below. */
static void backward_layer(const pass *p, uint32_t l) {
    const sqi_layer *layer = &p->net->layer[l];
    sqi_inputs in = inputs_of(p, l);
    double *below = p->delta + p->at[l - 1];
    for (size_t v = 0; v < in.n; v++)
        below[v] = 0;
    for (uint32_t i = p->at[l]; i < p->at[l] + layer->active; i++) {
        const float *row = sqi_unit_row(p->net, layer, p->x, p->unit[i]);
        double delta = p->delta[i];
        for (size_t v = 0; p->h[i] > 0 && v < in.n; v++)
            below[v] += delta * (double)row[in.index[v]];
    }
}

/* Activations, d and δ of a step; δ of units with h = 0 means nothing. */
static void run_pass(pass *p, const sqi_mlp_context *m, const sq_step *step) {
    const sqi_network *net = p->net;
    p->input = sqi_inputs_of(m->data, step->sample);
    uint32_t l = 0, at = 0;
    do { /* there is a layer */
        p->at[l] = at;
        sqi_active_units(net, l, step->epoch, step->position, p->unit + at);
        forward_layer(p, l);
        at += net->layer[l].active;
    } while (++l < net->layers);
    output(p, m->target[step->sample]);
    backward_output(p);
    while (--l > 0)
        backward_layer(p, l);
}

static void update_unit(const pass *p, uint32_t l, uint32_t i, float *row, double gamma) {
    const sqi_layer *layer = &p->net->layer[l];
    sqi_inputs in = inputs_of(p, l);
    double c = gamma * p->delta[i], h = (double)p->h[i];
    for (size_t v = 0; v < in.n; v++) {
        float *w = &row[in.index[v]];
        *w = (float)((double)*w - c * (double)in.value[v]);
    }
    row += layer->inputs;
    row[0] = (float)((double)row[0] - c);
    for (uint32_t k = 0; l + 1 == p->net->layers && k < p->net->labels; k++)
        row[1 + k] = (float)((double)row[1 + k] - p->d[k] * h);
}

static void update(const pass *p, float *x, double gamma) {
    for (uint32_t k = 0; k < p->net->labels; k++)
        p->d[k] = gamma * p->d[k];
    for (uint32_t l = 0; l < p->net->layers; l++) {
        const sqi_layer *layer = &p->net->layer[l];
        for (uint32_t i = p->at[l]; i < p->at[l] + layer->active; i++)
            if (p->h[i] > 0)
                update_unit(p, l, i, x + ((size_t)layer->first + p->unit[i]) * p->net->stride,
                            gamma);
    }
}

/* The gradient's row of unit i, which is zero where the unit has h = 0. */
static void unit_gradient(const pass *p, uint32_t l, uint32_t i, double *row) {
    const sqi_layer *layer = &p->net->layer[l];
    sqi_inputs in = inputs_of(p, l);
    if (!(p->h[i] > 0))
        return;
    for (size_t v = 0; v < in.n; v++)
        row[in.index[v]] = p->delta[i] * (double)in.value[v];
    row += layer->inputs;
    row[0] = p->delta[i];
    for (uint32_t k = 0; l + 1 == p->net->layers && k < p->net->labels; k++)
        row[1 + k] = p->d[k] * (double)p->h[i];
}

static void write_gradient(const pass *p, uint32_t width, double *gradient) {
    memset(gradient, 0, (size_t)p->net->active * width * sizeof *gradient);
    for (uint32_t l = 0; l < p->net->layers; l++)
        for (uint32_t i = p->at[l]; i < p->at[l] + p->net->layer[l].active; i++)
            unit_gradient(p, l, i, gradient + (size_t)i * width);
}

/* Runs a pass on the given scratch memory, then updates `to` or, where that is NULL, writes the
 * gradient. */
static void run(pass *p, const sqi_mlp_context *m, const sq_step *step, float *to,
                double *gradient) {
    run_pass(p, m, step);
    if (to)
        update(p, to, step->gamma);
    else
        write_gradient(p, m->width, gradient);
}

/* Scratch memory on the stack, 18 KB for a network of which a step trains few units … */
static __attribute__((noinline)) void run_few(const sqi_mlp_context *m, const float *x,
                                              const sq_step *step, float *to, double *gradient) {
    uint32_t unit[FEW_UNITS];
    float h[FEW_UNITS];
    double delta[FEW_UNITS], d[FEW_LABELS];
    pass p = {.net = &m->net, .x = x, .unit = unit, .h = h, .delta = delta, .d = d};
    run(&p, m, step, to, gradient);
}

/* … and 288 KB for any. */
static __attribute__((noinline)) void run_many(const sqi_mlp_context *m, const float *x,
                                               const sq_step *step, float *to, double *gradient) {
    uint32_t unit[SQI_ACTIVE_MAX];
    float h[SQI_ACTIVE_MAX];
    double delta[SQI_ACTIVE_MAX], d[SQI_MLP_LABELS_MAX];
    pass p = {.net = &m->net, .x = x, .unit = unit, .h = h, .delta = delta, .d = d};
    run(&p, m, step, to, gradient);
}

static void run_any(const sqi_mlp_context *m, const float *x, const sq_step *step, float *to,
                    double *gradient) {
    if (m->net.active <= FEW_UNITS && m->net.labels <= FEW_LABELS)
        run_few(m, x, step, to, gradient);
    else
        run_many(m, x, step, to, gradient);
}

void sqi_mlp_step(const void *context, float *x, const sq_step *step) {
    run_any(context, x, step, x, NULL);
}

void sqi_mlp_gradient(const void *context, const float *x, const sq_step *step, double *gradient) {
    run_any(context, x, step, NULL, gradient);
}
