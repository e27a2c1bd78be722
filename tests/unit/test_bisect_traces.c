/* verify/bisect: random pairs of traces against a naive comparison, and files that are no traces. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "support/chance.h"
#include "support/data_files.h"
#include "support/recorded.h"
#include "support/scale.h"
#include "support/small_models.h"

static sq_data *ratings;

static void begin(void) {
    new_folder();
    ratings = small_ratings(30, 12, 9, 1);
}

static void end(void) {
    sq_data_free(ratings);
    remove_folder();
}
TestSuite(bisect_traces, .init = begin, .fini = end);

static const sq_recipe completion = {.model = SQ_MATRIX_COMPLETION, .epochs = 5};

static sq_bisection between(const char *a, const char *b) {
    sq_bisection result;
    sq_error error = {""};
    int status = sq_bisect(&result, in_folder(a), in_folder(b), &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    return result;
}

enum { EPOCHS = 3, STEPS = 9 };

typedef struct fake {
    size_t epochs, steps[EPOCHS];
    double gamma[EPOCHS];
    uint32_t pi[EPOCHS][STEPS];
    sq_trace_step step[EPOCHS][STEPS];
} fake;

static fake draw_fake(chance *draw) {
    fake f = {.epochs = 1 + chance_below(draw, EPOCHS)};
    for (size_t e = 0; e < f.epochs; e++) {
        f.steps[e] = 1 + chance_below(draw, STEPS);
        f.gamma[e] = 0.5;
        for (size_t k = 0; k < f.steps[e]; k++) {
            f.pi[e][k] = chance_below(draw, 3);
            f.step[e][k] = (sq_trace_step){chance_next(draw), chance_next(draw)};
        }
    }
    return f;
}

static void change_fake(chance *draw, fake *f) {
    size_t e = chance_below(draw, (uint32_t)f->epochs), k;
    k = chance_below(draw, (uint32_t)f->steps[e]);
    switch (chance_below(draw, 7)) {
    case 0:
        f->pi[e][k] = (f->pi[e][k] + 1) % 3;
        break;
    case 1:
        f->step[e][k].read ^= UINT64_C(1) << chance_below(draw, 64);
        break;
    case 2:
        f->step[e][k].written ^= UINT64_C(1) << chance_below(draw, 64);
        break;
    case 3:
        f->gamma[e] = 0.25;
        break;
    case 4:
        f->steps[e] = k + 1;
        break;
    case 5:
        f->epochs = e + 1;
        break;
    default:
        break;
    }
}

static void write_fake(const fake *f, const recorded *r, const char *name) {
    sq_trace_writer *w;
    cr_assert(sq_trace_open(&w, in_folder(name), recorded_lock(r), NULL, NULL, NULL) == SQ_OK);
    for (size_t e = 0; e < f->epochs; e++)
        cr_assert(sq_trace_add(w, f->gamma[e], f->pi[e], f->step[e], f->steps[e], NULL) == SQ_OK);
    cr_assert(sq_trace_commit(w, NULL) == SQ_OK);
}

static sq_bisection naive(const fake *a, const fake *b) {
    for (size_t e = 0; e < a->epochs || e < b->epochs; e++) {
        if (e >= a->epochs || e >= b->epochs)
            return (sq_bisection){.parting = SQ_OTHER_LENGTH, .epoch = e};
        if (a->gamma[e] != b->gamma[e])
            return (sq_bisection){.parting = SQ_OTHER_STEP, .epoch = e};
        for (size_t k = 0; k < a->steps[e] || k < b->steps[e]; k++) {
            sq_bisection r = {.epoch = e, .step = k};
            if (k >= a->steps[e] || k >= b->steps[e])
                r.parting = SQ_OTHER_LENGTH;
            else if (a->pi[e][k] != b->pi[e][k])
                r.parting = SQ_OTHER_ORDER;
            else if (a->step[e][k].read != b->step[e][k].read)
                r.parting = SQ_OTHER_READS;
            else if (a->step[e][k].written != b->step[e][k].written)
                r.parting = SQ_OTHER_WRITES;
            if (r.parting != SQ_SAME)
                return r;
        }
    }
    return (sq_bisection){.parting = SQ_SAME};
}

Test(bisect_traces, random_pairs_against_a_naive_comparison) {
    size_t cases = scale_cases(100), met[SQ_OTHER_WRITES + 1] = {0};
    recorded r = {.data = ratings, .recipe = completion};
    recorded_begin(&r);
    for (size_t i = 0; i < 4 * cases; i++) {
        chance base = {scale_seed(5) + i / 4}, draw = {scale_seed(5) ^ (i << 32)};
        fake a = draw_fake(&base), b = a;
        if (i % 4 == 0)
            write_fake(&a, &r, "a");
        for (uint32_t n = chance_below(&draw, 4); n > 0; n--)
            change_fake(&draw, &b);
        write_fake(&b, &r, "b");
        for (int turn = 0; turn < 2; turn++) {
            sq_bisection want = naive(&a, &b);
            sq_bisection found = between(turn ? "b" : "a", turn ? "a" : "b");
            cr_assert(found.parting == want.parting && found.epoch == want.epoch &&
                          found.step == want.step,
                      "case %zu: %d at %d/%d, expected %d at %d/%d", i, found.parting,
                      (int)found.epoch, (int)found.step, want.parting, (int)want.epoch,
                      (int)want.step);
            met[found.parting]++;
        }
    }
    for (int p = 0; p <= SQ_OTHER_WRITES && cases >= 100; p++)
        cr_assert(met[p] >= 10, "parting %d only %zu times", p, met[p]);
    recorded_free(&r);
}

/* More steps than are compared at once, the last one different. */
Test(bisect_traces, long_epochs) {
    enum { LONG = 10000 };
    recorded r = {.data = ratings, .recipe = completion};
    recorded_begin(&r);
    sq_trace_step *step = calloc(LONG, sizeof *step);
    uint32_t *pi = calloc(LONG, sizeof *pi);
    static const size_t places[] = {0, 4095, 4096, 8191, 8192, LONG - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (int t = 0; t < 2; t++) {
            sq_trace_writer *w;
            step[places[i]].written = (uint64_t)t;
            cr_assert(sq_trace_open(&w, in_folder(t ? "b" : "a"), recorded_lock(&r), NULL, NULL,
                                    NULL) == SQ_OK);
            cr_assert(sq_trace_add(w, 1, pi, step, LONG, NULL) == SQ_OK);
            cr_assert(sq_trace_commit(w, NULL) == SQ_OK);
        }
        step[places[i]].written = 0;
        sq_bisection found = between("a", "b");
        cr_assert(found.parting == SQ_OTHER_WRITES && found.step == places[i]);
    }
    free(step);
    free(pi);
    recorded_free(&r);
}

/* --- files that are no traces --- */

static int refused(const void *content, size_t count, const char *want) {
    sq_bisection result;
    sq_error error = {""};
    put_file(in_folder("bad"), content, count);
    for (int turn = 0; turn < 2; turn++) {
        int status = sq_bisect(&result, in_folder(turn ? "a" : "bad"),
                               in_folder(turn ? "bad" : "a"), &error);
        if (status != SQ_BAD_INPUT || !strstr(error.message, "/bad:") ||
            !strstr(error.message, want)) {
            cr_log_error("status %d: %s", status, error.message);
            return 0;
        }
    }
    return 1;
}

static char *small_trace(size_t *count) {
    sq_data *data = data_of("1 10 4\n2 10 2.5\n1 30 1\n", SQ_RATINGS);
    recorded r = {.data = data,
                  .recipe = {.model = SQ_MATRIX_COMPLETION, .rank = 2, .epochs = 2},
                  .trace = in_folder("a")};
    recorded_run(&r);
    recorded_free(&r);
    sq_data_free(data);
    return bytes_of(in_folder("a"), count);
}

/* Also behind the first difference: the whole file is read. */
Test(bisect_traces, every_damage_is_refused) {
    size_t count;
    char *trace = small_trace(&count);
    for (size_t i = 0; i < count; i += scale_stride()) {
        cr_assert(refused(trace, i, ""), "%zu of %zu bytes", i, count);
        for (int bit = 0; bit < 8; bit += 3) {
            trace[i] = (char)(trace[i] ^ 1 << bit);
            cr_assert(refused(trace, count, ""), "byte %zu", i);
            trace[i] = (char)(trace[i] ^ 1 << bit);
        }
    }
    cr_assert(refused(trace, count + 1, "more bytes behind its end"));
    cr_assert(refused("", 0, "") && refused("sqtrace\n", 8, "") && refused("1 1 1\n", 6, ""));
    cr_assert(refused("nonsense nonsense", 17, "not a trace of sequent"));
    sq_bisection result;
    sq_error error = {""};
    cr_assert(sq_bisect(&result, in_folder("a"), in_folder("none"), &error) == SQ_IO);
    cr_assert(sq_bisect(&result, in_folder("none"), in_folder("a"), &error) == SQ_IO);
    free(trace);
}

/* Contents that only a broken or malicious writer makes: the checksum is right. */
Test(bisect_traces, impossible_contents_are_refused) {
    size_t count, facts;
    char *trace = small_trace(&count), *copy = malloc(count);
    facts = (size_t)(unsigned char)trace[12] | (size_t)(unsigned char)trace[13] << 8;
    size_t names = 16 + facts + 4, edges = names + 2 * (8 + 8), epoch = edges + 8 + 12 + 24;
    const struct {
        size_t at;
        uint64_t value;
        int size;
        const char *what;
    } lies[] = {
        {8, 2, 4, "another format"},
        {12, 0xFFFFFFFF, 4, "facts of 4 GiB"},
        {12, facts - 1, 4, "facts that are cut"},
        {names, UINT64_MAX, 8, "2^64 - 1 names"},
        {names, 0xFFFFFFFF, 8, "2^32 - 1 names that do not follow"},
        {edges, UINT64_MAX, 8, "2^64 - 1 hyperedges"},
        {edges, 0xFFFFFFFF, 8, "2^32 - 1 hyperedges that do not follow"},
        {edges + 8, 0xFFFFFFFF, 4, "a hyperedge of 2^32 - 1 blocks"},
        {epoch, 2, 4, "an unknown section"},
        {epoch + 12, UINT64_MAX, 8, "2^64 - 1 steps"},
        {epoch + 12, 0xFFFFFFFF, 8, "2^32 - 1 steps that do not follow"},
        {epoch + 12, 0, 8, "no steps"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        XXH128_canonical_t sum;
        memcpy(copy, trace, count);
        for (int b = 0; b < lies[i].size; b++)
            copy[lies[i].at + (size_t)b] = (char)(lies[i].value >> 8 * b);
        XXH128_canonicalFromHash(&sum, XXH3_128bits(copy, count - 16));
        memcpy(copy + count - 16, sum.digest, 16);
        cr_expect(refused(copy, count, ""), "%s", lies[i].what);
    }
    free(copy);
    free(trace);
}

/* Hyperedges and orders that name what is not there: read, and never followed. */
Test(bisect_traces, numbers_beyond_their_lists) {
    recorded r = {.data = ratings, .recipe = completion};
    recorded_begin(&r);
    const uint32_t block[] = {UINT32_MAX, 7, 400000000};
    const sq_hypergraph graph = {.samples = 1, .blocks = 8, .arity = 3, .block = block};
    for (int t = 0; t < 2; t++) {
        sq_trace_writer *w;
        const sq_trace_step step[2] = {{1, 2}, {3, (uint64_t)t}};
        cr_assert(sq_trace_open(&w, in_folder(t ? "b" : "a"), recorded_lock(&r), &graph,
                                r.model->names, NULL) == SQ_OK);
        cr_assert(sq_trace_add(w, 1, (uint32_t[]){0, t ? 0 : 5}, step, 2, NULL) == SQ_OK);
        cr_assert(sq_trace_commit(w, NULL) == SQ_OK);
    }
    sq_bisection found = between("a", "b");
    cr_assert(found.parting == SQ_OTHER_ORDER && found.sample[0] == 5 && !found.blocks[0]);
    found = between("b", "a");
    cr_assert(found.sample[1] == 5 && strstr(found.blocks, "block 4294967295, user "), "%s",
              found.blocks);
    recorded_free(&r);
}
