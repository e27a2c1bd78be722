/* The mutex: one thread at a time, and nothing is lost or overlooked, also with more threads than
 * processors. What it guards is plain memory, so that ThreadSanitizer sees a missing order. */
#include "sync/mutex.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "sync/team.h"

enum { MUTEXES = 3 };

typedef struct guarded {
    sqi_word mutex[MUTEXES];
    uint64_t count[MUTEXES], inside[MUTEXES];
    unsigned rounds, yields; /* how often a holder gives its processor away: every so many rounds */
} guarded;

static void count_up(void *context, unsigned thread) {
    guarded *g = context;
    for (unsigned i = 0; i < g->rounds; i++) {
        unsigned m = (i + thread) % MUTEXES;
        sqi_mutex_take(&g->mutex[m]);
        g->inside[m]++;
        if (g->yields && i % g->yields == 0)
            sqi_yield();
        g->count[m] += g->inside[m] == 1;
        g->inside[m]--;
        sqi_mutex_release(&g->mutex[m]);
    }
}

static void check(unsigned threads, unsigned rounds, unsigned yields) {
    sqi_team *team = NULL;
    guarded g = {.rounds = rounds, .yields = yields};
    for (int m = 0; m < MUTEXES; m++)
        sqi_mutex_init(&g.mutex[m]);
    cr_assert(sqi_team_new(&team, threads, NULL) == SQ_OK);
    sqi_team_run(team, count_up, &g);
    sqi_team_free(team);
    cr_assert(g.count[0] + g.count[1] + g.count[2] == (uint64_t)threads * rounds,
              "%u threads: an update was lost", threads);
    for (int m = 0; m < MUTEXES; m++)
        cr_assert(sqi_load_relaxed(&g.mutex[m]) == SQI_MUTEX_FREE);
}

Test(mutex, one_holder_at_a_time) {
    check(1, 1000, 0);
    check(2, 200000, 0);
    check(8, 20000, 0);
}

/* Holders that lose their processor: the others must sleep, and be woken. */
Test(mutex, sleepers_are_woken) {
    check(2, 20000, 3);
    check(8, 5000, 2);
    check(32, 500, 1);
}
