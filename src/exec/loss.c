/* The loss after an epoch, on all threads, with the same bits for every number of them: sums over
 * fixed parts of the samples, and with exact L2 of the blocks, added in the order of the parts. */
#include "base/alloc.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "sync/counter.h"

enum { PART = 1024 };

typedef struct losses {
    sqi_counter next; /* part to be added up */
    const sq_problem *problem;
    const float *x;
    double *sum;           /* of each part (size parts) */
    size_t samples, parts; /* parts: of samples, `samples` of them; then of squares of blocks */
} losses;

static size_t parts_of(size_t count) {
    return (count + PART - 1) / PART;
}

static double sum_of(const sq_problem *p, const float *x, size_t first, size_t count) {
    if (p->loss_sum)
        return p->loss_sum(p->context, x, first, count);
    double sum = 0;
    for (size_t i = first; i < first + count; i++)
        sum += p->loss(p->context, x, i);
    return sum;
}

static double squares_of(const sq_problem *p, const float *x, size_t first, size_t count) {
    double sum = 0;
    for (size_t b = first; b < first + count; b++)
        for (uint32_t j = 0; j < p->width; j++) {
            double number = (double)x[b * p->stride + j];
            sum += number * number;
        }
    return sum;
}

static void add_parts(void *context, unsigned thread) {
    losses *l = context;
    (void)thread;
    sqi_float_env was = sqi_float_env_enter();
    for (;;) {
        size_t part = (size_t)sqi_counter_take(&l->next, 1);
        if (part >= l->parts)
            break;
        int of_samples = part < l->samples;
        size_t first = (of_samples ? part : part - l->samples) * PART;
        size_t left = (of_samples ? l->problem->samples : l->problem->blocks) - first;
        l->sum[part] =
            (of_samples ? sum_of : squares_of)(l->problem, l->x, first, left < PART ? left : PART);
    }
    sqi_float_env_leave(was);
}

static double total(const double *sum, size_t parts) {
    double all = 0;
    for (size_t i = 0; i < parts; i++)
        all += sum[i];
    return all;
}

int sqi_loss(double *loss, const sq_problem *problem, const float *x, double l2, sqi_team *team,
             sq_error *error) {
    const double samples = (double)problem->samples;
    losses *l = sqi_alloc(1, sizeof *l, error);
    if (!l)
        return SQ_NO_MEMORY;
    l->problem = problem;
    l->x = x;
    l->samples = parts_of(problem->samples);
    l->parts = l->samples + (l2 > 0 ? parts_of(problem->blocks) : 0);
    l->sum = sqi_alloc(l->parts, sizeof *l->sum, error);
    if (l->sum) {
        sqi_counter_init(&l->next, 0);
        sqi_team_run(team, add_parts, l);
        *loss = total(l->sum, l->samples) / samples;
        if (l2 > 0)
            *loss += l2 / samples * total(l->sum + l->samples, l->parts - l->samples);
    }
    int status = l->sum ? SQ_OK : SQ_NO_MEMORY;
    sqi_free(l->sum);
    sqi_free(l);
    return status;
}

int sqi_run_loss(const sqi_run *run, double *loss, sq_error *error) {
    return sqi_loss(loss, run->problem, run->x, run->options->l2_exact, run->team, error);
}
