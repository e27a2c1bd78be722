/* What does planning an epoch cost, and shuffling it?
 *
 *     planning [ROUNDS]            (default 9)
 *
 * A million generated ratings and, where $SEQUENT_DATA names a folder that holds them, Jester's and
 * Douban's; planner `lanes`. Printed: nanoseconds a step, the least and the median over the rounds,
 * in which all rows take turns, for
 *   shuffle   an epoch's order
 *   choose    the choice of the batch length, once a run, for 2, 8 and 64 lanes
 *   packed    a plan of hyperedges that lie in the order of the steps, on 1 and 2 threads
 *   random    a plan of hyperedges that lie in the order of the samples
 * and what the plan is: steps a batch, deferrals a step. The time is the processor's, so that what
 * others do on the machine counts only through the caches; for two threads it is the clock's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyze/spread.h"
#include "base/clock.h"
#include "data/zipf.h"
#include "exec/planning.h"
#include "sequent/data.h"
#include "sequent/order.h"
#include "support.h"

enum { ROUNDS_MAX = 99, LANES = 3, ROWS = 1 + 4 * LANES, GENERATED = 1000000 };
static const uint32_t lanes_of[LANES] = {2, 8, 64};

typedef struct subject {
    const char *name;
    size_t steps;
    sq_order order;
    uint32_t *pi, *packed; /* (size steps, 2 steps) */
    sq_hypergraph graph, in_order;
    sq_plan_options chosen[LANES];
    double ns[ROWS][ROUNDS_MAX];
    size_t batches[LANES];
    uint64_t deferrals[LANES];
} subject;

/* Processor time of this thread. */
static double busy_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* pair: users, then items, as a reader numbers them. */
static void subject_init(subject *s, const char *name, const uint32_t *pair, size_t steps,
                         size_t blocks) {
    s->name = name;
    s->steps = steps;
    must(sq_order_init(&s->order, "reshuffle", 1, steps, NULL) == SQ_OK, "no order");
    s->pi = room(steps, sizeof *s->pi);
    s->packed = room(steps, 2 * sizeof *s->packed);
    sq_order_fill(&s->order, 0, s->pi);
    for (size_t k = 0; k < steps; k++)
        memcpy(s->packed + 2 * k, pair + 2 * (size_t)s->pi[k], 2 * sizeof *pair);
    s->graph = (sq_hypergraph){.samples = steps, .blocks = blocks, .arity = 2, .block = pair};
    s->in_order = s->graph;
    s->in_order.block = s->packed;
}

/* Every user and item once, then more, by the square root of their popularity's rank. */
static void generate(subject *s) {
    enum { USERS = 20000, ITEMS = 5000 };
    sqi_zipf user, item;
    must(sqi_zipf_init(&user, USERS, 0.5, 1, 0, NULL) == SQ_OK &&
             sqi_zipf_init(&item, ITEMS, 0.5, 1, 1, NULL) == SQ_OK,
         "out of memory");
    uint32_t *pair = room(GENERATED, 2 * sizeof *pair);
    sqi_words words = sqi_words_at(1, SQI_GENERATE_DRAWS, 0);
    for (size_t i = 0; i < GENERATED; i++) {
        pair[2 * i] = user.name[sqi_zipf_draw(&user, &words)];
        pair[2 * i + 1] = USERS + item.name[sqi_zipf_draw(&item, &words)];
    }
    sqi_zipf_fini(&user);
    sqi_zipf_fini(&item);
    subject_init(s, "generated", pair, GENERATED, USERS + ITEMS);
}

static int read_ratings(subject *s, const char *folder, const char *file) {
    char path[4096];
    sq_data *data = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", file);
    if (!folder || sq_data_read(&data, path, SQ_RATINGS, SQ_FORMAT_AUTO, NULL) != SQ_OK)
        return 0; /* not there: fewer rows */
    subject_init(s, file, data->pair, data->samples, data->names[0].count + data->names[1].count);
    return 1;
}

static void plan(subject *s, int l, sqi_team *team, const sq_hypergraph *graph,
                 const uint32_t *pi) {
    sq_plan *made = NULL;
    must(sqi_plan_on_team(&made, team, graph, pi, s->steps, &s->chosen[l], NULL) == SQ_OK,
         "no plan");
    s->batches[l] = made->batches;
    s->deferrals[l] = made->deferrals;
    sq_plan_free(made);
}

static void measure(subject *s, int row, int round, sqi_team *const team[2]) {
    int l = (row - 1) % LANES, kind = (row - 1) / LANES, serial = 0;
    double (*seconds)(void) = row && kind == 2 ? sqi_seconds : busy_seconds;
    double begin = seconds();
    if (row == 0) {
        sq_order_fill(&s->order, 0, s->pi);
    } else if (kind == 0) {
        s->chosen[l] = (sq_plan_options){.planner = SQ_PLANNER_LANES, .lanes = lanes_of[l]};
        must(sq_plan_choose(&s->chosen[l], &serial, &s->in_order, NULL, s->steps, NULL) == SQ_OK,
             "no choice");
    } else if (kind == 3) {
        plan(s, l, team[0], &s->graph, s->pi);
    } else {
        plan(s, l, team[kind - 1], &s->in_order, NULL);
    }
    s->ns[row][round] = 1e9 * (seconds() - begin) / (double)s->steps;
}

static void print(subject *s, int rounds) {
    static const char *const kinds[] = {"choose", "packed, 1 thread", "packed, 2 threads",
                                        "random, 1 thread"};
    printf("%s: %zu steps, %zu blocks\n", s->name, s->steps, s->graph.blocks);
    for (int row = 0; row < ROWS; row++) {
        int l = (row - 1) % LANES, kind = (row - 1) / LANES;
        sqi_spread ns = sqi_spread_sort(s->ns[row], (size_t)rounds);
        printf("  %-18s ", row ? kinds[kind] : "shuffle");
        printf(row ? "%3u lanes" : "         ", row ? lanes_of[l] : 0);
        printf("  %6.2f  %6.2f", ns.least, ns.median);
        if (kind == 1 && row)
            printf("  batches of %.0f steps, %.3f deferrals a step",
                   (double)s->steps / (double)s->batches[l],
                   (double)s->deferrals[l] / (double)s->steps);
        putchar('\n');
    }
}

int main(int argc, char **argv) {
    static subject subjects[3];
    static const char *const files[] = {"jester1.txt.gz", "douban.txt"};
    int rounds = argc > 1 ? atoi(argv[1]) : 9, count = 1;
    must(rounds >= 1 && rounds <= ROUNDS_MAX, "usage: planning [ROUNDS]");
    generate(&subjects[0]);
    for (int f = 0; f < 2; f++)
        count += read_ratings(&subjects[count], getenv("SEQUENT_DATA"), files[f]);
    sqi_team *team[2] = {NULL, NULL};
    for (unsigned t = 0; t < 2; t++)
        must(sqi_team_new(&team[t], t + 1, NULL) == SQ_OK, "no threads");
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            for (int row = 0; row < ROWS; row++)
                measure(&subjects[i], row, round, team);
    printf("nanoseconds a step: least, median of %d rounds\n", rounds);
    for (int i = 0; i < count; i++)
        print(&subjects[i], rounds);
    for (unsigned t = 0; t < 2; t++)
        sqi_team_free(team[t]);
    return 0;
}
