/* The plan checker. It shares nothing with the planners but the definition of a hyperedge.
 *
 * The plan is replayed batch by batch, lane by lane. For every block it keeps the highest position
 * that has written it and that has read it, and which lanes did so in the current batch. An access
 * is wrong when a conflicting access of a higher position came before it, or when a conflicting
 * access of the same batch belongs to another lane: exactly the two ways to break the property. */
#include <string.h>

#include "base/alloc.h"
#include "plan/edges.h"

/* An access in the current batch. */
typedef struct access {
    uint32_t lane; /* + 1; 0: there was none */
    uint32_t step;
} access;

typedef struct history {
    uint32_t written, read; /* highest position + 1; 0: not yet */
    size_t batch;           /* batch + 1 that set the rest */
    access writer;          /* all writes of the batch are in this lane */
    access reader; /* the first read: lanes are replayed in ascending order, so if any other
                               lane than that of a later write reads, the first one does */
} history;

typedef struct place {
    size_t batch;
    uint32_t lane, step;
} place;

static int wrong(sq_error *error, place at, uint32_t block, const char *what, uint32_t other) {
    return sqi_fail(
        error, SQ_INVALID,
        "invalid plan: step %u (batch %zu, lane %u) %s step %u, which conflicts with it "
        "on block %u",
        at.step, at.batch, at.lane, what, other, block);
}

static int access_block(history *h, place at, uint32_t block, int write, sq_error *error) {
    static const char late[] = "comes after the later", beside[] = "runs beside";
    if (h->batch != at.batch + 1) {
        h->batch = at.batch + 1;
        h->writer = h->reader = (access){0, 0};
    }
    const access self = {at.lane + 1, at.step};
    if (h->written > at.step + 1)
        return wrong(error, at, block, late, h->written - 1);
    if (write && h->read > at.step + 1)
        return wrong(error, at, block, late, h->read - 1);
    if (h->writer.lane && h->writer.lane != self.lane)
        return wrong(error, at, block, beside, h->writer.step);
    if (write && h->reader.lane && h->reader.lane != self.lane)
        return wrong(error, at, block, beside, h->reader.step);
    if (write) {
        h->written = at.step + 1;
        h->writer = self;
        return SQ_OK;
    }
    if (h->read < at.step + 1)
        h->read = at.step + 1;
    if (!h->reader.lane)
        h->reader = self;
    return SQ_OK;
}

/* The plan's own shape: offsets ascend, cover all steps and stay inside. */
static int check_shape(const sq_plan *plan, size_t steps, sq_error *error) {
    if (plan->steps != steps || plan->lanes == 0)
        return sqi_fail(error, SQ_INVALID, "invalid plan: it has %zu steps, the order %zu",
                        plan->steps, steps);
    size_t ranges = plan->batches * plan->lanes;
    int ascending = plan->begin[0] == 0 && plan->begin[ranges] == steps;
    for (size_t i = 0; i < ranges && ascending; i++)
        ascending = plan->begin[i] <= plan->begin[i + 1];
    return ascending ? SQ_OK
                     : sqi_fail(error, SQ_INVALID, "invalid plan: lanes do not cover the steps");
}

static int check_step(history *blocks, uint8_t *seen, const sq_hypergraph *graph,
                      const uint32_t *pi, size_t steps, place at, sq_error *error) {
    if (at.step >= steps || (seen[at.step / 8] >> at.step % 8 & 1))
        return sqi_fail(error, SQ_INVALID, "invalid plan: step %u %s", at.step,
                        at.step >= steps ? "is not in the order" : "is planned twice");
    seen[at.step / 8] = (uint8_t)(seen[at.step / 8] | 1u << at.step % 8);
    sqi_edge edge = sqi_edge_of(graph, sqi_sample(pi, at.step));
    for (size_t i = 0; i < edge.size; i++) {
        uint32_t block = edge.block[i];
        int status = access_block(&blocks[block], at, block, i < edge.written, error);
        if (status != SQ_OK)
            return status;
    }
    return SQ_OK;
}

int sq_plan_check(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi, size_t steps,
                  sq_error *error) {
    int status = check_shape(plan, steps, error);
    if (status != SQ_OK)
        return status;
    history *blocks = sqi_alloc(graph->blocks, sizeof *blocks, error);
    uint8_t *seen = sqi_alloc(steps / 8 + 1, 1, error);
    status = blocks && seen ? SQ_OK : SQ_NO_MEMORY;
    for (size_t b = 0; b < plan->batches && status == SQ_OK; b++)
        for (uint32_t l = 0; l < plan->lanes && status == SQ_OK; l++) {
            const uint32_t *begin = plan->begin + b * plan->lanes + l;
            for (uint32_t i = begin[0]; i < begin[1] && status == SQ_OK; i++)
                status =
                    check_step(blocks, seen, graph, pi, steps, (place){b, l, plan->step[i]}, error);
        }
    sqi_free(blocks);
    sqi_free(seen);
    return status;
}
