/* Synthetic rows with labels, in the manner of documents.
 *
 *     count_f = 1 + (number of heads before the first tail)      at most 8
 *     x_f     = count_f · (1 + floor(log2(rank of f + 1)))       frequent features weigh less
 *     value   = x_f / √(Σ x²), six decimals                      rows of length 1
 *     label   = the sign of Σ w_f x_f (an integer; 0 counts as +), w planted; then flipped by chance
 *
 * Of K > 2 labels 0 … K - 1, label c is the first whose Σ w_fc x_f is the largest; then another one by
 * chance. */
#include <math.h>
#include <stdbool.h>

#include "base/alloc.h"
#include "data/number.h"
#include "data/sort.h"
#include "data/writer.h"
#include "data/zipf.h"
#include "num/float_env.h"
#include "sequent/generate.h"

enum { SQI_LABELS_MAX = 1000 };

typedef struct generator {
    const sq_generate_linear *options;
    sqi_zipf feature;
    uint32_t planes;         /* planted: one for two labels, else one a label */
    int16_t *weight;         /* by rank (size features × planes) */
    int64_t *margin;         /* of the row (size planes) */
    unsigned char *taken;    /* by rank (size features): the feature is in the row */
    uint64_t *row, *scratch; /* name, rank (size nonzeros) */
    uint32_t *x;             /* by place in the row (size nonzeros) */
    sqi_writer *writer;
} generator;

static int check(const sq_generate_linear *options, sq_error *error) {
    if (options->samples == 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the number of samples must be at least 1");
    if (options->features == 0 || options->features > SQI_NAME_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "the number of features must be from 1 to 4294967294");
    if (options->nonzeros == 0 || options->nonzeros > options->features)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a row's non-zeros must be from 1 to the number of features");
    if (!(options->flip >= 0.0 && options->flip <= 1.0))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the share of flipped labels must be from 0 to 1");
    if (options->labels == 1 || options->labels > SQI_LABELS_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the number of labels must be from 2 to %d",
                        SQI_LABELS_MAX);
    return SQ_OK;
}

static uint32_t log2_floor(uint32_t number) {
    uint32_t log = 0;
    while (number >>= 1)
        log++;
    return log;
}

static uint32_t heads(uint32_t word) {
    uint32_t count = 0;
    for (; word & 1 && count < 7; word >>= 1)
        count++;
    return count;
}

/* Draws a row's features into g->row, in the order of their names. */
static void draw_features(generator *g, sqi_words *words) {
    uint32_t count = g->options->nonzeros, lowest = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank = sqi_zipf_draw_distinct(&g->feature, words, g->taken, &lowest);
        g->row[i] = (uint64_t)g->feature.name[rank] << 32 | rank;
    }
    for (uint32_t i = 0; i < count; i++)
        g->taken[(uint32_t)g->row[i]] = 0;
    sqi_sort_high(g->row, g->scratch, count);
}

static void write_label(generator *g, sqi_words *words) {
    if (g->planes == 1) {
        bool positive = g->margin[0] >= 0;
        if (sqi_words_unit(words) < g->options->flip)
            positive = !positive;
        sqi_write_text(g->writer, positive ? "+1 " : "-1 ");
        return;
    }
    uint32_t label = 0;
    for (uint32_t c = 1; c < g->planes; c++)
        if (g->margin[c] > g->margin[label])
            label = c;
    bool flipped = sqi_words_unit(words) < g->options->flip;
    uint64_t other = (uint64_t)sqi_words_next(words) * (g->planes - 1) >> 32;
    if (flipped)
        label += 1 + (uint32_t)other;
    label = label < g->planes ? label : label - g->planes;
    sqi_write_integer(g->writer, label, ' ');
}

static void write_row(generator *g, sqi_words *words) {
    uint32_t count = g->options->nonzeros;
    uint64_t squares = 0;
    draw_features(g, words);
    for (uint32_t c = 0; c < g->planes; c++)
        g->margin[c] = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank = (uint32_t)g->row[i];
        uint32_t x = (1 + heads(sqi_words_next(words))) * (1 + log2_floor(rank + 1));
        g->x[i] = x;
        for (uint32_t c = 0; c < g->planes; c++)
            g->margin[c] += (int64_t)g->weight[(size_t)rank * g->planes + c] * (int64_t)x;
        squares += (uint64_t)x * x;
    }
    double unit = 1e6 / sqrt((double)squares);
    write_label(g, words);
    for (uint32_t i = 0; i < count; i++) {
        double value = unit * (double)g->x[i];
        sqi_write_integer(g->writer, (g->row[i] >> 32) + 1, ':');
        sqi_write_fixed(g->writer, (uint64_t)(value + 0.5), 6, i + 1 < count ? ' ' : '\n');
    }
}

static int prepare(generator *g, sq_error *error) {
    const sq_generate_linear *options = g->options;
    int status =
        sqi_zipf_init(&g->feature, options->features, options->skew, options->seed, 0, error);
    if (status != SQ_OK)
        return status;
    g->planes = options->labels > 2 ? options->labels : 1;
    g->weight = sqi_alloc(options->features, g->planes * sizeof *g->weight, error);
    g->margin = g->weight ? sqi_alloc(g->planes, sizeof *g->margin, error) : NULL;
    g->taken = g->margin ? sqi_alloc(options->features, 1, error) : NULL;
    g->row = g->taken ? sqi_alloc(options->nonzeros, sizeof *g->row, error) : NULL;
    g->scratch = g->row ? sqi_alloc(options->nonzeros, sizeof *g->scratch, error) : NULL;
    g->x = g->scratch ? sqi_alloc(options->nonzeros, sizeof *g->x, error) : NULL;
    g->writer = g->x ? sqi_alloc(1, sizeof *g->writer, error) : NULL;
    if (!g->writer)
        return SQ_NO_MEMORY;
    sqi_words words = sqi_words_at(options->seed, SQI_GENERATE_FACTORS, 0);
    for (size_t i = 0; i < (size_t)options->features * g->planes; i++)
        g->weight[i] = (int16_t)sqi_bell(sqi_words_next(&words));
    return SQ_OK;
}

int sq_generate_linear_write(const sq_generate_linear *options, FILE *out, sq_error *error) {
    generator g = {.options = options};
    sqi_float_env was = sqi_float_env_enter();
    int status = check(options, error);
    if (status == SQ_OK)
        status = prepare(&g, error);
    if (status != SQ_OK)
        goto done;
    sqi_writer_init(g.writer, out);
    sqi_words words = sqi_words_at(options->seed, SQI_GENERATE_DRAWS, 0);
    for (uint64_t k = 0; k < options->samples && !g.writer->failed; k++)
        write_row(&g, &words);
    status = sqi_writer_finish(g.writer, error);
done:
    sqi_free(g.writer);
    sqi_free(g.x);
    sqi_free(g.scratch);
    sqi_free(g.row);
    sqi_free(g.taken);
    sqi_free(g.margin);
    sqi_free(g.weight);
    sqi_zipf_fini(&g.feature);
    sqi_float_env_leave(was);
    return status;
}
