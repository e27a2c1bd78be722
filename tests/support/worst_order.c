/* The ways to interleave the lanes of a batch. */
#include "support/worst_order.h"

#include <stdlib.h>

#include "support/chance.h"

typedef struct runner {
    const mixer *m;
    const sq_plan *plan;
    float *x;
    const uint32_t *pi;
    uint64_t epoch, *mix; /* mix: what each lane's step has read (size lanes) */
    double gamma;
    uint32_t *next; /* the place in plan->step that each lane has reached (size lanes) */
    const uint32_t *begin;
    uint32_t lanes;
} runner;

static int has_next(const runner *r, uint32_t lane) {
    return r->next[lane] < r->begin[lane + 1];
}

static sq_step next_step(const runner *r, uint32_t lane) {
    size_t k = r->plan->step[r->next[lane]];
    return (sq_step){r->epoch, k, r->pi[k], r->gamma};
}

static void read_half(runner *r, uint32_t lane) {
    sq_step step = next_step(r, lane);
    r->mix[lane] = mixer_gather(r->m, r->x, &step);
}

static void write_half(runner *r, uint32_t lane) {
    sq_step step = next_step(r, lane);
    mixer_scatter(r->m, r->x, &step, r->mix[lane]);
    r->next[lane]++;
}

static void run_one(runner *r, uint32_t lane) {
    read_half(r, lane);
    write_half(r, lane);
}

static void lane_by_lane(runner *r, int backwards) {
    for (uint32_t i = 0; i < r->lanes; i++) {
        uint32_t lane = backwards ? r->lanes - 1 - i : i;
        while (has_next(r, lane))
            run_one(r, lane);
    }
}

static void in_turn(runner *r, int backwards) {
    for (int busy = 1; busy;) {
        busy = 0;
        for (uint32_t i = 0; i < r->lanes; i++) {
            uint32_t lane = backwards ? r->lanes - 1 - i : i;
            if (has_next(r, lane)) {
                run_one(r, lane);
                busy = 1;
            }
        }
    }
}

static void read_then_write(runner *r) {
    for (int busy = 1; busy;) {
        busy = 0;
        for (uint32_t lane = 0; lane < r->lanes; lane++)
            if (has_next(r, lane))
                read_half(r, lane);
        for (uint32_t lane = r->lanes; lane-- > 0;)
            if (has_next(r, lane)) {
                write_half(r, lane);
                busy = 1;
            }
    }
}

static void at_random(runner *r, chance *draw) {
    uint32_t left = r->begin[r->lanes] - r->begin[0];
    while (left > 0) {
        uint32_t lane = chance_below(draw, r->lanes);
        if (has_next(r, lane)) {
            run_one(r, lane);
            left--;
        }
    }
}

void worst_order_run(const mixer *m, const sq_plan *plan, float *x, const uint32_t *pi,
                     uint64_t epoch, double gamma, worst_way way, uint64_t seed) {
    runner r = {.m = m, .plan = plan, .x = x, .pi = pi, .epoch = epoch, .gamma = gamma};
    r.lanes = plan->lanes;
    r.mix = calloc(r.lanes, sizeof *r.mix);
    r.next = calloc(r.lanes, sizeof *r.next);
    chance draw = {seed};
    for (size_t b = 0; b < plan->batches; b++) {
        r.begin = plan->begin + b * r.lanes;
        for (uint32_t lane = 0; lane < r.lanes; lane++)
            r.next[lane] = r.begin[lane];
        if (way == WORST_FIRST_LANE_FIRST || way == WORST_LAST_LANE_FIRST)
            lane_by_lane(&r, way == WORST_LAST_LANE_FIRST);
        else if (way == WORST_READ_THEN_WRITE)
            read_then_write(&r);
        else if (way == WORST_AT_RANDOM)
            at_random(&r, &draw);
        else
            in_turn(&r, way == WORST_IN_TURN_BACKWARDS);
    }
    free(r.mix);
    free(r.next);
}
