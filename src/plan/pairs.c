/* The planner `lanes` for hyperedges of two written blocks (ratings, graphs): the plans of lanes.c,
 * made in a quarter of the time.
 *
 * Where nothing is only read, a block is FREE, OWNED by a lane or BLOCKED (the table in lanes.c), and
 * with its batch that is one word: batch × 2^bits + code, where code is 0 for FREE, 1 + lane for
 * OWNED, 2^bits - 1 for BLOCKED. Words of earlier batches are lower than the current batch's FREE
 * and count as it. So a step must wait where the lower of its two words is not FREE and not the
 * higher one; else the higher one, if it is not FREE, says where the step goes.
 *
 * To the processor's branch prediction all this is a coin toss: a visit has no branch. It writes its
 * code to a log, and steps are dealt to their lanes by the log afterwards: stores whose places
 * depend on states would hold up the loads of the next visits. */
#include <string.h>

#include "plan/pairs.h"

static sqi_sweep first_lanes(uint32_t lanes) {
    return (sqi_sweep){.first = 1, .low = lanes < 64 ? (UINT64_C(1) << lanes) - 1 : UINT64_MAX};
}

static int close_batch(sqi_pairs *w, sq_plan *plan, sq_error *error) {
    uint32_t *begin = sqi_plan_open(plan, error);
    if (!begin)
        return SQ_NO_MEMORY;
    for (uint32_t l = 0; l < w->lanes; l++)
        begin[l + 1] = begin[l] + w->load[l + 1];
    if (w->lanes == 2)
        sqi_pairs_deal_two(w, plan->step + plan->steps);
    else
        sqi_pairs_deal_many(w, plan->step + plan->steps);
    sqi_plan_close(plan);
    plan->deferrals += w->deferral.count;
    sqi_deferral_turn(&w->deferral);
    memset(w->load, 0, sizeof *w->load << w->bits);
    w->sweep = first_lanes(w->lanes);
    w->visited = 0;
    w->opened = w->next;
    if (++w->batch >> (32 - w->bits)) { /* words are used up: old ones must not look new */
        memset(w->state, 0, w->graph->blocks * sizeof *w->state);
        w->batch = 1;
    }
    return SQ_OK;
}

static void finish(void *work) {
    sqi_pairs *w = work;
    if (!w)
        return;
    sqi_deferral_fini(&w->deferral);
    sqi_free(w->state);
    sqi_free(w->log);
    sqi_free(w->load);
    sqi_free(w->second);
    sqi_free(w->to);
    sqi_free(w);
}

static int start(void **work, const sq_hypergraph *graph, const sq_plan_options *options,
                 sq_error *error) {
    sqi_pairs *w = *work = sqi_alloc(1, sizeof *w, error);
    if (!w)
        return SQ_NO_MEMORY;
    w->graph = graph;
    w->batch = 1;
    w->batch_steps = options->batch;
    w->lanes = options->lanes;
    w->quota = (options->batch + w->lanes - 1) / w->lanes;
    while (1u << w->bits < w->lanes + 2)
        w->bits++;
    w->blocked = (1u << w->bits) - 1;
    w->state = sqi_alloc(graph->blocks, sizeof *w->state, error);
    w->log = sqi_alloc(w->batch_steps + options->deferrals,
                       w->lanes == 2 ? sizeof(uint16_t) : sizeof(uint64_t), error);
    w->load = sqi_alloc((size_t)1 << w->bits, sizeof *w->load, error);
    w->second = sqi_alloc(w->lanes == 2 ? w->batch_steps + 1 : 0, sizeof *w->second, error);
    w->to = sqi_alloc((size_t)1 << w->bits, sizeof *w->to, error);
    w->sweep = first_lanes(w->lanes);
    int status = sqi_deferral_init(&w->deferral, options->deferrals, error);
    return w->state && w->log && w->load && w->second && w->to ? status : SQ_NO_MEMORY;
}

/* A visit either admits or defers. So as many of them as a batch still has room for, of one as of
 * the other, need not look whether it is full. */
static int segment(void *work, sq_plan *plan, const sqi_segment *seg, sq_error *error) {
    sqi_pairs *w = work;
    sqi_deferral *d = &w->deferral;
    int status = SQ_OK;
    size_t end = seg->first + seg->steps;
    w->next = w->opened = seg->first;
    while (status == SQ_OK && (d->head < d->waiting || w->next < end)) {
        const uint32_t *list = d->head < d->waiting ? d->pending + d->head : NULL;
        size_t count = list ? d->waiting - d->head : end - w->next;
        size_t admits = w->batch_steps - (w->visited - d->count), defers = d->most - d->count;
        count = count < admits ? count : admits;
        count = count < defers ? count : defers;
        for (uint32_t l = 1; l <= 2 && w->lanes == 2; l++)
            if (w->load[l] < w->quota && count > w->quota - w->load[l])
                count = w->quota - w->load[l];
        if (w->lanes == 2)
            sqi_pairs_visit_two(w, seg, plan->step + plan->steps, list, count);
        else
            sqi_pairs_visit_many(w, seg, list, count);
        *(list ? &d->head : &w->next) += count;
        w->visited += count;
        d->count = w->load[w->blocked];
        if (w->visited - d->count == w->batch_steps || d->count == d->most ||
            (d->head == d->waiting && w->next == end && !seg->open))
            status = close_batch(w, plan, error);
    }
    return status;
}

const sqi_planner sqi_planner_pairs = {"lanes", 2.5, start, segment, finish};
