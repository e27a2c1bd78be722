/* Synthetic ratings.
 *
 *     value = 3 + 0.8 · (f_u · f_i) / (σ² √rank) + noise · g,   rounded to halves within 0.5 … 5
 *
 * f_u, f_i: planted factors, bell-shaped integers of variance σ²; g: the sum of eight 16-bit
 * integers, brought to mean 0 and variance 1, which is close to a Gaussian. */
#include <math.h>

#include "base/alloc.h"
#include "data/gaussian.h"
#include "data/number.h"
#include "data/writer.h"
#include "data/zipf.h"
#include "num/float_env.h"
#include "sequent/generate.h"

enum { RANK_MAX = 4096 };

typedef struct generator {
    const sq_generate_ratings *options;
    sqi_zipf user, item;
    int16_t *user_factor,
        *item_factor; /* by rank of popularity (size users · rank, items · rank) */
    sqi_writer *writer;
} generator;

static int check(const sq_generate_ratings *options, sq_error *error) {
    if (options->samples == 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the number of ratings must be at least 1");
    if (options->users == 0 || options->users > SQI_NAME_MAX || options->items == 0 ||
        options->items > SQI_NAME_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "the numbers of users and items must be from 1 to 4294967294");
    if (options->rank == 0 || options->rank > RANK_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the rank must be from 1 to %d", RANK_MAX);
    if (!(options->noise >= 0.0 && options->noise <= 100.0))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the noise must be from 0 to 100");
    return SQ_OK;
}

static int16_t *plant(uint64_t seed, uint32_t epoch, size_t count, size_t rank, sq_error *error) {
    int16_t *factor = count > SIZE_MAX / rank ? sqi_alloc(SIZE_MAX, sizeof *factor, error)
                                              : sqi_alloc(count * rank, sizeof *factor, error);
    sqi_words words = sqi_words_at(seed, SQI_GENERATE_FACTORS, epoch);
    for (size_t i = 0; factor && i < count * rank; i++)
        factor[i] = (int16_t)sqi_bell(sqi_words_next(&words));
    return factor;
}

static void write_ratings(generator *g) {
    const sq_generate_ratings *options = g->options;
    size_t rank = options->rank;
    double scale = 0.8 / (SQI_BELL_VARIANCE * sqrt((double)rank));
    sqi_words words = sqi_words_at(options->seed, SQI_GENERATE_DRAWS, 0);
    for (uint64_t k = 0; k < options->samples && !g->writer->failed; k++) {
        size_t user = sqi_zipf_draw(&g->user, &words), item = sqi_zipf_draw(&g->item, &words);
        int64_t product = 0;
        for (size_t r = 0; r < rank; r++)
            product += (int64_t)g->user_factor[user * rank + r] * g->item_factor[item * rank + r];
        double noise = options->noise * sqi_gaussian(&words);
        double value = 3.0 + scale * (double)product;
        value += noise;
        value = value < 0.5 ? 0.5 : value > 5.0 ? 5.0 : value;
        sqi_write_integer(g->writer, (uint64_t)g->user.name[user] + 1, ' ');
        sqi_write_integer(g->writer, (uint64_t)g->item.name[item] + 1, ' ');
        sqi_write_fixed(g->writer, 5 * (uint64_t)(2.0 * value + 0.5), 1, '\n');
    }
}

int sq_generate_ratings_write(const sq_generate_ratings *options, FILE *out, sq_error *error) {
    generator g = {.options = options};
    uint64_t seed = options->seed;
    sqi_float_env was = sqi_float_env_enter();
    int status = check(options, error);
    if (status == SQ_OK)
        status = sqi_zipf_init(&g.user, options->users, options->user_skew, seed, 0, error);
    if (status == SQ_OK)
        status = sqi_zipf_init(&g.item, options->items, options->item_skew, seed, 1, error);
    if (status != SQ_OK)
        goto done;
    g.user_factor = plant(seed, 0, options->users, options->rank, error);
    g.item_factor = g.user_factor ? plant(seed, 1, options->items, options->rank, error) : NULL;
    g.writer = g.item_factor ? sqi_alloc(1, sizeof *g.writer, error) : NULL;
    if (!g.writer) {
        status = SQ_NO_MEMORY;
        goto done;
    }
    sqi_writer_init(g.writer, out);
    write_ratings(&g);
    status = sqi_writer_finish(g.writer, error);
done:
    sqi_free(g.writer);
    sqi_free(g.item_factor);
    sqi_free(g.user_factor);
    sqi_zipf_fini(&g.item);
    sqi_zipf_fini(&g.user);
    sqi_float_env_leave(was);
    return status;
}
