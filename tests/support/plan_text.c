/* Reading and writing the short texts, and editing plans. */
#include "support/plan_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sq_hypergraph *text_graph(const char *text) {
    size_t most = strlen(text) + 2;
    sq_hypergraph *graph = calloc(1, sizeof *graph);
    uint64_t *begin = calloc(most, sizeof *begin);
    uint32_t *block = calloc(most, sizeof *block), *reads = calloc(most, sizeof *reads);
    size_t used = 0, edge = 0;
    for (const char *p = text;; p++) {
        if (*p == ',' || *p == '\0') {
            begin[++edge] = used;
            if (*p == '\0')
                break;
        } else if (*p == 'r') {
            reads[edge]++;
        } else if (*p != ' ') {
            char *end;
            block[used] = (uint32_t)strtoul(p, &end, 10);
            if (block[used] >= graph->blocks)
                graph->blocks = (size_t)block[used] + 1;
            used++;
            p = end - 1;
        }
    }
    graph->samples = edge;
    graph->begin = begin;
    graph->block = block;
    graph->reads = strchr(text, 'r') ? reads : NULL;
    if (!graph->reads)
        free(reads);
    return graph;
}

void text_graph_free(sq_hypergraph *graph) {
    free((void *)(uintptr_t)graph->begin);
    free((void *)(uintptr_t)graph->block);
    free((void *)(uintptr_t)graph->reads);
    free(graph);
}

const char *text_of_plan(const sq_plan *plan) {
    static char text[8192];
    size_t used = 0;
    text[0] = '\0';
    for (size_t b = 0; b < plan->batches; b++)
        for (uint32_t l = 0; l < plan->lanes; l++) {
            if (b + l > 0 && used < sizeof text)
                used +=
                    (size_t)snprintf(text + used, sizeof text - used, "%s", l > 0 ? " |" : " ;");
            const uint32_t *begin = plan->begin + b * plan->lanes + l;
            for (uint32_t i = begin[0]; i < begin[1] && used < sizeof text; i++)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%u",
                                         used > 0 ? " " : "", plan->step[i]);
        }
    return text;
}

static sq_plan *empty_plan(uint32_t lanes, size_t batches, size_t steps) {
    sq_plan *plan = calloc(1, sizeof *plan);
    plan->planner = SQ_PLANNER_LANES;
    plan->lanes = lanes;
    plan->batches = batches;
    plan->step = calloc(steps + 1, sizeof *plan->step);
    plan->begin = calloc(batches * lanes + 1, sizeof *plan->begin);
    return plan;
}

sq_plan *text_plan(const char *text) {
    size_t batches = *text != '\0', most = strlen(text) + 1, range = 0;
    uint32_t lanes = 1;
    for (const char *p = text; *p; p++)
        batches += *p == ';';
    for (const char *p = text; *p && *p != ';'; p++)
        lanes += *p == '|';
    sq_plan *plan = empty_plan(lanes, batches, most);
    for (const char *p = text; *p; p++) {
        if (*p == '|' || *p == ';') {
            plan->begin[++range] = (uint32_t)plan->steps;
        } else if (*p != ' ') {
            char *end;
            plan->step[plan->steps++] = (uint32_t)strtoul(p, &end, 10);
            p = end - 1;
        }
    }
    plan->begin[batches * lanes] = (uint32_t)plan->steps;
    return plan;
}

void text_plan_free(sq_plan *plan) {
    if (plan) {
        free(plan->step);
        free(plan->begin);
    }
    free(plan);
}

static void append_lane(sq_plan *to, const sq_plan *from, size_t b, uint32_t l, uint32_t without) {
    const uint32_t *begin = from->begin + b * from->lanes + l;
    for (uint32_t i = begin[0]; i < begin[1]; i++)
        if (from->step[i] != without)
            to->step[to->steps++] = from->step[i];
}

sq_plan *plan_without_boundary(const sq_plan *plan, size_t b) {
    sq_plan *cut = empty_plan(plan->lanes, plan->batches - 1, plan->steps);
    size_t range = 0;
    for (size_t from = 0; from < plan->batches; from++) {
        for (uint32_t l = 0; l < plan->lanes; l++) {
            append_lane(cut, plan, from, l, UINT32_MAX);
            if (from == b)
                append_lane(cut, plan, from + 1, l, UINT32_MAX);
            cut->begin[++range] = (uint32_t)cut->steps;
        }
        from += from == b;
    }
    return cut;
}

size_t plan_batch_of(const sq_plan *plan, uint32_t step) {
    for (size_t b = 0; b < plan->batches; b++)
        for (uint32_t i = plan->begin[b * plan->lanes]; i < plan->begin[(b + 1) * plan->lanes]; i++)
            if (plan->step[i] == step)
                return b;
    return SIZE_MAX;
}

sq_plan *plan_without_deferral(const sq_plan *plan, uint32_t step, uint32_t lane) {
    sq_plan *moved = empty_plan(plan->lanes, plan->batches, plan->steps);
    size_t to = plan_batch_of(plan, step) - 1, range = 0;
    for (size_t b = 0; b < plan->batches; b++)
        for (uint32_t l = 0; l < plan->lanes; l++) {
            append_lane(moved, plan, b, l, step);
            if (b == to && l == lane) {
                size_t place = moved->steps++;
                for (; place > moved->begin[range] && moved->step[place - 1] > step; place--)
                    moved->step[place] = moved->step[place - 1];
                moved->step[place] = step;
            }
            moved->begin[++range] = (uint32_t)moved->steps;
        }
    return moved;
}
