/* What an epoch visits: its order, and its samples copied into that order by all threads.
 *
 * A permutation is drawn by one thread. Where another one follows, it is drawn while the others copy, so
 * that no thread waits for it. Where one thread runs all steps, the others copy the next epoch's samples
 * meanwhile, and draw the order of the epoch behind it. */
#include "base/alloc.h"
#include "base/clock.h"
#include "exec/run.h"
#include "sync/counter.h"

enum { PART = 1 << 14 };

/* Samples being copied into an order, and an order being drawn by whoever comes first. */
typedef struct copying {
    sqi_counter next; /* part to be copied */
    sqi_run *run;
    const sq_problem *from;
    sq_problem *to;
    const uint32_t *order;
    sqi_word drawing;
    uint32_t *pi;   /* is drawn … */
    uint64_t epoch; /* … for this epoch */
} copying;

enum { NO_DRAWING, TO_BE_DRAWN, BEING_DRAWN, DRAWN };

struct sqi_ahead {
    copying copying; /* of the next epoch's samples … */
    int begun;       /* … once it has begun */
    uint32_t *pi;    /* of the epoch behind it (size steps) */
    size_t first, count;
    sqi_word running; /* 1 while these steps are run */
};

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

static void exchange(uint32_t **a, uint32_t **b) {
    uint32_t *kept = *a;
    *a = *b;
    *b = kept;
}

void sqi_visits_order(sqi_run *run) {
    if (run->next_drawn)
        exchange(&run->pi, &run->next_pi);
    else
        sq_order_fill(run->order, run->epoch, run->pi);
    run->next_drawn = 0;
    sqi_ahead *a = run->ahead;
    if (a && a->begun && sqi_load_relaxed(&a->copying.drawing) == DRAWN) {
        exchange(&run->next_pi, &a->pi);
        run->next_drawn = 1;
    }
}

/* [visits.drawing] relaxed, pairs with itself: that one thread draws is all that the claim has to give; what
 * it drew the others see when the team's run ends. With load and store instead, two threads would write
 * one order, which ThreadSanitizer reports (tests/unit/test_train.c, ahead). */
static void draw(copying *c) {
    if (sqi_claim_relaxed(&c->drawing, TO_BE_DRAWN, BEING_DRAWN)) {
        sq_order_fill(c->run->order, c->epoch, c->pi);
        sqi_store_relaxed(&c->drawing, DRAWN);
    }
}

/* 0: none was left. */
static int copy_part(copying *c) {
    const size_t steps = c->run->steps, first = (size_t)sqi_counter_take(&c->next, PART);
    if (first >= steps)
        return 0;
    const size_t left = steps - first;
    c->run->problem->arranger->fill(c->to, c->from, c->order, first, left < PART ? left : PART);
    return 1;
}

static void copy_parts(void *context, unsigned thread) {
    (void)thread;
    draw(context);
    while (copy_part(context)) {
    }
}

/* To copy another problem's samples into an order, all of them. */
static int begin_copying(copying *c, sqi_run *run, const sq_problem *from, const uint32_t *order,
                         sq_error *error) {
    c->run = run;
    c->from = from;
    c->order = order;
    sqi_counter_init(&c->next, 0);
    return run->problem->arranger->arrange(&c->to, from, order, run->steps, error);
}

/* The order of an epoch is to be drawn meanwhile, if there is such an epoch, and room for it. */
static void draw_too(copying *c, uint32_t *pi, uint64_t epoch) {
    c->pi = pi;
    c->epoch = epoch;
    sqi_word_init(&c->drawing, pi && epoch < c->run->options->epochs ? TO_BE_DRAWN : NO_DRAWING);
}

/* All threads copy what is left; and they draw the next order, if it is missing. */
static void end_copying(sqi_run *run, copying *c) {
    draw_too(c, run->next_drawn ? NULL : run->next_pi, run->epoch + 1);
    sqi_team_run(run->team, copy_parts, c);
    run->next_drawn |= sqi_load_relaxed(&c->drawing) == DRAWN;
}

/* Makes run->arranged of another problem's samples. */
static int arrange(sqi_run *run, const sq_problem *from, const uint32_t *order, sq_error *error) {
    copying c = {.to = run->arranged};
    int status = begin_copying(&c, run, from, order, error);
    run->arranged = c.to;
    if (status == SQ_OK)
        end_copying(run, &c);
    return status;
}

/* Makes it of what has been copied ahead, and of the rest. */
static void take_ahead(sqi_run *run, sqi_ahead *a) {
    sq_problem *last = run->arranged;
    end_copying(run, &a->copying);
    run->arranged = a->copying.to;
    a->copying.to = last;
    a->begun = 0;
}

int sqi_visits_arrange(sqi_run *run, sq_error *error) {
    int in_order = run->same_order || run->order->kind == SQ_ORDER_SEQUENTIAL;
    if (!run->problem->arranger || run->in_place || in_order)
        return SQ_OK;
    double begin = sqi_seconds();
    int status = SQ_OK;
    if (run->ahead && run->ahead->begun)
        take_ahead(run, run->ahead);
    else
        status = arrange(run, run->problem, run->pi, error);
    run->arrange_seconds += sqi_seconds() - begin;
    return status;
}

int sqi_visits_arrange_again(sqi_run *run, const uint32_t *order, sq_error *error) {
    sq_problem *by_pi = run->arranged; /* NULL: pi is 0, 1, 2, … */
    run->arranged = NULL;
    int status = arrange(run, by_pi ? by_pi : run->problem, order, error);
    run->problem->arranger->free(by_pi);
    run->streamed = 1;
    return status;
}

static int make_ahead(sqi_run *run, sq_error *error) {
    sqi_ahead *a = run->ahead = sqi_alloc(1, sizeof *a, error);
    if (a)
        a->pi = sqi_alloc(run->steps, sizeof *a->pi, error);
    return a && a->pi ? SQ_OK : SQ_NO_MEMORY;
}

int sqi_visits_ahead(sqi_run *run, sq_error *error) {
    if (!run->next_drawn || run->processors == 1)
        return SQ_OK;
    double begin = sqi_seconds();
    int status = run->ahead ? SQ_OK : make_ahead(run, error);
    if (status == SQ_OK)
        status = begin_copying(&run->ahead->copying, run, run->problem, run->next_pi, error);
    if (status == SQ_OK) {
        draw_too(&run->ahead->copying, run->ahead->pi, run->epoch + 2);
        run->ahead->begun = run->report->ahead = 1;
    }
    run->arrange_seconds += sqi_seconds() - begin;
    return status;
}

/* [visits.running] relaxed, pairs with itself: it says when to stop, and the team's run orders the rest. A
 * thread that sees it late copies a part more. */
static void run_and_copy(void *context, unsigned thread) {
    sqi_ahead *a = context;
    copying *c = &a->copying;
    if (thread == 0) {
        sqi_run_steps(c->run, NULL, a->first, a->count);
        sqi_store_relaxed(&a->running, 0);
        while (sqi_load_relaxed(&c->drawing) == BEING_DRAWN && copy_part(c)) {
        }
        return;
    }
    if (thread >= c->run->processors)
        return; /* the steps have a processor for themselves */
    draw(c);
    while (sqi_load_relaxed(&a->running) && copy_part(c)) {
    }
}

void sqi_visits_run(sqi_run *run, size_t first, size_t count) {
    sqi_ahead *a = run->ahead;
    if (!a || !a->begun) {
        sqi_run_steps(run, NULL, first, count);
        return;
    }
    a->first = first;
    a->count = count;
    sqi_word_init(&a->running, 1);
    sqi_team_run(run->team, run_and_copy, a);
}

void sqi_visits_end(sqi_run *run) {
    const sq_arranger *arranger = run->problem->arranger;
    if (run->ahead) {
        arranger->free(run->ahead->copying.to);
        sqi_free(run->ahead->pi);
    }
    if (run->arranged)
        run->arranged = arranger->free(run->arranged);
    run->ahead = sqi_free(run->ahead);
    run->pi = sqi_free(run->pi);
    run->next_pi = sqi_free(run->next_pi);
}
