/* Hogwild! (Niu, Recht, Ré, Wright 2011, algorithm 1): every thread takes steps of the order and
 * runs them on the shared parameters without locks and without looking at the others.
 *
 * The kernels are those of all modes, on plain memory: updates are lost and half-seen, by design,
 * and the result differs from run to run. Steps are taken in chunks, so that the shared counter
 * costs nothing and a suspended thread holds back one chunk. A long chunk is a stream of samples, which the
 * processor fetches ahead: 8,192 steps instead of 512 gained up to a tenth on 7 million ratings of rank 16.
 *
 * With optimizer svrg this is lock-free SVRG (Reddi, Hefny, Sra, Póczos, Smola 2015; KroMagnon of Mania, Pan,
 * Papailiopoulos, Recht, Ramchandran, Jordan 2017); opt/lazy.h says how its steps differ from the serial
 * ones. */
#include "base/alloc.h"
#include "exec/run.h"
#include "sync/counter.h"
#include "sync/race.h"

enum { LEAST = 512, MOST = 8192 }; /* steps of a chunk */

typedef struct hogwild {
    sqi_counter next;
    sqi_run *run;
    size_t end, chunk;
} hogwild;

static int prepare(sqi_run *run, sq_error *error) {
    if (!run->state)
        run->state = sqi_alloc(1, sizeof(hogwild), error);
    return run->state ? SQ_OK : SQ_NO_MEMORY;
}

static void work(void *context, unsigned thread) {
    hogwild *h = context;
    sqi_race_begin();
    for (;;) {
        size_t first = (size_t)sqi_counter_take(&h->next, h->chunk);
        if (first >= h->end)
            break;
        size_t left = h->end - first;
        sqi_run_steps_on(h->run, thread, NULL, first, left < h->chunk ? left : h->chunk);
    }
    sqi_race_end();
}

static void segment(sqi_run *run, size_t first, size_t count) {
    hogwild *h = run->state;
    sqi_counter_init(&h->next, first);
    h->run = run;
    h->end = first + count;
    h->chunk = (size_t)sqi_counter_chunk(count, run->threads, LEAST, MOST);
    sqi_team_run(run->team, work, h);
}

static void finish(sqi_run *run) {
    run->state = sqi_free(run->state);
}

const sqi_mode sqi_mode_hogwild = {.name = "hogwild",
                                   .threaded = 1,
                                   .racing = 1,
                                   .optimizes = 1,
                                   .prepare = prepare,
                                   .segment = segment,
                                   .finish = finish};
