/* Planned runs whose threads dawdle: at random, inside steps and at both ends of a lane's list,
 * which is where the boundaries are, they yield, spin or sleep. Up to 16 threads on however few
 * processors. The bits must be the serial ones. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/scale.h"

enum { CASES = 800 };

static void check_case(uint64_t seed, mixer_kind kind) {
    planning_case c;
    case_init(&c, seed);
    chance draw = {seed};
    if (c.options.planner == SQ_PLANNER_AUTO) /* small cases would mostly run serially */
        c.options.planner = SQ_PLANNER_LANES;
    c.options.lanes = 2 + chance_below(&draw, 15);
    mixer m;
    mixer_init(&m, kind, &c.graph, 1, 1, 1);
    float *want = mixer_start(&m, seed), *x = mixer_start(&m, seed);
    uint32_t *pi = calloc(c.order.steps, sizeof *pi);
    enum { EPOCHS = 3 };
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        sq_order_fill(&c.order, epoch, pi);
        mixer_serial(&m, want, pi, c.order.steps, epoch, 0.25);
    }
    m.delays = seed;
    sq_train_options options = {.mode = SQ_MODE_PLANNED,
                                .threads = c.options.lanes,
                                .epochs = EPOCHS,
                                .step = 0.25,
                                .decay = 1,
                                .plan = c.options};
    sq_error error = {""};
    int status = sq_train(&m.problem, x, &c.order, &options, NULL, &error);
    cr_assert(status == SQ_OK, "%s: %s", case_name(&c), error.message);
    cr_assert(memcmp(x, want, mixer_bytes(&m)) == 0, "%s", case_name(&c));
    free(want);
    free(x);
    free(pi);
    case_fini(&c);
}

static void check_cases(mixer_kind kind, uint64_t seed) {
    size_t cases = scale_cases(CASES);
    seed = scale_seed(seed);
    for (size_t i = 0; i < cases; i++)
        check_case(seed + i, kind);
}

Test(delays, hypergraphs) {
    check_cases(MIXER_GRAPH, 7000000);
}

Test(delays, hyperedges_that_vary) {
    check_cases(MIXER_VARY, 7500000);
}
