/* The loss after an epoch, on all threads, with the same bits for every number of them: sums over
 * fixed blocks of samples, added in the order of the blocks. */
#include "base/alloc.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "sync/counter.h"

enum { BLOCK = 1024 };

typedef struct losses {
    sqi_counter next; /* block to be added up */
    const sq_problem *problem;
    const float *x;
    double *sum; /* of each block (size blocks) */
    size_t blocks;
} losses;

static double sum_of(const sq_problem *p, const float *x, size_t first, size_t count) {
    if (p->loss_sum)
        return p->loss_sum(p->context, x, first, count);
    double sum = 0;
    for (size_t i = first; i < first + count; i++)
        sum += p->loss(p->context, x, i);
    return sum;
}

static void add_blocks(void *context, unsigned thread) {
    losses *l = context;
    (void)thread;
    sqi_float_env was = sqi_float_env_enter();
    for (;;) {
        size_t block = (size_t)sqi_counter_take(&l->next, 1);
        if (block >= l->blocks)
            break;
        size_t first = block * BLOCK, left = l->problem->samples - first;
        l->sum[block] = sum_of(l->problem, l->x, first, left < BLOCK ? left : BLOCK);
    }
    sqi_float_env_leave(was);
}

int sqi_loss(double *loss, const sq_problem *problem, const float *x, sqi_team *team,
             sq_error *error) {
    size_t samples = problem->samples;
    losses *l = sqi_alloc(1, sizeof *l, error);
    if (!l)
        return SQ_NO_MEMORY;
    l->problem = problem;
    l->x = x;
    l->blocks = (samples + BLOCK - 1) / BLOCK;
    l->sum = sqi_alloc(l->blocks, sizeof *l->sum, error);
    if (l->sum) {
        sqi_counter_init(&l->next, 0);
        sqi_team_run(team, add_blocks, l);
        double sum = 0;
        for (size_t b = 0; b < l->blocks; b++)
            sum += l->sum[b];
        *loss = sum / (double)samples;
    }
    int status = l->sum ? SQ_OK : SQ_NO_MEMORY;
    sqi_free(l->sum);
    sqi_free(l);
    return status;
}

int sqi_run_loss(const sqi_run *run, double *loss, sq_error *error) {
    int status = sqi_loss(loss, run->problem, run->x, run->team, error);
    *loss += sqi_optimizing_penalty(run);
    return status;
}
