/* Building data sets by the library's allocator, which releases them. */
#include "support/tables.h"

#include <criterion/criterion.h>

#include "base/alloc.h"
#include "support/chance.h"

static void *make(size_t count, size_t size) {
    void *memory = sqi_alloc(count, size, NULL);
    cr_assert(memory);
    return memory;
}

/* Names with gaps: 3, 6, 9, … */
static sq_names names(uint32_t count) {
    sq_names n = {count, make(count, sizeof *n.name)};
    for (uint32_t i = 0; i < count; i++)
        n.name[i] = 3 * (i + 1);
    return n;
}

/* Uneven: half of the draws fall into a tenth, half of these into a hundredth, … */
static uint32_t uneven(chance *draw, uint32_t count) {
    while (count > 10 && chance_one_in(draw, 2))
        count /= 10;
    return chance_below(draw, count);
}

sq_data *table_ratings(size_t samples, uint32_t users, uint32_t items, uint64_t seed) {
    chance draw = {seed};
    sq_data *d = make(1, sizeof *d);
    d->kind = SQ_RATINGS;
    d->samples = samples;
    d->pair = make(2 * samples, sizeof *d->pair);
    d->value = make(samples, sizeof *d->value);
    d->names[0] = names(users);
    d->names[1] = names(items);
    for (size_t e = 0; e < samples; e++) {
        d->pair[2 * e] = uneven(&draw, users);
        d->pair[2 * e + 1] = users + uneven(&draw, items);
        d->value[e] = (float)(1 + chance_below(&draw, 9)) / 2;
    }
    return d;
}

sq_data *table_rows(size_t samples, uint32_t features, uint32_t most, int real_labels,
                    uint64_t seed) {
    chance draw = {seed};
    sq_data *d = make(1, sizeof *d);
    d->kind = SQ_ROWS;
    d->samples = samples;
    d->row = make(samples + 1, sizeof *d->row);
    d->column = make(samples * most + 1, sizeof *d->column);
    d->value = make(samples * most + 1, sizeof *d->value);
    d->label = make(samples, sizeof *d->label);
    d->names[0] = names(features);
    for (size_t e = 0; e < samples; e++) {
        uint32_t column = uneven(&draw, features), size = chance_below(&draw, most + 1);
        for (uint32_t i = 0; i < size && column < features; i++) {
            d->column[d->nonzeros] = column;
            d->value[d->nonzeros++] = (float)chance_unit(&draw);
            column += 1 + chance_below(&draw, 1 + features / most);
        }
        d->row[e + 1] = d->nonzeros;
        d->label[e] = real_labels ? (float)(3 * chance_unit(&draw))
                                  : (e % 2 ? 4.0f : 2.0f); /* 2 stands for -1, 4 for +1 */
    }
    return d;
}

static float label_of(uint32_t class, uint32_t classes) {
    return class == 0             ? -1.5f
           : class + 1 == classes ? 1e6f
           : class < 3            ? 3.0f * (float)(class - 1)
                                  : 10.0f * (float)(class - 2);
}

/* Every class occurs; the last one once. */
sq_data *table_classes(size_t samples, uint32_t features, uint32_t most, uint32_t classes,
                       uint64_t seed) {
    sq_data *d = table_rows(samples, features, most, 0, seed);
    chance draw = {seed + 1};
    for (size_t e = 0; e < samples; e++)
        d->label[e] = label_of(chance_below(&draw, classes - 1), classes);
    uint32_t at = chance_below(&draw, (uint32_t)(samples - classes + 1));
    for (uint32_t c = 0; c < classes; c++)
        d->label[at + c] = label_of(c, classes);
    return d;
}

sq_data *table_for(sq_model_kind kind, size_t samples, uint64_t seed) {
    if (kind == SQ_MATRIX_COMPLETION)
        return table_ratings(samples, (uint32_t)samples / 12 + 3, (uint32_t)samples / 30 + 2, seed);
    return table_rows(samples, (uint32_t)samples / 4 + 20, 9, kind == SQ_LEAST_SQUARES, seed);
}
