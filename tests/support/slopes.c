/* The problem of slopes. */
#include "support/slopes.h"

#include <stdlib.h>
#include <string.h>

#include "support/chance.h"

enum { EDGE_MAX = 8 };

static uint64_t key_of(const sq_step *step) {
    return chance_mix(chance_mix(step->epoch * 7919 + step->position) + step->sample);
}

const uint32_t *slopes_edge(const slopes *s, const sq_step *step, size_t *size, size_t *written) {
    const sq_hypergraph *g = s->pool;
    size_t e = s->kind == MIXER_VARY ? (size_t)(key_of(step) % g->samples) : step->sample;
    uint64_t begin = g->arity ? (uint64_t)g->arity * e : g->begin[e];
    *size = g->arity ? g->arity : (size_t)(g->begin[e + 1] - begin);
    *written = *size - (g->reads ? g->reads[e] : 0);
    return g->block + begin;
}

static size_t hyperedge(const void *context, const sq_step *step, uint32_t *block,
                        uint32_t *reads) {
    size_t size, written;
    const uint32_t *edge = slopes_edge(context, step, &size, &written);
    for (size_t i = 0; i < size; i++)
        block[i] = edge[i];
    *reads = (uint32_t)(size - written);
    return size;
}

static int occurred(const uint32_t *edge, size_t i) {
    for (size_t j = 0; j < i; j++)
        if (edge[j] == edge[i])
            return 1;
    return 0;
}

static void gradient(const void *context, const float *x, const sq_step *step, double *g) {
    const slopes *s = context;
    const uint32_t width = s->problem.width;
    size_t size, written;
    const uint32_t *edge = slopes_edge(s, step, &size, &written);
    double seen = 0;
    for (size_t i = 0; i < size; i++)
        for (uint32_t j = 0; j < width; j++)
            seen += (double)x[(size_t)edge[i] * s->problem.stride + j];
    for (size_t i = 0; i < written; i++) {
        chance draw = {key_of(step) + i};
        for (uint32_t j = 0; j < width; j++) {
            double scale = (double)(UINT64_C(1) << chance_below(&draw, 20)) * 0x1p-10;
            double own = (double)x[(size_t)edge[i] * s->problem.stride + j];
            g[i * width + j] = occurred(edge, i) ? 0
                                                 : 0.3 * own + 0x1p-6 * seen / (double)size +
                                                       scale * chance_unit(&draw);
        }
    }
}

static void project(const void *context, size_t block, float *row) {
    const slopes *s = context;
    (void)block;
    for (uint32_t j = 0; j < s->problem.width; j++)
        row[j] = row[j] > 4 ? 4 : row[j] < -4 ? -4 : row[j];
}

void slopes_apply(const slopes *s, float *x, const sq_step *step, const double *g) {
    const uint32_t width = s->problem.width;
    size_t size, written;
    const uint32_t *edge = slopes_edge(s, step, &size, &written);
    for (size_t i = 0; i < written; i++) {
        float *row = x + (size_t)edge[i] * s->problem.stride;
        for (uint32_t j = 0; j < width; j++)
            row[j] = (float)((double)row[j] - step->gamma * g[i * width + j]);
        if (s->problem.project)
            project(s, edge[i], row);
    }
}

static void step_one(const void *context, float *x, const sq_step *step) {
    double g[SLOPES_MOST];
    gradient(context, x, step, g);
    slopes_apply(context, x, step, g);
}

static double loss(const void *context, const float *x, size_t sample) {
    const slopes *s = context;
    size_t size, written;
    const uint32_t *edge = slopes_edge(s, &(sq_step){.sample = sample}, &size, &written);
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        for (uint32_t j = 0; j < s->problem.width; j++)
            sum += (double)x[(size_t)edge[i] * s->problem.stride + j];
    return sum;
}

void slopes_init(slopes *s, mixer_kind kind, const sq_hypergraph *pool, uint32_t width,
                 uint32_t stride, int projected) {
    *s = (slopes){.kind = kind, .pool = pool};
    s->problem = (sq_problem){.name = "slopes",
                              .context = s,
                              .samples = pool->samples,
                              .blocks = pool->blocks,
                              .width = width,
                              .stride = stride,
                              .graph = kind == MIXER_GRAPH ? pool : NULL,
                              .hyperedge = kind == MIXER_GRAPH ? NULL : hyperedge,
                              .edge_max = EDGE_MAX,
                              .edges_vary = kind == MIXER_VARY,
                              .step = step_one,
                              .gradient = gradient,
                              .project = projected ? project : NULL,
                              .loss = loss};
}

float *slopes_start(const slopes *s, uint64_t seed) {
    size_t count = sq_problem_parameters(&s->problem);
    float *x = malloc(count * sizeof *x + 1);
    chance draw = {seed};
    for (size_t i = 0; i < count; i++)
        x[i] = (float)chance_unit(&draw);
    return x;
}
