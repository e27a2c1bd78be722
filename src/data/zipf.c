/* The alias tables, from additions, multiplications, divisions and square roots alone. */
#include "data/zipf.h"

#include <math.h>
#include <stdbool.h>

#include "base/alloc.h"

/* x^-(quarters / 4), by IEEE operations that round correctly everywhere. */
static double power(double x, int quarters) {
    double root = sqrt(sqrt(x)), product = 1.0;
    for (int i = 0; i < quarters / 4; i++)
        product *= x;
    for (int i = 0; i < quarters % 4; i++)
        product *= root;
    return 1.0 / product;
}

/* Fills share (size count) with count times each rank's probability. */
static void set_shares(double *share, uint32_t count, int quarters) {
    double sum = 0.0;
    for (uint32_t i = count; i-- > 0;) { /* the small ones first */
        share[i] = power((double)i + 1.0, quarters);
        sum += share[i];
    }
    double scale = (double)count / sum;
    for (uint32_t i = 0; i < count; i++)
        share[i] *= scale;
}

/* A share below 1 as a threshold. */
static uint32_t threshold_of(double share) {
    return (uint32_t)(share * 4294967296.0);
}

/* Vose's construction. Ranks that wait with a share below 1 are a list from the top of `waiting`
 * down, the others one from its bottom up; both have the highest rank that came last on top. */
static void set_aliases(sqi_zipf *zipf, double *share, uint32_t *waiting) {
    uint32_t count = zipf->count, small = count, large = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (share[i] < 1.0)
            waiting[--small] = i;
        else
            waiting[large++] = i;
    }
    while (small < count && large > 0) {
        uint32_t low = waiting[small++], high = waiting[large - 1];
        zipf->threshold[low] = threshold_of(share[low]);
        zipf->alias[low] = high;
        share[high] = (share[high] + share[low]) - 1.0;
        if (share[high] < 1.0) {
            large--;
            waiting[--small] = high;
        }
    }
    /* What is left has a share of 1 but for rounding: it keeps its place whole. */
    for (; large > 0; large--)
        zipf->alias[waiting[large - 1]] = waiting[large - 1];
    for (; small < count; small++)
        zipf->alias[waiting[small]] = waiting[small];
}

/* Fisher–Yates (Durstenfeld 1964). */
static void set_names(sqi_zipf *zipf, uint64_t seed, uint32_t epoch) {
    sqi_words words = sqi_words_at(seed, SQI_GENERATE_NAMES, epoch);
    for (uint32_t i = 0; i < zipf->count; i++)
        zipf->name[i] = i;
    for (uint32_t i = zipf->count; i > 1; i--) {
        uint32_t j = sqi_words_below(&words, i), swap = zipf->name[i - 1];
        zipf->name[i - 1] = zipf->name[j];
        zipf->name[j] = swap;
    }
}

int sqi_zipf_init(sqi_zipf *zipf, uint32_t count, double skew, uint64_t seed, uint32_t epoch,
                  sq_error *error) {
    *zipf = (sqi_zipf){.count = count};
    if (!(skew >= 0.0 && skew <= 4.0) || (double)(int)(4.0 * skew) != 4.0 * skew)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a skew is one of 0, 0.25, 0.5, 0.75, … 4, and not %g", skew);
    double *share = sqi_alloc(count, sizeof *share, error);
    uint32_t *waiting = share ? sqi_alloc(count, sizeof *waiting, error) : NULL;
    zipf->threshold = waiting ? sqi_alloc(count, sizeof *zipf->threshold, error) : NULL;
    zipf->alias = zipf->threshold ? sqi_alloc(count, sizeof *zipf->alias, error) : NULL;
    zipf->name = zipf->alias ? sqi_alloc(count, sizeof *zipf->name, error) : NULL;
    if (zipf->name) {
        set_shares(share, count, (int)(4.0 * skew));
        set_aliases(zipf, share, waiting);
        set_names(zipf, seed, epoch);
    }
    int status = zipf->name ? SQ_OK : SQ_NO_MEMORY;
    sqi_free(waiting);
    sqi_free(share);
    if (status != SQ_OK)
        sqi_zipf_fini(zipf);
    return status;
}

void sqi_zipf_fini(sqi_zipf *zipf) {
    sqi_free(zipf->threshold);
    sqi_free(zipf->alias);
    sqi_free(zipf->name);
    *zipf = (sqi_zipf){0};
}

uint32_t sqi_zipf_draw_distinct(const sqi_zipf *zipf, sqi_words *words, unsigned char *taken,
                                uint32_t *lowest) {
    uint32_t rank = 0;
    bool found = false;
    for (int i = 0; i < 16 && !found; i++) {
        rank = sqi_zipf_draw(zipf, words);
        found = !taken[rank];
    }
    if (!found) {
        while (taken[*lowest])
            ++*lowest;
        rank = *lowest;
    }
    taken[rank] = 1;
    return rank;
}
