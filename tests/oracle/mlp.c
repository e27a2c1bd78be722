/* The textbook loops, dense: every unit of every layer is there, some of them switched off. */
#include "oracle/mlp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/exp.h"
#include "num/log.h"
#include "sequent/random.h"

uint32_t oracle_active(const sq_model *model, uint32_t layer) {
    double k = floor(model->keep * model->hidden[layer] + 0.5);
    return k < 1 ? 1 : (uint32_t)k;
}

/* Words of a step's layer, one after another. */
typedef struct source {
    const sq_model *model;
    uint64_t index;
    uint32_t epoch, word[4];
    int used;
} source;

static uint32_t below(source *s, uint32_t bound) {
    for (uint64_t t = (UINT64_C(1) << 32) % bound;;) {
        if (s->used == 4) {
            sq_random(s->model->seed, 32, s->epoch, s->index++, s->word);
            s->used = 0;
        }
        uint64_t product = (uint64_t)s->word[s->used++] * bound;
        if ((product & 0xFFFFFFFF) >= t)
            return (uint32_t)(product >> 32);
    }
}

void oracle_units(const sq_model *model, uint32_t layer, uint64_t epoch, size_t position,
                  unsigned char *on) {
    uint32_t units = model->hidden[layer], k = oracle_active(model, layer);
    source s = {.model = model,
                .index = (uint64_t)position * (UINT64_C(1) << 32) + layer * (UINT64_C(1) << 28),
                .epoch = (uint32_t)epoch,
                .used = 4};
    memset(on, 0, units);
    for (uint32_t j = units - k; j < units; j++) {
        uint32_t t = below(&s, j + 1);
        on[on[t] ? j : t] = 1;
    }
}

/* The dense network of a step. */
typedef struct state {
    const sq_model *model;
    uint32_t inputs[SQ_LAYERS_MAX + 1];   /* of each layer; last: units of the last one */
    size_t first[SQ_LAYERS_MAX];          /* block of each layer's first unit */
    unsigned char *on[SQ_LAYERS_MAX + 1]; /* on[l][v]: whether input v of layer l counts */
    float *h[SQ_LAYERS_MAX + 1];          /* h[l][v]: input v of layer l */
    double *delta[SQ_LAYERS_MAX + 1];     /* of the same */
} state;

static state state_new(const sq_model *model, const sq_data *data, size_t sample) {
    state s = {.model = model};
    size_t first = 0;
    for (uint32_t l = 0; l <= model->layers; l++) {
        s.inputs[l] = l ? model->hidden[l - 1] : (uint32_t)data->names[0].count;
        s.on[l] = calloc(s.inputs[l] + 1, 1);
        s.h[l] = calloc(s.inputs[l] + 1, sizeof *s.h[l]);
        s.delta[l] = calloc(s.inputs[l] + 1, sizeof *s.delta[l]);
        if (l < model->layers) {
            s.first[l] = first;
            first += model->hidden[l];
        }
    }
    for (uint64_t i = data->row[sample]; i < data->row[sample + 1]; i++) {
        s.on[0][data->column[i]] = 1;
        s.h[0][data->column[i]] = data->value[i];
    }
    return s;
}

static void state_free(state *s) {
    for (uint32_t l = 0; l <= s->model->layers; l++) {
        free(s->on[l]);
        free(s->h[l]);
        free(s->delta[l]);
    }
}

static size_t row_of(const state *s, uint32_t l, uint32_t u) {
    return (s->first[l] + u) * s->model->stride;
}

/* scale 0: units are those of the step; else all, scaled. */
static void forward(const state *s, const float *x, int whole) {
    for (uint32_t l = 0; l < s->model->layers; l++)
        for (uint32_t u = 0; u < s->model->hidden[l]; u++) {
            const float *row = x + row_of(s, l, u);
            double z = 0;
            for (uint32_t v = 0; v < s->inputs[l]; v++)
                if (s->on[l][v])
                    z += (double)row[v] * (double)s->h[l][v];
            z += (double)row[s->inputs[l]];
            double scale =
                whole ? (double)oracle_active(s->model, l) / (double)s->model->hidden[l] : 1;
            s->h[l + 1][u] = s->on[l + 1][u] && z > 0 ? (float)(scale * z) : 0;
        }
}

static void outputs(const state *s, const float *x, double *logit) {
    uint32_t l = s->model->layers - 1;
    for (uint32_t c = 0; c < s->model->labels; c++) {
        logit[c] = 0;
        for (uint32_t u = 0; u < s->model->hidden[l]; u++)
            if (s->h[l + 1][u] > 0)
                logit[c] +=
                    (double)x[row_of(s, l, u) + s->inputs[l] + 1 + c] * (double)s->h[l + 1][u];
    }
}

static double most_of(const double *logit, uint32_t labels) {
    double most = logit[0];
    for (uint32_t c = 1; c < labels; c++)
        most = logit[c] > most ? logit[c] : most;
    return most;
}

double oracle_cross_entropy(const double *logit, uint32_t labels, uint32_t y) {
    double most = most_of(logit, labels), sum = 0;
    for (uint32_t c = 0; c < labels; c++)
        sum += sqi_exp(logit[c] - most);
    return sqi_log(sum) + (most - logit[y]);
}

uint32_t oracle_label(const sq_model *model, const sq_data *data, size_t sample) {
    uint32_t y = 0;
    while (y < model->labels && model->label[y] != data->label[sample])
        y++;
    return y;
}

static void switch_on(const state *s, const sq_step *step) {
    for (uint32_t l = 0; l < s->model->layers; l++)
        if (step)
            oracle_units(s->model, l, step->epoch, step->position, s->on[l + 1]);
        else
            memset(s->on[l + 1], 1, s->inputs[l + 1]);
}

void oracle_mlp_step(const sq_model *model, const sq_data *data, float *x, const sq_step *step) {
    state s = state_new(model, data, step->sample);
    const uint32_t labels = model->labels, last = model->layers - 1;
    double *d = calloc(labels, sizeof *d), sum = 0;
    switch_on(&s, step);
    forward(&s, x, 0);
    outputs(&s, x, d);
    double most = most_of(d, labels);
    for (uint32_t c = 0; c < labels; c++)
        sum += d[c] = sqi_exp(d[c] - most);
    for (uint32_t c = 0; c < labels; c++)
        d[c] = d[c] / sum;
    d[oracle_label(model, data, step->sample)] -= 1;
    for (uint32_t u = 0; u < model->hidden[last]; u++)
        for (uint32_t c = 0; c < labels; c++)
            s.delta[last + 1][u] += (double)x[row_of(&s, last, u) + s.inputs[last] + 1 + c] * d[c];
    for (uint32_t l = last; l > 0; l--)
        for (uint32_t u = 0; u < model->hidden[l]; u++)
            for (uint32_t v = 0; v < s.inputs[l] && s.h[l + 1][u] > 0; v++)
                if (s.on[l][v])
                    s.delta[l][v] += s.delta[l + 1][u] * (double)x[row_of(&s, l, u) + v];
    for (uint32_t l = 0; l < model->layers; l++)
        for (uint32_t u = 0; u < model->hidden[l]; u++) {
            float *row = x + row_of(&s, l, u);
            double c = step->gamma * s.delta[l + 1][u], h = (double)s.h[l + 1][u];
            if (!(h > 0))
                continue;
            for (uint32_t v = 0; v < s.inputs[l]; v++)
                if (s.on[l][v])
                    row[v] = (float)((double)row[v] - c * (double)s.h[l][v]);
            row += s.inputs[l];
            row[0] = (float)((double)row[0] - c);
            for (uint32_t k = 0; k < labels && l == last; k++)
                row[1 + k] = (float)((double)row[1 + k] - (step->gamma * d[k]) * h);
        }
    free(d);
    state_free(&s);
}

void oracle_mlp_logits(const sq_model *model, const float *x, const sq_data *data, size_t sample,
                       double *logit) {
    state s = state_new(model, data, sample);
    switch_on(&s, NULL);
    forward(&s, x, 1);
    outputs(&s, x, logit);
    state_free(&s);
}

double oracle_mlp_smooth_loss(const sq_model *model, const double *w, const sq_data *data,
                              const sq_step *step) {
    state s = state_new(model, data, step->sample);
    const uint32_t last = model->layers - 1;
    double *h[SQ_LAYERS_MAX + 1], sum = 0;
    for (uint32_t l = 0; l <= model->layers; l++)
        h[l] = calloc(s.inputs[l] + 1, sizeof *h[l]);
    for (uint32_t v = 0; v < s.inputs[0]; v++)
        h[0][v] = (double)s.h[0][v];
    switch_on(&s, step);
    for (uint32_t l = 0; l < model->layers; l++)
        for (uint32_t u = 0; u < model->hidden[l]; u++) {
            const double *row = w + (s.first[l] + u) * model->width;
            double z = row[s.inputs[l]];
            for (uint32_t v = 0; v < s.inputs[l]; v++)
                z += row[v] * h[l][v];
            h[l + 1][u] = s.on[l + 1][u] && z > 0 ? z : 0;
        }
    double *o = calloc(model->labels, sizeof *o);
    for (uint32_t c = 0; c < model->labels; c++)
        for (uint32_t u = 0; u < model->hidden[last]; u++)
            o[c] += w[(s.first[last] + u) * model->width + s.inputs[last] + 1 + c] * h[last + 1][u];
    for (uint32_t c = 0; c < model->labels; c++)
        sum += exp(o[c]);
    double loss = log(sum) - o[oracle_label(model, data, step->sample)];
    for (uint32_t l = 0; l <= model->layers; l++)
        free(h[l]);
    free(o);
    state_free(&s);
    return loss;
}
