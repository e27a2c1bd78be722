/* The loops of the optimisers. */
#include "oracle/optimizers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/exp.h"

/* --- hyperedges, one by one --- */

typedef struct edge {
    const uint32_t *block;
    size_t written, size, begin; /* begin: incidences of the samples before */
} edge;

static edge edge_of(const sq_hypergraph *g, size_t e) {
    edge found = {.begin = g->arity ? g->arity * e : (size_t)g->begin[e]};
    found.block = g->block + found.begin;
    found.size = g->arity ? g->arity : (size_t)(g->begin[e + 1] - g->begin[e]);
    found.written = found.size - (g->reads ? g->reads[e] : 0);
    return found;
}

static int again(edge e, size_t i) {
    for (size_t before = 0; before < i; before++)
        if (e.block[before] == e.block[i])
            return 1;
    return 0;
}

static size_t incidences(const sq_hypergraph *g) {
    return g->arity ? g->arity * g->samples : (size_t)g->begin[g->samples];
}

static size_t largest(const sq_hypergraph *g) {
    size_t most = 1;
    for (size_t e = 0; e < g->samples; e++)
        most = edge_of(g, e).size > most ? edge_of(g, e).size : most;
    return most;
}

/* --- step sizes --- */

static double step_size(const sq_train_options *o, uint64_t epoch, size_t k, size_t steps) {
    double gamma = o->step, t = (double)epoch + (double)k / (double)steps;
    for (uint64_t e = 0; o->schedule == SQ_EPOCH_DECAY && e < epoch; e++)
        gamma *= o->decay;
    return o->schedule == SQ_INVERSE        ? gamma / (1 + t)
           : o->schedule == SQ_INVERSE_SQRT ? gamma / sqrt(1 + t)
                                            : gamma;
}

/* --- the lazy loop --- */

typedef struct lazy {
    const sq_problem *p;
    const sq_hypergraph *graph;
    const sq_train_options *o;
    size_t steps;
    double rate;
    size_t *since;         /* (size blocks) */
    int *pinned;           /* (size blocks) */
    double *d;             /* (size blocks × width) */
    float *snapshot;       /* (size blocks × stride) */
    float *table;          /* (size incidences × width) */
    double *g, *other;     /* of a step */
    double *low_q, *low_s; /* 257 powers … */
    double *gammas;        /* of the epoch */
    double *logs;          /* (size steps + 1) */
} lazy;

/* q^m and 1 + q + … + q^(m-1), by 256s. */
static void powers(const lazy *l, size_t m, double *q, double *s) {
    double high_q = 1, high_s = 0;
    for (size_t a = 0; a < m / 256; a++) {
        high_s = high_s + high_q * l->low_s[256];
        high_q = high_q * l->low_q[256];
    }
    *q = high_q * l->low_q[m % 256];
    *s = l->low_s[m % 256] + l->low_q[m % 256] * high_s;
}

static int by_epoch(const sq_train_options *o) {
    return o->schedule == SQ_EPOCH_DECAY || o->schedule == SQ_CONSTANT;
}

static double log_of(double q, double y) {
    double halves = 0, rest = q;
    while (rest < 0.5) {
        rest = rest * 2;
        halves = halves + 1;
    }
    return -(halves * 0x1.62e42fefa39efp-1 + sqi_log1p((halves > 0 ? 1 - rest : y) / rest));
}

/* stepped: for a step, which computes rows of one number where nothing is missing, too. */
static void catch_up(const lazy *l, float *x, size_t b, size_t k, int stepped) {
    const sq_problem *p = l->p;
    if ((l->since[b] == k && !(stepped && p->width == 1)) || l->pinned[b])
        return;
    double q, s = 0;
    if (by_epoch(l->o))
        powers(l, k - l->since[b], &q, &s);
    else
        q = sqi_exp(l->logs[k] - l->logs[l->since[b]]);
    float *row = x + b * p->stride;
    for (uint32_t j = 0; j < p->width; j++)
        row[j] = l->o->optimizer == SQ_SGD
                     ? (float)(q * (double)row[j])
                     : (float)(q * (double)row[j] - l->gammas[0] * s * l->d[b * p->width + j]);
    if (p->project)
        p->project(p->context, b, row);
    l->since[b] = k;
}

static void lazy_step(const lazy *l, float *x, size_t k, size_t e, uint64_t epoch) {
    const sq_problem *p = l->p;
    edge at = edge_of(l->graph, p->edges_vary ? k : e);
    double gamma = l->gammas[k], q = 1 - gamma * l->rate, n = (double)p->samples;
    sq_step step = {epoch, k, e, gamma};
    for (size_t i = 0; i < at.written; i++)
        catch_up(l, x, at.block[i], k, 1);
    p->gradient(p->context, x, &step, l->g);
    if (l->o->optimizer == SQ_SVRG)
        p->gradient(p->context, l->snapshot, &step, l->other);
    for (size_t i = 0; i < at.written; i++) {
        size_t b = at.block[i];
        for (uint32_t j = 0; j < p->width && !again(at, i); j++) {
            double v = l->g[i * p->width + j], *d = &l->d[b * p->width + j];
            float *t = &l->table[(at.begin + i) * p->width + j], now = (float)v;
            if (l->o->optimizer == SQ_SVRG)
                v = v - l->other[i * p->width + j] + *d;
            if (l->o->optimizer == SQ_SAGA) {
                v = v - (double)*t + *d;
                *d = *d + ((double)now - (double)*t) * (1 / n);
                *t = now;
            }
            float *number = &x[b * p->stride + j];
            *number = (float)(q * (double)*number - gamma * v);
        }
        if (p->project && !again(at, i))
            p->project(p->context, b, x + b * p->stride);
        l->since[b] = k + 1;
    }
}

/* d from the sum over all samples, in their order. */
static void set_d(const lazy *l, const float *x) {
    const sq_problem *p = l->p;
    memset(l->d, 0, p->blocks * p->width * sizeof *l->d);
    for (size_t e = 0; e < p->samples && l->o->optimizer != SQ_SGD; e++) {
        edge at = edge_of(l->graph, e);
        if (l->o->optimizer == SQ_SVRG)
            p->gradient(p->context, x, &(sq_step){.position = e, .sample = e}, l->g);
        for (size_t i = 0; i < at.written; i++)
            for (uint32_t j = 0; j < p->width; j++)
                l->d[at.block[i] * p->width + j] +=
                    l->o->optimizer == SQ_SVRG ? l->g[i * p->width + j]
                                               : (double)l->table[(at.begin + i) * p->width + j];
    }
    for (size_t i = 0; i < p->blocks * p->width; i++)
        l->d[i] = l->d[i] / (double)p->samples;
}

static void fill_table(const lazy *l, const float *x, const float *memory) {
    const sq_problem *p = l->p;
    for (size_t e = 0; e < p->samples; e++) {
        edge at = edge_of(l->graph, e);
        p->gradient(p->context, x, &(sq_step){.position = e, .sample = e}, l->g);
        for (size_t i = 0; i < at.written * p->width; i++)
            l->table[at.begin * p->width + i] =
                memory ? memory[at.begin * p->width + i] : (float)l->g[i];
    }
}

static void begin_epoch(lazy *l, const float *x, uint64_t epoch) {
    for (size_t k = 0; k < l->steps; k++) {
        l->gammas[k] = step_size(l->o, epoch, k, l->steps);
        double y = l->gammas[k] * l->rate;
        l->logs[k + 1] = l->logs[k] + log_of(1 - y, y);
    }
    double q = 1 - l->gammas[0] * l->rate;
    l->low_q[0] = 1;
    for (int i = 0; i < 256; i++) {
        l->low_q[i + 1] = l->low_q[i] * q;
        l->low_s[i + 1] = l->low_s[i] + l->low_q[i];
    }
    memset(l->since, 0, l->p->blocks * sizeof *l->since);
    memcpy(l->snapshot, x, l->p->blocks * l->p->stride * sizeof *x);
    set_d(l, x);
}

static double mean_loss(const lazy *l, const float *x) {
    const sq_problem *p = l->p;
    double total = 0, squares = 0;
    for (size_t first = 0; first < p->samples; first += 1024) {
        double sum = 0;
        for (size_t e = first; e < first + 1024 && e < p->samples; e++)
            sum += p->loss(p->context, x, e);
        total += sum;
    }
    for (size_t first = 0; first < p->blocks; first += 1024) {
        double sum = 0;
        for (size_t b = first; b < first + 1024 && b < p->blocks; b++)
            for (uint32_t j = 0; j < p->width; j++)
                sum += (double)x[b * p->stride + j] * (double)x[b * p->stride + j];
        squares += sum;
    }
    double n = (double)p->samples, mean = total / n;
    return l->o->l2_exact > 0 ? mean + l->o->l2_exact / n * squares : mean;
}

/* Blocks that samples only read; the others move. */
static void find_pinned(const lazy *l) {
    memset(l->pinned, 0, l->p->blocks * sizeof *l->pinned);
    for (size_t e = 0; e < l->graph->samples; e++) {
        edge at = edge_of(l->graph, e);
        for (size_t i = at.written; i < at.size; i++)
            l->pinned[at.block[i]] = 1;
    }
    for (size_t e = 0; e < l->graph->samples; e++) {
        edge at = edge_of(l->graph, e);
        for (size_t i = 0; i < at.written; i++)
            l->pinned[at.block[i]] = 0;
    }
}

void oracle_lazy(const sq_problem *p, float *x, const sq_order *order, const sq_train_options *o,
                 double *losses, float *memory) {
    sq_hypergraph *graph = NULL;
    lazy l = {.p = p, .o = o, .steps = order->steps};
    size_t numbers = p->blocks * p->width;
    uint32_t *pi = calloc(order->steps, sizeof *pi);
    (void)sq_problem_hypergraph(&graph, p, 0, pi, p->edges_vary ? order->steps : p->samples, NULL);
    l.graph = graph;
    size_t entries = p->edges_vary ? order->steps * 8 + 1 : incidences(graph);
    size_t most = p->edges_vary ? p->edge_max : largest(graph);
    l.rate = 2 * o->l2_exact / (double)p->samples;
    l.since = calloc(p->blocks, sizeof *l.since);
    l.pinned = calloc(p->blocks, sizeof *l.pinned);
    l.d = calloc(numbers, sizeof *l.d);
    l.snapshot = calloc(p->blocks * p->stride, sizeof *l.snapshot);
    l.table = calloc(entries * p->width + 1, sizeof *l.table);
    l.g = calloc(most * p->width, sizeof *l.g);
    l.other = calloc(most * p->width, sizeof *l.other);
    l.low_q = calloc(257, sizeof *l.low_q);
    l.low_s = calloc(257, sizeof *l.low_s);
    l.gammas = calloc(l.steps, sizeof *l.gammas);
    l.logs = calloc(l.steps + 1, sizeof *l.logs);
    find_pinned(&l);
    if (o->optimizer == SQ_SAGA)
        fill_table(&l, x, o->memory);
    for (uint64_t epoch = o->first_epoch; epoch < o->epochs; epoch++) {
        sq_order_fill(order, epoch, pi);
        if (p->edges_vary) {
            l.graph = graph = (sq_hypergraph_free(graph), NULL);
            (void)sq_problem_hypergraph(&graph, p, epoch, pi, order->steps, NULL);
            l.graph = graph;
            find_pinned(&l);
        }
        begin_epoch(&l, x, epoch);
        for (size_t k = 0; k < l.steps; k++)
            lazy_step(&l, x, k, pi[k], epoch);
        for (size_t b = 0; b < p->blocks; b++)
            catch_up(&l, x, b, l.steps, 0);
        if (losses)
            losses[epoch] = mean_loss(&l, x);
    }
    if (memory)
        memcpy(memory, l.table, entries * p->width * sizeof *memory);
    void *all[] = {pi,  l.since, l.pinned, l.d,     l.snapshot, l.table,
                   l.g, l.other, l.low_q,  l.low_s, l.gammas,   l.logs};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    sq_hypergraph_free(graph);
}

/* --- the dense loop --- */

/* mean (size numbers) = 1/n Σ_e entry of e. */
static void mean_of(const sq_problem *p, const long double *entry, long double *mean) {
    memset(mean, 0, p->blocks * p->width * sizeof *mean);
    for (size_t e = 0; e < p->samples; e++) {
        edge at = edge_of(p->graph, e);
        for (size_t i = 0; i < at.written; i++)
            for (uint32_t j = 0; j < p->width; j++)
                mean[at.block[i] * p->width + j] +=
                    entry[(at.begin + i) * p->width + j] / (long double)p->samples;
    }
}

void oracle_dense(const sq_problem *p, oracle_gradient *gradient, const void *context,
                  long double *x, const sq_order *order, const sq_train_options *o) {
    const sq_hypergraph *graph = p->graph;
    size_t numbers = p->blocks * p->width, entries = incidences(graph);
    uint32_t *pi = calloc(order->steps, sizeof *pi);
    long double *entry = calloc(entries * p->width + 1, sizeof *entry);
    long double *mean = calloc(numbers, sizeof *mean), *v = calloc(numbers, sizeof *v);
    long double *g = calloc(largest(graph) * p->width, sizeof *g);
    for (size_t e = 0; e < p->samples; e++)
        gradient(context, x, e, entry + edge_of(graph, e).begin * p->width);
    for (uint64_t epoch = 0; epoch < o->epochs; epoch++) {
        sq_order_fill(order, epoch, pi);
        if (o->optimizer == SQ_SVRG) /* an entry is the gradient at the epoch's first x */
            for (size_t e = 0; e < p->samples; e++)
                gradient(context, x, e, entry + edge_of(graph, e).begin * p->width);
        mean_of(p, entry, mean);
        for (size_t k = 0; k < order->steps; k++) {
            edge at = edge_of(graph, pi[k]);
            long double gamma = (long double)step_size(o, epoch, k, order->steps);
            long double q = 1 - 2 * gamma * (long double)o->l2_exact / (long double)p->samples;
            gradient(context, x, pi[k], g);
            for (size_t i = 0; i < numbers; i++)
                v[i] = o->optimizer == SQ_SGD ? 0 : mean[i];
            for (size_t i = 0; i < at.written; i++)
                for (uint32_t j = 0; j < p->width; j++) {
                    size_t b = at.block[i] * (size_t)p->width + j;
                    long double *then = &entry[(at.begin + i) * p->width + j];
                    long double now = g[i * p->width + j];
                    v[b] += o->optimizer == SQ_SGD ? now : now - *then;
                    if (o->optimizer != SQ_SAGA)
                        continue;
                    mean[b] += (now - *then) / (long double)p->samples;
                    *then = now;
                }
            for (size_t i = 0; i < numbers; i++)
                x[i] = q * x[i] - gamma * v[i];
        }
    }
    free(pi);
    free(entry);
    free(mean);
    free(v);
    free(g);
}
