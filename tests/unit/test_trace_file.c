/* verify/trace_file: the bytes of a trace, by doc/formats.md; whole or not at all. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "plan/edges.h"
#include "support/recorded.h"
#include "support/small_models.h"
#include "verify/lock.h"

static void begin(void) {
    new_folder();
}
TestSuite(trace_file, .init = begin, .fini = remove_folder);

/* The bytes that are expected, put together here. */
typedef struct bytes {
    unsigned char *at;
    size_t count;
} bytes;

static void put(bytes *b, const void *from, size_t count) {
    b->at = realloc(b->at, b->count + count + 1);
    memcpy(b->at + b->count, from, count);
    b->count += count;
}

static void put_number(bytes *b, uint64_t number, int size) {
    for (int i = 0; i < size; i++)
        put(b, &(unsigned char){(unsigned char)(number >> 8 * i)}, 1);
}

static void put_head(bytes *b, const recorded *r) {
    char *facts;
    const sq_lock *lock = recorded_lock(r);
    cr_assert(sqi_lock_text(&facts, lock, r->trace, NULL) == SQ_OK);
    put(b, "sqtrace\n", 8);
    put_number(b, 1, 4);
    put_number(b, strlen(facts), 4);
    put(b, facts, strlen(facts));
    put_number(b, r->data->kind, 4);
    free(facts);
    for (int side = 0; side < 2; side++) {
        put_number(b, r->model->names[side].count, 8);
        for (size_t i = 0; i < r->model->names[side].count; i++)
            put_number(b, r->model->names[side].name[i], 4);
    }
    put_number(b, r->data->samples, 8);
    for (size_t i = 0; i < r->data->samples; i++)
        put_number(b, sqi_edge_of(r->problem->graph, i).size, 4);
    for (size_t i = 0; i < r->data->samples; i++) {
        sqi_edge edge = sqi_edge_of(r->problem->graph, i);
        for (size_t j = 0; j < edge.size; j++)
            put_number(b, edge.block[j], 4);
    }
}

/* The run again on a second model, step by step. */
static void put_epochs(bytes *b, const recorded *r, sq_model *again) {
    const sq_problem *p = r->problem;
    double gamma = r->recipe.step;
    uint32_t *pi = malloc(4 * r->order.steps);
    for (uint64_t e = 0; e < r->recipe.epochs; e++, gamma *= r->recipe.decay) {
        uint64_t bits;
        memcpy(&bits, &gamma, 8);
        put_number(b, 1, 4);
        put_number(b, bits, 8);
        put_number(b, r->order.steps, 8);
        sq_order_fill(&r->order, e, pi);
        for (size_t k = 0; k < r->order.steps; k++)
            put_number(b, pi[k], 4);
        for (size_t k = 0; k < r->order.steps; k++) {
            sqi_edge edge = sqi_edge_of(p->graph, pi[k]);
            put_number(b, own_step_hash(again->x, p->width, p->stride, edge.block, edge.size), 8);
            p->step(p->context, again->x, &(sq_step){e, k, pi[k], gamma});
            put_number(b, own_step_hash(again->x, p->width, p->stride, edge.block, edge.written),
                       8);
        }
    }
    free(pi);
    put_number(b, 0, 4);
}

static void expect_bytes(const sq_data *data, sq_recipe recipe, sq_mode mode, unsigned threads) {
    bytes want = {NULL, 0};
    recorded r = {.data = data,
                  .recipe = recipe,
                  .mode = mode,
                  .threads = threads,
                  .planner = SQ_PLANNER_LANES,
                  .trace = in_folder("trace")};
    recorded_begin(&r);
    put_head(&want, &r);
    recorded_train(&r);
    sq_model *again = new_model(recipe.model, 5, data);
    put_epochs(&want, &r, again);
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(want.at, want.count));
    put(&want, sum.digest, 16);
    size_t count;
    char *found = bytes_of(r.trace, &count);
    cr_assert(count == want.count, "%zu bytes, expected %zu", count, want.count);
    cr_assert(memcmp(found, want.at, count) == 0);
    free(found);
    free(want.at);
    sq_model_free(again);
    recorded_free(&r);
}

Test(trace_file, the_bytes) {
    sq_data *ratings = small_ratings(400, 50, 40, 1), *rows = small_rows(300, 60, 8, 2);
    cr_assert(sq_data_add_bias(rows, NULL) == SQ_OK);
    for (unsigned threads = 1; threads <= 3; threads++) {
        sq_mode mode = threads == 1 ? SQ_MODE_SERIAL : SQ_MODE_PLANNED;
        expect_bytes(ratings, (sq_recipe){.model = SQ_MATRIX_COMPLETION, .order = "reshuffle"},
                     mode, threads);
        expect_bytes(rows, (sq_recipe){.model = SQ_LOGISTIC, .bias = 1}, mode, threads);
    }
    sq_data_free(ratings);
    sq_data_free(rows);
}

/* Where hyperedges depend on the step, or blocks have no names, their lists are empty. */
Test(trace_file, without_hyperedges_and_names) {
    sq_data *data = small_ratings(3, 2, 2, 1);
    recorded r = {.data = data, .recipe = {.model = SQ_MATRIX_COMPLETION}};
    recorded_begin(&r);
    sq_trace_writer *writer;
    sq_error error = {""};
    cr_assert(sq_trace_open(&writer, in_folder("t"), recorded_lock(&r), NULL, NULL, &error) ==
              SQ_OK);
    cr_assert(sq_trace_commit(writer, &error) == SQ_OK);
    size_t count;
    char *found = bytes_of(in_folder("t"), &count), *facts;
    cr_assert(sqi_lock_text(&facts, recorded_lock(&r), in_folder("t"), NULL) == SQ_OK);
    cr_assert(count == 16 + strlen(facts) + 4 + 8 + 8 + 8 + 4 + 16);
    free(facts);
    free(found);
    recorded_free(&r);
    sq_data_free(data);
}

Test(trace_file, whole_or_not_at_all) {
    sq_data *data = small_ratings(30, 5, 5, 1);
    recorded r = {
        .data = data, .recipe = {.model = SQ_MATRIX_COMPLETION}, .trace = in_folder("trace")};
    put_file(r.trace, "old", 3);
    recorded_begin(&r);
    cr_assert(folder_count() == 2, "the new file beside the old one");
    const sq_trace_step step = {1, 2};
    cr_assert(sq_trace_add(r.writer, 0.5, (uint32_t[]){0}, &step, 1, NULL) == SQ_OK);
    cr_assert(!sq_trace_abandon(r.writer) && !sq_trace_abandon(NULL));
    r.writer = NULL;
    char *found = bytes_of(r.trace, NULL);
    cr_assert(strcmp(found, "old") == 0 && folder_count() == 1);
    free(found);
    recorded_free(&r);
    sq_data_free(data);
}

Test(trace_file, no_place) {
    sq_data *data = small_ratings(30, 5, 5, 1);
    recorded r = {.data = data, .recipe = {.model = SQ_MATRIX_COMPLETION}};
    recorded_begin(&r);
    sq_trace_writer *writer = (sq_trace_writer *)&r;
    sq_error error = {""};
    cr_assert(sq_trace_open(&writer, in_folder("none/t"), recorded_lock(&r), r.problem->graph,
                            r.model->names, &error) == SQ_IO);
    cr_assert(!writer && strstr(error.message, "none"), "%s", error.message);
    recorded_free(&r);
    sq_data_free(data);
}
