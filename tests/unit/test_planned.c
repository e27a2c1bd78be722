/* exec/planned: lanes on threads, batch after batch. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "exec/run.h"
#include "support/cases.h"
#include "support/mixer.h"

/* A larger case than the property tests': 20,000 steps over 500 blocks, some only read. */
typedef struct large {
    sq_hypergraph graph;
    uint32_t block[3 * 5000], reads[5000];
    sq_order order;
} large;

enum { SAMPLES = 5000, STEPS = 20000 };

static large *large_new(void) {
    large *l = calloc(1, sizeof *l);
    chance draw = {9};
    for (size_t i = 0; i < 3 * SAMPLES; i++)
        l->block[i] = chance_below(&draw, 500);
    for (size_t e = 0; e < SAMPLES; e++)
        l->reads[e] = chance_below(&draw, 3);
    l->graph = (sq_hypergraph){
        .samples = SAMPLES, .blocks = 500, .arity = 3, .block = l->block, .reads = l->reads};
    l->order = (sq_order){.kind = SQ_ORDER_FILE, .samples = SAMPLES, .steps = STEPS};
    l->order.file = calloc(STEPS, sizeof *l->order.file);
    for (size_t k = 0; k < STEPS; k++)
        l->order.file[k] = chance_below(&draw, SAMPLES);
    return l;
}

static void large_free(large *l) {
    free(l->order.file);
    free(l);
}

static void compare(const large *l, mixer_kind kind, sq_train_options options) {
    mixer m;
    mixer_init(&m, kind, &l->graph, 2, 3, 1);
    float *x = mixer_start(&m, 1), *want = mixer_start(&m, 1);
    for (uint64_t epoch = 0; epoch < options.epochs; epoch++)
        mixer_serial(&m, want, l->order.file, STEPS, epoch, options.step);
    sq_error error = {""};
    sq_train_report report;
    int status = sq_train(&m.problem, x, &l->order, &options, &report, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    cr_assert(report.planned && report.threads == options.threads);
    cr_assert(memcmp(x, want, mixer_bytes(&m)) == 0, "planner %d, %u threads, segment %u",
              options.plan.planner, options.threads, options.plan.segment);
    free(x);
    free(want);
}

/* Every planner, thread count and segment length, down to a segment a step. */
Test(planned, large_case) {
    static const unsigned threads[] = {1, 2, 7, 64};
    static const uint32_t segment[] = {0, 1, 999, 4096};
    large *l = large_new();
    for (int t = 0; t < 4; t++)
        for (int s = 0; s < 4; s++)
            for (int planner = SQ_PLANNER_LANES; planner <= SQ_PLANNER_COMPONENTS; planner++) {
                if (threads[t] == 64 && segment[s] == 1)
                    continue; /* a team of 64 called 5,000 times takes its time and shows no more */
                compare(l, MIXER_GRAPH,
                        (sq_train_options){.mode = SQ_MODE_PLANNED,
                                           .threads = threads[t],
                                           .epochs = 2,
                                           .step = 0.5,
                                           .decay = 1,
                                           .check_plan = 1,
                                           .plan = {.planner = (sq_planner)planner,
                                                    .segment = segment[s],
                                                    .step_ns = 500,
                                                    .boundary_ns = 100}});
            }
    large_free(l);
}

/* Hyperedges that vary are planned anew in every epoch. */
Test(planned, edges_vary) {
    large *l = large_new();
    for (int planner = SQ_PLANNER_LANES; planner <= SQ_PLANNER_COMPONENTS; planner++)
        compare(l, MIXER_VARY,
                (sq_train_options){.mode = SQ_MODE_PLANNED,
                                   .threads = 4,
                                   .epochs = 4,
                                   .step = 0.5,
                                   .decay = 1,
                                   .check_plan = 1,
                                   .plan = {.planner = (sq_planner)planner}});
    large_free(l);
}

/* 1,024 threads, the most that there may be. */
Test(planned, as_many_threads_as_may_be) {
    large *l = large_new();
    compare(l, MIXER_GRAPH,
            (sq_train_options){.mode = SQ_MODE_PLANNED,
                               .threads = SQ_LANES_MAX,
                               .epochs = 1,
                               .step = 0.5,
                               .decay = 1,
                               .check_plan = 1,
                               .plan = {.planner = SQ_PLANNER_LANES}});
    large_free(l);
}

/* auto without gain: planned runs serially, says so, and gives the same bits. */
Test(planned, auto_may_run_serially) {
    static uint32_t block[1000];
    sq_hypergraph graph = {.samples = 1000, .blocks = 1, .arity = 1, .block = block};
    mixer m;
    mixer_init(&m, MIXER_GRAPH, &graph, 1, 1, 1);
    sq_order order = {.kind = SQ_ORDER_RESHUFFLE, .seed = 1, .samples = 1000, .steps = 1000};
    sq_train_options options = {
        .mode = SQ_MODE_PLANNED, .threads = 4, .epochs = 3, .step = 0.5, .decay = 1};
    float *x = mixer_start(&m, 1), *want = mixer_start(&m, 1);
    sq_train_report report;
    cr_assert(sq_train(&m.problem, x, &order, &options, &report, NULL) == SQ_OK);
    cr_assert(!report.planned && report.threads == 1 && report.batches == 0 &&
              report.deferrals == 0);
    options.mode = SQ_MODE_SERIAL;
    cr_assert(sq_train(&m.problem, want, &order, &options, NULL, NULL) == SQ_OK);
    cr_assert(memcmp(x, want, mixer_bytes(&m)) == 0);
    free(x);
    free(want);
}

/* With auto, parts of a segment of many batches run on one thread, to be compared. */
Test(planned, auto_runs_lanes_on_one_thread_too) {
    large *l = large_new();
    for (unsigned threads = 2; threads < 5; threads++)
        compare(l, MIXER_GRAPH,
                (sq_train_options){.mode = SQ_MODE_PLANNED,
                                   .threads = threads,
                                   .epochs = 12,
                                   .step = 0.5,
                                   .decay = 1,
                                   .plan = {.batch = 100, .step_ns = 100000}});
    large_free(l);
}

/* An order that is the same in every epoch is planned once, others each time. */
typedef struct asked {
    mixer m;
    size_t times;
} asked;

static size_t count_asking(const void *context, const sq_step *step, uint32_t *block,
                           uint32_t *reads) {
    asked *a = (asked *)(uintptr_t)context;
    a->times++;
    *reads = 0;
    block[0] = (uint32_t)step->sample % 50;
    return 1;
}

static void forget(const void *context, float *x, const sq_step *step) {
    (void)context, (void)x, (void)step;
}

Test(planned, plans_once_for_a_fixed_order) {
    static const sq_order_kind kinds[] = {SQ_ORDER_SHUFFLE, SQ_ORDER_SEQUENTIAL, SQ_ORDER_RESHUFFLE,
                                          SQ_ORDER_REPLACEMENT};
    for (int i = 0; i < 4; i++) {
        asked a = {.times = 0};
        float x[50] = {0};
        sq_problem p = {.name = "asked",
                        .context = &a,
                        .samples = 200,
                        .blocks = 50,
                        .width = 1,
                        .stride = 1,
                        .hyperedge = count_asking,
                        .edge_max = 1,
                        .step = forget};
        sq_order order = {.kind = kinds[i], .seed = 1, .samples = 200, .steps = 200};
        sq_train_options options = {.mode = SQ_MODE_PLANNED,
                                    .threads = 2,
                                    .epochs = 5,
                                    .step = 1,
                                    .decay = 1,
                                    .plan.planner = SQ_PLANNER_LANES};
        cr_assert(sq_train(&p, x, &order, &options, NULL, NULL) == SQ_OK);
        cr_assert(a.times == 200 * (i < 2 ? 1 : 5), "%zu hyperedges asked for", a.times);
    }
}

/* A problem whose samples are their numbers; it notes which lists its steps were given, and what was there. */
typedef struct noted {
    const uint32_t *number; /* of each sample (size steps); NULL: k */
    uint32_t *length;       /* of the list that begins at k (size steps) */
    uint32_t *seen;         /* at place k (size steps) */
} noted;

typedef struct noting {
    sq_problem problem; /* first, so that a pointer to it is a pointer to the whole */
    noted context;
    sq_hypergraph graph;
    uint32_t *number, *block;
} noting;

static int noting_arrange(sq_problem **arranged, const sq_problem *problem, const uint32_t *order,
                          size_t steps, sq_error *error) {
    (void)order, (void)error;
    noting *a = *arranged ? (noting *)*arranged : calloc(1, sizeof *a);
    *arranged = &a->problem;
    a->problem = *problem;
    a->context = *(const noted *)problem->context;
    a->graph = *problem->graph;
    a->graph.samples = steps;
    a->context.number = a->number = realloc(a->number, steps * sizeof *a->number);
    a->graph.block = a->block = realloc(a->block, 2 * steps * sizeof *a->block);
    a->problem.context = &a->context;
    a->problem.graph = &a->graph;
    return SQ_OK;
}

static void noting_fill(sq_problem *arranged, const sq_problem *problem, const uint32_t *order,
                        size_t first, size_t count) {
    const noted *from = problem->context;
    noting *to = (noting *)arranged;
    for (size_t k = first; k < first + count; k++) {
        to->number[k] = from->number ? from->number[order[k]] : order[k];
        memcpy(to->block + 2 * k, problem->graph->block + 2 * (size_t)order[k],
               2 * sizeof *to->block);
    }
}

static sq_problem *noting_free(sq_problem *arranged) {
    noting *made = (noting *)arranged;
    if (made) {
        free(made->number);
        free(made->block);
    }
    free(made);
    return NULL;
}

static void note(const void *context, float *x, const sq_steps *list) {
    const noted *n = context;
    (void)x;
    cr_assert(list->streamed);
    if (list->count > 0)
        n->length[list->first] = (uint32_t)list->count;
    for (size_t k = list->first; k < list->first + list->count; k++)
        n->seen[k] = n->number[k];
}

/* A plan that serves all epochs: a lane's samples are copied batch after batch, lane after lane, and its
 * lists begin where they are. */
static void check_copies(unsigned threads, sq_planner planner, const char *spec) {
    enum { N = 3000, BLOCKS = 400 };
    static uint32_t block[2 * N], length[N], seen[N], want[N];
    static float x[BLOCKS];
    static const sq_arranger arranger = {noting_arrange, noting_fill, noting_free};
    chance draw = {threads};
    for (size_t i = 0; i < 2 * N; i++)
        block[i] = chance_below(&draw, BLOCKS);
    memset(length, 0, sizeof length);
    const noted context = {.length = length, .seen = seen};
    sq_hypergraph graph = {.samples = N, .blocks = BLOCKS, .arity = 2, .block = block};
    sq_problem problem = {.name = "noted",
                          .context = &context,
                          .samples = N,
                          .blocks = BLOCKS,
                          .width = 1,
                          .stride = 1,
                          .graph = &graph,
                          .step = forget,
                          .steps = note,
                          .arranger = &arranger};
    sq_order order;
    uint32_t *pi;
    sq_plan *plan;
    sq_train_report report;
    sq_train_options options = {.mode = SQ_MODE_PLANNED,
                                .threads = threads,
                                .epochs = 2,
                                .step = 1,
                                .decay = 1,
                                .plan = {.planner = planner, .segment = 1000}};
    cr_assert(sq_order_init(&order, spec, 1, N, NULL) == SQ_OK);
    cr_assert(sq_pi_new(&pi, &order, NULL) == SQ_OK);
    cr_assert(sq_train(&problem, x, &order, &options, &report, NULL) == SQ_OK);
    cr_assert(sq_plan_build(&plan, &graph, pi, N, &report.plan, NULL) == SQ_OK);
    uint32_t at = 0;
    for (uint32_t lane = 0; lane < threads; lane++)
        for (size_t b = 0; b < plan->batches; b++) {
            const uint32_t *begin = plan->begin + b * threads + lane;
            cr_assert(begin[0] == begin[1] || length[at] == begin[1] - begin[0],
                      "lane %u, batch %zu, %u threads: %u samples at %u, not %u", lane, b, threads,
                      length[at], at, begin[1] - begin[0]);
            for (uint32_t k = begin[0]; k < begin[1]; k++)
                want[at++] = pi[plan->step[k]];
        }
    cr_assert(at == N && memcmp(seen, want, sizeof want) == 0, "%u threads: other samples",
              threads);
    sq_plan_free(plan);
    sq_pi_free(pi);
    sq_order_fini(&order);
}

Test(planned, copies_samples_lane_by_lane) {
    for (unsigned threads = 1; threads < 6; threads++)
        for (int planner = SQ_PLANNER_LANES; planner <= SQ_PLANNER_COMPONENTS; planner++) {
            check_copies(threads, (sq_planner)planner, "shuffle");
            check_copies(threads, (sq_planner)planner, "sequential");
        }
}
