/* Planned execution: the lanes of a batch on several threads, batch after batch.
 *
 * Steps that may conflict are ordered as in pi, by the boundary between batches or by their lane,
 * and steps of different lanes of a batch touch different blocks; so every step reads what it would
 * have read serially, and the result has the serial bits (proofs/README.md). Parameters are plain
 * memory: the boundary alone orders the threads.
 *
 * Where one plan serves all epochs, the samples are copied lane by lane: what a thread reads in a batch
 * then follows what it read in the last one, a stream that its processor fetches ahead. With the lanes of
 * a batch side by side each list begins far from the one before: on Jester at rank 16 steps then take a
 * tenth longer (bench/ceiling.c).
 *
 * Where no plan pays, one thread runs the steps in pi's order; if the next epoch has another order, the
 * other threads arrange its samples meanwhile (visits.c).
 *
 * One thread may as well run all lanes, one after another. Where auto has chosen the plan, the two ways
 * are compared now and then while training: cores that are far apart, or taken by another program, can
 * make many threads slower than one, which no model of costs knows beforehand. */
#include "base/alloc.h"
#include "base/clock.h"
#include "exec/pace.h"
#include "exec/planning.h"
#include "exec/run.h"
#include "plan/by_lane.h"
#include "sync/boundary.h"

typedef struct planned {
    sq_plan_options chosen; /* lanes > 0 once the planner has been chosen … */
    int serial;             /* … or no plan is worth its boundaries */
    sq_plan *plan;          /* of the current epoch */
    uint32_t *first;        /* where each list begins, once they lie lane by lane (size lists) */
    sqi_boundary *boundary;
    sqi_run *run;
    size_t first_batch, batches; /* that are being run */

    sqi_pace pace; /* the second way: all lanes on one thread */
} planned;

/* A comparison runs two batches in SAMPLE the other way, so segments of fewer are not compared. */
enum { SAMPLE = 32 };

/* Epochs that use the plan share what planning costs, but not fewer than the planner's choice takes by
 * itself (0), since short runs are often trials of long ones. */
static uint64_t epochs_of_plan(const sqi_run *run) {
    uint64_t left = run->options->epochs - run->epoch;
    return left > SQ_PLAN_EPOCHS ? left : 0;
}

static int serves_all_epochs(const sqi_run *run) {
    return sq_order_fixed(run->order) && !run->problem->edges_vary;
}

/* Proves the plan for the samples as they were given, whatever has been copied since. */
static int check_plan(const sqi_run *run, const sq_plan *plan, sq_error *error) {
    sq_hypergraph *graph = NULL;
    int status =
        sq_problem_hypergraph(&graph, run->problem, run->epoch, run->pi, run->steps, error);
    if (status == SQ_OK)
        status = sq_plan_check(plan, graph, run->problem->edges_vary ? NULL : run->pi, run->steps,
                               error);
    sq_hypergraph_free(graph);
    return status;
}

/* Plans the epoch: from hyperedges in the order of the steps, or from where the samples are. */
static int plan_epoch(sqi_run *run, planned *p, sq_error *error) {
    sq_hypergraph *graph = NULL;
    const uint32_t *pi = run->problem->edges_vary ? NULL : sqi_run_pi(run);
    int status = sq_problem_hypergraph(&graph, sqi_run_problem(run), run->epoch, sqi_run_pi(run),
                                       run->steps, error);
    if (status == SQ_OK && p->chosen.lanes == 0) {
        p->chosen = run->options->plan;
        p->chosen.lanes = run->threads;
        p->chosen.processors = run->processors;
        sqi_plan_costs(&p->chosen, run->problem, run->order);
        if (p->chosen.epochs == 0)
            p->chosen.epochs = epochs_of_plan(run);
        status = sq_plan_choose(&p->chosen, &p->serial, graph, pi, run->steps, error);
    }
    p->plan = sq_plan_free(p->plan);
    if (status == SQ_OK && !p->serial)
        status = sqi_plan_on_team(&p->plan, run->team, graph, pi, run->steps, &p->chosen, error);
    sq_hypergraph_free(graph);
    if (status == SQ_OK && !p->serial && run->options->check_plan)
        status = check_plan(run, p->plan, error);
    return status;
}

typedef struct moving {
    const sq_plan *plan;
    const uint32_t *first;
    uint32_t *to;
} moving;

static void move_lane(void *context, unsigned lane) {
    const moving *m = context;
    sqi_plan_move_lane(m->plan, m->first, lane, m->to);
}

/* Lays the plan's lists and their samples lane by lane; each thread moves its lane's. */
static int arrange_lanes(sqi_run *run, planned *p, sq_error *error) {
    if (!run->problem->arranger || run->in_place)
        return SQ_OK;
    void *moved = NULL;
    p->first = sqi_alloc(p->plan->batches * p->plan->lanes, sizeof *p->first, error);
    if (!p->first || sqi_resize(&moved, run->steps, sizeof *p->plan->step, error) != SQ_OK)
        return SQ_NO_MEMORY;
    sqi_plan_place_lists(p->plan, p->first);
    sqi_team_run(run->team, move_lane, &(moving){p->plan, p->first, moved});
    sqi_free(p->plan->step);
    p->plan->step = moved;
    return sqi_visits_arrange_again(run, p->plan->step, error);
}

/* Samples in pi's order: planning streams through them, and the lanes almost do. Where one plan serves all
 * epochs, they are worth being copied as the lanes visit them. */
static int replan(sqi_run *run, planned *p, sq_error *error) {
    int status = sqi_visits_arrange(run, error);
    if (status == SQ_OK && !p->serial)
        status = plan_epoch(run, p, error);
    if (status == SQ_OK && !p->serial && serves_all_epochs(run))
        status = arrange_lanes(run, p, error);
    if (status == SQ_OK && p->serial)
        status = sqi_visits_ahead(run, error);
    return status;
}

static int prepare(sqi_run *run, sq_error *error) {
    planned *p = run->state;
    int status = SQ_OK;
    if (!p) {
        run->state = p = sqi_alloc(1, sizeof *p, error);
        if (!p)
            return SQ_NO_MEMORY;
        p->pace.until = SQI_PACE_FIRST;
        status = sqi_boundary_new(&p->boundary, run->threads, run->threads, run->processors, error);
    }
    double begin = sqi_seconds();
    if (status == SQ_OK && (!run->same_order || run->problem->edges_vary))
        status = replan(run, p, error);
    run->report->plan_seconds += sqi_seconds() - begin - run->arrange_seconds;
    if (status != SQ_OK)
        return status;
    run->report->planned = !p->serial;
    run->report->plan = p->chosen;
    if (p->serial) {
        run->report->threads = 1;
        return SQ_OK;
    }
    /* As in the other modes, whatever part of SQ_PLAN_SEGMENT the planner has chosen. */
    size_t unit = SQ_PLAN_SEGMENT % p->chosen.segment ? p->chosen.segment : SQ_PLAN_SEGMENT;
    run->segment = 4 * unit;
    if (run->epoch == run->options->first_epoch &&
        run->options->first_step % p->chosen.segment != 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a run cannot go on at step %zu: segments have %u steps",
                        run->options->first_step, p->chosen.segment);
    run->report->batches += p->plan->batches;
    run->report->deferrals += p->plan->deferrals;
    return SQ_OK;
}

static void run_lane(void *context, uint32_t batch, unsigned lane) {
    const planned *p = context;
    const size_t list = (p->first_batch + batch) * p->plan->lanes + lane;
    const uint32_t *begin = p->plan->begin + list;
    const uint32_t first = p->first ? p->first[list] : begin[0];
    sqi_run_steps_on(p->run, lane, p->plan->step + first, first, begin[1] - begin[0]);
}

static void work(void *context, unsigned thread) {
    planned *p = context;
    sqi_boundary_run(p->boundary, thread, (uint32_t)p->batches, run_lane, p);
}

/* Runs batches on one thread or on all; returns the seconds that a step took. */
static double run_batches(planned *p, size_t first, size_t count, int alone) {
    double begin = sqi_seconds();
    p->first_batch = first;
    p->batches = count;
    if (alone) {
        for (uint32_t b = 0; b < count; b++)
            for (unsigned lane = 0; lane < p->plan->lanes; lane++)
                run_lane(p, b, lane);
    } else {
        sqi_boundary_reset(p->boundary);
        sqi_team_run(p->run->team, work, p);
    }
    const uint32_t *at = p->plan->begin;
    size_t steps = at[(first + count) * p->plan->lanes] - at[first * p->plan->lanes];
    return steps > 0 ? (sqi_seconds() - begin) / (double)steps : 0;
}

static void wake_up(void *context, unsigned thread) {
    (void)context, (void)thread;
}

/* The same, a sample of them the other way. */
static void compare(planned *p, size_t first, size_t count) {
    const int alone = p->pace.second;
    size_t sample = count / SAMPLE;
    if (alone) /* or the sample would pay for it */
        sqi_team_run(p->run->team, wake_up, NULL);
    (void)run_batches(p, first, sample, !alone); /* has to fetch the parameters */
    double other = run_batches(p, first + sample, sample, !alone);
    double used = run_batches(p, first + 2 * sample, count - 2 * sample, alone);
    sqi_pace_judge(&p->pace, other, used);
}

/* The first batch whose steps begin at or behind the given one. A segment of the plan ends where a
 * batch ends. */
static size_t batch_at(const sq_plan *plan, size_t step) {
    size_t low = 0, high = plan->batches;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (plan->begin[middle * plan->lanes] < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void segment(sqi_run *run, size_t first, size_t count) {
    planned *p = run->state;
    if (p->serial) {
        sqi_visits_run(run, first, count);
        return;
    }
    p->run = run;
    size_t batch = batch_at(p->plan, first), batches = batch_at(p->plan, first + count) - batch;
    int compares = run->options->plan.planner == SQ_PLANNER_AUTO && batches >= SAMPLE;
    if (compares && sqi_pace_due(&p->pace))
        compare(p, batch, batches);
    else
        (void)run_batches(p, batch, batches, p->pace.second);
}

static void finish(sqi_run *run) {
    planned *p = run->state;
    if (p) {
        sq_plan_free(p->plan);
        sqi_free(p->first);
        sqi_boundary_free(p->boundary);
    }
    run->state = sqi_free(p);
}

const sqi_mode sqi_mode_planned = {.name = "planned",
                                   .threaded = 1,
                                   .arranges = 1,
                                   .serial_bits = 1,
                                   .repeats = 1,
                                   .optimizes = 1,
                                   .prepare = prepare,
                                   .segment = segment,
                                   .finish = finish};
