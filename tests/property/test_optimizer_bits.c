/* svrg, saga and exact L2: what the program computes has the bits of the lazy loop that
 * doc/arithmetic.md describes, serially and by every plan; on hypergraphs of every shape, orders of every
 * kind (with repeats, of any length), samples without blocks, blocks that occur twice, blocks that
 * nobody writes, rows that have to stay in a box. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/optimizers.h"
#include "support/cases.h"
#include "support/scale.h"
#include "support/springs.h"

enum { CASES = 2500, EPOCHS = 3 };

typedef struct tally {
    size_t cases, refused, empty, repeated, pinned, boxes, replans, schedules;
} tally;

/* Whether a block is only read by one sample that writes others, and written by another: such a problem is refused. */
static int moves_what_is_read(const sq_hypergraph *g, tally *t) {
    unsigned char *role = calloc(g->blocks, 1);
    int found = 0, pinned = 0, repeated = 0, empty = 0;
    for (size_t e = 0; e < g->samples; e++) {
        size_t begin = g->arity ? g->arity * e : (size_t)g->begin[e];
        size_t size = g->arity ? g->arity : (size_t)(g->begin[e + 1] - g->begin[e]);
        size_t written = size - (g->reads ? g->reads[e] : 0);
        empty |= written == 0;
        for (size_t i = 0; i < size; i++) {
            role[g->block[begin + i]] |= i < written ? 2 : written > 0 ? 1 : 4;
            for (size_t before = 0; before < i; before++)
                repeated |= g->block[begin + i] == g->block[begin + before];
        }
    }
    for (size_t b = 0; b < g->blocks; b++) {
        found |= (role[b] & 3) == 3;
        pinned |= role[b] && !(role[b] & 2);
    }
    free(role);
    t->empty += (size_t)empty;
    t->repeated += (size_t)repeated;
    t->pinned += (size_t)(pinned && !found);
    return found;
}

typedef struct seen {
    double loss[EPOCHS];
    float *memory;
} seen;

static int see_epoch(void *context, const sq_epoch *done) {
    seen *s = context;
    s->loss[done->epoch] = done->loss;
    if (s->memory)
        memcpy(s->memory, done->memory, done->memory_size * sizeof *s->memory);
    return 0;
}

static sq_train_options draw_options(chance *draw, const planning_case *c) {
    sq_train_options o = {.threads = c->options.lanes,
                          .epochs = EPOCHS,
                          .optimizer = (sq_optimizer)chance_below(draw, 3),
                          .step = 0.3,
                          .decay = chance_one_in(draw, 2) ? 1 : 0.7,
                          .losses = 1,
                          .check_plan = 1,
                          .plan = c->options};
    double n = (double)c->graph.samples, most = n / (2 * o.step); /* where q is 0 */
    if (o.optimizer == SQ_SGD || chance_one_in(draw, 2))
        o.l2_exact = most * (chance_one_in(draw, 4) ? 0.9 : chance_one_in(draw, 2) ? 0.01 : 1e-9);
    if (o.optimizer == SQ_SGD)
        o.schedule = (sq_schedule)chance_below(draw, 4);
    else if (chance_one_in(draw, 2))
        o.schedule = SQ_CONSTANT;
    return o;
}

static void compare(const springs *s, const planning_case *c, sq_train_options o, sq_mode mode,
                    const float *want, const seen *expected, size_t table) {
    sq_error error = {""};
    seen got = {.memory = calloc(table, sizeof(float))};
    const sq_observer observer = {.context = &got, .epoch = see_epoch};
    o.mode = mode;
    o.observer = &observer;
    float *memory = got.memory, *x = springs_start(s);
    if (o.optimizer != SQ_SAGA)
        got.memory = NULL;
    int status = sq_train(&s->problem, x, &c->order, &o, NULL, &error);
    cr_assert(status == SQ_OK, "%s: %s", case_name(c), error.message);
    size_t bytes = sq_problem_parameters(&s->problem) * sizeof *x;
    cr_assert(memcmp(x, want, bytes) == 0, "%s: %s, %s", case_name(c), sq_mode_name(mode),
              sq_optimizer_name(o.optimizer));
    cr_assert(memcmp(got.loss, expected->loss, sizeof got.loss) == 0, "%s: %s: loss %a, not %a",
              case_name(c), sq_mode_name(mode), got.loss[0], expected->loss[0]);
    if (o.optimizer == SQ_SAGA && c->graph.reads == NULL)
        cr_assert(memcmp(memory, expected->memory, table * sizeof *memory) == 0, "%s",
                  case_name(c));
    free(memory);
    free(x);
}

static void check_case(uint64_t seed, tally *t) {
    planning_case c;
    case_init(&c, seed);
    chance draw = {seed + 3};
    uint32_t width = chance_one_in(&draw, 2) ? 1 : 1 + chance_below(&draw, 20);
    springs s;
    springs_init(&s, &c.graph, width, width + chance_below(&draw, 2), seed);
    sq_train_options o = draw_options(&draw, &c);
    if (chance_one_in(&draw, 2))
        springs_by_function(&s, o.optimizer == SQ_SGD && !c.graph.reads && chance_one_in(&draw, 2));
    sq_error error = {""};
    if (moves_what_is_read(&c.graph, t)) {
        float *x = springs_start(&s);
        cr_assert(sq_train(&s.problem, x, &c.order, &o, NULL, &error) == SQ_BAD_ARGUMENT, "%s",
                  case_name(&c));
        cr_assert(strstr(error.message, "only read"), "%s", error.message);
        t->refused++;
        free(x);
    } else {
        size_t table = (c.graph.arity ? c.graph.arity * c.graph.samples
                                      : (size_t)c.graph.begin[c.graph.samples]) *
                           width +
                       1;
        seen expected = {.memory = calloc(table, sizeof(float))};
        float *want = springs_start(&s);
        oracle_lazy(&s.problem, want, &c.order, &o, expected.loss,
                    o.optimizer == SQ_SAGA ? expected.memory : NULL);
        compare(&s, &c, o, SQ_MODE_SERIAL, want, &expected, table);
        compare(&s, &c, o, SQ_MODE_PLANNED, want, &expected, table);
        t->boxes += s.box > 0;
        t->replans += s.problem.edges_vary || !sq_order_fixed(&c.order);
        t->schedules += o.schedule > SQ_CONSTANT;
        free(want);
        free(expected.memory);
    }
    case_fini(&c);
    t->cases++;
}

Test(optimizer_bits, are_those_of_the_lazy_loop) {
    tally t = {0};
    size_t wanted = scale_cases(CASES);
    uint64_t seed = scale_seed(7000000);
    for (size_t i = 0; i < wanted; i++)
        check_case(seed + i, &t);
    cr_log_info(
        "%zu cases: %zu refused, %zu with samples without blocks, %zu with repeats, %zu with "
        "pinned blocks, %zu boxes, %zu replanned, %zu with step sizes that differ",
        t.cases, t.refused, t.empty, t.repeated, t.pinned, t.boxes, t.replans, t.schedules);
    if (wanted >= 1000)
        cr_assert(t.refused > 0 && t.refused < wanted / 2 && t.empty && t.repeated && t.pinned &&
                  t.boxes && t.replans && t.schedules);
}
