/* Samples in the order of the steps, copied by all threads. */
#include "exec/run.h"
#include "sync/counter.h"

enum { PART = 1 << 14 };

typedef struct filling {
    sqi_counter next; /* part to be copied */
    const sqi_run *run;
} filling;

static void fill_parts(void *context, unsigned thread) {
    filling *f = context;
    const sqi_run *run = f->run;
    (void)thread;
    for (;;) {
        size_t first = (size_t)sqi_counter_take(&f->next, PART);
        if (first >= run->steps)
            break;
        size_t left = run->steps - first;
        run->problem->arranger->fill(run->arranged, run->problem, run->pi, first,
                                     left < PART ? left : PART);
    }
}

int sqi_run_arrange(sqi_run *run, sq_error *error) {
    const sq_arranger *arranger = run->problem->arranger;
    if (!arranger || run->in_place || (run->arranged && run->same_order))
        return SQ_OK;
    int status = arranger->arrange(&run->arranged, run->problem, run->pi, run->steps, error);
    if (status != SQ_OK)
        return status;
    filling f = {.run = run};
    sqi_counter_init(&f.next, 0);
    sqi_team_run(run->team, fill_parts, &f);
    return SQ_OK;
}
