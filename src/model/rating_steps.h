/* The kernel of matrix completion, for vectors of SQI_VECTOR binary32 numbers (4, 8 or 16), which the
 * including file defines. It is compiled once for each width (rating_steps_*.c) with the same
 * operations in the same tree, so all give the same bits; matrix_completion.c has the mathematics. */
#ifndef SQI_MODEL_RATING_STEPS_H
#define SQI_MODEL_RATING_STEPS_H

#include "base/inline.h"
#include "base/prefetch.h"
#include "model/completion.h"
#include "model/steps.h"
#include "num/float_env.h"

enum { SQI_PARTS = SQI_LINE_NUMBERS / SQI_VECTOR }; /* vectors of a line */

/* Rows of up to so many lines have loops of a length known to the compiler. */
enum { SQI_LINES_KNOWN = 8 };

/* Rows of two to so many vectors stay in registers during a step: two rows, of 16 registers or, with
 * AVX-512, 32. clang (14) would leave them on the stack. */
#if defined(__clang__)
enum { SQI_KEPT = 1 };
#else
enum { SQI_KEPT = SQI_VECTOR == 16 ? 8 : 4 };
#endif

typedef float sqi_vector __attribute__((vector_size(4 * SQI_VECTOR), may_alias));

typedef float sqi_four __attribute__((vector_size(16), may_alias));
typedef float sqi_eight __attribute__((vector_size(32), may_alias));

/* The sum of a line's 16 places, as a tree of halves: 16, 8, 4, 2, 1. */
SQI_INLINED float sqi_add_four(sqi_four four) {
    return (four[0] + four[2]) + (four[1] + four[3]);
}

#if SQI_VECTOR >= 8
SQI_INLINED float sqi_add_eight(sqi_eight eight) {
    return sqi_add_four(__builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
                        __builtin_shufflevector(eight, eight, 4, 5, 6, 7));
}
#endif

SQI_INLINED float sqi_add_line(const sqi_vector part[SQI_PARTS]) {
#if SQI_VECTOR == 16
    sqi_eight low = __builtin_shufflevector(part[0], part[0], 0, 1, 2, 3, 4, 5, 6, 7);
    sqi_eight high = __builtin_shufflevector(part[0], part[0], 8, 9, 10, 11, 12, 13, 14, 15);
    return sqi_add_eight(low + high);
#elif SQI_VECTOR == 8
    return sqi_add_eight(part[0] + part[1]);
#else
    return sqi_add_four((part[0] + part[2]) + (part[1] + part[3]));
#endif
}

/* The dot product of two rows of `lines` lines, in memory or copied. */
SQI_INLINED float sqi_dot_rows(const sqi_vector *left, const sqi_vector *right, uint32_t lines) {
#if SQI_VECTOR == 16
    /* By halves, which need no shuffle to be added, a step of one line takes a twentieth less; of more lines
     * it takes 3 % more. */
    if (lines == 1) {
        const sqi_eight *l = (const sqi_eight *)(const void *)left;
        const sqi_eight *r = (const sqi_eight *)(const void *)right;
        return sqi_add_eight(l[0] * r[0] + l[1] * r[1]);
    }
#endif
    sqi_vector sums[SQI_PARTS];
    SQI_UNROLLED
    for (uint32_t p = 0; p < SQI_PARTS; p++)
        sums[p] = left[p] * right[p];
    SQI_UNROLLED
    for (uint32_t i = 1; i < lines; i++) {
        SQI_UNROLLED
        for (uint32_t p = 0; p < SQI_PARTS; p++)
            sums[p] += left[i * SQI_PARTS + p] * right[i * SQI_PARTS + p];
    }
    return sqi_add_line(sums);
}

SQI_INLINED sqi_vector sqi_vector_of(float number) {
    return number - (sqi_vector){0}; /* number - 0 is number, whatever its sign */
}

/* What steps work on, copied: no store to x can change it, so it stays in registers. */
typedef struct sqi_ratings {
    const uint32_t *pair;
    const float *value;
    const double *shrink;
    float *x;
    uint32_t lines, ahead;
    int kept; /* whether rows stay in registers during a step; then lines is a constant */
} sqi_ratings;

SQI_INLINED sqi_ratings sqi_ratings_of(const sqi_completion *m, float *x, uint32_t lines) {
    return (sqi_ratings){m->data->pair, m->data->value, m->shrink, x, lines, m->ahead, 0};
}

/* A row's vectors, copied to registers. */
SQI_INLINED const sqi_vector *sqi_keep_row(sqi_vector *kept, const sqi_vector *row,
                                           uint32_t lines) {
    SQI_UNROLLED
    for (uint32_t i = 0; i < lines; i++) {
        SQI_UNROLLED
        for (uint32_t p = 0; p < SQI_PARTS; p++)
            kept[i * SQI_PARTS + p] = row[i * SQI_PARTS + p];
    }
    return kept;
}

SQI_INLINED void sqi_step_rating(const sqi_ratings *r, size_t sample, double gamma) {
    const size_t row = (size_t)r->lines * SQI_PARTS;
    uint32_t user = r->pair[2 * sample], item = r->pair[2 * sample + 1];
    sqi_vector *left = (sqi_vector *)(void *)r->x + user * row;
    sqi_vector *right = (sqi_vector *)(void *)r->x + item * row;
    sqi_vector kept[2][SQI_KEPT];
    const sqi_vector *l = left, *v = right;
    if (r->kept) {
        l = sqi_keep_row(kept[0], left, r->lines);
        v = sqi_keep_row(kept[1], right, r->lines);
    }
    double e = (double)sqi_dot_rows(l, v, r->lines) - (double)r->value[sample];
    sqi_vector c = sqi_vector_of((float)(-2 * gamma * e)), keep_left = {0}, keep_right = {0};
    if (r->shrink) {
        keep_left = sqi_vector_of((float)(1 - gamma * r->shrink[user]));
        keep_right = sqi_vector_of((float)(1 - gamma * r->shrink[item]));
    }
    SQI_UNROLLED
    for (uint32_t i = 0; i < r->lines; i++) {
        SQI_UNROLLED
        for (uint32_t p = 0; p < SQI_PARTS; p++) {
            const uint32_t at = i * SQI_PARTS + p;
            sqi_vector of_user = l[at], of_item = v[at], user_shrunk = of_user,
                       item_shrunk = of_item;
            if (r->shrink) {
                user_shrunk = keep_left * of_user;
                item_shrunk = keep_right * of_item;
            }
            left[at] = user_shrunk + c * of_item;
            right[at] = item_shrunk + c * of_user;
        }
    }
}

/* How many steps before its rows a rating itself is asked for. */
enum { SQI_RATING_AHEAD = 26 };

SQI_ASKS void sqi_ask_for_line(const float *row, uint32_t line) {
    sqi_ask_to_write(row + (size_t)line * SQI_LINE_NUMBERS);
}

/* A few lines one after another the processor takes for a stream, and it fetches what is behind the row,
 * too: lines of another row, perhaps from the processor that works on it. So up to eight are asked for from
 * both ends in turn. A longer row is a stream, left to itself after its first eight lines. */
SQI_ASKS void sqi_ask_for_row(const float *x, uint32_t block, uint32_t lines) {
    const float *row = x + (size_t)block * lines * SQI_LINE_NUMBERS;
    if (lines > SQI_LINES_KNOWN) {
        for (uint32_t i = 0; i < SQI_LINES_KNOWN; i++)
            sqi_ask_for_line(row, i);
        return;
    }
    SQI_UNROLLED
    for (uint32_t i = 0; 2 * i < lines; i++) {
        sqi_ask_for_line(row, i);
        if (2 * i + 1 < lines)
            sqi_ask_for_line(row, lines - 1 - i);
    }
}

SQI_ASKS void sqi_ask_for_rows(const sqi_ratings *r, const sq_steps *list, size_t i) {
    const uint32_t *pair = r->pair + 2 * sqi_sample_at(list, i);
    sqi_ask_for_row(r->x, pair[0], r->lines);
    sqi_ask_for_row(r->x, pair[1], r->lines);
}

SQI_ASKS void sqi_ask_ahead(const sqi_ratings *r, const sq_steps *list, size_t i) {
    size_t rows = i + r->ahead;
    if (list->pi && rows + SQI_RATING_AHEAD < list->count) {
        size_t later = sqi_sample_at(list, rows + SQI_RATING_AHEAD);
        sqi_ask(r->pair + 2 * later);
        sqi_ask(r->value + later);
    }
    if (rows < list->count)
        sqi_ask_for_rows(r, list, rows);
}

SQI_INLINED void sqi_step_ratings(const sqi_ratings *r, const sq_steps *list) {
    for (size_t i = 0; i < list->count && i < r->ahead; i++)
        sqi_ask_for_rows(r, list, i);
    for (size_t i = 0; i < list->count; i++) {
        sqi_ask_ahead(r, list, i);
        sqi_step_rating(r, sqi_sample_at(list, i), sqi_gamma_at(list, i));
    }
}

/* Without regularisation and with one step size for all, lists of samples that follow one another, or that
 * stand in the list itself, have loops of their own. */
SQI_INLINED void sqi_run_ratings(const sqi_completion *m, float *x, const sq_steps *steps,
                                 uint32_t lines, int kept) {
    sqi_ratings r = sqi_ratings_of(m, x, lines);
    r.kept = kept;
    sq_steps list = *steps;
    const int follow = list.streamed || (!list.pi && !list.position);
    if (m->shrink || list.gammas || (list.pi && !follow)) {
        sqi_step_ratings(&r, &list);
        return;
    }
    r.shrink = NULL;
    list.gammas = NULL;
    list.pi = NULL;
    list.streamed = follow;
    if (follow)
        sqi_step_ratings(&r, &list);
    else
        sqi_step_ratings(&r, &list);
}

/* The sum of the losses of ratings without regularisation, in their order. */
SQI_INLINED double sqi_sum_losses(const sqi_completion *m, const float *x, size_t first,
                                  size_t count, uint32_t lines) {
    const sqi_vector *rows = (const sqi_vector *)(const void *)x;
    const size_t row = (size_t)lines * SQI_PARTS;
    const uint32_t *pair = m->data->pair + 2 * first;
    double sum = 0;
    for (size_t i = 0; i < count; i++, pair += 2) {
        if (i + m->ahead < count) {
            sqi_ask(rows + pair[2 * m->ahead] * row);
            sqi_ask(rows + pair[2 * m->ahead + 1] * row);
        }
        double e = (double)sqi_dot_rows(rows + pair[0] * row, rows + pair[1] * row, lines) -
                   (double)m->data->value[first + i];
        sum += e * e;
    }
    return sum;
}

#define SQI_IS_KEPT(LINES) ((LINES)*SQI_PARTS > 1 && (LINES)*SQI_PARTS <= SQI_KEPT)

/* 1 … SQI_LINES_KNOWN */
#define SQI_EACH_LENGTH(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8)

static inline double sqi_sum_losses_of_any_rank(const sqi_completion *m, const float *x,
                                                size_t first, size_t count) {
    switch (m->lines) {
#define SQI_CASE(LINES)                                                                            \
    case LINES:                                                                                    \
        return sqi_sum_losses(m, x, first, count, LINES);
        SQI_EACH_LENGTH(SQI_CASE)
#undef SQI_CASE
    default:
        return sqi_sum_losses(m, x, first, count, m->lines);
    }
}

static inline void sqi_run_ratings_of_any_rank(const sqi_completion *m, float *x,
                                               const sq_steps *list) {
    switch (m->lines) {
#define SQI_CASE(LINES)                                                                            \
    case LINES:                                                                                    \
        sqi_run_ratings(m, x, list, LINES, SQI_IS_KEPT(LINES));                                    \
        break;
        SQI_EACH_LENGTH(SQI_CASE)
#undef SQI_CASE
    default:
        sqi_run_ratings(m, x, list, m->lines, 0);
    }
}

#endif
