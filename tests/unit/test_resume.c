/* Going on from a checkpoint: the model, lock and orders of a run that was never interrupted, from
 * every place, however either part ran. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/chance.h"
#include "support/recorded.h"
#include "support/scale.h"
#include "support/small_models.h"

static void begin(void) {
    new_folder();
}
TestSuite(resume, .init = begin, .fini = remove_folder);

typedef struct way {
    sq_mode mode;
    sq_planner planner;
    unsigned threads;
} way;

static const way ways[] = {
    {SQ_MODE_SERIAL, SQ_PLANNER_AUTO, 1},    {SQ_MODE_PLANNED, SQ_PLANNER_LANES, 2},
    {SQ_MODE_PLANNED, SQ_PLANNER_LEVELS, 1}, {SQ_MODE_PLANNED, SQ_PLANNER_COMPONENTS, 3},
    {SQ_MODE_PLANNED, SQ_PLANNER_AUTO, 2},   {SQ_MODE_PLANNED, SQ_PLANNER_LANES, 5}};
enum { WAYS = sizeof ways / sizeof *ways };

static void run_by(recorded *r, const way *w) {
    r->mode = w->mode;
    r->planner = w->planner;
    r->threads = w->threads;
    recorded_run(r);
}

/* The lock, byte by byte: model, order, initial and epoch hashes are in it. */
static void expect_lock(const recorded *r, const char *want, const char *what, unsigned from) {
    char *bytes = recorded_lock_bytes(r, "lock");
    cr_assert(strcmp(bytes, want) == 0, "%s, from checkpoint %u:\n%s", what, from, bytes);
    free(bytes);
}

/* Runs once without a stop; then goes on from each of its checkpoints, by other ways. Returns how
 * many there were. */
static unsigned go_on_everywhere(recorded wanted, unsigned turn, const char *what) {
    recorded whole = wanted, watched = wanted;
    run_by(&whole, &ways[0]);
    char *want = recorded_lock_bytes(&whole, "lock");
    recorded_free(&whole);
    watched.checkpoint = in_folder("c");
    run_by(&watched, &ways[turn % WAYS]);
    expect_lock(&watched, want, what, 0);
    recorded_free(&watched);
    for (unsigned i = 0; i < watched.checkpoints; i++) {
        recorded rest = wanted;
        rest.resume = recorded_checkpoint(in_folder("c"), i);
        run_by(&rest, &ways[(turn + i + 1) % WAYS]);
        expect_lock(&rest, want, what, i);
        recorded_free(&rest);
    }
    free(want);
    return watched.checkpoints;
}

Test(resume, at_every_epoch) {
    static const char *const orders[] = {"shuffle", "reshuffle", "sequential", "replacement",
                                         "file:x"};
    sq_data *ratings = small_ratings(700, 90, 70, 1), *rows = small_rows(500, 200, 6, 2);
    uint32_t listed[333];
    chance draw = {3};
    for (size_t i = 0; i < 333; i++)
        listed[i] = chance_below(&draw, 500);
    unsigned turn = 0;
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int o = 0; o < 5; o++) {
            recorded r = {.data = kind == SQ_MATRIX_COMPLETION ? ratings : rows,
                          .recipe = {.model = (sq_model_kind)kind,
                                     .order = orders[o],
                                     .epochs = 4,
                                     .seed = 7,
                                     .l2 = o % 2 ? 0.1 : 0}};
            if (o == 4) {
                r.listed = listed;
                r.listed_steps = 333;
            }
            cr_assert(go_on_everywhere(r, turn++, orders[o]) == 4);
        }
    sq_data_free(ratings);
    sq_data_free(rows);
}

/* With what SAGA remembers; svrg and exact L2 need nothing but the parameters. */
Test(resume, with_every_optimizer) {
    sq_data *ratings = small_ratings(700, 90, 70, 1), *rows = small_rows(500, 200, 6, 2);
    unsigned turn = 0;
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int optimizer = SQ_SGD; optimizer <= SQ_SAGA; optimizer++)
            for (int exact = 0; exact < 2; exact++) {
                recorded r = {.data = kind == SQ_MATRIX_COMPLETION ? ratings : rows,
                              .recipe = {.model = (sq_model_kind)kind,
                                         .order = turn % 2 ? "replacement" : "shuffle",
                                         .optimizer = (sq_optimizer)optimizer,
                                         .epochs = 3,
                                         .l2 = 0.5,
                                         .l2_exact = exact}};
                cr_assert(go_on_everywhere(r, turn++, sq_optimizer_name(r.recipe.optimizer)) == 3);
            }
    sq_data_free(ratings);
    sq_data_free(rows);
}

/* Longer orders are looked into every 2^20 steps. */
Test(resume, inside_an_epoch) {
    enum { STEPS = (1 << 21) + 777 };
    sq_data *ratings = small_ratings(5000, 700, 500, 4), *rows = small_rows(600, 2000, 2, 5);
    uint32_t *listed = malloc(4 * STEPS);
    for (unsigned turn = 0; turn < 4; turn++) {
        recorded r = {.data = turn == 3 ? ratings : rows,
                      .recipe = {.model = (sq_model_kind)(SQ_SVM + turn), .order = "file:x"},
                      .listed = listed,
                      .listed_steps = STEPS};
        r.recipe.epochs = turn == 3 ? 2 : 1;
        chance draw = {turn};
        for (size_t i = 0; i < STEPS; i++)
            listed[i] = chance_below(&draw, (uint32_t)r.data->samples);
        unsigned places = go_on_everywhere(r, turn, "2^21 + 777 steps");
        cr_assert(places == 3 * r.recipe.epochs, "%u places", places);
    }
    free(listed);
    sq_data_free(ratings);
    sq_data_free(rows);
}

/* A checkpoint of a shorter run is the beginning of a longer one. */
Test(resume, more_epochs) {
    sq_data *ratings = small_ratings(700, 90, 70, 1);
    for (int o = 0; o < 2; o++) {
        recorded r = {.data = ratings,
                      .recipe = {.model = SQ_MATRIX_COMPLETION,
                                 .order = o ? "replacement" : "shuffle",
                                 .epochs = 2}};
        recorded first = r;
        first.checkpoint = in_folder("c");
        recorded_run(&first);
        recorded_free(&first);
        r.recipe.epochs = 6;
        recorded whole = r;
        recorded_run(&whole);
        char *want = recorded_lock_bytes(&whole, "lock");
        recorded_free(&whole);
        r.resume = recorded_checkpoint(in_folder("c"), 1);
        recorded_run(&r);
        expect_lock(&r, want, "6 epochs after 2", 1);
        cr_assert(r.report.epochs == 4);
        recorded_free(&r);
        free(want);
    }
    sq_data_free(ratings);
}

/* From the end nothing is left to do. */
Test(resume, at_the_end) {
    sq_data *ratings = small_ratings(700, 90, 70, 1);
    recorded r = {.data = ratings, .recipe = {.model = SQ_MATRIX_COMPLETION}}, first = r;
    first.checkpoint = in_folder("c");
    recorded_run(&first);
    char *want = recorded_lock_bytes(&first, "lock");
    recorded_free(&first);
    r.resume = recorded_checkpoint(in_folder("c"), 2);
    recorded_run(&r);
    cr_assert(r.report.steps == 0);
    expect_lock(&r, want, "nothing left", 2);
    recorded_free(&r);
    free(want);
    sq_data_free(ratings);
}

/* Interrupted again and again: each part goes on from the one before. */
Test(resume, a_chain_of_parts) {
    sq_data *ratings = small_ratings(700, 90, 70, 1);
    recorded r = {.data = ratings,
                  .recipe = {.model = SQ_MATRIX_COMPLETION, .order = "reshuffle", .epochs = 9}};
    recorded whole = r;
    recorded_run(&whole);
    char *want = recorded_lock_bytes(&whole, "lock"), path[500] = "";
    recorded_free(&whole);
    for (uint64_t part = 0; part < 3; part++) {
        recorded one = r;
        char name[8];
        snprintf(name, sizeof name, "c%u", (unsigned)part);
        one.recipe.epochs = 3 * (part + 1);
        one.checkpoint = in_folder(name);
        one.resume = part ? path : NULL;
        run_by(&one, &ways[part]);
        if (part == 2)
            expect_lock(&one, want, "three parts", 2);
        strcpy(path, recorded_checkpoint(one.checkpoint, 2));
        recorded_free(&one);
    }
    free(want);
    sq_data_free(ratings);
}

/* Modes that repeat their own bits go on at the end of every epoch, to the same model; mini-batches
 * with any number of threads. */
Test(resume, averages_at_every_epoch) {
    sq_data *ratings = small_ratings(700, 90, 70, 1);
    for (int i = 0; i < 4; i++) {
        recorded r = {.data = ratings,
                      .recipe = {.model = SQ_MATRIX_COMPLETION,
                                 .order = i % 2 ? "reshuffle" : "shuffle",
                                 .epochs = 4},
                      .mode = i < 2 ? SQ_MODE_AVERAGE_RUNS : SQ_MODE_AVERAGE_GRADIENTS,
                      .threads = 3};
        r.recipe.minibatch = i < 2 ? 0 : 32;
        recorded whole = r;
        whole.checkpoint = in_folder("c");
        recorded_run(&whole);
        const sq_hash want = sq_model_hash(whole.model);
        recorded_free(&whole);
        for (unsigned c = 0; c < 4; c++) {
            recorded rest = r;
            rest.resume = recorded_checkpoint(in_folder("c"), c);
            rest.threads = i < 2 ? 3 : 1 + c;
            recorded_run(&rest);
            cr_assert_str_eq(sq_model_hash(rest.model).hex, want.hex);
            recorded_free(&rest);
        }
    }
    sq_data_free(ratings);
}
