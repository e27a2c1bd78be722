/* The problem of springs. */
#include "support/springs.h"

#include <stdlib.h>

#include "plan/edges.h"
#include "support/chance.h"

enum { EDGE_MAX = 8 };

static sqi_edge edge_of(const springs *s, const sq_step *step) {
    size_t e = step->sample;
    if (s->problem.edges_vary)
        e = (size_t)((step->epoch * 31 + step->position * 7 + e) % s->graph->samples);
    return sqi_edge_of(s->graph, e);
}

static int again(sqi_edge edge, size_t i) {
    for (size_t before = 0; before < i; before++)
        if (edge.block[before] == edge.block[i])
            return 1;
    return 0;
}

static double wish(const springs *s, size_t sample, uint32_t j) {
    chance draw = {s->seed ^ chance_mix(1000 * sample + j)};
    return chance_unit(&draw);
}

/* t_j and s. */
static double total(const springs *s, const float *x, sqi_edge edge, uint32_t j, double *size) {
    double t = 0;
    *size = 0;
    for (size_t i = 0; i < edge.size; i++)
        if (!again(edge, i)) {
            t += (double)x[edge.block[i] * (size_t)s->problem.stride + j];
            *size += 1;
        }
    return t;
}

static void gradient(const void *context, const float *x, const sq_step *step, double *g) {
    const springs *s = context;
    const uint32_t width = s->problem.width;
    sqi_edge edge = edge_of(s, step);
    for (uint32_t j = 0; j < width; j++) {
        double size, t = total(s, x, edge, j, &size), c = wish(s, step->sample, j);
        for (size_t i = 0; i < edge.written; i++) {
            double own = (double)x[edge.block[i] * (size_t)s->problem.stride + j];
            g[i * width + j] = again(edge, i) ? 0 : 0.3 * t / size + 0.2 * own - c;
        }
    }
}

static void project(const void *context, size_t block, float *row) {
    const springs *s = context;
    const float box = (float)s->box;
    (void)block;
    for (uint32_t j = 0; j < s->problem.width; j++)
        row[j] = row[j] > box ? box : row[j] < -box ? -box : row[j];
}

static void step(const void *context, float *x, const sq_step *st) {
    const springs *s = context;
    const sq_problem *p = &s->problem;
    sqi_edge edge = edge_of(s, st);
    double g[EDGE_MAX * 64];
    gradient(context, x, st, g);
    for (size_t i = 0; i < edge.written; i++) {
        float *row = x + edge.block[i] * (size_t)p->stride;
        for (uint32_t j = 0; j < p->width; j++)
            row[j] = (float)((double)row[j] - st->gamma * g[i * p->width + j]);
        if (p->project)
            p->project(context, edge.block[i], row);
    }
}

static double loss(const void *context, const float *x, size_t sample) {
    const springs *s = context;
    const sq_step st = {.sample = sample};
    sqi_edge edge = edge_of(s, &st);
    double sum = 0;
    for (uint32_t j = 0; j < s->problem.width; j++) {
        double size, t = total(s, x, edge, j, &size), c = wish(s, sample, j);
        sum += size > 0 ? 0.15 * t * t / size : 0;
        for (size_t i = 0; i < edge.size; i++)
            if (!again(edge, i)) {
                double own = (double)x[edge.block[i] * (size_t)s->problem.stride + j];
                sum += 0.1 * own * own - c * own;
            }
    }
    return sum;
}

static size_t hyperedge(const void *context, const sq_step *st, uint32_t *block, uint32_t *reads) {
    const springs *s = context;
    sqi_edge edge = edge_of(s, st);
    for (size_t i = 0; i < edge.size; i++)
        block[i] = edge.block[i];
    *reads = (uint32_t)(edge.size - edge.written);
    return edge.size;
}

void springs_init(springs *s, const sq_hypergraph *graph, uint32_t width, uint32_t stride,
                  uint64_t seed) {
    *s = (springs){.graph = graph, .seed = seed};
    s->problem = (sq_problem){.name = "springs",
                              .context = s,
                              .samples = graph->samples,
                              .blocks = graph->blocks,
                              .width = width,
                              .stride = stride,
                              .graph = graph,
                              .edge_max = EDGE_MAX,
                              .step = step,
                              .gradient = gradient,
                              .loss = loss};
    chance draw = {seed};
    if (chance_one_in(&draw, 2)) {
        s->box = 0.5;
        s->problem.project = project;
    }
}

void springs_by_function(springs *s, int vary) {
    s->problem.graph = NULL;
    s->problem.hyperedge = hyperedge;
    s->problem.edges_vary = vary;
}

float *springs_start(const springs *s) {
    const sq_problem *p = &s->problem;
    float *x = calloc(p->blocks * p->stride + 1, sizeof *x);
    chance draw = {s->seed + 1};
    for (size_t b = 0; b < p->blocks; b++)
        for (uint32_t j = 0; j < p->width; j++)
            x[b * p->stride + j] = (float)(0.5 * chance_unit(&draw));
    return x;
}
