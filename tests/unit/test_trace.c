/* exec/trace: the slot of every step against an own computation by the words of train.h. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "exec/run.h"
#include "plan/edges.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/recorded.h"
#include "support/scale.h"
#include "support/training.h"

/* What is expected: the run again, one step after another. */
typedef struct expected {
    const sq_problem *problem;
    const sq_order *order;
    float *x;
    double gamma, decay;
    size_t epochs, slots; /* seen */
} expected;

static int compare_trace(void *context, uint64_t epoch, const uint32_t *pi,
                         const sq_trace_step *step, size_t steps) {
    expected *e = context;
    const sq_problem *p = e->problem;
    sq_hypergraph *graph;
    uint32_t *want = malloc(4 * (steps + 1));
    cr_assert(epoch == e->epochs++ && steps == e->order->steps);
    sq_order_fill(e->order, epoch, want);
    cr_assert(memcmp(pi, want, 4 * steps) == 0);
    cr_assert(sq_problem_hypergraph(&graph, p, epoch, pi, steps, NULL) == SQ_OK);
    for (size_t k = 0; k < steps; k++, e->slots++) {
        sqi_edge edge = sqi_edge_of(graph, p->edges_vary ? k : pi[k]);
        uint64_t read = own_step_hash(e->x, p->width, p->stride, edge.block, edge.size);
        p->step(p->context, e->x, &(sq_step){epoch, k, pi[k], e->gamma});
        uint64_t written = own_step_hash(e->x, p->width, p->stride, edge.block, edge.written);
        cr_assert(step[k].read == read, "epoch %d, step %zu", (int)epoch, k);
        cr_assert(step[k].written == written, "epoch %d, step %zu", (int)epoch, k);
    }
    sq_hypergraph_free(graph);
    free(want);
    e->gamma *= e->decay;
    return 0;
}

/* Traces a run that begins at x (changed) and compares every slot; returns how many there were. */
static size_t expect_slots(const sq_problem *problem, const sq_order *order, float *x,
                           sq_train_options options, const char *name) {
    size_t bytes = sq_problem_parameters(problem) * sizeof *x;
    expected e = {.problem = problem,
                  .order = order,
                  .x = malloc(bytes + 1),
                  .gamma = options.step,
                  .decay = options.decay};
    memcpy(e.x, x, bytes);
    const sq_observer observer = {.context = &e, .trace = compare_trace};
    sq_error error = {""};
    options.observer = &observer;
    cr_assert(sq_train(problem, x, order, &options, NULL, &error) == SQ_OK, "%s: %s", name,
              error.message);
    cr_assert(e.epochs == options.epochs);
    cr_assert(memcmp(e.x, x, bytes) == 0, "%s: tracing changes no bit", name);
    free(e.x);
    return e.slots;
}

static const struct {
    sq_mode mode;
    sq_planner planner;
    unsigned threads;
} hows[] = {{SQ_MODE_SERIAL, SQ_PLANNER_AUTO, 1},    {SQ_MODE_PLANNED, SQ_PLANNER_LANES, 1},
            {SQ_MODE_PLANNED, SQ_PLANNER_LANES, 2},  {SQ_MODE_PLANNED, SQ_PLANNER_LANES, 5},
            {SQ_MODE_PLANNED, SQ_PLANNER_LEVELS, 2}, {SQ_MODE_PLANNED, SQ_PLANNER_COMPONENTS, 3},
            {SQ_MODE_PLANNED, SQ_PLANNER_AUTO, 2},   {SQ_MODE_HOGWILD, SQ_PLANNER_AUTO, 1}};
enum { HOWS = sizeof hows / sizeof *hows };

/* Hyperedges of every shape: some blocks only read, some twice, some edges empty, dependent on the
 * step or not. */
Test(trace, slots_of_random_cases) {
    size_t cases = scale_cases(400), slots = 0;
    uint64_t seed = scale_seed(1);
    for (size_t i = 0; i < cases; i++) {
        planning_case c;
        mixer m;
        case_init(&c, seed + i);
        uint32_t width = 1 + (uint32_t)(i % 5);
        mixer_init(&m, (mixer_kind)(i % 3), &c.graph, width, width + (uint32_t)(i % 2), i % 2 == 0);
        float *x = mixer_start(&m, i);
        sq_train_options options = {.mode = hows[i % HOWS].mode,
                                    .threads = hows[i % HOWS].threads,
                                    .epochs = 2,
                                    .step = 0.5,
                                    .decay = 0.5,
                                    .plan = {.planner = hows[i % HOWS].planner}};
        slots += expect_slots(&m.problem, &c.order, x, options, case_name(&c));
        free(x);
        case_fini(&c);
    }
    cr_assert(slots > 20 * cases);
}

/* Hyperedges of about, and of exactly, the length of a piece of 1,024 numbers. */
Test(trace, long_hyperedges) {
    static const uint32_t widths[] = {127, 128, 129,  255,  256,  257,  341, 511,
                                      512, 513, 1023, 1024, 1025, 2048, 3000};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (uint64_t seed = 0; seed < 6; seed++) {
            planning_case c;
            mixer m;
            case_init(&c, 100 + seed);
            c.order.steps = c.order.steps < 40 ? c.order.steps : 40;
            if (c.order.kind != SQ_ORDER_FILE)
                c.order.kind = SQ_ORDER_REPLACEMENT;
            mixer_init(&m, MIXER_GRAPH, &c.graph, widths[w], widths[w] + 3, 1);
            float *x = mixer_start(&m, seed);
            sq_train_options options = {.mode = SQ_MODE_SERIAL, .epochs = 1, .step = 1, .decay = 1};
            (void)expect_slots(&m.problem, &c.order, x, options, case_name(&c));
            free(x);
            case_fini(&c);
        }
}

Test(trace, slots_of_the_models) {
    static const char *const orders[] = {"shuffle", "reshuffle", "replacement"};
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int h = 0; h < HOWS; h++) {
            training t = training_new((sq_model_kind)kind, 600, orders[h % 3], h % 2 ? 0.1 : 0);
            sq_train_options options = training_options(hows[h].mode, hows[h].threads);
            options.plan.planner = hows[h].planner;
            size_t slots = expect_slots(t.problem, &t.order, t.model->x, options, "model");
            cr_assert(slots == 3 * 600);
            training_free(&t);
        }
}

/* Where no trace is asked for no memory is taken and no hyperedge is asked for. */
Test(trace, nothing_without_an_observer) {
    training t = training_new(SQ_MATRIX_COMPLETION, 50, "shuffle", 0);
    const sq_observer silent = {.context = NULL};
    const sq_observer *observers[] = {NULL, &silent};
    for (int i = 0; i < 2; i++) {
        sq_train_options options = training_options(SQ_MODE_SERIAL, 1);
        options.observer = observers[i];
        sqi_run run = {.problem = t.problem, .options = &options, .steps = 50};
        cr_assert(sqi_trace_begin(&run, NULL) == SQ_OK);
        cr_assert(!run.trace && !run.graph);
        sqi_trace_end(&run);
    }
    training_free(&t);
}

static int stop(void *context, uint64_t epoch, const uint32_t *pi, const sq_trace_step *step,
                size_t steps) {
    (void)epoch, (void)pi, (void)step, (void)steps;
    return ++*(int *)context == 2;
}

Test(trace, an_observer_may_stop) {
    training t = training_new(SQ_SVM, 50, "shuffle", 0);
    int seen = 0;
    const sq_observer observer = {.context = &seen, .trace = stop};
    sq_train_options options = training_options(SQ_MODE_SERIAL, 1);
    options.observer = &observer;
    sq_error error = {""};
    cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, NULL, &error) == SQ_INTERRUPTED);
    cr_assert(seen == 2);
    training_free(&t);
}
