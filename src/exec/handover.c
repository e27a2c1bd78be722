/* Handovers of a cache line between two threads, one after the other. */
#include <math.h>

#include "base/clock.h"
#include "sequent/bench.h"
#include "sync/processors.h"
#include "sync/team.h"
#include "sync/turns.h"

/* So many rounds of two handovers are a burst: long for the clock, and short enough that few are
 * interrupted. Where another program has one of the processors a handover takes 20 μs: few bursts. */
enum { THREADS = 2, BURST = 100, BURSTS = 5 };

typedef struct bursts {
    sqi_turns *turns;
    double least; /* seconds of a burst, as thread 0 sees it */
} bursts;

static void hand_over(void *context, unsigned thread) {
    bursts *b = context;
    for (unsigned i = 0; i < BURSTS; i++) {
        double begin = sqi_seconds();
        for (unsigned k = 0; k < BURST; k++) {
            sqi_turns_await(b->turns, thread);
            sqi_turns_pass(b->turns, thread);
        }
        double seconds = sqi_seconds() - begin;
        if (thread == 0 && seconds < b->least)
            b->least = seconds;
    }
}

int sq_handover(double *ns, sq_error *error) {
    unsigned processors = sqi_processors();
    bursts b = {.least = (double)INFINITY};
    sqi_team *team = NULL;
    *ns = (double)NAN;
    if (processors < THREADS)
        return SQ_OK;
    int status = sqi_turns_new(&b.turns, THREADS, processors, error);
    if (status == SQ_OK)
        status = sqi_team_new(&team, THREADS, error);
    if (status == SQ_OK) {
        sqi_team_run(team, hand_over, &b);
        *ns = 1e9 * b.least / (THREADS * BURST);
    }
    sqi_team_free(team);
    sqi_turns_free(b.turns);
    return status;
}
