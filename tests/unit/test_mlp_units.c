/* model/mlp_units: the units that a step trains. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "model/mlp.h"
#include "oracle/mlp.h"
#include "support/networks.h"

static sqi_network one_layer(uint32_t units, uint32_t active, uint64_t seed) {
    return (sqi_network){
        .seed = seed, .layers = 1, .active = active, .layer = {{.units = units, .active = active}}};
}

Test(mlp_units, as_many_as_wanted_in_ascending_order) {
    static const uint32_t shapes[][2] = {{1, 1},   {2, 1},       {63, 63},       {64, 5},
                                         {65, 64}, {1024, 1023}, {16384, 16383}, {16384, 1}};
    uint32_t *unit = malloc(16384 * sizeof *unit);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t position = 0; position < 50; position++) {
            sqi_network net = one_layer(shapes[s][0], shapes[s][1], 9);
            sqi_active_units(&net, 0, 3, position, unit);
            cr_assert(unit[net.active - 1] < net.layer[0].units);
            for (uint32_t i = 1; i < net.active; i++)
                cr_assert(unit[i - 1] < unit[i], "%u of %u", net.active, net.layer[0].units);
        }
    free(unit);
}

/* Each layer draws from words of its own, so that the sets are independent. */
Test(mlp_units, are_those_of_the_definition) {
    sq_data *data = network_rows(20, 10, 5, 2, 1);
    static const char *const hidden[] = {"1", "100,100,7", "1024,512,300,129"};
    for (size_t h = 0; h < 3; h++)
        for (int i = 1; i <= 20; i++) {
            sq_model_options o = network_options(hidden[h], 0.05 * i, (uint64_t)i << 33);
            sq_model *model = NULL;
            cr_assert(sq_model_new(&model, &o, data, NULL) == SQ_OK);
            sqi_network net = sqi_network_of(model);
            const sqi_mlp_context context = {.net = net};
            sq_step step = {(uint64_t)i << 30, (size_t)1000000 * (size_t)i, 3, 0.1};
            uint32_t *block = malloc(net.active * sizeof *block), reads = 7, at = 0;
            unsigned char on[1024];
            cr_assert(sqi_mlp_hyperedge(&context, &step, block, &reads) == net.active);
            cr_assert(reads == 0);
            for (uint32_t l = 0; l < net.layers; l++) {
                oracle_units(model, l, step.epoch, step.position, on);
                cr_assert(net.layer[l].active == oracle_active(model, l));
                for (uint32_t u = 0; u < net.layer[l].units; u++)
                    if (on[u])
                        cr_assert(block[at++] == net.layer[l].first + u, "%s, layer %u", hidden[h],
                                  l);
            }
            cr_assert(at == net.active);
            free(block);
            sq_model_free(model);
        }
    sq_data_free(data);
}

/* Nothing but seed, epoch, position and layer decides, and each of them does. */
Test(mlp_units, a_function_of_seed_epoch_position_and_layer) {
    sqi_network net = {.seed = 5,
                       .layers = 2,
                       .active = 40,
                       .layer = {{.units = 500, .active = 20}, {.units = 500, .active = 20}}};
    uint32_t want[20], got[20];
    sqi_active_units(&net, 0, 4, 1000, want);
    sqi_active_units(&net, 0, 4, 1000, got);
    cr_assert(memcmp(want, got, sizeof got) == 0);
    sqi_active_units(&net, 1, 4, 1000, got);
    cr_assert(memcmp(want, got, sizeof got) != 0, "layer");
    sqi_active_units(&net, 0, 5, 1000, got);
    cr_assert(memcmp(want, got, sizeof got) != 0, "epoch");
    sqi_active_units(&net, 0, 4, 1001, got);
    cr_assert(memcmp(want, got, sizeof got) != 0, "position");
    sqi_active_units(&net, 0, 4, 1000 + (UINT64_C(1) << 31), got);
    cr_assert(memcmp(want, got, sizeof got) != 0, "a position above 2^31");
    net.seed ^= UINT64_C(1) << 63;
    sqi_active_units(&net, 0, 4, 1000, got);
    cr_assert(memcmp(want, got, sizeof got) != 0, "seed");
}

/* χ² over all sets of 3 of 7 units (35 sets), and of single units of a larger layer. The bounds are
 * passed by chance once in 10^9. */
Test(mlp_units, every_set_is_as_likely_as_another) {
    enum { DRAWS = 70000, UNITS = 100, ACTIVE = 5 };
    size_t sets[128] = {0}, units[UNITS] = {0};
    sqi_network few = one_layer(7, 3, 1), many = one_layer(UNITS, ACTIVE, 2);
    for (size_t k = 0; k < DRAWS; k++) {
        uint32_t unit[ACTIVE], set = 0;
        sqi_active_units(&few, 0, k / 1000, k % 1000, unit);
        for (int i = 0; i < 3; i++)
            set |= 1u << unit[i];
        sets[set]++;
        sqi_active_units(&many, 0, k / 1000, k % 1000, unit);
        for (int i = 0; i < ACTIVE; i++)
            units[unit[i]]++;
    }
    double square = 0, expected = DRAWS / 35.0;
    size_t met = 0;
    for (int s = 0; s < 128; s++)
        if (__builtin_popcount((unsigned)s) == 3) {
            square += ((double)sets[s] - expected) * ((double)sets[s] - expected) / expected;
            met += sets[s];
        }
    cr_assert(met == DRAWS && square < 104, "χ² %g of 34 degrees", square);
    square = 0;
    expected = (double)DRAWS * ACTIVE / UNITS;
    for (int u = 0; u < UNITS; u++)
        square += ((double)units[u] - expected) * ((double)units[u] - expected) / expected;
    cr_assert(square < 200, "χ² %g of 99 degrees, less for drawing without repeats", square);
}
