/* data/order: every kind of order against its definition in doc/arithmetic.md, written again from
 * sq_random alone. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/order.h"
#include "sequent/random.h"

static sq_order order_of(const char *spec, uint64_t seed, size_t samples) {
    sq_order order;
    sq_error error = {0};
    int status = sq_order_init(&order, spec, seed, samples, &error);
    cr_assert(status == SQ_OK, "%s: %s", spec, error.message);
    cr_assert(order.steps == samples && order.samples == samples && order.seed == seed);
    cr_assert(strcmp(sq_order_name(order.kind), spec) == 0);
    return order;
}

static uint32_t *epoch_of(const char *spec, uint64_t seed, size_t samples, uint64_t epoch) {
    sq_order order = order_of(spec, seed, samples);
    uint32_t *pi = malloc(samples * sizeof *pi);
    sq_order_fill(&order, epoch, pi);
    sq_order_fini(&order);
    return pi;
}

static int same(const uint32_t *a, const uint32_t *b, size_t count) {
    return memcmp(a, b, count * sizeof *a) == 0;
}

/* The next integer below a bound, from the words of an epoch's stream. */
static uint32_t draw(uint64_t seed, uint32_t epoch, uint64_t *word, uint64_t bound) {
    for (;;) {
        uint32_t four[4];
        sq_random(seed, SQ_STREAM_ORDER, epoch, *word / 4, four);
        uint64_t product = four[*word % 4] * bound;
        ++*word;
        if (product % (UINT64_C(1) << 32) >= (UINT64_C(1) << 32) % bound)
            return (uint32_t)(product >> 32);
    }
}

static uint32_t *shuffled(uint64_t seed, uint32_t epoch, size_t samples) {
    uint32_t *pi = malloc(samples * sizeof *pi);
    uint64_t word = 0;
    for (size_t i = 0; i < samples; i++)
        pi[i] = (uint32_t)i;
    for (size_t last = samples - 1; last > 0; last--) {
        uint32_t at = draw(seed, epoch, &word, last + 1), kept = pi[at];
        pi[at] = pi[last];
        pi[last] = kept;
    }
    return pi;
}

Test(order, shuffles_are_fisher_and_yates) {
    static const size_t sizes[] = {1, 2, 3, 10, 1000, 4099};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (uint32_t epoch = 0; epoch < 3; epoch++) {
            size_t n = sizes[s];
            uint32_t *got = epoch_of("shuffle", 1 + s, n, epoch), *want = shuffled(1 + s, 0, n);
            cr_assert(same(got, want, n), "shuffle of %zu, epoch %u", n, epoch);
            free(got);
            free(want);
            got = epoch_of("reshuffle", 1 + s, n, epoch);
            want = shuffled(1 + s, epoch, n);
            cr_assert(same(got, want, n), "reshuffle of %zu, epoch %u", n, epoch);
            free(got);
            free(want);
        }
}

Test(order, replacement_is_drawn) {
    enum { N = 3000 };
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        uint32_t *pi = epoch_of("replacement", 9, N, epoch);
        unsigned char met[N] = {0};
        uint64_t word = 0;
        size_t wrong = 0, missing = 0;
        for (size_t i = 0; i < N; i++) {
            wrong += pi[i] != draw(9, epoch, &word, N) || pi[i] >= N;
            met[pi[i] % N] = 1;
        }
        for (size_t i = 0; i < N; i++)
            missing += !met[i];
        cr_assert(wrong == 0);
        cr_assert(missing > N / 3 && missing < N / 5 * 2, "%zu missing, expected about N/e",
                  missing);
        free(pi);
    }
}

Test(order, permutations_have_everything_once) {
    enum { N = 5000 };
    static const char *const specs[] = {"shuffle", "reshuffle", "sequential"};
    for (int s = 0; s < 3; s++)
        for (uint64_t epoch = 0; epoch < 4; epoch++) {
            uint32_t *pi = epoch_of(specs[s], 4, N, epoch);
            unsigned char met[N] = {0};
            size_t twice = 0, fixed = 0;
            for (size_t i = 0; i < N; i++) {
                cr_assert(pi[i] < N);
                twice += met[pi[i]]++;
                fixed += pi[i] == i;
            }
            cr_assert(twice == 0, "%s", specs[s]);
            cr_assert(s == 2 ? fixed == N : fixed < 10, "%s: %zu in place", specs[s], fixed);
            free(pi);
        }
}

Test(order, epochs_and_seeds_differ_where_they_should) {
    enum { N = 500 };
    static const struct {
        const char *spec;
        int epochs_differ, seeds_differ;
    } kinds[] = {
        {"shuffle", 0, 1}, {"reshuffle", 1, 1}, {"sequential", 0, 0}, {"replacement", 1, 1}};
    for (int k = 0; k < 4; k++) {
        const char *spec = kinds[k].spec;
        uint32_t *first = epoch_of(spec, 1, N, 0), *second = epoch_of(spec, 1, N, 1);
        uint32_t *again = epoch_of(spec, 1, N, 0), *other = epoch_of(spec, 2, N, 0);
        uint32_t *high = epoch_of(spec, 1 | UINT64_C(1) << 32, N, 0);
        cr_assert(same(first, again, N));
        cr_assert(same(first, second, N) != kinds[k].epochs_differ, "%s", spec);
        cr_assert(same(first, other, N) != kinds[k].seeds_differ, "%s", spec);
        cr_assert(same(first, high, N) != kinds[k].seeds_differ, "%s: the seed's high word", spec);
        sq_order order = order_of(spec, 1, N);
        cr_assert(sq_order_fixed(&order) == !kinds[k].epochs_differ, "%s", spec);
        free(first);
        free(second);
        free(again);
        free(other);
        free(high);
    }
}

/* Changing any of these changes every model hash that people have kept: SQ arithmetic version. */
Test(order, golden) {
    static const uint32_t want[3][10] = {{2, 0, 3, 1, 5, 6, 7, 4, 9, 8},
                                         {6, 9, 5, 3, 4, 7, 8, 1, 2, 0},
                                         {0, 2, 2, 4, 2, 9, 8, 3, 4, 6}};
    static const char *const specs[] = {"shuffle", "reshuffle", "replacement"};
    for (int s = 0; s < 3; s++) {
        uint32_t *pi = epoch_of(specs[s], 1, 10, 1);
        cr_assert(same(pi, want[s], 10), "%s: %u %u %u %u %u %u %u %u %u %u", specs[s], pi[0],
                  pi[1], pi[2], pi[3], pi[4], pi[5], pi[6], pi[7], pi[8], pi[9]);
        free(pi);
    }
}

Test(order, first_epoch_in_new_memory) {
    sq_order order = order_of("reshuffle", 5, 77);
    uint32_t *pi = NULL, *want = epoch_of("reshuffle", 5, 77, 0);
    cr_assert(sq_pi_new(&pi, &order, NULL) == SQ_OK);
    cr_assert(same(pi, want, 77));
    sq_pi_free(pi);
    sq_pi_free(NULL);
    free(want);
}

Test(order, refuses_other_words_and_sizes) {
    static const char *const specs[] = {"",     "Shuffle", "shuffl", "shuffle ",
                                        "file", "fil:",    "random", " shuffle"};
    sq_order order;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        sq_error error = {0};
        cr_assert(sq_order_init(&order, specs[i], 1, 5, &error) == SQ_BAD_ARGUMENT, "'%s'",
                  specs[i]);
        cr_assert(strstr(error.message, "reshuffle"), "no advice: '%s'", error.message);
        sq_order_fini(&order);
    }
    cr_assert(sq_order_init(&order, "shuffle", 1, 0, NULL) == SQ_BAD_ARGUMENT);
    cr_assert(sq_order_init(&order, "shuffle", 1, UINT32_MAX, NULL) == SQ_BAD_ARGUMENT);
    cr_assert(sq_order_init(&order, "shuffle", 1, UINT32_MAX - 1, NULL) == SQ_OK);
    cr_assert(sq_order_init(&order, "shuffle", 1, SIZE_MAX, NULL) == SQ_BAD_ARGUMENT);
}
