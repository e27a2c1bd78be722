/* exec/loss: the mean of f_e over all samples, the same bits for every team. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "exec/run.h"
#include "support/chance.h"

/* Numbers of very different size, so that every change of the order of summation shows. */
static double wild(const void *context, const float *x, size_t sample) {
    (void)context;
    uint64_t bits = chance_mix(sample + 1);
    double scale = (double)(UINT64_C(1) << (bits % 50));
    return (double)x[0] * scale * (double)(bits >> 20);
}

static double loss_of(size_t samples, unsigned threads) {
    float x[1] = {0.7f};
    sq_problem problem = {.samples = samples, .loss = wild};
    const sq_train_options options = {0};
    sqi_run run = {.problem = &problem, .options = &options, .x = x};
    double loss = -1;
    cr_assert(sqi_team_new(&run.team, threads, NULL) == SQ_OK);
    cr_assert(sqi_run_loss(&run, &loss, NULL) == SQ_OK);
    sqi_team_free(run.team);
    return loss;
}

/* Sums of 1,024 samples, added in order; the sizes lie around whole blocks. */
Test(loss, same_bits_for_every_team) {
    static const size_t samples[] = {1, 1023, 1024, 1025, 2048, 20000};
    static const unsigned threads[] = {1, 2, 3, 8, 16};
    for (int i = 0; i < 6; i++) {
        float x[1] = {0.7f};
        double total = 0, all = 0;
        for (size_t first = 0; first < samples[i]; first += 1024) {
            double sum = 0;
            for (size_t e = first; e < first + 1024 && e < samples[i]; e++) {
                sum += wild(NULL, x, e);
                all += wild(NULL, x, e);
            }
            total += sum;
        }
        double want = total / (double)samples[i];
        for (int t = 0; t < 5; t++) {
            double got = loss_of(samples[i], threads[t]);
            cr_assert(memcmp(&got, &want, sizeof got) == 0, "%zu samples, %u threads: %a, not %a",
                      samples[i], threads[t], got, want);
        }
        if (samples[i] == 20000) /* one long sum would be another number: the test sees the order */
            cr_assert(all / (double)samples[i] != want);
    }
}
