/* Appending batches to a plan. */
#include "plan/builder.h"

#include <string.h>

#include "base/alloc.h"

sq_plan *sqi_plan_new(sq_planner planner, uint32_t lanes, sq_error *error) {
    sq_plan *plan = sqi_alloc(1, sizeof *plan, error);
    if (!plan)
        return NULL;
    plan->planner = planner;
    plan->lanes = lanes;
    void *begin = NULL;
    if (sqi_resize(&begin, 1, sizeof *plan->begin, error) != SQ_OK)
        return sqi_free(plan);
    plan->begin = begin;
    plan->begin[0] = 0;
    return plan;
}

sq_plan *sq_plan_free(sq_plan *plan) {
    if (plan) {
        sqi_free(plan->step);
        sqi_free(plan->begin);
    }
    return sqi_free(plan);
}

int sqi_plan_reserve(sq_plan *plan, size_t steps, sq_error *error) {
    void *grown = plan->step;
    int status = sqi_resize(&grown, plan->steps + steps, sizeof *plan->step, error);
    plan->step = grown;
    return status;
}

/* Room in begin for count batches in all. The capacity is the next power of two, so that a growing
 * plan is moved rarely. */
static int reserve_batches(sq_plan *plan, size_t count, sq_error *error) {
    size_t capacity = 1, had = 0;
    while (had < plan->batches)
        had = had ? 2 * had : 1;
    while (capacity < count)
        capacity *= 2;
    if (capacity == had)
        return SQ_OK;
    void *grown = plan->begin;
    int status = sqi_resize(&grown, capacity * plan->lanes + 1, sizeof *plan->begin, error);
    plan->begin = grown;
    return status;
}

int sqi_plan_append(sq_plan *plan, const uint32_t *step, const uint32_t *lane, size_t count,
                    uint32_t *fill, sq_error *error) {
    int status = reserve_batches(plan, plan->batches + 1, error);
    if (status != SQ_OK)
        return status;
    memset(fill, 0, plan->lanes * sizeof *fill);
    for (size_t i = 0; i < count; i++)
        fill[lane[i]]++;
    uint32_t *begin = plan->begin + plan->batches * plan->lanes;
    uint32_t next = (uint32_t)plan->steps;
    for (uint32_t l = 0; l < plan->lanes; l++) {
        begin[l] = next;
        next += fill[l];
        fill[l] = begin[l];
    }
    begin[plan->lanes] = next;
    for (size_t i = 0; i < count; i++)
        plan->step[fill[lane[i]]++] = step[i];
    plan->steps += count;
    plan->batches++;
    return SQ_OK;
}

int sqi_plan_join(sq_plan *plan, const sq_plan *next, sq_error *error) {
    int status = sqi_plan_reserve(plan, next->steps, error);
    if (status == SQ_OK)
        status = reserve_batches(plan, plan->batches + next->batches, error);
    if (status != SQ_OK)
        return status;
    memcpy(plan->step + plan->steps, next->step, next->steps * sizeof *next->step);
    uint32_t *begin = plan->begin + plan->batches * plan->lanes;
    for (size_t i = 0; i <= next->batches * next->lanes; i++)
        begin[i] = (uint32_t)plan->steps + next->begin[i];
    plan->steps += next->steps;
    plan->batches += next->batches;
    plan->deferrals += next->deferrals;
    return SQ_OK;
}
