/* The kernels of more than two labels: margins of all classes, and the change of all weights of a
 * sample's features. A feature's weights stand side by side, in fours.
 *
 * The including file defines SQI_DOUBLES, the binary64 numbers of a vector: 2 or 4. It is compiled
 * once for each (multiclass.c, class_rows_avx2.c). Classes never meet, so the width of the vectors
 * changes no bit. Sixteen classes at a time stay in registers while the row is walked along. */
#ifndef SQI_MODEL_CLASS_ROWS_H
#define SQI_MODEL_CLASS_ROWS_H

#include "base/inline.h"
#include "model/multiclass.h"
#include "num/float_env.h"

enum { SQI_TILE = 16 }; /* classes */

typedef float sqi_floats __attribute__((vector_size(16)));
typedef float sqi_place __attribute__((vector_size(16), aligned(4), may_alias));
typedef double sqi_doubles __attribute__((vector_size(8 * SQI_DOUBLES)));
typedef double sqi_doubles_place
    __attribute__((vector_size(8 * SQI_DOUBLES), aligned(8), may_alias));
typedef int64_t sqi_longs __attribute__((vector_size(8 * SQI_DOUBLES)));

/* Four binary64 numbers. */
typedef struct sqi_four {
    sqi_doubles part[4 / SQI_DOUBLES];
} sqi_four;

static inline sqi_doubles sqi_doubles_of(double number) {
    return number - (sqi_doubles){0}; /* number - 0 is number, whatever its sign */
}

static inline sqi_four sqi_four_floats(const float *from) {
    sqi_floats f = *(const sqi_place *)from;
#if SQI_DOUBLES == 4
    return (sqi_four){{__builtin_convertvector(f, sqi_doubles)}};
#else
    return (sqi_four){
        {(sqi_doubles){(double)f[0], (double)f[1]}, (sqi_doubles){(double)f[2], (double)f[3]}}};
#endif
}

static inline void sqi_four_round(float *to, sqi_four a) {
#if SQI_DOUBLES == 4
    *(sqi_place *)to = __builtin_convertvector(a.part[0], sqi_floats);
#else
    *(sqi_place *)to = (sqi_floats){(float)a.part[0][0], (float)a.part[0][1], (float)a.part[1][0],
                                    (float)a.part[1][1]};
#endif
}

static inline sqi_four sqi_four_load(const double *from) {
    const sqi_doubles_place *place = (const sqi_doubles_place *)from;
    sqi_four a = {{place[0]}};
    if (SQI_DOUBLES == 2)
        a.part[4 / SQI_DOUBLES - 1] = place[4 / SQI_DOUBLES - 1];
    return a;
}

static inline void sqi_four_store(double *to, sqi_four a) {
    sqi_doubles_place *place = (sqi_doubles_place *)to;
    place[0] = a.part[0];
    if (SQI_DOUBLES == 2)
        place[4 / SQI_DOUBLES - 1] = a.part[4 / SQI_DOUBLES - 1];
}

/* a + the four weights × value. */
static inline sqi_four sqi_four_add(sqi_four a, const float *weights, sqi_doubles value) {
    sqi_four w = sqi_four_floats(weights);
    a.part[0] += w.part[0] * value;
    if (SQI_DOUBLES == 2)
        a.part[4 / SQI_DOUBLES - 1] += w.part[4 / SQI_DOUBLES - 1] * value;
    return a;
}

/* m = the margins of fours × 4 classes. */
SQI_INLINED void sqi_tile_margins(const sqi_row *row, const float *w, uint32_t stride, double *m,
                                  uint32_t fours) {
    sqi_four a = {0}, b = {0}, c = {0}, d = {0};
    for (size_t i = 0; i < row->n; i++) {
        const float *weights = w + (size_t)row->column[i] * stride;
        sqi_doubles value = sqi_doubles_of((double)row->value[i]);
        a = sqi_four_add(a, weights, value);
        if (fours > 1)
            b = sqi_four_add(b, weights + 4, value);
        if (fours > 2)
            c = sqi_four_add(c, weights + 8, value);
        if (fours > 3)
            d = sqi_four_add(d, weights + 12, value);
    }
    sqi_four_store(m, a);
    if (fours > 1)
        sqi_four_store(m + 4, b);
    if (fours > 2)
        sqi_four_store(m + 8, c);
    if (fours > 3)
        sqi_four_store(m + 12, d);
}

/* How a row's weights change. */
typedef enum sqi_change {
    SQI_ADD,       /* w + c v */
    SQI_ADD_SOME,  /* w + c v where c is not 0; else w, a zero's sign included */
    SQI_SHRINK_ADD /* w keep + c v */
} sqi_change;

/* The sign bit where c is 0: added to such a product it makes it -0, and w + -0 is w. */
static inline sqi_longs sqi_stays(sqi_doubles c) {
    return (sqi_longs)(c == 0) & INT64_MIN;
}

static inline sqi_doubles sqi_changed(sqi_doubles w, sqi_doubles c, sqi_doubles value,
                                      sqi_doubles keep, sqi_change how) {
    sqi_doubles product = c * value;
    if (how == SQI_ADD_SOME)
        product = (sqi_doubles)((sqi_longs)product | sqi_stays(c));
    return how == SQI_SHRINK_ADD ? w * keep + product : w + product;
}

static inline void sqi_four_change(float *weights, sqi_four c, sqi_doubles value, sqi_doubles keep,
                                   sqi_change how) {
    sqi_four w = sqi_four_floats(weights);
    w.part[0] = sqi_changed(w.part[0], c.part[0], value, keep, how);
    if (SQI_DOUBLES == 2)
        w.part[4 / SQI_DOUBLES - 1] =
            sqi_changed(w.part[4 / SQI_DOUBLES - 1], c.part[4 / SQI_DOUBLES - 1], value, keep, how);
    sqi_four_round(weights, w);
}

SQI_INLINED void sqi_tile_change(const sqi_row *row, float *w, uint32_t stride, const double *pull,
                                 const double *shrink, double gamma, uint32_t fours,
                                 sqi_change how) {
    sqi_four a = sqi_four_load(pull), b = a, c = a, d = a;
    if (fours > 1)
        b = sqi_four_load(pull + 4);
    if (fours > 2)
        c = sqi_four_load(pull + 8);
    if (fours > 3)
        d = sqi_four_load(pull + 12);
    for (size_t i = 0; i < row->n; i++) {
        float *weights = w + (size_t)row->column[i] * stride;
        sqi_doubles value = sqi_doubles_of((double)row->value[i]), keep = value;
        if (how == SQI_SHRINK_ADD)
            keep = sqi_doubles_of(1 - gamma * shrink[row->column[i]]);
        sqi_four_change(weights, a, value, keep, how);
        if (fours > 1)
            sqi_four_change(weights + 4, b, value, keep, how);
        if (fours > 2)
            sqi_four_change(weights + 8, c, value, keep, how);
        if (fours > 3)
            sqi_four_change(weights + 12, d, value, keep, how);
    }
}

static inline void sqi_change_tile(const sqi_row *row, float *w, uint32_t stride,
                                   const double *pull, const double *shrink, double gamma,
                                   uint32_t fours, sqi_change how) {
    switch (fours) {
    case 1:
        sqi_tile_change(row, w, stride, pull, shrink, gamma, 1, how);
        break;
    case 2:
        sqi_tile_change(row, w, stride, pull, shrink, gamma, 2, how);
        break;
    case 3:
        sqi_tile_change(row, w, stride, pull, shrink, gamma, 3, how);
        break;
    default:
        sqi_tile_change(row, w, stride, pull, shrink, gamma, 4, how);
    }
}

static inline uint32_t sqi_fours(uint32_t classes) {
    return classes < SQI_TILE ? classes / 4 : SQI_TILE / 4;
}

static inline void sqi_add_margins(const sqi_row *row, const float *w, uint32_t stride,
                                   uint32_t count, double *m) {
    for (uint32_t at = 0; at < count; at += SQI_TILE)
        switch (sqi_fours(count - at)) {
        case 1:
            sqi_tile_margins(row, w + at, stride, m + at, 1);
            break;
        case 2:
            sqi_tile_margins(row, w + at, stride, m + at, 2);
            break;
        case 3:
            sqi_tile_margins(row, w + at, stride, m + at, 3);
            break;
        default:
            sqi_tile_margins(row, w + at, stride, m + at, 4);
        }
}

static inline int sqi_all_zero(const double *pull, uint32_t count) {
    for (uint32_t j = 0; j < count; j++)
        if (pull[j] != 0)
            return 0;
    return 1;
}

static inline void sqi_change_rows(const sqi_row *row, float *w, uint32_t stride, uint32_t count,
                                   const double *pull, const double *shrink, double gamma,
                                   int some) {
    for (uint32_t at = 0; at < count; at += SQI_TILE) {
        uint32_t fours = sqi_fours(count - at);
        if (shrink)
            sqi_change_tile(row, w + at, stride, pull + at, shrink, gamma, fours, SQI_SHRINK_ADD);
        else if (!some)
            sqi_change_tile(row, w + at, stride, pull + at, shrink, gamma, fours, SQI_ADD);
        else if (!sqi_all_zero(pull + at, 4 * fours))
            sqi_change_tile(row, w + at, stride, pull + at, shrink, gamma, fours, SQI_ADD_SOME);
    }
}

#endif
