/* exec/serial: one step after another, each with its own position, sample, epoch and step size. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "exec/run.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/rounding.h"

/* What reaches the problem. */
typedef struct trace {
    sq_step step[64];
    size_t steps, lists;
    int rounding;
} trace;

static void note(const void *context, float *x, const sq_step *step) {
    trace *t = (trace *)(uintptr_t)context;
    (void)x;
    t->step[t->steps++] = *step;
    t->rounding = rounding_now();
}

static void note_list(const void *context, float *x, const sq_steps *list) {
    trace *t = (trace *)(uintptr_t)context;
    t->lists++;
    for (size_t i = 0; i < list->count; i++) {
        size_t k = list->position ? list->position[i] : list->first + i;
        note(context, x, &(sq_step){list->epoch, k, list->pi[k], list->gamma});
    }
}

static void expect(const trace *t, const size_t *position, size_t count, const uint32_t *pi) {
    cr_assert(t->steps == count, "%zu steps", t->steps);
    for (size_t i = 0; i < count; i++) {
        const sq_step *s = &t->step[i];
        cr_assert(s->epoch == 7 && s->gamma == 0.25 && s->position == position[i] &&
                      s->sample == pi[position[i]],
                  "step %zu", i);
    }
}

/* Ranges and lists of positions, by step and by list. */
Test(serial, steps_get_what_they_are) {
    static uint32_t pi[] = {4, 4, 0, 2, 1, 3};
    static const uint32_t list[] = {5, 0, 1, 3};
    static const size_t range[] = {2, 3, 4}, listed[] = {5, 0, 1, 3};
    for (int with_list = 0; with_list < 2; with_list++) {
        trace t = {.steps = 0};
        sq_problem p = {.context = &t, .step = note, .steps = with_list ? note_list : NULL};
        sqi_run run = {.problem = &p, .pi = pi, .steps = 6, .epoch = 7, .gamma = 0.25};
        sqi_run_steps(&run, NULL, 2, 3);
        expect(&t, range, 3, pi);
        t.steps = 0;
        sqi_run_steps(&run, list, 0, 4);
        expect(&t, listed, 4, pi);
        t.steps = 0;
        sqi_run_steps(&run, NULL, 6, 0);
        cr_assert(t.steps == 0 && t.lists == (with_list ? 3 : 0));
    }
}

/* Steps round to nearest whatever the thread was set to, which is so again afterwards. */
Test(serial, rounding) {
    static uint32_t pi[] = {0};
    trace t = {.steps = 0};
    sq_problem p = {.context = &t, .step = note};
    sqi_run run = {.problem = &p, .pi = pi, .steps = 1};
    cr_assert(fesetround(FE_DOWNWARD) == 0);
    sqi_run_steps(&run, NULL, 0, 1);
    int after = rounding_now();
    cr_assert(fesetround(FE_TONEAREST) == 0);
    cr_assert(t.steps == 1 && t.rounding == FE_TONEAREST && after == FE_DOWNWARD);
}

/* Epoch e has the step size step × decay^e, by e multiplications. */
Test(serial, step_sizes) {
    static const uint32_t block[] = {0};
    sq_hypergraph graph = {.samples = 1, .blocks = 1, .arity = 1, .block = block};
    trace t = {.steps = 0};
    float x[1] = {0};
    sq_problem p = {.name = "trace",
                    .context = &t,
                    .samples = 1,
                    .blocks = 1,
                    .width = 1,
                    .stride = 1,
                    .graph = &graph,
                    .step = note};
    sq_order order = {.kind = SQ_ORDER_SEQUENTIAL, .samples = 1, .steps = 1};
    sq_train_options options = {.mode = SQ_MODE_SERIAL, .epochs = 50, .step = 0.3, .decay = 0.9};
    cr_assert(sq_train(&p, x, &order, &options, NULL, NULL) == SQ_OK);
    double gamma = 0.3;
    for (uint64_t e = 0; e < 50; e++, gamma *= 0.9)
        cr_assert(t.step[e].epoch == e && t.step[e].gamma == gamma, "epoch %d", (int)e);
}
