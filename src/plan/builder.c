/* Appending batches to a plan. */
#include "plan/builder.h"

#include <string.h>

#include "base/alloc.h"

/* A plan whose steps go to the memory of another one, or to none yet. */
static sq_plan *plan_at(sq_planner planner, uint32_t lanes, uint32_t *step, sq_error *error) {
    sq_plan *plan = sqi_alloc(1, sizeof *plan, error);
    if (!plan)
        return NULL;
    plan->planner = planner;
    plan->lanes = lanes;
    plan->step = step;
    void *begin = NULL;
    if (sqi_resize(&begin, 1, sizeof *plan->begin, error) != SQ_OK)
        return sqi_free(plan);
    plan->begin = begin;
    plan->begin[0] = 0;
    return plan;
}

sq_plan *sqi_plan_new(sq_planner planner, uint32_t lanes, size_t steps, sq_error *error) {
    sq_plan *plan = plan_at(planner, lanes, NULL, error);
    void *step = NULL;
    if (plan && sqi_resize(&step, steps, sizeof *plan->step, error) != SQ_OK)
        return sq_plan_free(plan);
    if (plan)
        plan->step = step;
    return plan;
}

sq_plan *sq_plan_free(sq_plan *plan) {
    if (plan)
        sqi_free(plan->step);
    return sqi_plan_part_free(plan);
}

sq_plan *sqi_plan_part(const sq_plan *all, size_t first, sq_error *error) {
    return plan_at(all->planner, all->lanes, all->step + first, error);
}

sq_plan *sqi_plan_part_free(sq_plan *part) {
    if (part)
        sqi_free(part->begin);
    return sqi_free(part);
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

uint32_t *sqi_plan_open(sq_plan *plan, sq_error *error) {
    if (reserve_batches(plan, plan->batches + 1, error) != SQ_OK)
        return NULL;
    return plan->begin + plan->batches * plan->lanes;
}

int sqi_plan_append(sq_plan *plan, const uint32_t *step, const uint32_t *lane, size_t count,
                    uint32_t *fill, sq_error *error) {
    uint32_t *begin = sqi_plan_open(plan, error);
    if (!begin)
        return SQ_NO_MEMORY;
    memset(fill, 0, plan->lanes * sizeof *fill);
    for (size_t i = 0; i < count; i++)
        fill[lane[i]]++;
    for (uint32_t l = 0; l < plan->lanes; l++) {
        begin[l + 1] = begin[l] + fill[l];
        fill[l] = begin[l];
    }
    for (size_t i = 0; i < count; i++)
        plan->step[fill[lane[i]]++] = step[i];
    sqi_plan_close(plan);
    return SQ_OK;
}

int sqi_plan_join(sq_plan *plan, const sq_plan *part, sq_error *error) {
    int status = reserve_batches(plan, plan->batches + part->batches, error);
    if (status != SQ_OK)
        return status;
    uint32_t *begin = plan->begin + plan->batches * plan->lanes;
    for (size_t i = 0; i <= part->batches * part->lanes; i++)
        begin[i] = (uint32_t)plan->steps + part->begin[i];
    plan->steps += part->steps;
    plan->batches += part->batches;
    plan->deferrals += part->deferrals;
    return SQ_OK;
}
