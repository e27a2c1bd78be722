/* The lazy steps themselves; lazy.h says what they compute.
 *
 * For each written block of the hyperedge: what it missed; then the gradients, at x and, for svrg, at
 * the snapshot; then the step. Scalars are binary64, and a parameter is rounded to binary32 once when it
 * is caught up and once when it is stepped.
 *
 * One set of loops for each optimiser, and for rows of one number, so that these are constants inside.
 * They look at a copy of what the optimiser knows, which no store to a parameter can change. */
#include "base/inline.h"
#include "base/prefetch.h"
#include "model/steps.h"
#include "num/exp.h"
#include "opt/lazy.h"
#include "plan/edges.h"

/* Numbers of a row that are computed side by side. */
enum { PIECE = 8 };

/* How many steps ahead the records and rows of a hyperedge are asked for, of how many blocks; how many
 * blocks ahead within a hyperedge; the bytes of records that need no asking; and those of a row. */
enum {
    ROWS_AHEAD = 6,
    ROWS_MOST = 16,
    BLOCKS_AHEAD = 16,
    NEAR = 1 << 17,
    LINE = 64,
    ROW_MOST = 4 * LINE
};

/* What is the same for all steps of a list. */
typedef struct lazy_list {
    sqi_lazy o;
    const sq_problem *problem; /* whose samples the list names */
    const sq_steps *steps;
    const uint32_t *pi;
    float *x;
    double *g, *other; /* gradients of a step, at x and at the snapshot */
    double share;      /* 1/n */
    int far;           /* whether records and rows have to be asked for */
} lazy_list;

/* What a block that is missing the steps since `since` does not know yet, at step k. */
SQI_INLINED sqi_power missed(const sqi_lazy *o, uint64_t since, uint64_t k) {
    if (o->log_keep)
        return (sqi_power){sqi_exp(o->log_keep[k] - o->log_keep[since]), 0};
    if (!(o->rate > 0)) /* as the tables have it, where q = 1 */
        return (sqi_power){1, (double)(k - since)};
    return sqi_power_of(&o->powers, k - since);
}

/* Some numbers of a row; still: there is no d, or not here. */
SQI_INLINED void catch_up_numbers(float *restrict row, const sqi_cell *restrict d, double keep,
                                  double push, int still, uint32_t count) {
    if (still)
        for (uint32_t j = 0; j < count; j++)
            row[j] = (float)(keep * (double)row[j]);
    else
        for (uint32_t j = 0; j < count; j++)
            row[j] = (float)(keep * (double)row[j] - push * d[j].number);
}

SQI_INLINED void catch_up_row(const sqi_lazy *o, float *restrict row, const sqi_cell *restrict cell,
                              size_t block, uint64_t since, uint64_t k, sq_optimizer optimizer,
                              uint32_t width) {
    if (o->weight && !(o->rate > 0))
        return;
    const sqi_power power = missed(o, since, k);
    const double push = o->gamma * power.sum;
    const int still = optimizer == SQ_SGD || o->weight;
    uint32_t j = 0;
    for (; j + PIECE <= width; j += PIECE)
        catch_up_numbers(row + j, cell + 1 + j, power.keep, push, still, PIECE);
    for (; j < width; j++)
        catch_up_numbers(row + j, cell + 1 + j, power.keep, push, still, 1);
    if (o->problem->project)
        o->problem->project(o->problem->context, block, row);
}

/* Where a hyperedge has a block again, its gradient is in the first place and the step is done there. */
SQI_INLINED int occurred(sqi_edge edge, size_t i) {
    for (size_t before = 0; before < i; before++)
        if (edge.block[before] == edge.block[i])
            return 1;
    return 0;
}

/* What a step does to some numbers of a row. d: theirs; g: their gradients at x; other: at the snapshot;
 * entry: the remembered ones; share: what a change of these counts in d. */
SQI_INLINED void step_numbers(float *restrict row, sqi_cell *restrict d, const double *restrict g,
                              const double *restrict other, float *restrict entry, double gamma,
                              double keep, double share, sq_optimizer optimizer, uint32_t count) {
    for (uint32_t j = 0; j < count; j++) {
        double v = g[j];
        if (optimizer == SQ_SVRG)
            v = (v - other[j]) + d[j].number;
        if (optimizer == SQ_SAGA) {
            const float now = (float)v;
            const double then = (double)entry[j], mean = d[j].number;
            v = (v - then) + mean;
            d[j].number = mean + ((double)now - then) * share;
            entry[j] = now;
        }
        row[j] = (float)(keep * (double)row[j] - gamma * v);
    }
}

/* The i-th block of a hyperedge. */
SQI_INLINED void step_row(const lazy_list *l, size_t block, size_t i, float *entry, double gamma,
                          double keep, sq_optimizer optimizer, uint32_t width) {
    const size_t cells = optimizer == SQ_SGD ? 1 : 1 + width, at = i * width;
    const double share = optimizer == SQ_SAGA && l->o.weight ? l->o.weight[block] : l->share;
    float *row = l->x + block * l->problem->stride, *own = optimizer == SQ_SAGA ? entry + at : NULL;
    sqi_cell *d = l->o.cell + block * cells + 1;
    const double *g = l->g + at, *other = l->other + at;
    uint32_t j = 0;
    for (; j + PIECE <= width; j += PIECE)
        step_numbers(row + j, d + j, g + j, other + j, own ? own + j : NULL, gamma, keep, share,
                     optimizer, PIECE);
    for (; j < width; j++)
        step_numbers(row + j, d + j, g + j, other + j, own ? own + j : NULL, gamma, keep, share,
                     optimizer, 1);
    if (l->problem->project)
        l->problem->project(l->problem->context, block, row);
}

/* The lines of a row, and of its record. */
SQI_ASKS void ask_for_block(const lazy_list *l, size_t block) {
    const sqi_cell *cell = l->o.cell + block * l->o.cells;
    const size_t row = block * l->problem->stride;
    for (uint32_t j = 0; j < l->o.cells && j < ROW_MOST / sizeof *cell; j += LINE / sizeof *cell)
        sqi_ask_to_write(cell + j);
    for (uint32_t j = 0; j < l->problem->width && j < ROW_MOST / sizeof *l->x;
         j += LINE / sizeof *l->x) {
        sqi_ask_to_write(l->x + row + j);
        if (l->o.snapshot)
            sqi_ask(l->o.snapshot + row + j);
    }
}

SQI_INLINED void catch_up_edge(const lazy_list *l, sqi_edge edge, uint64_t k,
                               sq_optimizer optimizer, uint32_t width) {
    const size_t cells = optimizer == SQ_SGD ? 1 : 1 + width, stride = l->problem->stride;
    for (size_t i = 0; i < edge.written; i++) {
        sqi_cell *cell = l->o.cell + edge.block[i] * cells;
        if (l->far && i + BLOCKS_AHEAD < edge.written)
            ask_for_block(l, edge.block[i + BLOCKS_AHEAD]);
        const uint64_t since = cell->count; /* greater than k only where threads race */
        if (width == 1 ? since <= k
                       : since < k) /* a number is faster without a branch (7d: m = 0) */
            catch_up_row(&l->o, l->x + edge.block[i] * stride, cell, edge.block[i], since, k,
                         optimizer, width);
        if (since <= k)
            cell->count = k + 1;
    }
}

SQI_INLINED void step_edge(const lazy_list *l, sqi_edge edge, const sq_step *step, float *entry,
                           sq_optimizer optimizer, uint32_t width) {
    const sq_problem *p = l->problem;
    const double keep = sqi_lazy_keep(l->o.rate, step->gamma);
    catch_up_edge(l, edge, step->position, optimizer, width);
    p->gradient(p->context, l->x, step, l->g);
    if (optimizer == SQ_SVRG)
        p->gradient(p->context, l->o.snapshot, step, l->other);
    for (size_t i = 0; i < edge.written; i++)
        if (!l->o.repeats || !occurred(edge, i))
            step_row(l, edge.block[i], i, entry, step->gamma, keep, optimizer, width);
}

SQI_INLINED sqi_edge edge_at(const lazy_list *l, size_t i) {
    if (l->problem->graph)
        return sqi_edge_of(l->problem->graph, sqi_sample_at(l->steps, i));
    size_t k = sqi_position_at(l->steps, i);
    return sqi_edge_of(l->o.graph, l->problem->edges_vary ? k : l->pi[k]);
}

/* Its remembered gradients. */
SQI_INLINED float *entry_at(const lazy_list *l, size_t i) {
    const size_t k = sqi_position_at(l->steps, i);
    const size_t before = (size_t)(sqi_edge_of(l->o.graph, l->pi[k]).block - l->o.graph->block);
    return l->o.table + before * l->problem->width;
}

/* Asks for what the i-th step will touch. */
SQI_ASKS void ask_for(const lazy_list *l, size_t i) {
    if (i >= l->steps->count)
        return;
    sqi_edge edge = edge_at(l, i);
    for (size_t j = 0; j < edge.written && j < ROWS_MOST; j++)
        ask_for_block(l, edge.block[j]);
    if (l->o.table) {
        const float *entry = entry_at(l, i);
        for (size_t j = 0; j < edge.written * l->problem->width && j < ROW_MOST / sizeof *entry;
             j += LINE / sizeof *entry)
            sqi_ask_to_write(entry + j);
    }
}

SQI_INLINED void step_list(const lazy_list *l, sq_optimizer optimizer, uint32_t width) {
    for (size_t i = 0; i < l->steps->count; i++) {
        const size_t k = sqi_position_at(l->steps, i);
        const sq_step step = {l->steps->epoch, k, sqi_sample_at(l->steps, i),
                              sqi_gamma_at(l->steps, i)};
        float *entry = NULL;
        if (l->far)
            ask_for(l, i + ROWS_AHEAD);
        if (optimizer == SQ_SAGA)
            entry = entry_at(l, i);
        step_edge(l, edge_at(l, i), &step, entry, optimizer, width);
    }
}

#define STEPS(name, optimizer)                                                                     \
    static void name##_steps(const lazy_list *list) {                                              \
        const lazy_list own = *list;                                                               \
        if (own.problem->width == 1)                                                               \
            step_list(&own, optimizer, 1);                                                         \
        else                                                                                       \
            step_list(&own, optimizer, own.problem->width);                                        \
    }

STEPS(sgd, SQ_SGD)
STEPS(svrg, SQ_SVRG)
STEPS(saga, SQ_SAGA)

void sqi_lazy_steps(const sqi_lazy *lazy, unsigned thread, const sq_problem *problem, float *x,
                    const sq_steps *list, const uint32_t *pi) {
    double *g = lazy->scratch + thread * lazy->room;
    const lazy_list own = {.o = *lazy,
                           .problem = problem,
                           .steps = list,
                           .pi = pi,
                           .x = x,
                           .g = g,
                           .other = lazy->optimizer == SQ_SVRG ? g + lazy->most : g,
                           .share = 1 / (double)lazy->problem->samples,
                           .far = problem->blocks * lazy->cells > NEAR / sizeof(sqi_cell)};
    if (lazy->optimizer == SQ_SVRG)
        svrg_steps(&own);
    else if (lazy->optimizer == SQ_SAGA)
        saga_steps(&own);
    else
        sgd_steps(&own);
}

void sqi_lazy_catch_up_blocks(const sqi_lazy *lazy, float *x, uint64_t step, const uint32_t *block,
                              size_t count) {
    for (size_t i = 0; i < count; i++)
        sqi_lazy_catch_up(lazy, x, step, block[i], 1);
}

void sqi_lazy_apply(const sqi_lazy *lazy, float *x, uint64_t step, uint32_t block, double gamma,
                    double factor, const double *gradient) {
    const sq_problem *p = lazy->problem;
    const double keep = sqi_lazy_keep(lazy->rate, gamma);
    float *row = x + block * (size_t)p->stride;
    sqi_cell *cell = lazy->cell + block * (size_t)lazy->cells;
    if (cell->count > step) /* a block that the hyperedge has again: its step is done */
        return;
    for (uint32_t j = 0; j < p->width; j++)
        row[j] = (float)(keep * (double)row[j] - factor * gradient[j]);
    if (p->project)
        p->project(p->context, block, row);
    cell->count = step + 1;
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
