/* Turns: in order, every one once, seen by the next, also with more threads than processors. What is
 * written in a turn is plain memory, so that ThreadSanitizer sees a missing order. */
#include "sync/turns.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "sync/futex.h"
#include "sync/team.h"

typedef struct relay {
    sqi_turns *turns;
    unsigned threads, rest; /* rest: every so many turns a thread is late; 0: none */
    size_t first, end, count;
    size_t *log; /* (size end - first) */
} relay;

static void dawdle(size_t turn, unsigned rest) {
    const struct timespec nap = {0, 200000};
    if (rest && turn % rest == 0)
        (void)nanosleep(&nap, NULL);
    else if (rest && turn % rest == 1)
        sqi_yield();
}

static void run(void *context, unsigned thread) {
    relay *r = context;
    for (size_t k = r->first; k < r->end; k++) {
        if (k % r->threads != thread)
            continue;
        dawdle(k, r->rest);
        sqi_turns_await(r->turns, thread);
        r->log[r->count++] = k;
        sqi_turns_pass(r->turns, thread);
    }
}

static void check(unsigned threads, size_t turns, unsigned rest) {
    relay r = {.threads = threads, .rest = rest, .log = calloc(turns, sizeof *r.log)};
    sqi_team *team = NULL;
    cr_assert(sqi_team_new(&team, threads, NULL) == SQ_OK);
    cr_assert(sqi_turns_new(&r.turns, threads, 2, NULL) == SQ_OK);
    for (size_t first = 0; first < 3; first++) {
        r.first = first;
        r.end = first + turns;
        r.count = 0;
        sqi_turns_reset(r.turns, (unsigned)(first % threads));
        sqi_team_run(team, run, &r);
        cr_assert(r.count == turns);
        for (size_t i = 0; i < turns; i++)
            cr_assert(r.log[i] == first + i, "%u threads: turn %zu was %zu", threads, first + i,
                      r.log[i]);
    }
    cr_assert(!sqi_turns_free(r.turns) && !sqi_turns_free(NULL));
    sqi_team_free(team);
    free(r.log);
}

Test(turns, in_order) {
    check(1, 1000, 0);
    check(2, 50000, 0);
    check(3, 10000, 0);
    check(8, 10000, 0);
    check(64, 2000, 0);
}

/* Threads that are late: the next ones sleep, and are woken. */
Test(turns, sleepers_are_woken) {
    check(2, 2000, 20);
    check(3, 1000, 7);
    check(8, 1000, 9);
}
