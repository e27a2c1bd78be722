/* Independent serial trainings at once: the ceiling of what threads can gain on this machine.
 *
 * Every thread runs serial.c's own segment on parameters of its own, so whatever makes serial
 * training fast makes the copies fast too. Within a run there is no synchronisation but a gate
 * before each epoch:
 *
 *   thread                                      the last to arrive
 *   arrived -= 1  [copies.arrive]               begin = now           (plain)
 *   wait until open != 0  [copies.see]          open = 1              [copies.open]
 *
 * so no copy runs alone while the others wake up, and the time to wake them counts for nobody. A
 * copy's clock starts when the gate opens, also where it gets a processor later than the others. */
#include "sequent/bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "sync/atomics.h"
#include "sync/futex.h"

typedef struct copy {
    sqi_run run;
    _Alignas(SQI_LINE) double seconds; /* in steps, over all epochs; its thread's own */
} copy;

typedef struct copies {
    sqi_run run;           /* what all share; first, so that a mode's run is its copies */
    sq_train_options each; /* with the optimiser, which each copy has for itself */
    copy *copy;            /* (size run.threads) */
    size_t first, count;
    double begin; /* when the gate opened */
    _Alignas(SQI_LINE) sqi_word arrived;
    _Alignas(SQI_LINE) sqi_word open;
} copies;

enum { SPINS = 1000 };

static void pass_gate(copies *all) {
    /* [copies.arrive] acq_rel, pairs with itself: hands nothing on but the count, of which exactly
     * one thread sees the end. Not atomic, two threads could open the gate or none. Checked by
     * ThreadSanitizer on tests/unit/test_copies.c. */
    if (sqi_sub_acq_rel(&all->arrived, 1) == 1) {
        all->begin = sqi_seconds();
        /* [copies.open] release, pairs with copies.see: publishes begin. Relaxed, a copy could
         * count from the epoch before. Checked likewise. */
        sqi_store_release(&all->open, 1);
    }
    /* [copies.see] acquire, pairs with copies.open. */
    for (unsigned i = 0; sqi_load_acquire(&all->open) == 0; i++) {
        if (i < SPINS)
            sqi_pause();
        else
            sqi_yield();
    }
}

static void work(void *context, unsigned thread) {
    copies *all = context;
    copy *own = &all->copy[thread];
    pass_gate(all);
    sqi_mode_serial.segment(&own->run, all->first, all->count);
    sqi_optimizing_epoch_end(&own->run);
    own->seconds += sqi_seconds() - all->begin;
}

/* What an optimiser does before an epoch is the copy's own, too, and its time counts. */
static int prepare_optimizer(copies *all, copy *own, sq_error *error) {
    own->run.options = &all->each;
    own->run.mode = &sqi_mode_serial;
    int status = own->run.team ? SQ_OK : sqi_team_new(&own->run.team, 1, error);
    if (status == SQ_OK && !own->run.optimizing)
        status = sqi_optimizing_begin(&own->run, error);
    double begin = sqi_seconds();
    if (status == SQ_OK)
        status = sqi_optimizing_epoch(&own->run, error);
    own->seconds += own->run.optimizing ? sqi_seconds() - begin : 0;
    return status;
}

/* What serial training prepares is prepared once and shared; the parameters are the copy's own. */
static int prepare(sqi_run *run, sq_error *error) {
    copies *all = (copies *)run;
    int status = sqi_mode_serial.prepare ? sqi_mode_serial.prepare(run, error) : SQ_OK;
    for (unsigned t = 0; t < run->threads && status == SQ_OK; t++) {
        sqi_run was = all->copy[t].run;
        all->copy[t].run = *run;
        all->copy[t].run.x = was.x;
        all->copy[t].run.team = was.team;
        all->copy[t].run.optimizing = was.optimizing;
        status = prepare_optimizer(all, &all->copy[t], error);
        /* Samples are arranged once, by all threads; each training would have done it for itself. */
        all->copy[t].seconds += run->arrange_seconds * run->threads;
    }
    run->segment = run->steps; /* an epoch is one piece */
    return status;
}

static void segment(sqi_run *run, size_t first, size_t count) {
    copies *all = (copies *)run;
    all->first = first;
    all->count = count;
    /* Plain: the team's start publishes them. */
    sqi_word_init(&all->arrived, run->threads);
    sqi_word_init(&all->open, 0);
    sqi_team_run(run->team, work, all);
}

static void finish(sqi_run *run) {
    copies *all = (copies *)run;
    for (unsigned t = 0; t < run->threads; t++) {
        sqi_optimizing_end(&all->copy[t].run);
        all->copy[t].run.team = sqi_team_free(all->copy[t].run.team);
    }
    if (sqi_mode_serial.finish)
        sqi_mode_serial.finish(run);
}

static const sqi_mode mode = {
    .name = "copies", .threaded = 1, .prepare = prepare, .segment = segment, .finish = finish};

int sq_train_copies(const sq_problem *problem, float *const *x, unsigned count,
                    const sq_order *order, const sq_train_options *options, double *seconds,
                    sq_error *error) {
    *seconds = 0;
    if (count < 1 || count > SQ_LANES_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "copies: found %u, expected 1 to %u", count,
                        SQ_LANES_MAX);
    const sq_train_options own = {.mode = SQ_MODE_SERIAL,
                                  .threads = count,
                                  .epochs = options->epochs,
                                  .schedule = options->schedule,
                                  .step = options->step,
                                  .decay = options->decay};
    sq_train_report report = {0};
    copies *all = sqi_alloc(1, sizeof *all, error);
    copy *each = sqi_alloc(count, sizeof *each, error);
    int status = all && each ? SQ_OK : SQ_NO_MEMORY;
    if (status == SQ_OK) {
        all->run = (sqi_run){
            .mode = &mode, .problem = problem, .options = &own, .x = x[0], .report = &report};
        all->copy = each;
        all->each = own;
        all->each.optimizer = options->optimizer;
        all->each.l2_exact = options->l2_exact;
        for (unsigned t = 0; t < count; t++)
            each[t].run.x = x[t];
        for (unsigned t = 0; t < count && status == SQ_OK; t++)
            status = sqi_run_check_alignment(problem, x[t], error);
        if (status == SQ_OK)
            status = sqi_run_train(&all->run, order, error);
    }
    for (unsigned t = 0; status == SQ_OK && t < count; t++)
        *seconds = each[t].seconds > *seconds ? each[t].seconds : *seconds;
    sqi_free(each);
    sqi_free(all);
    return status;
}

int sq_problem_loss(const sq_problem *problem, const float *x, double l2_exact, double *loss,
                    sq_error *error) {
    sqi_team *team = NULL;
    sqi_float_env was = sqi_float_env_enter();
    int status = sqi_team_new(&team, sq_processors(), error);
    if (status == SQ_OK)
        status = sqi_loss(loss, problem, x, l2_exact, team, error);
    sqi_team_free(team);
    sqi_float_env_leave(was);
    return status;
}
