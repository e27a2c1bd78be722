/* exec/round_robin: on one thread the plain loop of gradients; on several every update once and in
 * order. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/train.h"
#include "support/cases.h"
#include "support/slopes.h"
#include "support/small_models.h"

enum { EPOCHS = 3 };

static sq_train_options options_of(unsigned threads) {
    return (sq_train_options){.mode = SQ_MODE_ROUND_ROBIN,
                              .threads = threads,
                              .epochs = EPOCHS,
                              .step = 0.05,
                              .decay = 0.9};
}

/* The definition, on one thread. */
static void plain_loop(const slopes *s, float *x, const sq_order *order) {
    double g[SLOPES_MOST], gamma = 0.05;
    uint32_t *pi = calloc(order->steps, sizeof *pi);
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++, gamma *= 0.9) {
        sq_order_fill(order, epoch, pi);
        for (size_t k = 0; k < order->steps; k++) {
            sq_step step = {epoch, k, pi[k], gamma};
            s->problem.gradient(s, x, &step, g);
            slopes_apply(s, x, &step, g);
        }
    }
    free(pi);
}

Test(round_robin, one_thread_is_the_plain_loop) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        planning_case c;
        slopes s;
        case_init(&c, seed);
        uint32_t width = 1 + (uint32_t)seed % 20;
        slopes_init(&s, (mixer_kind)(seed % 3), &c.graph, width, width + (uint32_t)seed % 2,
                    seed % 4 == 0);
        float *x = slopes_start(&s, seed), *want = slopes_start(&s, seed);
        sq_train_options options = options_of(1);
        sq_error error = {""};
        plain_loop(&s, want, &c.order);
        int status = sq_train(&s.problem, x, &c.order, &options, NULL, &error);
        cr_assert(status == SQ_OK, "%s: %s", case_name(&c), error.message);
        cr_assert(same_floats(x, want, sq_problem_parameters(&s.problem)), "%s", case_name(&c));
        free(x);
        free(want);
        case_fini(&c);
    }
}

/* ---- in order ---- */

/* Block 0 is the number of updates so far, of which block 1 is made: x_1 ← 0.99 x_1 - γ_k k needs them
 * in order. The gradient tells the step's number; what it reads of x does not matter. */
static void numbers(const void *context, const float *x, const sq_step *s, double *g) {
    (void)context, (void)x;
    g[0] = -1;
    g[1] = (double)s->position;
}

typedef struct seen {
    size_t next, wrong;
    double previous;
} seen;

/* Called in turn with the updated row: plain memory, ordered by the turns alone. */
static void watch(const void *context, size_t block, float *row) {
    seen *w = (seen *)(uintptr_t)context;
    if (block != 1)
        return;
    w->wrong += w->previous - (double)row[0] != (double)w->next;
    row[0] = 0; /* so that the numbers stay exact */
    w->previous = 0;
    w->next++;
}

static void no_step(const void *context, float *x, const sq_step *s) {
    (void)context, (void)x, (void)s;
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return 0;
}

static void check_order(unsigned threads, size_t steps) {
    uint32_t *block = calloc(2 * steps, sizeof *block);
    for (size_t k = 0; k < steps; k++)
        block[2 * k + 1] = 1;
    seen w = {0, 0, 0};
    sq_hypergraph graph = {.samples = steps, .blocks = 2, .arity = 2, .block = block};
    sq_problem p = {.name = "numbers",
                    .context = &w,
                    .samples = steps,
                    .blocks = 2,
                    .width = 1,
                    .stride = 1,
                    .graph = &graph,
                    .step = no_step,
                    .gradient = numbers,
                    .project = watch,
                    .loss = no_loss};
    sq_order order = {.kind = SQ_ORDER_SEQUENTIAL, .samples = steps, .steps = steps};
    sq_train_options options = options_of(threads);
    options.epochs = 1;
    options.step = 1;
    float x[2] = {0, 0};
    cr_assert(sq_train(&p, x, &order, &options, NULL, NULL) == SQ_OK);
    cr_assert(x[0] == (float)steps && w.next == steps && w.wrong == 0,
              "%u threads: %g of %zu updates, %zu out of order", threads, (double)x[0], steps,
              w.wrong);
    free(block);
}

Test(round_robin, every_update_once_and_in_order) {
    check_order(1, 5000);
    check_order(2, 100001);
    check_order(3, 20000);
    check_order(8, 20003);
    check_order(16, 7); /* more threads than steps */
}

/* More than a segment: turns go on where the last one ended. */
Test(round_robin, several_segments) {
    check_order(1, (1 << 20) + 17);
    check_order(3, (1 << 20) + 17);
}

Test(round_robin, hyperedges_of_all_kinds_on_many_threads) {
    for (uint64_t seed = 0; seed < 60; seed++) {
        planning_case c;
        slopes s;
        case_init(&c, seed);
        slopes_init(&s, (mixer_kind)(seed % 3), &c.graph, 3, 4, 1);
        float *x = slopes_start(&s, seed);
        sq_train_options options = options_of(2 + (unsigned)seed % 7);
        sq_error error = {""};
        int status = sq_train(&s.problem, x, &c.order, &options, NULL, &error);
        cr_assert(status == SQ_OK, "%s: %s", case_name(&c), error.message);
        free(x);
        case_fini(&c);
    }
}

Test(round_robin, models_learn) {
    sq_data *rows = small_rows(3000, 60, 9, 1), *ratings = small_ratings(5000, 80, 60, 1);
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int o = 0; o < 2; o++) {
            const sq_data *data = kind == SQ_MATRIX_COMPLETION ? ratings : rows;
            sq_model *serial = new_model((sq_model_kind)kind, 5, data);
            sq_model *model = new_model((sq_model_kind)kind, 5, data);
            how h = {.mode = SQ_MODE_SERIAL, .order = o ? "reshuffle" : NULL, .l2 = 0.1 * o};
            double want = train_model(serial, data, h);
            h.mode = SQ_MODE_ROUND_ROBIN;
            h.threads = 3;
            double got = train_model(model, data, h);
            cr_assert(got < 1.2 * want && got > want / 1.2, "%s: loss %g, serially %g",
                      sq_model_name((sq_model_kind)kind), got, want);
            sq_model_free(serial);
            sq_model_free(model);
        }
    sq_data_free(rows);
    sq_data_free(ratings);
}

Test(round_robin, needs_a_gradient) {
    planning_case c;
    mixer m;
    case_init(&c, 1);
    mixer_init(&m, MIXER_GRAPH, &c.graph, 1, 1, 0);
    float *x = mixer_start(&m, 1), *before = mixer_start(&m, 1);
    sq_train_options options = options_of(2);
    sq_error error = {""};
    for (int i = 0; i < 2; i++) {
        options.mode = i ? SQ_MODE_AVERAGE_GRADIENTS : SQ_MODE_ROUND_ROBIN;
        cr_assert(sq_train(&m.problem, x, &c.order, &options, NULL, &error) == SQ_BAD_ARGUMENT);
        cr_assert_str_eq(error.message,
                         i ? "average-gradients needs a problem's gradient, which mixer does not "
                             "have"
                           : "round-robin needs a problem's gradient, which mixer does not have");
    }
    cr_assert(memcmp(x, before, mixer_bytes(&m)) == 0);
    free(x);
    free(before);
    case_fini(&c);
}
