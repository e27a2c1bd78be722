/* Drawing cases. */
#include "support/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE_MAX = 8 };

/* How a case's hyperedges look. */
typedef struct shape {
    uint32_t arity, blocks;
    uint32_t hot;      /* one block in so many is one of the first two; 0: none */
    uint32_t repeated; /* one place in so many repeats an earlier block; 0: none */
    uint32_t read;     /* 0: all written, 1: some only read, 2: nearly all, 3: by block number */
} shape;

static shape draw_shape(chance *draw) {
    shape s = {0};
    s.arity = chance_one_in(draw, 3) ? 1 + chance_below(draw, EDGE_MAX) : 0;
    s.blocks = chance_one_in(draw, 4) ? chance_size(draw, 5) : chance_size(draw, 10) + 8;
    s.hot = chance_one_in(draw, 3) ? 1 + chance_below(draw, 8) : 0;
    s.repeated = chance_one_in(draw, 4) ? 2 + chance_below(draw, 6) : 0;
    s.read = chance_below(draw, 4);
    return s;
}

static uint32_t draw_block(chance *draw, const shape *s, const uint32_t *edge, uint32_t place) {
    if (place > 0 && s->repeated && chance_one_in(draw, s->repeated))
        return edge[chance_below(draw, place)];
    if (s->hot && chance_one_in(draw, s->hot))
        return chance_below(draw, s->blocks < 2 ? s->blocks : 2);
    return chance_below(draw, s->blocks);
}

/* How many of an edge's blocks are only read. Where the block number decides, the blocks from a
 * quarter of all on are pinned: nobody writes them (they are moved to the edge's end). */
static uint32_t draw_reads(chance *draw, const shape *s, uint32_t *edge, uint32_t size) {
    if (s->read < 3)
        return s->read == 0 ? 0
               : s->read == 1 || chance_one_in(draw, 8)
                   ? chance_below(draw, size + 1)
                   : size - (size > 0 && chance_one_in(draw, 2));
    uint32_t written = 0;
    for (uint32_t i = 0; i < size; i++)
        if (edge[i] <= s->blocks / 4) {
            uint32_t swapped = edge[written];
            edge[written++] = edge[i];
            edge[i] = swapped;
        }
    return size - written;
}

static void draw_graph(planning_case *c, chance *draw) {
    shape s = draw_shape(draw);
    size_t samples = chance_one_in(draw, 3) ? chance_size(draw, 5) : chance_size(draw, 8), used = 0;
    c->begin = calloc(samples + 1, sizeof *c->begin);
    c->reads = calloc(samples, sizeof *c->reads);
    c->block = calloc(samples * EDGE_MAX, sizeof *c->block);
    for (size_t e = 0; e < samples; e++) {
        uint32_t size = s.arity ? s.arity : chance_below(draw, EDGE_MAX + 1);
        uint32_t *edge = c->block + used;
        for (uint32_t i = 0; i < size; i++)
            edge[i] = draw_block(draw, &s, edge, i);
        c->reads[e] = draw_reads(draw, &s, edge, size);
        used += size;
        c->begin[e + 1] = used;
    }
    c->graph = (sq_hypergraph){.samples = samples,
                               .blocks = s.blocks,
                               .arity = s.arity,
                               .begin = s.arity ? NULL : c->begin,
                               .block = c->block,
                               .reads = s.read ? c->reads : NULL};
}

static void draw_order(planning_case *c, chance *draw) {
    size_t samples = c->graph.samples;
    c->order = (sq_order){.kind = (sq_order_kind)chance_below(draw, SQ_ORDER_FILE + 1),
                          .seed = chance_next(draw),
                          .samples = samples,
                          .steps = samples};
    if (c->order.kind == SQ_ORDER_FILE) {
        c->order.steps = 1 + chance_below(draw, 2 * (uint32_t)samples);
        c->order.file = calloc(c->order.steps, sizeof *c->order.file);
        for (size_t k = 0; k < c->order.steps; k++)
            c->order.file[k] = chance_below(draw, (uint32_t)samples);
    }
    c->pi = calloc(c->order.steps, sizeof *c->pi);
    sq_order_fill(&c->order, 0, c->pi);
}

sq_plan_options case_options(chance *draw, uint32_t most_lanes) {
    static const double step_ns[] = {0, 20, 200, 3000}, boundary_ns[] = {0, 1, 30, 1000};
    sq_plan_options o = {0};
    o.planner = chance_one_in(draw, 4) ? SQ_PLANNER_LANES
                                       : (sq_planner)chance_below(draw, SQ_PLANNER_COMPONENTS + 1);
    o.lanes = 1 + chance_below(draw, most_lanes);
    o.batch = chance_one_in(draw, 3) ? 0 : chance_size(draw, 8);
    o.deferrals = chance_one_in(draw, 3) ? 0 : chance_size(draw, 8);
    o.segment = chance_one_in(draw, 3) ? chance_size(draw, 7) : 0;
    o.step_ns = step_ns[chance_below(draw, 4)];
    o.boundary_ns = boundary_ns[chance_below(draw, 4)];
    return o;
}

void case_init(planning_case *c, uint64_t seed) {
    memset(c, 0, sizeof *c);
    c->seed = seed;
    chance draw = {seed};
    draw_graph(c, &draw);
    draw_order(c, &draw);
    c->options = case_options(&draw, 16);
}

void case_fini(planning_case *c) {
    free(c->begin);
    free(c->block);
    free(c->reads);
    free(c->order.file);
    free(c->pi);
}

const char *case_name(const planning_case *c) {
    static char name[256];
    const sq_plan_options *o = &c->options;
    (void)snprintf(name, sizeof name,
                   "SEQUENT_SEED=0x%llx SEQUENT_CASES=1: %zu samples, %zu blocks, %zu steps (%s), "
                   "planner %s, %u lanes, batch %u, deferrals %u, segment %u",
                   (unsigned long long)c->seed, c->graph.samples, c->graph.blocks, c->order.steps,
                   sq_order_name(c->order.kind), sq_planner_name(o->planner), o->lanes, o->batch,
                   o->deferrals, o->segment);
    return name;
}
