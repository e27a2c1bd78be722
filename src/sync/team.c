/* The team: workers wait for a round number to change, run, and count themselves off.
 *
 *   caller (thread 0)                          worker
 *   work, context = …          (plain)         wait until round != last        [team.round.see]
 *   unfinished = workers       (plain)         work(context, number)
 *   round += 1   [team.round.publish]          unfinished -= 1                 [team.finish]
 *   wake all workers                           at 0: wake the caller
 *   work(context, 0)
 *   wait until unfinished == 0 [team.join]
 *
 * Synchronises-with: team.round.publish → team.round.see (the caller's writes, work, context), and
 * every team.finish → team.join (the workers' writes; the read-modify-writes of the others continue
 * the release sequence). The caller's next plain writes to work and context follow all reads of
 * them for the same reason.
 *
 * Wake-ups are sent without asking whether anyone sleeps: a run is an epoch or a segment of one, a
 * system call more does not show, and there is no protocol to get wrong. A wake-up cannot be lost:
 * the word is written before the wake, and the kernel compares it when a thread goes to sleep. */
#include "sync/team.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include "base/alloc.h"
#include "sync/atomics.h"
#include "sync/futex.h"
#include "sync/place.h"
#include "sync/processors.h"
#include "sync/thread.h"

typedef struct worker {
    pthread_t handle;
    sqi_team *team;
    unsigned number; /* 1 … threads - 1 */
} worker;

struct sqi_team {
    _Alignas(SQI_LINE) sqi_word round;      /* runs begun so far (modulo 2^32) */
    _Alignas(SQI_LINE) sqi_word unfinished; /* workers still in this round */
    _Alignas(SQI_LINE) void *context;
    void (*work)(void *context, unsigned thread); /* NULL: end */
    unsigned threads;                             /* of the team, the caller included */
    unsigned created;                             /* workers to be joined */
    unsigned spins;
    int home;        /* the caller's processor when the round began */
    worker worker[]; /* threads - 1 */
};

/* How long a thread spins before it sleeps. Where every thread has a processor, for as long as the
 * work between two runs usually takes (150 µs: a hash, a report): waking up costs 50 µs and more, and an
 * epoch of a small problem may be over before a sleeper has come. Otherwise it would only take the
 * processor from one that works. */
enum { SPINS = 5000, CROWDED_SPINS = 200, YIELDS = 4 };

/* Waits until the word is not `old`; the caller reads it again with the order that it needs.
 * Returns whether it slept. */
static bool wait_while(sqi_word *word, uint32_t old, unsigned spins) {
    for (unsigned i = 0; i < spins + YIELDS; i++) {
        if (sqi_load_relaxed(word) != old)
            return false;
        if (i < spins)
            sqi_pause();
        else
            sqi_yield();
    }
    while (sqi_load_relaxed(word) == old)
        sqi_futex_wait(word, old);
    return true;
}

static void *worker_body(void *argument) {
    const worker *self = argument;
    sqi_team *team = self->team;
    for (uint32_t last = 0;; last++) {
        bool slept = wait_while(&team->round, last, team->spins);
        /* [team.round.see] acquire, pairs with team.round.publish: from here on the caller's
         * writes, work and context are visible. Relaxed, the worker could call the last round's
         * function. The round is exactly last + 1, as no round begins before all workers ended the
         * last one. Checked by ThreadSanitizer on tests/unit/test_team.c. */
        (void)sqi_load_acquire(&team->round);
        if (!team->work)
            return NULL;
        if (slept || last == 0)
            sqi_place(team->home, self->number);
        team->work(team->context, self->number);
        /* [team.finish] acq_rel, pairs with team.join: publishes what this worker wrote; acquire is
         * not needed by the workers, but the operation is the last one's link in the release
         * sequence. Relaxed, the caller could read the model before it was written. Checked by
         * ThreadSanitizer on tests/unit/test_team.c. */
        if (sqi_sub_acq_rel(&team->unfinished, 1) == 1)
            (void)sqi_futex_wake(&team->unfinished, 1);
    }
}

/* Starts a round for the workers. */
static void begin(sqi_team *team, void (*work)(void *, unsigned), void *context) {
    team->work = work;
    team->context = context;
    team->home = sqi_place_here();
    /* [team.unfinished.set] relaxed: published together with work by the next line; team.finish of
     * this round comes after it. */
    sqi_store_relaxed(&team->unfinished, team->created);
    /* [team.round.publish] release (only the caller writes the word), pairs with team.round.see:
     * publishes all that the caller wrote. */
    sqi_store_release(&team->round, sqi_load_relaxed(&team->round) + 1);
    (void)sqi_futex_wake(&team->round, UINT_MAX);
}

void sqi_team_run(sqi_team *team, void (*work)(void *context, unsigned thread), void *context) {
    if (team->created)
        begin(team, work, context);
    work(context, 0);
    for (;;) {
        /* [team.join] acquire, pairs with every team.finish of the round: their writes are visible
         * to the caller from here on. */
        uint32_t unfinished = sqi_load_acquire(&team->unfinished);
        if (unfinished == 0)
            return;
        (void)wait_while(&team->unfinished, unfinished, team->spins);
    }
}

/* What a program may want to handle on its own threads; faults stay with the thread that raised
 * them, and a profiler's ticks with the thread that they measure. */
static void asynchronous_signals(sigset_t *set) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
    (void)sigfillset(set);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        (void)sigdelset(set, own[i]);
}

int sqi_team_new(sqi_team **team, unsigned threads, sq_error *error) {
    *team = NULL;
    if (threads == 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "a team needs at least one thread");
    sqi_team *made = sqi_alloc(1, sizeof *made + (size_t)(threads - 1) * sizeof(worker), error);
    if (!made)
        return SQ_NO_MEMORY;
    sqi_word_init(&made->round, 0);
    sqi_word_init(&made->unfinished, 0);
    made->threads = threads;
    made->spins = threads > 1 && threads <= sqi_processors() ? SPINS : CROWDED_SPINS;

    sigset_t block, before;
    asynchronous_signals(&block);
    (void)pthread_sigmask(SIG_BLOCK, &block, &before); /* threads inherit the mask */
    int failed = 0;
    for (unsigned i = 0; i < threads - 1 && !failed; i++) {
        worker *next = &made->worker[i];
        next->team = made;
        next->number = i + 1;
        failed = sqi_thread_start(&next->handle, worker_body, next);
        if (!failed)
            made->created++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (failed) {
        unsigned created = made->created;
        (void)sqi_team_free(made);
        return sqi_fail(
            error, SQ_NO_THREAD,
            "the system gave %u of %u threads (error %d): ask for fewer threads or raise "
            "the limit on processes",
            created + 1, threads, failed);
    }
    *team = made;
    return SQ_OK;
}

unsigned sqi_team_threads(const sqi_team *team) {
    return team->threads;
}

sqi_team *sqi_team_free(sqi_team *team) {
    if (!team)
        return NULL;
    if (team->created)
        begin(team, NULL, NULL);
    for (unsigned i = 0; i < team->created; i++)
        (void)pthread_join(team->worker[i].handle, NULL);
    return sqi_free(team);
}
