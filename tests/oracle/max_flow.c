/* Dinic's algorithm on adjacency lists: arc a and its reverse a ^ 1. The weights are binary32 and their
 * sums binary64, so flows are exact unless there are more than 2^29 times between the weights. */
#include "oracle/max_flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct flow {
    size_t nodes, arcs;
    size_t *first, *next,
        *head;    /* of each node; of each arc: the next of its node, where it leads */
    double *room; /* that is left on each arc */
    size_t *level, *at, *queue; /* of each node */
} flow;

static void join(flow *f, size_t u, size_t v, double there, double back) {
    const size_t ends[2] = {u, v};
    const double room[2] = {there, back};
    for (int i = 0; i < 2; i++) {
        f->head[f->arcs] = ends[!i];
        f->room[f->arcs] = room[i];
        f->next[f->arcs] = f->first[ends[i]];
        f->first[ends[i]] = f->arcs++;
    }
}

/* Levels by breadth; whether the sink is reached. */
static int reach(flow *f, size_t source, size_t sink) {
    size_t begin = 0, end = 0;
    memset(f->level, 0, f->nodes * sizeof *f->level);
    f->level[source] = 1;
    f->queue[end++] = source;
    while (begin < end) {
        size_t u = f->queue[begin++];
        for (size_t a = f->first[u]; a != SIZE_MAX; a = f->next[a])
            if (f->room[a] > 0 && f->level[f->head[a]] == 0) {
                f->level[f->head[a]] = f->level[u] + 1;
                f->queue[end++] = f->head[a];
            }
    }
    return f->level[sink] != 0;
}

/* One path to the sink, from level to level; returns what flows on it. queue: its arcs. */
static double push(flow *f, size_t source, size_t sink) {
    size_t length = 0;
    for (size_t u = source; u != sink;) {
        size_t a = f->at[u];
        while (a != SIZE_MAX && !(f->room[a] > 0 && f->level[f->head[a]] == f->level[u] + 1))
            a = f->next[a];
        f->at[u] = a;
        if (a != SIZE_MAX) {
            f->queue[length++] = a;
            u = f->head[a];
        } else if (u == source) {
            return 0;
        } else { /* a dead end: back, and on with the next arc */
            u = f->head[f->queue[--length] ^ 1];
            f->at[u] = f->next[f->at[u]];
        }
    }
    double least = INFINITY;
    for (size_t i = 0; i < length; i++)
        least = fmin(least, f->room[f->queue[i]]);
    for (size_t i = 0; i < length; i++) {
        f->room[f->queue[i]] -= least;
        f->room[f->queue[i] ^ 1] += least;
    }
    return least;
}

double oracle_min_cut(const oracle_graph *graph, const int *fixed, int *cut) {
    const size_t n = graph->nodes, source = n, sink = n + 1, most = 2 * (graph->edges + n);
    flow f = {.nodes = n + 2,
              .first = malloc((n + 2) * sizeof *f.first),
              .next = malloc(most * sizeof *f.next),
              .head = malloc(most * sizeof *f.head),
              .room = malloc(most * sizeof *f.room),
              .level = malloc((n + 2) * sizeof *f.level),
              .at = malloc((n + 2) * sizeof *f.at),
              .queue = malloc((n + 2) * sizeof *f.queue)};
    for (size_t u = 0; u < f.nodes; u++)
        f.first[u] = SIZE_MAX;
    for (size_t i = 0; i < graph->edges; i++)
        join(&f, graph->node[2 * i], graph->node[2 * i + 1], (double)graph->weight[i],
             (double)graph->weight[i]);
    for (size_t u = 0; u < n; u++)
        if (fixed[u] >= 0)
            join(&f, fixed[u] ? u : source, fixed[u] ? sink : u, INFINITY, 0);
    double total = 0;
    while (reach(&f, source, sink)) {
        memcpy(f.at, f.first, f.nodes * sizeof *f.at);
        for (double more; (more = push(&f, source, sink)) > 0;)
            total += more;
    }
    for (size_t u = 0; u < n && cut; u++)
        cut[u] = f.level[u] == 0;
    free(f.first);
    free(f.next);
    free(f.head);
    free(f.room);
    free(f.level);
    free(f.at);
    free(f.queue);
    return total;
}

double oracle_cut_weight(const oracle_graph *graph, const int *label) {
    double sum = 0;
    for (size_t i = 0; i < graph->edges; i++)
        if (label[graph->node[2 * i]] != label[graph->node[2 * i + 1]])
            sum += (double)graph->weight[i];
    return sum;
}

double oracle_multiway_cut(const oracle_graph *graph, const int *fixed, int labels) {
    int *label = malloc(graph->nodes * sizeof *label);
    double best = INFINITY;
    for (uint32_t u = 0; u < graph->nodes; u++)
        label[u] = fixed[u] >= 0 ? fixed[u] : 0;
    for (uint32_t u = 0; u < graph->nodes;) { /* the next number in base `labels` */
        if (u == 0)
            best = fmin(best, oracle_cut_weight(graph, label));
        if (fixed[u] < 0 && ++label[u] < labels) {
            u = 0;
            continue;
        }
        if (fixed[u] < 0)
            label[u] = 0;
        u++;
    }
    free(label);
    return best;
}
