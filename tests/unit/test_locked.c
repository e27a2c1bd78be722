/* exec/locked: serial on one thread; on several the result of some serial order, by bits.
 *
 * A step draws a ticket while it holds its locks. Steps that conflict hold a lock in common, so their
 * tickets are in the order in which they ran: a serial run in the order of the tickets must have the
 * same bits. The problem is the mixer, whose bits show every exchange of conflicting steps. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"
#include "support/scale.h"
#include "support/small_models.h"

enum { EPOCHS = 3, CASES = 400 };
static const double GAMMA = 0.25;

static sq_train_options options_of(sq_mode mode, unsigned threads) {
    return (sq_train_options){
        .mode = mode, .threads = threads, .epochs = EPOCHS, .step = GAMMA, .decay = 1};
}

typedef struct ticketed {
    mixer m;
    sq_problem problem;
    size_t steps;
    atomic_size_t next;
    sq_step *log; /* by ticket (size EPOCHS × steps) */
} ticketed;

static void step(const void *context, float *x, const sq_step *s) {
    ticketed *t = (ticketed *)(uintptr_t)context;
    /* Relaxed: it must order nothing that the locks do not order. */
    t->log[atomic_fetch_add_explicit(&t->next, 1, memory_order_relaxed)] = *s;
    t->m.problem.step(&t->m, x, s);
}

static size_t hyperedge(const void *context, const sq_step *s, uint32_t *block, uint32_t *reads) {
    const ticketed *t = context;
    return t->m.problem.hyperedge(&t->m, s, block, reads);
}

static double loss(const void *context, const float *x, size_t sample) {
    const ticketed *t = context;
    return t->m.problem.loss(&t->m, x, sample);
}

static void check_case(uint64_t seed, mixer_kind kind, unsigned threads, int delays) {
    planning_case c;
    ticketed t = {.steps = 0};
    case_init(&c, seed);
    mixer_init(&t.m, kind, &c.graph, 1 + (uint32_t)seed % 2, 2, 0);
    t.m.delays = delays ? seed + 1 : 0;
    t.steps = c.order.steps;
    t.log = calloc(EPOCHS * t.steps, sizeof *t.log);
    t.problem = t.m.problem;
    t.problem.context = &t;
    t.problem.step = step;
    t.problem.hyperedge = kind == MIXER_GRAPH ? NULL : hyperedge;
    t.problem.loss = loss;
    float *x = mixer_start(&t.m, seed), *want = mixer_start(&t.m, seed);
    sq_train_options options = options_of(SQ_MODE_LOCKED, threads);
    sq_error error = {""};
    int status = sq_train(&t.problem, x, &c.order, &options, NULL, &error);
    cr_assert(status == SQ_OK, "%s: %s", case_name(&c), error.message);
    cr_assert(t.next == EPOCHS * t.steps, "%s: every step once", case_name(&c));
    for (size_t i = 0; i < t.next; i++)
        mixer_scatter(&t.m, want, &t.log[i], mixer_gather(&t.m, want, &t.log[i]));
    cr_assert(memcmp(x, want, mixer_bytes(&t.m)) == 0, "%s, %u threads", case_name(&c), threads);
    free(x);
    free(want);
    free(t.log);
    case_fini(&c);
}

Test(locked, is_serialisable) {
    size_t cases = scale_cases(CASES);
    for (size_t i = 0; i < cases; i++)
        check_case(scale_seed(8000000) + i, (mixer_kind)(i % 3), 2 + (unsigned)i % 7, i % 2);
}

Test(locked, one_thread_is_serial) {
    for (uint64_t seed = 0; seed < 100; seed++) {
        planning_case c;
        mixer m;
        case_init(&c, seed);
        mixer_init(&m, (mixer_kind)(seed % 3), &c.graph, 1, 1, seed % 2 == 0);
        float *serial = mixer_start(&m, seed), *locked = mixer_start(&m, seed);
        sq_train_options options = options_of(SQ_MODE_SERIAL, 1);
        cr_assert(sq_train(&m.problem, serial, &c.order, &options, NULL, NULL) == SQ_OK);
        options.mode = SQ_MODE_LOCKED;
        cr_assert(sq_train(&m.problem, locked, &c.order, &options, NULL, NULL) == SQ_OK);
        cr_assert(memcmp(serial, locked, mixer_bytes(&m)) == 0, "%s", case_name(&c));
        free(serial);
        free(locked);
        case_fini(&c);
    }
}

/* ---- updates that commute, but only where they are whole ---- */

static void count_visits(const void *context, float *x, const sq_step *s) {
    const sq_hypergraph *g = context;
    for (uint64_t i = g->begin[s->sample]; i < g->begin[s->sample + 1]; i++)
        x[g->block[i]] += 1;
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return 0;
}

/* Rows of three hot blocks and some others: every visit counts, on 8 threads. */
Test(locked, no_update_is_lost) {
    enum { STEPS = 60000, BLOCKS = 2000 };
    uint64_t *begin = calloc(STEPS + 1, sizeof *begin);
    uint32_t *block = calloc(8 * STEPS, sizeof *block);
    chance draw = {5};
    float want[BLOCKS] = {0}, x[BLOCKS] = {0};
    for (size_t k = 0; k < STEPS; k++) {
        uint64_t at = begin[k];
        for (uint32_t b = chance_below(&draw, 3); b < BLOCKS && at < begin[k] + 8;
             b += 1 + chance_below(&draw, at == begin[k] ? BLOCKS : 500)) {
            block[at++] = b;
            want[b] += 1;
        }
        begin[k + 1] = at;
    }
    sq_hypergraph graph = {.samples = STEPS, .blocks = BLOCKS, .begin = begin, .block = block};
    sq_problem p = {.name = "visits",
                    .context = &graph,
                    .samples = STEPS,
                    .blocks = BLOCKS,
                    .width = 1,
                    .stride = 1,
                    .graph = &graph,
                    .step = count_visits,
                    .loss = no_loss};
    sq_order order = {.kind = SQ_ORDER_SHUFFLE, .seed = 1, .samples = STEPS, .steps = STEPS};
    sq_train_options options = options_of(SQ_MODE_LOCKED, 8);
    options.epochs = 1;
    sq_train_report report;
    cr_assert(sq_train(&p, x, &order, &options, &report, NULL) == SQ_OK);
    cr_assert(report.threads == 8 && report.steps == STEPS);
    cr_assert(memcmp(x, want, sizeof x) == 0, "visits were lost");
    free(begin);
    free(block);
}

/* The built-in models, arranged and not, learn. */
Test(locked, models_learn) {
    sq_data *rows = small_rows(3000, 60, 9, 1), *ratings = small_ratings(5000, 80, 60, 1);
    static const char *const orders[] = {"shuffle", "reshuffle", "sequential", "replacement"};
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int o = 0; o < 4; o++) {
            const sq_data *data = kind == SQ_MATRIX_COMPLETION ? ratings : rows;
            sq_model *serial = new_model((sq_model_kind)kind, 5, data);
            sq_model *model = new_model((sq_model_kind)kind, 5, data);
            how h = {.mode = SQ_MODE_SERIAL, .order = orders[o], .l2 = o == 1 ? 0.1 : 0};
            double want = train_model(serial, data, h);
            h.mode = SQ_MODE_LOCKED;
            h.threads = 4;
            double got = train_model(model, data, h);
            cr_assert(got < 1.2 * want && got > want / 1.2, "%s, %s: loss %g, serially %g",
                      sq_model_name((sq_model_kind)kind), orders[o], got, want);
            sq_model_free(serial);
            sq_model_free(model);
        }
    sq_data_free(rows);
    sq_data_free(ratings);
}
