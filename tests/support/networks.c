/* Making networks and their data. */
#include "support/networks.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/chance.h"
#include "support/tables.h"

sq_data *network_rows(size_t samples, uint32_t features, uint32_t most, uint32_t labels,
                      uint64_t seed) {
    sq_data *data = table_rows(samples, features, most, 1, seed);
    chance draw = {seed + 1};
    for (size_t i = 0; i < samples; i++) {
        uint32_t c = i < labels ? (uint32_t)i : chance_below(&draw, labels);
        data->label[i] = 3.5f * (float)c - 3;
    }
    return data;
}

sq_model_options network_options(const char *hidden, double keep, uint64_t seed) {
    sq_model_options o = {.kind = SQ_MLP, .keep = keep, .seed = seed};
    for (const char *at = hidden; at && *at;) {
        char *end;
        o.hidden[o.layers++] = (uint32_t)strtoul(at, &end, 10);
        at = *end ? end + 1 : end;
    }
    return o;
}

sq_model *network_new(const char *hidden, double keep, const sq_data *data) {
    sq_model *model = NULL;
    sq_error error = {0};
    const sq_model_options options = network_options(hidden, keep, 1);
    cr_assert(sq_model_new(&model, &options, data, &error) == SQ_OK, "%s", error.message);
    return model;
}
