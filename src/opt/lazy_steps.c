/* The lazy steps themselves; lazy.h says what they compute.
 *
 * For each written block of the hyperedge: what it missed; then the gradients, at x and, for svrg, at
 * the snapshot; then the step. Scalars are binary64, and a parameter is rounded to binary32 once when it
 * is caught up and once when it is stepped. One set of loops for each optimiser, and for rows of one
 * number, so that these are constants inside. */
#include "base/prefetch.h"
#include "model/steps.h"
#include "num/exp.h"
#include "opt/lazy.h"
#include "plan/edges.h"

/* How many steps ahead a hyperedge, and the records and rows that it names, are asked for; of how many
 * blocks. */
enum { EDGE_AHEAD = 16, ROWS_AHEAD = 6, ROWS_MOST = 16 };

/* What a block that is missing the steps since does not know yet, at step k. */
static inline sqi_power missed(const sqi_lazy *o, uint64_t since, uint64_t k) {
    if (!o->log_keep)
        return sqi_power_of(&o->powers, k - since);
    return (sqi_power){sqi_exp(o->log_keep[k] - o->log_keep[since]), 0};
}

static inline void catch_up_row(const sqi_lazy *o, float *restrict row,
                                const sqi_cell *restrict cell, size_t block, uint64_t since,
                                uint64_t k, sq_optimizer optimizer, uint32_t width) {
    if (o->weight && !(o->rate > 0))
        return;
    sqi_power power = missed(o, since, k);
    double push = o->gamma * power.sum;
    for (uint32_t j = 0; j < width; j++) {
        double kept = power.keep * (double)row[j];
        row[j] =
            (float)(optimizer == SQ_SGD || o->weight ? kept : kept - push * cell[1 + j].number);
    }
    if (o->problem->project)
        o->problem->project(o->problem->context, block, row);
}

/* Where a hyperedge has a block again, its gradient is in the first place and the step is done there. */
static inline int occurred(const sqi_lazy *o, sqi_edge edge, size_t i) {
    if (o->repeats)
        for (size_t before = 0; before < i; before++)
            if (edge.block[before] == edge.block[i])
                return 1;
    return 0;
}

/* One row's step. g: its gradient at x; other: at the snapshot, or NULL; entry: its remembered gradient,
 * or NULL; share: what a change of that counts in d. */
static inline void step_row(float *restrict row, sqi_cell *restrict cell, const double *restrict g,
                            const double *restrict other, float *restrict entry, double gamma,
                            double keep, double share, sq_optimizer optimizer, uint32_t width) {
    for (uint32_t j = 0; j < width; j++) {
        double v = g[j];
        if (optimizer == SQ_SVRG)
            v = (v - other[j]) + cell[1 + j].number;
        if (optimizer == SQ_SAGA) {
            float now = (float)v;
            double then = (double)entry[j], mean = cell[1 + j].number;
            v = (v - then) + mean;
            cell[1 + j].number = mean + ((double)now - then) * share;
            entry[j] = now;
        }
        row[j] = (float)(keep * (double)row[j] - gamma * v);
    }
}

static inline void step_edge(const sqi_lazy *o, const sq_problem *p, float *x, sqi_edge edge,
                             const sq_step *step, float *entry, double *g, sq_optimizer optimizer,
                             uint32_t width) {
    const uint32_t cells = optimizer == SQ_SGD ? 1 : 1 + width, stride = p->stride;
    const uint64_t k = step->position;
    for (size_t i = 0; i < edge.written; i++) {
        sqi_cell *cell = o->cell + edge.block[i] * (size_t)cells;
        const uint64_t since = cell->count; /* greater than k only where threads race */
        if (since < k)
            catch_up_row(o, x + edge.block[i] * (size_t)stride, cell, edge.block[i], since, k,
                         optimizer, width);
        cell->count = since <= k ? k + 1 : since;
    }
    p->gradient(p->context, x, step, g);
    if (optimizer == SQ_SVRG)
        p->gradient(p->context, o->snapshot, step, g + o->most);
    const double keep = sqi_lazy_keep(o->rate, step->gamma),
                 share = 1 / (double)o->problem->samples;
    for (size_t i = 0; i < edge.written; i++) {
        size_t block = edge.block[i];
        float *row = x + block * stride;
        if (occurred(o, edge, i))
            continue;
        step_row(row, o->cell + block * cells, g + i * width,
                 optimizer == SQ_SVRG ? g + o->most + i * width : NULL,
                 optimizer == SQ_SAGA ? entry + i * width : NULL, step->gamma, keep,
                 o->weight ? o->weight[block] : share, optimizer, width);
        if (o->problem->project)
            o->problem->project(o->problem->context, block, row);
    }
}

static inline sqi_edge edge_at(const sqi_lazy *o, const sq_problem *p, const sq_steps *list,
                               const uint32_t *pi, size_t i) {
    if (p->graph)
        return sqi_edge_of(p->graph, sqi_sample_at(list, i));
    size_t k = list->position ? list->position[i] : list->first + i;
    return sqi_edge_of(o->graph, p->edges_vary ? k : pi[k]);
}

/* Asks for what the i-th step will touch. */
SQI_ASKS void ask_for(const sqi_lazy *o, const sq_problem *p, const float *x, const sq_steps *list,
                      const uint32_t *pi, size_t i) {
    if (i >= list->count)
        return;
    sqi_edge edge = edge_at(o, p, list, pi, i);
    for (size_t j = 0; j < edge.written && j < ROWS_MOST; j++) {
        sqi_ask_to_write(o->cell + edge.block[j] * (size_t)o->cells);
        sqi_ask_to_write(x + edge.block[j] * (size_t)p->stride);
        if (o->snapshot)
            sqi_ask(o->snapshot + edge.block[j] * (size_t)p->stride);
    }
}

static inline void step_list(const sqi_lazy *o, unsigned thread, const sq_problem *p, float *x,
                             const sq_steps *list, const uint32_t *pi, sq_optimizer optimizer,
                             uint32_t width) {
    double *g = o->scratch + thread * o->room;
    for (size_t i = 0; i < list->count; i++) {
        size_t k = list->position ? list->position[i] : list->first + i;
        sq_step step = {list->epoch, k, sqi_sample_at(list, i), sqi_gamma_at(list, i)};
        float *entry = NULL;
        ask_for(o, p, x, list, pi, i + ROWS_AHEAD);
        if (optimizer == SQ_SAGA)
            entry = o->table +
                    (size_t)(sqi_edge_of(o->graph, pi[k]).block - o->graph->block) * (size_t)width;
        step_edge(o, p, x, edge_at(o, p, list, pi, i), &step, entry, g, optimizer, width);
    }
}

#define STEPS(name, optimizer)                                                                     \
    static void name##_steps(const sqi_lazy *o, unsigned thread, const sq_problem *p, float *x,    \
                             const sq_steps *list, const uint32_t *pi) {                           \
        if (p->width == 1)                                                                         \
            step_list(o, thread, p, x, list, pi, optimizer, 1);                                    \
        else                                                                                       \
            step_list(o, thread, p, x, list, pi, optimizer, p->width);                             \
    }

STEPS(sgd, SQ_SGD)
STEPS(svrg, SQ_SVRG)
STEPS(saga, SQ_SAGA)

void sqi_lazy_steps(const sqi_lazy *lazy, unsigned thread, const sq_problem *problem, float *x,
                    const sq_steps *list, const uint32_t *pi) {
    if (lazy->optimizer == SQ_SVRG)
        svrg_steps(lazy, thread, problem, x, list, pi);
    else if (lazy->optimizer == SQ_SAGA)
        saga_steps(lazy, thread, problem, x, list, pi);
    else
        sgd_steps(lazy, thread, problem, x, list, pi);
}

void sqi_lazy_catch_up(const sqi_lazy *lazy, float *x, uint64_t step, size_t first, size_t count) {
    const sq_problem *p = lazy->problem;
    for (size_t b = first; b < first + count; b++) {
        sqi_cell *cell = lazy->cell + b * lazy->cells;
        if (cell->count >= step)
            continue;
        catch_up_row(lazy, x + b * (size_t)p->stride, cell, b, cell->count, step, lazy->optimizer,
                     p->width);
        cell->count = step;
    }
}
