/* exec/hogwild: serial on one thread; on several, another result, shown without luck.
 *
 * What differs is a matter of timing, so the timing is made: the problem's own functions hold a
 * thread back, as a system may do with any thread at any moment, until another thread has been seen.
 * They wait at most WAIT_MS; a machine that runs no second thread in that time shows nothing, and the
 * test is then reported as skipped, with the reason. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sequent/generate.h"
#include "sequent/hash.h"
#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"

enum { WAIT_MS = 20000 };

static void doze(void) {
    struct timespec time = {0, 1000000};
    (void)nanosleep(&time, NULL);
}

/* Whether *word reached `value` in WAIT_MS. */
static int await(atomic_int *word, int value) {
    for (int i = 0; i < WAIT_MS; i++) {
        if (atomic_load(word) >= value)
            return 1;
        doze();
    }
    return 0;
}

static sq_train_options options_of(sq_mode mode, unsigned threads, uint64_t epochs) {
    return (sq_train_options){
        .mode = mode, .threads = threads, .epochs = epochs, .step = 0.02, .decay = 0.9};
}

/* On one thread hogwild is serial, whatever the order: also across the chunks that it takes. */
Test(hogwild, one_thread_is_serial) {
    for (uint64_t seed = 0; seed < 200; seed++) {
        planning_case c;
        case_init(&c, seed);
        mixer m;
        mixer_init(&m, seed % 2 ? MIXER_VARY : MIXER_GRAPH, &c.graph, 1, 1, seed % 3 == 0);
        if (seed % 10 == 0 && c.order.kind == SQ_ORDER_REPLACEMENT)
            c.order.steps = 3000;
        float *serial = mixer_start(&m, seed), *hogwild = mixer_start(&m, seed);
        sq_train_options options = options_of(SQ_MODE_SERIAL, 1, 3);
        cr_assert(sq_train(&m.problem, serial, &c.order, &options, NULL, NULL) == SQ_OK);
        options.mode = SQ_MODE_HOGWILD;
        cr_assert(sq_train(&m.problem, hogwild, &c.order, &options, NULL, NULL) == SQ_OK);
        cr_assert(memcmp(serial, hogwild, mixer_bytes(&m)) == 0, "%s", case_name(&c));
        free(serial);
        free(hogwild);
        case_fini(&c);
    }
}

/* ---- a lost update ---- */

/* Every step adds 1 to one number. The first step of all reads it and then waits until another
 * thread has read it too: of their two additions one is lost. */
typedef struct meeting {
    atomic_int inside;  /* threads that have read the number in their first step */
    atomic_int waiting; /* 1 once a step waits; 2: nobody came */
} meeting;

static _Thread_local int been_inside;

static void add_one(const void *context, float *x, const sq_step *step) {
    meeting *m = (meeting *)(uintptr_t)context;
    float read = x[0];
    (void)step;
    if (!been_inside) {
        been_inside = 1;
        int none = 0;
        atomic_fetch_add(&m->inside, 1);
        if (atomic_compare_exchange_strong(&m->waiting, &none, 1) && !await(&m->inside, 2))
            atomic_store(&m->waiting, 2);
    }
    x[0] = read + 1;
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return 0;
}

Test(hogwild, updates_are_lost) {
    enum { STEPS = 20000 };
    static uint32_t block[STEPS];
    sq_hypergraph graph = {.samples = STEPS, .blocks = 1, .arity = 1, .block = block};
    meeting m = {0, 0};
    sq_problem p = {.name = "meeting",
                    .context = &m,
                    .samples = STEPS,
                    .blocks = 1,
                    .width = 1,
                    .stride = 1,
                    .graph = &graph,
                    .step = add_one,
                    .loss = no_loss};
    sq_order order = {.kind = SQ_ORDER_SEQUENTIAL, .samples = STEPS, .steps = STEPS};
    sq_train_options options = options_of(SQ_MODE_HOGWILD, 2, 1);
    float x[1] = {0};
    sq_train_report report;
    cr_assert(sq_train(&p, x, &order, &options, &report, NULL) == SQ_OK);
    cr_assert(report.threads == 2 && report.steps == STEPS);
    if (atomic_load(&m.waiting) == 2)
        cr_skip_test("no second thread ran a step within %d ms: nothing is known", WAIT_MS);
    cr_assert(x[0] < STEPS, "no update was lost");
}

/* ---- real-sized data ---- */

/* A million ratings whose first chunk of steps is held back until another thread has run one: the
 * parameters of hot items then see these chunks in the other order. */
typedef struct delayed {
    const sq_problem *inner;
    atomic_int begun, ended; /* chunks */
    atomic_int gave_up;
} delayed;

static void delayed_steps(const void *context, float *x, const sq_steps *list) {
    delayed *d = (delayed *)(uintptr_t)context;
    if (atomic_fetch_add(&d->begun, 1) == 0 && !await(&d->ended, 1))
        atomic_store(&d->gave_up, 1);
    d->inner->steps(d->inner->context, x, list);
    atomic_fetch_add(&d->ended, 1);
}

static void delayed_step(const void *context, float *x, const sq_step *step) {
    const delayed *d = context;
    d->inner->step(d->inner->context, x, step);
}

static double delayed_loss(const void *context, const float *x, size_t sample) {
    const delayed *d = context;
    return d->inner->loss(d->inner->context, x, sample);
}

static sq_data *million_ratings(void) {
    char path[] = "/tmp/sequent_ratings_XXXXXX";
    int handle = mkstemp(path);
    cr_assert(handle >= 0);
    FILE *out = fdopen(handle, "w");
    sq_generate_ratings g = {.samples = 1000000,
                             .seed = 1,
                             .users = 20000,
                             .items = 4000,
                             .rank = 4,
                             .user_skew = 0.5,
                             .item_skew = 1,
                             .noise = 0.3};
    sq_error error = {""};
    cr_assert(sq_generate_ratings_write(&g, out, &error) == SQ_OK, "%s", error.message);
    cr_assert(fclose(out) == 0);
    sq_data *data = NULL;
    int status = sq_data_read(&data, path, SQ_RATINGS, SQ_FORMAT_AUTO, &error);
    cr_assert(remove(path) == 0);
    cr_assert(status == SQ_OK, "%s", error.message);
    return data;
}

static sq_hash train(const sq_data *data, sq_mode mode, unsigned threads, delayed *d) {
    sq_model *model = NULL;
    sq_problem *problem = NULL;
    sq_model_options options = {.kind = SQ_MATRIX_COMPLETION, .rank = 16, .seed = 1};
    cr_assert(sq_model_new(&model, &options, data, NULL) == SQ_OK);
    cr_assert(sq_model_problem(&problem, model, data, 0, NULL) == SQ_OK);
    *d = (delayed){.inner = problem};
    sq_problem outer = *problem;
    outer.context = d;
    outer.step = delayed_step;
    outer.steps = mode == SQ_MODE_HOGWILD && threads > 1 ? delayed_steps : NULL;
    outer.loss = delayed_loss;
    outer.loss_sum = NULL;
    outer.arranger = NULL;
    sq_order order;
    cr_assert(sq_order_init(&order, "shuffle", 1, data->samples, NULL) == SQ_OK);
    sq_train_options run = options_of(mode, threads, 1);
    sq_error error = {""};
    int status = sq_train(&outer, model->x, &order, &run, NULL, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    sq_hash hash = sq_model_hash(model);
    sq_order_fini(&order);
    sq_model_problem_free(problem);
    sq_model_free(model);
    return hash;
}

Test(hogwild, a_million_ratings) {
    sq_data *data = million_ratings();
    delayed d;
    sq_hash serial = train(data, SQ_MODE_SERIAL, 1, &d);
    sq_hash planned = train(data, SQ_MODE_PLANNED, 4, &d);
    sq_hash alone = train(data, SQ_MODE_HOGWILD, 1, &d);
    cr_assert_str_eq(planned.hex, serial.hex);
    cr_assert_str_eq(alone.hex, serial.hex);
    sq_hash hogwild = train(data, SQ_MODE_HOGWILD, 4, &d);
    sq_data_free(data);
    if (atomic_load(&d.gave_up))
        cr_skip_test("no second thread ran its steps within %d ms: nothing is known", WAIT_MS);
    cr_assert(strcmp(hogwild.hex, serial.hex) != 0, "hogwild gave the serial model");
}
