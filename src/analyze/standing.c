/* What a contest's measurements say about each row. */
#include <math.h>

#include "analyze/contest.h"

static sqi_spread unknown(void) {
    return (sqi_spread){(double)NAN, (double)NAN, (double)NAN};
}

static sqi_spread divided(sqi_spread s, double by) {
    return (sqi_spread){s.least / by, s.median / by, s.greatest / by};
}

static const sqi_runs *hogwild(const sqi_contest *c, unsigned threads) {
    for (size_t i = 0; i < c->rows; i++)
        if (c->runs[i].who.mode == SQ_MODE_HOGWILD && c->runs[i].who.threads == threads)
            return &c->runs[i];
    return NULL;
}

static const sqi_ceiling *ceiling(const sqi_contest *c, unsigned threads) {
    for (size_t i = 0; i < c->ceilings; i++)
        if (c->ceiling[i].threads == threads)
            return &c->ceiling[i];
    return NULL;
}

sqi_spread sqi_contest_handover(const sqi_contest *c) {
    return sqi_spread_of(c->handover, c->scratch, c->turns);
}

sqi_standing sqi_contest_standing(const sqi_contest *c, size_t row) {
    const sqi_runs *r = &c->runs[row], *serial = &c->runs[0];
    const sqi_runs *rival = hogwild(c, r->who.threads);
    const sqi_ceiling *top = ceiling(c, r->who.threads);
    double *scratch = c->scratch, threads = r->who.threads;
    size_t n = c->rounds, all = n * c->laps;
    sqi_standing s = {.epoch = divided(sqi_spread_of(r->seconds, scratch, all), (double)c->epochs),
                      .planning = sqi_spread_of(r->planning, scratch, all),
                      .speedup = sqi_spread_of_ratios(1, serial->round, r->round, scratch, n),
                      .speedup_whole =
                          sqi_spread_of_ratios(1, serial->round, r->round_whole, scratch, n),
                      .vs_hogwild = unknown(),
                      .ceiling = {1, 1, 1},
                      .loss = sqi_spread_of(r->loss, scratch, all),
                      .distance = sqi_spread_of(r->distance, scratch, all)};
    s.of_ceiling = s.speedup;
    if (rival)
        s.vs_hogwild = sqi_spread_of_ratios(1, r->round, rival->round, scratch, n);
    if (top) {
        s.ceiling = sqi_spread_of_ratios(threads, serial->round, top->round, scratch, n);
        s.of_ceiling = sqi_spread_of_ratios(1 / threads, top->round, r->round, scratch, n);
    }
    return s;
}
