/* Orders and the generator below them against textbook twins. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/random.h"
#include "sequent/order.h"
#include "sequent/random.h"
#include "support/chance.h"
#include "support/scale.h"

/* The known answers of the authors' library Random123 (kat_vectors, philox4x32 with 10 rounds). */
static const struct {
    uint32_t counter[4], key[2], out[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

Test(order_twins, philox_known_answers) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        oracle_philox(known[i].counter, known[i].key, out);
        cr_assert(memcmp(out, known[i].out, sizeof out) == 0, "twin, vector %zu", i);
        const uint32_t *c = known[i].counter, *k = known[i].key;
        sq_random((uint64_t)k[1] << 32 | k[0], c[3], c[2], (uint64_t)c[1] << 32 | c[0], out);
        cr_assert(memcmp(out, known[i].out, sizeof out) == 0, "library, vector %zu", i);
    }
}

Test(order_twins, philox_is_the_twin) {
    chance draw = {1};
    for (int i = 0; i < 100000; i++) {
        uint64_t seed = chance_next(&draw), index = chance_next(&draw);
        uint32_t stream = (uint32_t)chance_next(&draw), epoch = (uint32_t)chance_next(&draw);
        uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), epoch, stream};
        uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, want[4], got[4];
        oracle_philox(counter, key, want);
        sq_random(seed, stream, epoch, index, got);
        cr_assert(memcmp(got, want, sizeof got) == 0);
    }
}

/* Every kind, size, seed and epoch: shuffle does not look at the epoch, the others do. */
Test(order_twins, kinds_are_the_twins) {
    chance draw = {2};
    uint32_t *want = calloc(5000, sizeof *want), *got = calloc(5000, sizeof *got);
    for (size_t i = 0; i < scale_cases(2000); i++) {
        uint32_t n = chance_size(&draw, 12);
        uint64_t seed = chance_next(&draw), epoch = chance_below(&draw, 1000);
        static const char *const spec[] = {"shuffle", "reshuffle", "sequential", "replacement"};
        uint32_t which = chance_below(&draw, 4);
        sq_order order;
        cr_assert(sq_order_init(&order, spec[which], seed, n, NULL) == SQ_OK);
        cr_assert(order.steps == n && sq_order_fixed(&order) == (which % 2 == 0));
        sq_order_fill(&order, epoch, got);
        oracle_stream s = {.seed = seed, .epoch = which % 2 ? (uint32_t)epoch : 0};
        if (which < 2)
            oracle_shuffle(s, want, n);
        else if (which == 3)
            oracle_draw(s, want, n, n);
        else
            for (uint32_t k = 0; k < n; k++)
                want[k] = k;
        cr_assert(memcmp(got, want, n * sizeof *got) == 0, "%s of %u, seed %llu, epoch %llu",
                  spec[which], n, (unsigned long long)seed, (unsigned long long)epoch);
        sq_order_fini(&order);
    }
    free(want);
    free(got);
}

/* Bounds above 2^31 refuse nearly half of all words: the twins must agree on which. */
Test(order_twins, large_bounds) {
    sq_order order = {.kind = SQ_ORDER_REPLACEMENT, .seed = 7, .steps = 4000};
    static const uint32_t samples[] = {0x80000001u, 0xC0000000u, 0xFFFFFFFEu, 0x55555556u};
    uint32_t *want = calloc(4000, sizeof *want), *got = calloc(4000, sizeof *got);
    for (int i = 0; i < 4; i++) {
        order.samples = samples[i];
        sq_order_fill(&order, 3, got);
        oracle_draw((oracle_stream){.seed = 7, .epoch = 3}, want, 4000, samples[i]);
        cr_assert(memcmp(got, want, 4000 * sizeof *got) == 0, "bound %u", samples[i]);
    }
    free(want);
    free(got);
}
