/* verify/bisect: where two runs part, and why. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/edges.h"
#include "support/chance.h"
#include "support/data_files.h"
#include "support/recorded.h"
#include "support/small_models.h"

enum { SAMPLES = 900 };
static sq_data *ratings;

static void begin(void) {
    new_folder();
    ratings = small_ratings(SAMPLES, 120, 90, 1);
}

static void end(void) {
    sq_data_free(ratings);
    remove_folder();
}
TestSuite(bisect, .init = begin, .fini = end);

static const sq_recipe completion = {.model = SQ_MATRIX_COMPLETION, .epochs = 5};

static sq_bisection between(const char *a, const char *b) {
    sq_bisection result;
    sq_error error = {""};
    int status = sq_bisect(&result, in_folder(a), in_folder(b), &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    return result;
}

/* Runs, leaving a trace of that name. */
static void run_as(const char *name, recorded r) {
    r.trace = in_folder(name);
    if (!r.data)
        r.data = ratings;
    recorded_run(&r);
    recorded_free(&r);
}

/* A new order: SAMPLES steps, each sample once. */
static uint32_t *listed_order(uint64_t seed) {
    uint32_t *pi = malloc(4 * SAMPLES);
    chance draw = {seed};
    for (uint32_t i = 0; i < SAMPLES; i++) {
        uint32_t j = chance_below(&draw, i + 1);
        pi[i] = pi[j];
        pi[j] = i;
    }
    return pi;
}

static int conflict(uint32_t a, uint32_t b) {
    return ratings->pair[2 * a] == ratings->pair[2 * b] ||
           ratings->pair[2 * a + 1] == ratings->pair[2 * b + 1];
}

Test(bisect, the_same_run_however_it_ran) {
    run_as("a", (recorded){.recipe = completion, .mode = SQ_MODE_SERIAL});
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        run_as("b", (recorded){.recipe = completion,
                               .mode = SQ_MODE_PLANNED,
                               .planner = SQ_PLANNER_LANES,
                               .threads = threads});
        sq_bisection r = between("a", "b");
        cr_assert(r.parting == SQ_SAME && !r.data && !r.recipe && !r.initial && !r.blocks[0]);
    }
}

/* --- planted faults --- */

Test(bisect, one_flipped_data_bit) {
    uint32_t *pi = listed_order(1);
    recorded r = {.recipe = completion, .listed = pi, .listed_steps = SAMPLES};
    r.recipe.order = "file:x";
    run_as("a", r);
    for (int i = 0; i < 12; i++) {
        uint32_t step = (uint32_t)(i * 69 + 3), sample, bits;
        while (ratings->value[pi[step]] < 1)
            step++;
        sample = pi[step];
        float was = ratings->value[sample];
        memcpy(&bits, &was, 4);
        bits ^= UINT32_C(1) << (15 + i % 8); /* of the significand; the mean stays, coarsely */
        memcpy(&ratings->value[sample], &bits, 4);
        r.mode = i % 2 ? SQ_MODE_PLANNED : SQ_MODE_SERIAL;
        r.planner = SQ_PLANNER_LANES;
        r.threads = 3;
        run_as("b", r);
        ratings->value[sample] = was;
        sq_bisection found = between("a", "b");
        char blocks[64];
        snprintf(blocks, sizeof blocks, "user %u, item %u",
                 ratings->names[0].name[ratings->pair[2 * sample]],
                 ratings->names[1].name[ratings->pair[2 * sample + 1] - ratings->names[0].count]);
        cr_assert(found.parting == SQ_OTHER_WRITES && found.data && !found.recipe && !found.initial,
                  "parting %d", found.parting);
        cr_assert(found.epoch == 0 && found.step == step && found.sample[0] == sample &&
                  found.sample[1] == sample);
        cr_assert(strcmp(found.blocks, blocks) == 0, "%s", found.blocks);
    }
    free(pi);
}

Test(bisect, one_reordered_pair_of_conflicting_steps) {
    uint32_t *pi = listed_order(2);
    recorded r = {.recipe = completion, .listed = pi, .listed_steps = SAMPLES};
    r.recipe.order = "file:x";
    run_as("a", r);
    int pairs = 0;
    for (uint32_t k = 0; k + 1 < SAMPLES && pairs < 8; k++) {
        if (!conflict(pi[k], pi[k + 1]))
            continue;
        uint32_t first = pi[k], second = pi[k + 1];
        pairs++;
        pi[k] = second;
        pi[k + 1] = first;
        run_as("b", r);
        pi[k] = first;
        pi[k + 1] = second;
        sq_bisection found = between("a", "b");
        cr_assert(found.parting == SQ_OTHER_ORDER && found.epoch == 0 && found.step == k);
        cr_assert(found.sample[0] == first && found.sample[1] == second);
        cr_assert(!found.data && !found.recipe);
        k += 60;
    }
    cr_assert(pairs == 8);
    free(pi);
}

Test(bisect, one_changed_hyperparameter_at_epoch_3) {
    run_as("a", (recorded){.recipe = completion});
    run_as("b", (recorded){.recipe = completion, .change_epoch = 3, .changed_l2 = 0.5});
    sq_bisection found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_WRITES && found.epoch == 3 && found.step == 0);
    cr_assert(!found.data && !found.recipe && found.blocks[0]);
    uint32_t *pi;
    sq_order order;
    cr_assert(sq_order_init(&order, "shuffle", 1, SAMPLES, NULL) == SQ_OK);
    cr_assert(sq_pi_new(&pi, &order, NULL) == SQ_OK);
    cr_assert(found.sample[0] == pi[0] && found.sample[1] == pi[0]);
    sq_pi_free(pi);
    run_as("c", (recorded){.recipe = completion,
                           .change_epoch = 3,
                           .changed_step = 0.001,
                           .mode = SQ_MODE_PLANNED,
                           .planner = SQ_PLANNER_LANES,
                           .threads = 2});
    found = between("a", "c");
    cr_assert(found.parting == SQ_OTHER_STEP && found.epoch == 3 && found.step == 0);
    cr_assert(found.sample[0] == found.sample[1] && found.blocks[0]);
}

/* Runs a plan from which a boundary between two batches is missing, the last lane first: what a
 * thread may do that does not wait. turn[k]: when position k ran. Returns how many steps had a
 * boundary less before them. */
static size_t run_without_boundary(recorded *r, const sq_plan *plan, size_t boundary,
                                   const uint32_t *pi, uint32_t *turn) {
    const sq_problem *p = r->problem;
    uint32_t lanes = plan->lanes;
    size_t moved = 0;
    for (uint64_t e = 0; e < r->recipe.epochs; e++) {
        uint32_t ran = 0;
        sq_trace_step *slot = calloc(plan->steps, sizeof *slot);
        double gamma = r->recipe.step;
        for (uint64_t i = 0; i < e; i++)
            gamma *= r->recipe.decay;
        for (size_t b = 0; b < plan->batches; b++) {
            size_t joined = b == boundary && b + 1 < plan->batches ? 2 : 1;
            for (uint32_t lane = lanes; lane-- > 0;)
                for (size_t of = b; of < b + joined; of++) {
                    const uint32_t *at = plan->begin + of * lanes + lane;
                    for (uint32_t i = at[0]; i < at[1]; i++) {
                        size_t k = plan->step[i];
                        sqi_edge edge = sqi_edge_of(p->graph, pi[k]);
                        slot[k].read =
                            own_step_hash(r->model->x, p->width, p->stride, edge.block, edge.size);
                        p->step(p->context, r->model->x, &(sq_step){e, k, pi[k], gamma});
                        slot[k].written = own_step_hash(r->model->x, p->width, p->stride,
                                                        edge.block, edge.written);
                        moved += of > b;
                        turn[k] = ran++;
                    }
                }
            b += joined - 1;
        }
        cr_assert(sq_trace_add(r->writer, gamma, pi, slot, plan->steps, NULL) == SQ_OK);
        free(slot);
    }
    cr_assert(sq_trace_commit(r->writer, NULL) == SQ_OK);
    r->writer = NULL;
    return moved;
}

Test(bisect, a_missing_batch_boundary) {
    uint32_t *pi = listed_order(3), turn[SAMPLES];
    recorded good = {.recipe = completion, .listed = pi, .listed_steps = SAMPLES};
    good.recipe.order = "file:x";
    good.recipe.epochs = 1;
    run_as("good", good);
    recorded model = {
        .data = ratings, .recipe = good.recipe, .listed = pi, .listed_steps = SAMPLES};
    recorded_begin(&model);
    sq_plan *plan;
    const sq_plan_options options = {.planner = SQ_PLANNER_LANES, .lanes = 3, .batch = 60};
    cr_assert(sq_plan_build(&plan, model.problem->graph, pi, SAMPLES, &options, NULL) == SQ_OK);
    cr_assert(plan->batches > 10);
    recorded_free(&model);
    int seen = 0;
    for (size_t b = 0; b <= plan->batches; b++) { /* the last one: all boundaries are there */
        recorded bad = good;
        bad.data = ratings;
        bad.trace = in_folder("bad");
        recorded_begin(&bad);
        size_t moved = run_without_boundary(&bad, plan, b, pi, turn);
        recorded_free(&bad);
        sq_bisection found = between("good", "bad");
        if (b + 1 >= plan->batches) {
            cr_assert(moved == 0 && found.parting == SQ_SAME, "the executor itself is right");
            continue;
        }
        if (found.parting == SQ_SAME)
            continue; /* nothing in the two batches that would have had to wait */
        seen++;
        cr_assert(found.parting == SQ_OTHER_READS && !found.edge && !found.data && !found.initial);
        cr_assert(found.epoch == 0 && found.sample[0] == found.sample[1]);
        cr_assert(pi[found.step] == found.sample[0]);
        size_t exchanged = 0; /* with steps that it conflicts with */
        for (size_t k = 0; k < SAMPLES; k++)
            exchanged += k != found.step && conflict(pi[k], found.sample[0]) &&
                         (k < found.step) != (turn[k] < turn[found.step]);
        cr_assert(exchanged > 0, "step %d", (int)found.step);
    }
    cr_assert(seen > 5, "%d", seen);
    sq_plan_free(plan);
    free(pi);
}

/* --- other causes --- */

Test(bisect, other_lengths) {
    recorded r = {.recipe = completion};
    run_as("a", r);
    r.recipe.epochs = 3;
    run_as("b", r);
    for (int i = 0; i < 2; i++) {
        sq_bisection found = between(i ? "b" : "a", i ? "a" : "b");
        cr_assert(found.parting == SQ_OTHER_LENGTH && found.epoch == 3 && found.step == 0);
        cr_assert(!found.blocks[0] && !found.recipe);
    }
    uint32_t *pi = listed_order(4);
    recorded listed = {.recipe = completion, .listed = pi, .listed_steps = SAMPLES};
    listed.recipe.order = "file:x";
    run_as("a", listed);
    listed.listed_steps = SAMPLES - 7;
    run_as("b", listed);
    sq_bisection found = between("b", "a");
    cr_assert(found.parting == SQ_OTHER_LENGTH && found.epoch == 0 && found.step == SAMPLES - 7);
    free(pi);
}

Test(bisect, other_seeds_and_hyperparameters) {
    recorded r = {.recipe = completion};
    run_as("a", r);
    r.recipe.seed = 2;
    run_as("b", r);
    sq_bisection found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_ORDER && found.recipe && found.initial && !found.data);
    r.recipe.order = "sequential";
    run_as("b", r);
    r.recipe.seed = 1;
    run_as("a", r);
    found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_READS && found.initial && !found.edge && found.step == 0);
    r.recipe.l2 = 0.25;
    run_as("b", r);
    found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_WRITES && found.recipe && !found.initial);
    r.recipe.l2 = 0;
    r.recipe.decay = 0.5;
    run_as("b", r);
    found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_STEP && found.epoch == 1 && found.recipe);
    r.recipe.decay = 0.8;
    r.recipe.rank = 6;
    run_as("b", r);
    found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_READS && found.recipe && found.initial);
}

/* A changed name: the step touches another row. */
Test(bisect, a_step_of_other_blocks) {
    recorded r = {.recipe = {.model = SQ_MATRIX_COMPLETION, .order = "sequential"}};
    r.data = data_of("1 1 3\n2 2 4\n3 3 5\n1 2 2\n", SQ_RATINGS);
    run_as("a", r);
    sq_data *other = data_of("1 1 3\n2 2 4\n3 3 5\n1 3 2\n", SQ_RATINGS);
    sq_data *first = (sq_data *)(uintptr_t)r.data;
    r.data = other;
    run_as("b", r);
    sq_bisection found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_READS && found.edge && found.data && found.step == 3);
    cr_assert(strcmp(found.blocks, "user 1, item 2") == 0, "%s", found.blocks);
    sq_data_free(first);
    sq_data_free(other);
}

Test(bisect, names_of_blocks) {
    sq_data *rows = data_of("-1 3:2\n1 3:1 70:1 900:1\n", SQ_ROWS);
    cr_assert(sq_data_add_bias(rows, NULL) == SQ_OK);
    recorded r = {.data = rows, .recipe = {.model = SQ_SVM, .order = "sequential", .bias = 1}};
    run_as("a", r);
    r.recipe.l2 = 1;
    run_as("b", r);
    sq_bisection found = between("a", "b");
    cr_assert(strncmp(found.blocks, "feature 3, feature 70, feature 900, bias", 60) == 0, "%s",
              found.blocks);
    sq_data_free(rows);

    char text[4000] = "-1 1000:1\n1";
    for (int i = 1; i < 200; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %d:1", i * 1000);
    strcat(text, "\n");
    rows = data_of(text, SQ_ROWS);
    r = (recorded){.data = rows, .recipe = {.model = SQ_LOGISTIC, .order = "sequential"}};
    run_as("a", r);
    r.recipe.l2 = 1;
    run_as("b", r);
    found = between("a", "b");
    size_t length = strlen(found.blocks);
    cr_assert(length < sizeof found.blocks && length > 200);
    cr_assert(strcmp(found.blocks + length - strlen("…"), "…") == 0, "%s", found.blocks);
    sq_data_free(rows);
}
