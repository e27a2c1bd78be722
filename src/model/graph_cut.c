/* Multiway cut, relaxed to the simplex (Niu, Recht, Ré, Wright 2011, section 2, "Graph cuts").
 *
 * Given edges (u, v) with weights w_uv ≥ 0, K labels, and a label for some of the nodes:
 *
 *     min Σ_uv w_uv ‖x_u - x_v‖₁   subject to x_v ≥ 0, Σ_c x_vc = 1 for every node v,
 *
 * where a node with a label (a terminal) keeps the unit vector of its label. The step of an edge, with
 * the rows as they were before it on the right-hand sides and P the Euclidean projection onto the
 * simplex (num/simplex.h):
 *
 *     s = sign(x_u - x_v) by label, 0 where equal
 *     x_u ← P(x_u - γ w s),   x_v ← P(x_v + γ w s)
 *
 * It is the same for (v, u). A terminal is only read, so an edge lists its free node first. Where
 * every s is 0 (rows that agree, a loop), and between two terminals, nothing is written.
 *
 * A row takes the least power of two of binary32 numbers that holds it, up to 16, and a multiple of 16
 * beyond: so none lies across more lines of a cache than it must, and one of two labels takes 8 bytes,
 * an eighth of a line. */
#include <string.h>

#include "base/alloc.h"
#include "base/prefetch.h"
#include "model/kind.h"
#include "model/steps.h"
#include "model/terminals.h"
#include "num/coarse.h"
#include "num/float_env.h"
#include "num/simplex.h"

typedef struct cut {
    const sq_data *data;
    uint8_t *pinned; /* whether a node is a terminal (size blocks) */
    uint32_t *block; /* hyperedges: what is written first (size 2 samples) */
    uint32_t *reads; /* terminals of each edge; of a loop 2 (size samples) */
    uint32_t labels, stride;
    sq_hypergraph graph;
} cut;

/* Two rows that a step is about to replace. */
typedef struct rows {
    double u[SQI_SIMPLEX_MAX], v[SQI_SIMPLEX_MAX];
} rows;

/* x_u - γ w s and x_v + γ w s, with d = γ w. Returns whether any s is not 0. */
static inline int move_apart(const float *xu, const float *xv, double d, uint32_t labels, double *u,
                             double *v) {
    int differ = 0;
    for (uint32_t c = 0; c < labels; c++) {
        double p = (double)xu[c], q = (double)xv[c];
        double s = (double)((p > q) - (p < q));
        u[c] = p - d * s;
        v[c] = q + d * s;
        differ |= p != q;
    }
    return differ;
}

static inline void step_edge(const cut *c, float *x, size_t sample, double gamma) {
    const uint32_t *edge = c->block + 2 * sample;
    uint32_t reads = c->reads[sample];
    if (reads == 2)
        return;
    float *xu = x + edge[0] * (size_t)c->stride, *xv = x + edge[1] * (size_t)c->stride;
    rows moved;
    if (!move_apart(xu, xv, gamma * (double)c->data->value[sample], c->labels, moved.u, moved.v))
        return;
    sqi_simplex_project(moved.u, c->labels, xu);
    if (reads == 0)
        sqi_simplex_project(moved.v, c->labels, xv);
}

/* The same for two labels. */
static inline void step_edge_of_two(const cut *c, float *x, size_t sample, double gamma) {
    const uint32_t *edge = c->block + 2 * sample;
    uint32_t reads = c->reads[sample];
    double u[2], v[2];
    if (reads == 2)
        return;
    float *xu = x + edge[0] * (size_t)2, *xv = x + edge[1] * (size_t)2;
    if (!move_apart(xu, xv, gamma * (double)c->data->value[sample], 2, u, v))
        return;
    sqi_simplex_project_pair(u[0], u[1], xu);
    if (reads == 0)
        sqi_simplex_project_pair(v[0], v[1], xv);
}

/* How many steps ahead an edge, and the rows of its nodes, are asked for. */
enum { EDGE_AHEAD = 32, ROWS_AHEAD = 8 };

SQI_ASKS void ask_ahead(const cut *c, const float *x, const sq_steps *list, size_t i,
                        uint32_t stride) {
    if (i + EDGE_AHEAD < list->count) {
        size_t later = sqi_sample_at(list, i + EDGE_AHEAD);
        sqi_ask(c->block + 2 * later);
        sqi_ask(c->reads + later);
        sqi_ask(c->data->value + later);
    }
    if (i + ROWS_AHEAD < list->count) {
        const uint32_t *edge = c->block + 2 * sqi_sample_at(list, i + ROWS_AHEAD);
        sqi_ask_to_write(x + edge[0] * (size_t)stride);
        sqi_ask_to_write(x + edge[1] * (size_t)stride);
    }
}

static void steps(const void *context, float *x, const sq_steps *list) {
    const cut *c = context;
    for (size_t i = 0; i < list->count; i++) {
        ask_ahead(c, x, list, i, c->stride);
        step_edge(c, x, sqi_sample_at(list, i), sqi_gamma_at(list, i));
    }
}

static void steps_of_two(const void *context, float *x, const sq_steps *list) {
    const cut *c = context;
    for (size_t i = 0; i < list->count; i++) {
        ask_ahead(c, x, list, i, 2);
        step_edge_of_two(c, x, sqi_sample_at(list, i), sqi_gamma_at(list, i));
    }
}

static void step(const void *context, float *x, const sq_step *s) {
    step_edge(context, x, s->sample, s->gamma);
}

static void gradient(const void *context, const float *x, const sq_step *s, double *g) {
    const cut *c = context;
    const uint32_t *edge = c->block + 2 * s->sample;
    const float *xu = x + edge[0] * (size_t)c->stride, *xv = x + edge[1] * (size_t)c->stride;
    double w = (double)c->data->value[s->sample];
    for (uint32_t i = 0; i < 2 - c->reads[s->sample]; i++)
        for (uint32_t j = 0; j < c->labels; j++) {
            float mine = i ? xv[j] : xu[j], other = i ? xu[j] : xv[j];
            *g++ = mine > other ? w : mine < other ? -w : 0;
        }
}

static void project(const void *context, size_t block, float *row) {
    const cut *c = context;
    double a[SQI_SIMPLEX_MAX];
    if (c->pinned[block])
        return;
    for (uint32_t j = 0; j < c->labels; j++)
        a[j] = (double)row[j];
    sqi_simplex_project(a, c->labels, row);
}

/* w ‖x_u - x_v‖₁, added up in the order of the labels. */
static double distance(const float *xu, const float *xv, uint32_t labels, float weight) {
    double sum = 0;
    for (uint32_t j = 0; j < labels; j++) {
        double p = (double)xu[j], q = (double)xv[j];
        sum += p > q ? p - q : q - p;
    }
    return (double)weight * sum;
}

static double loss(const void *context, const float *x, size_t sample) {
    const cut *c = context;
    const uint32_t *edge = c->block + 2 * sample;
    return distance(x + edge[0] * (size_t)c->stride, x + edge[1] * (size_t)c->stride, c->labels,
                    c->data->value[sample]);
}

static void context_free(void *context) {
    cut *c = context;
    if (c) {
        sqi_free(c->pinned);
        sqi_free(c->block);
        sqi_free(c->reads);
    }
    sqi_free(c);
}

/* The hyperedges, free nodes first; refuses negative weights. */
static int list_edges(cut *c, sq_error *error) {
    const sq_data *data = c->data;
    for (size_t i = 0; i < data->samples; i++) {
        uint32_t u = data->pair[2 * i], v = data->pair[2 * i + 1];
        if (data->value[i] < 0)
            return sqi_fail(error, SQ_BAD_ARGUMENT,
                            "graph-cut: found the weight %.9g of edge %zu (%u, %u), expected none "
                            "below 0",
                            (double)data->value[i], i, data->names[0].name[u],
                            data->names[0].name[v]);
        int turned = c->pinned[u] && !c->pinned[v];
        c->block[2 * i] = turned ? v : u;
        c->block[2 * i + 1] = turned ? u : v;
        c->reads[i] = u == v ? 2 : (uint32_t)c->pinned[u] + c->pinned[v];
    }
    c->graph = (sq_hypergraph){.samples = data->samples,
                               .blocks = data->names[0].count,
                               .arity = 2,
                               .block = c->block,
                               .reads = c->reads};
    return SQ_OK;
}

static int problem(sq_problem *p, void **context, const sq_model *model, const sq_data *data,
                   double l2, sq_error *error) {
    if (l2 > 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--l2 is not for graph-cut: every row stays on the simplex as it is");
    if (!model->pinned)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "graph-cut: a model that was read does not know its terminals");
    cut *c = *context = sqi_alloc(1, sizeof *c, error);
    if (!c)
        return SQ_NO_MEMORY;
    c->data = data;
    c->labels = model->width;
    c->stride = model->stride;
    c->pinned = sqi_alloc(model->blocks, sizeof *c->pinned, error);
    c->block = c->pinned ? sqi_alloc(data->samples, 2 * sizeof *c->block, error) : NULL;
    c->reads = c->block ? sqi_alloc(data->samples, sizeof *c->reads, error) : NULL;
    if (!c->reads)
        return SQ_NO_MEMORY;
    memcpy(c->pinned, model->pinned, model->blocks * sizeof *c->pinned);
    p->graph = &c->graph;
    p->alignment = (model->stride < 16 ? model->stride : 16) * (uint32_t)sizeof(float);
    p->step = step;
    p->steps = c->labels == 2 ? steps_of_two : steps;
    p->gradient = gradient;
    p->project = project;
    p->loss = loss;
    p->step_ns = c->labels == 2 ? 12 : 20 + 15.0 * c->labels;
    return list_edges(c, error);
}

static int shape(sq_model *model, const sq_model_options *options, const sq_data *data,
                 sq_error *error) {
    if (!options->terminals)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "graph-cut needs terminals");
    model->label = sqi_alloc(SQI_SIMPLEX_MAX, sizeof *model->label, error);
    model->pinned =
        model->label ? sqi_alloc(data->names[0].count, sizeof *model->pinned, error) : NULL;
    if (!model->pinned)
        return SQ_NO_MEMORY;
    int status = sqi_terminal_labels(model, options->terminals, &data->names[0], error);
    model->width = model->labels;
    return status;
}

static uint32_t stride(uint32_t width) {
    uint32_t power = 2;
    while (power < width && power < 16)
        power *= 2;
    return (width + power - 1) / power * power;
}

static int valid(const sq_model *model) {
    return model->labels >= 2 && model->labels <= SQI_SIMPLEX_MAX &&
           model->width == model->labels && model->names[1].count == 0 && model->layers == 0;
}

/* A free node belongs to every label alike. */
static void init(sq_model *model, uint64_t seed) {
    float share = (float)(1 / (double)model->labels);
    (void)seed;
    for (size_t b = 0; b < model->blocks; b++)
        for (uint32_t j = 0; j < model->labels; j++)
            model->x[b * model->stride + j] = share;
}

static void defaults(const sq_model *model, const sq_data *data, double *gamma, double *decay) {
    double sum = 0;
    for (size_t i = 0; i < data->samples; i++)
        sum += (double)data->value[i];
    double degree = 2 * sum / (double)model->names[0].count; /* mean weighted */
    *gamma = degree > 0 ? 1 / sqi_coarse(degree) : 1;
    *decay = 0.5;
}

uint32_t sqi_greatest_of(const float *row, uint32_t width) {
    uint32_t greatest = 0;
    for (uint32_t j = 1; j < width; j++)
        greatest = row[j] > row[greatest] ? j : greatest;
    return greatest;
}

static sq_prediction predict(const sq_evaluator *e, size_t sample, int *unseen) {
    const sq_model *m = e->model;
    uint32_t u = e->block[e->data->pair[2 * sample]], v = e->block[e->data->pair[2 * sample + 1]];
    float weight = e->data->value[sample];
    if (u == SQI_UNSEEN || v == SQI_UNSEEN) {
        *unseen = 1;
        return (sq_prediction){0, 0};
    }
    const float *xu = m->x + u * (size_t)m->stride, *xv = m->x + v * (size_t)m->stride;
    int apart = sqi_greatest_of(xu, m->width) != sqi_greatest_of(xv, m->width);
    return (sq_prediction){distance(xu, xv, m->width, weight), apart ? (double)weight : 0};
}

static void judge(const sq_evaluator *e, size_t sample, sq_prediction p, double *sample_loss,
                  double *metric, int *unseen) {
    (void)e, (void)sample, (void)unseen;
    *sample_loss = p.score;
    *metric = p.value;
}

const sqi_model_kind sqi_graph_cut = {.name = "graph-cut",
                                      .data = SQ_EDGES,
                                      .metric = "cut weight",
                                      .finish = SQI_SUM,
                                      .shape = shape,
                                      .stride = stride,
                                      .valid = valid,
                                      .init = init,
                                      .pin = sqi_pin_terminals,
                                      .defaults = defaults,
                                      .problem = problem,
                                      .context_free = context_free,
                                      .predict = predict,
                                      .judge = judge};
