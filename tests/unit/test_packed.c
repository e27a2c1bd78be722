/* data/packed.c: what is packed and unpacked has the bits that it had, and where too wide it is left. */
#include "data/packed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/chance.h"
#include "support/small_models.h"

enum { SAMPLES = 3000, MOST_VALUES = 1024 };

/* Data in static memory: blocks of both sides, and so many different values, any bits among them. */
static sq_data *drawn(sq_data_kind kind, size_t firsts, size_t seconds, uint32_t values,
                      uint64_t seed) {
    static uint32_t pair[2 * SAMPLES];
    static float value[SAMPLES];
    static sq_data data;
    chance draw = {seed};
    const uint32_t least = kind == SQ_RATINGS ? (uint32_t)firsts : 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        pair[2 * i] = chance_below(&draw, (uint32_t)firsts);
        pair[2 * i + 1] = least + chance_below(&draw, (uint32_t)seconds);
        uint32_t number = i < values ? i : chance_below(&draw, values);
        uint32_t bits = number == 0 ? UINT32_C(0x80000000) : number * UINT32_C(0x01234567);
        memcpy(&value[i], &bits, sizeof bits);
    }
    pair[0] = (uint32_t)firsts - 1; /* the widest there are */
    pair[1] = least + (uint32_t)(seconds - 1);
    data = (sq_data){.kind = kind, .samples = SAMPLES, .pair = pair, .value = value};
    data.names[0].count = firsts;
    data.names[1].count = kind == SQ_RATINGS ? seconds : 0;
    return &data;
}

/* A drawn order, unpacked in two parts from the last to the first; nothing beyond it is written. */
static void check_order(const sqi_packed *packed, const sq_data *data, chance *draw) {
    static uint32_t pair[2 * SAMPLES + 2], pi[SAMPLES];
    static float value[SAMPLES + 1];
    sq_data to = {.pair = pair, .value = value};
    size_t steps = 1 + chance_below(draw, SAMPLES), middle = chance_below(draw, (uint32_t)steps);
    for (size_t k = 0; k < steps; k++)
        pi[k] = chance_below(draw, SAMPLES);
    pi[0] = SAMPLES - 1;
    pair[2 * steps] = pair[2 * steps + 1] = 77;
    value[steps] = 77;
    sqi_unpack(&to, packed, pi, middle, steps - middle);
    sqi_unpack(&to, packed, pi, 0, middle);
    for (size_t k = 0; k < steps; k++) {
        cr_assert(memcmp(pair + 2 * k, data->pair + 2 * (size_t)pi[k], 8) == 0);
        cr_assert(same_floats(&value[k], &data->value[pi[k]], 1));
    }
    cr_assert(pair[2 * steps] == 77 && pair[2 * steps + 1] == 77 && value[steps] == 77);
}

static void check(sq_data_kind kind, size_t firsts, size_t seconds, uint32_t values) {
    const sq_data *data = drawn(kind, firsts, seconds, values, firsts ^ seconds ^ values);
    sqi_packed *packed = NULL;
    chance draw = {values};
    cr_assert(sqi_pack(&packed, data, NULL) == SQ_OK);
    cr_assert_not_null(packed, "%zu × %zu blocks, %u values", firsts, seconds, values);
    for (int round = 0; round < 20; round++)
        check_order(packed, data, &draw);
    cr_assert_null(sqi_packed_free(packed));
}

static void refused(sq_data_kind kind, size_t firsts, size_t seconds, uint32_t values) {
    sqi_packed *packed = NULL;
    cr_assert(sqi_pack(&packed, drawn(kind, firsts, seconds, values, 1), NULL) == SQ_OK);
    cr_assert_null(packed);
}

Test(packed, ratings) {
    for (size_t firsts = 1; firsts < 1 << 20; firsts = 3 * firsts + 1)
        for (size_t seconds = 1; seconds < 1 << 20; seconds = 5 * seconds + 2)
            check(SQ_RATINGS, firsts, seconds, 5);
}

Test(packed, edges) {
    for (size_t nodes = 1; nodes < 1 << 30; nodes = 2 * nodes + 1)
        check(SQ_EDGES, nodes, nodes, 1);
}

/* One value, as many as are numbered, and more than that: then each keeps its own bits. Beside blocks of 22
 * bits, where a word of 32 has room for all numbers, and of 25, where it has room for 128. */
Test(packed, values) {
    const uint32_t values[] = {1,      2, 3, 127, 128, 129, 255, 257, MOST_VALUES, MOST_VALUES + 1,
                               SAMPLES};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        check(SQ_RATINGS, 25000, 100, values[i]);
        check(SQ_RATINGS, 25000, 1000, values[i]);
    }
}

/* Words of 64 bits that are full, and of one bit more. */
Test(packed, widest) {
    const size_t half = (size_t)1 << 31;
    check(SQ_RATINGS, half, half - 1, 4);
    refused(SQ_RATINGS, half, half - 1, 5);
    check(SQ_RATINGS, 1 << 27, 1 << 27, MOST_VALUES);
    refused(SQ_RATINGS, 1 << 27, 1 << 27, MOST_VALUES + 1);
    check(SQ_RATINGS, 1 << 16, 1 << 16, SAMPLES);
    refused(SQ_RATINGS, 1 << 17, 1 << 16, SAMPLES);
    check(SQ_EDGES, half, half, 4);
    refused(SQ_EDGES, half + 1, half + 1, 1);
}

Test(packed, nothing_to_free) {
    cr_assert_null(sqi_packed_free(NULL));
}
