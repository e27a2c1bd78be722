/* What an epoch visits: its order, and its samples copied into that order by all threads.
 *
 * A permutation is drawn by one thread. Where another one follows, it is drawn while the others copy, so
 * that no thread waits for it. */
#include "base/alloc.h"
#include "base/clock.h"
#include "exec/run.h"
#include "sync/counter.h"

enum { PART = 1 << 14 };

typedef struct copying {
    sqi_counter next; /* part to be copied */
    sqi_run *run;
    const sq_problem *from;
    const uint32_t *order;
} copying;

int sqi_visits_begin(sqi_run *run, sq_error *error) {
    run->pi = sqi_alloc(run->order->steps, sizeof *run->pi, error);
    if (!run->pi)
        return SQ_NO_MEMORY;
    if (sq_order_fixed(run->order) || run->in_place || !run->problem->arranger ||
        sqi_team_threads(run->team) == 1)
        return SQ_OK;
    run->next_pi = sqi_alloc(run->order->steps, sizeof *run->next_pi, error);
    return run->next_pi ? SQ_OK : SQ_NO_MEMORY;
}

void sqi_visits_order(sqi_run *run) {
    if (run->next_drawn) {
        uint32_t *pi = run->next_pi;
        run->next_pi = run->pi;
        run->pi = pi;
    } else {
        sq_order_fill(run->order, run->epoch, run->pi);
    }
    run->next_drawn = 0;
}

static void copy_parts(void *context, unsigned thread) {
    copying *c = context;
    sqi_run *run = c->run;
    if (run->next_drawn && thread == 0)
        sq_order_fill(run->order, run->epoch + 1, run->next_pi);
    for (;;) {
        size_t first = (size_t)sqi_counter_take(&c->next, PART);
        if (first >= run->steps)
            break;
        size_t left = run->steps - first;
        run->problem->arranger->fill(run->arranged, c->from, c->order, first,
                                     left < PART ? left : PART);
    }
}

/* Makes run->arranged of another problem's samples. */
static int arrange(sqi_run *run, const sq_problem *from, const uint32_t *order, sq_error *error) {
    int status = run->problem->arranger->arrange(&run->arranged, from, order, run->steps, error);
    if (status != SQ_OK)
        return status;
    copying c = {.run = run, .from = from, .order = order};
    sqi_counter_init(&c.next, 0);
    sqi_team_run(run->team, copy_parts, &c);
    return SQ_OK;
}

int sqi_visits_arrange(sqi_run *run, sq_error *error) {
    int in_order = run->same_order || run->order->kind == SQ_ORDER_SEQUENTIAL;
    if (!run->problem->arranger || run->in_place || in_order)
        return SQ_OK;
    double begin = sqi_seconds();
    run->next_drawn = run->next_pi && run->epoch + 1 < run->options->epochs;
    int status = arrange(run, run->problem, run->pi, error);
    run->arrange_seconds += sqi_seconds() - begin;
    return status;
}

int sqi_visits_arrange_by_plan(sqi_run *run, const uint32_t *step, sq_error *error) {
    if (!run->problem->arranger || run->in_place)
        return SQ_OK;
    sq_problem *by_pi = run->arranged; /* NULL: pi is 0, 1, 2, … */
    run->arranged = NULL;
    int status = arrange(run, by_pi ? by_pi : run->problem, step, error);
    run->problem->arranger->free(by_pi);
    run->streamed = 1;
    return status;
}

void sqi_visits_end(sqi_run *run) {
    if (run->arranged)
        run->arranged = run->problem->arranger->free(run->arranged);
    run->pi = sqi_free(run->pi);
    run->next_pi = sqi_free(run->next_pi);
}
