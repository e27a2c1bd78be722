/* The batch boundary under random shapes and delays.
 *
 * The oracle is plain memory that batches hand to one another: every lane of a batch reads what all
 * lanes of the batch before wrote, and adds it up. A lane run twice, left out, or run too early or
 * without a happens-before makes a wrong sum; ThreadSanitizer reports the last at once. The same
 * sums come from a loop in one thread. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "sync/atomics.h"
#include "sync/boundary.h"
#include "sync/team.h"

enum { MOST_LANES = 16, MOST_THREADS = 16 };

typedef struct delays {
    unsigned spin;  /* 1 in this many lanes spins up to 4 µs; 0: none */
    unsigned yield; /* … yields */
    unsigned sleep; /* … sleeps up to 200 µs */
    unsigned late;  /* threads with a number of at least this sleep before they enter */
} delays;

typedef struct shape {
    unsigned lanes, threads, processors;
    uint32_t batches;
    uint64_t seed;
    delays delays;
} shape;

typedef struct state {
    shape shape;
    sqi_boundary *boundary;
    uint64_t cell[2][MOST_LANES]; /* the results of the last batch and of this one */
    uint32_t runs[MOST_LANES];    /* how often each lane was run */
    uint32_t bad[MOST_LANES];     /* how often each met a batch that was not its next */
} state;

/* What a lane of a batch computes from the results of all lanes of the batch before. */
static uint64_t next_cell(const uint64_t *before, unsigned lanes, uint32_t batch, unsigned lane) {
    uint64_t sum = (uint64_t)batch * MOST_LANES + lane;
    for (unsigned l = 0; l < lanes; l++)
        sum = (sum ^ before[l]) * 6364136223846793005u + 1442695040888963407u;
    return sum;
}

static void delay(const state *s, uint32_t batch, unsigned lane) {
    const delays *d = &s->shape.delays;
    uint32_t r[4];
    sqi_philox(s->shape.seed, lane, 0, batch, r);
    if (d->spin && r[0] % d->spin == 0)
        for (volatile uint32_t i = 0; i < r[3] % 4096; i++)
            ;
    if (d->yield && r[1] % d->yield == 0)
        sched_yield();
    if (d->sleep && r[2] % d->sleep == 0) {
        const struct timespec nap = {.tv_nsec = (long)(r[3] % 200000)};
        nanosleep(&nap, NULL);
    }
}

static void run_lane(void *context, uint32_t batch, unsigned lane) {
    state *s = context;
    const unsigned lanes = s->shape.lanes;
    if (s->runs[lane] != batch)
        s->bad[lane]++;
    delay(s, batch, lane);
    s->cell[(batch + 1) % 2][lane] = next_cell(s->cell[batch % 2], lanes, batch, lane);
    s->runs[lane]++;
}

static void enter(void *context, unsigned thread) {
    state *s = context;
    if (s->shape.delays.late && thread >= s->shape.delays.late) {
        const struct timespec nap = {.tv_nsec = 300000};
        nanosleep(&nap, NULL);
    }
    sqi_boundary_run(s->boundary, thread, s->shape.batches, run_lane, s);
}

static void check_result(const state *s) {
    const shape *sh = &s->shape;
    uint64_t cell[2][MOST_LANES] = {{0}};
    for (uint32_t b = 0; b < sh->batches; b++)
        for (unsigned l = 0; l < sh->lanes; l++)
            cell[(b + 1) % 2][l] = next_cell(cell[b % 2], sh->lanes, b, l);
    for (unsigned l = 0; l < sh->lanes; l++)
        cr_assert(s->runs[l] == sh->batches && s->bad[l] == 0 &&
                      s->cell[sh->batches % 2][l] == cell[sh->batches % 2][l],
                  "lane %u of %u, %u threads, %u processors, %u batches, seed %llu: run %u times",
                  l, sh->lanes, sh->threads, sh->processors, sh->batches,
                  (unsigned long long)sh->seed, s->runs[l]);
}

/* Runs the shape `times` times on one boundary and compares each with one thread. */
static void check(const shape *given, unsigned times) {
    state *s = calloc(1, sizeof *s);
    sqi_team *team;
    s->shape = *given;
    cr_assert_eq(sqi_team_new(&team, given->threads, NULL), SQ_OK);
    cr_assert_eq(
        sqi_boundary_new(&s->boundary, given->lanes, given->threads, given->processors, NULL),
        SQ_OK);
    for (unsigned i = 0; i < times; i++) {
        if (i > 0)
            sqi_boundary_reset(s->boundary);
        memset(s->cell, 0, sizeof s->cell);
        memset(s->runs, 0, sizeof s->runs);
        sqi_team_run(team, enter, s);
        check_result(s);
    }
    cr_assert_null(sqi_boundary_free(s->boundary));
    sqi_team_free(team);
    free(s);
}

static shape random_shape(sqi_words *words, uint32_t most_batches) {
    return (shape){.lanes = 1 + sqi_words_below(words, MOST_LANES),
                   .threads = 1 + sqi_words_below(words, MOST_THREADS),
                   .processors = 1 + sqi_words_below(words, 4),
                   .batches = sqi_words_below(words, most_batches),
                   .seed = sqi_words_next(words)};
}

Test(boundary, random_shapes_without_delays) {
    sqi_words words = sqi_words_at(1, 0, 0);
    for (unsigned i = 0; i < 150; i++) {
        shape one = random_shape(&words, 300);
        check(&one, 2);
    }
}

Test(boundary, random_shapes_with_delays) {
    sqi_words words = sqi_words_at(2, 0, 0);
    for (unsigned i = 0; i < 60; i++) {
        shape one = random_shape(&words, 60);
        one.delays = (delays){.spin = sqi_words_below(&words, 4),
                              .yield = sqi_words_below(&words, 6),
                              .sleep = 20 * sqi_words_below(&words, 4),
                              .late = sqi_words_below(&words, 8)};
        check(&one, 2);
    }
}

/* As many threads as processors, so that nobody is sent to sleep for the crowd; lanes that sleep
 * make the others fall asleep and be woken in mid-run and at the end. */
Test(boundary, sleepers_are_woken) {
    shape one = {.lanes = 4,
                 .threads = 4,
                 .processors = 4,
                 .batches = 150,
                 .seed = 3,
                 .delays = {.sleep = 6}};
    check(&one, 3);
    one.processors = 1;
    check(&one, 3);
}

Test(boundary, many_short_runs) {
    for (unsigned threads = 1; threads <= 8; threads++) {
        shape one = {
            .lanes = threads, .threads = threads, .processors = 2, .batches = 3, .seed = threads};
        check(&one, 300);
    }
}

/* A thread alone must finish all lanes while the others have not even arrived: they wait for it. */
typedef struct lonely {
    sqi_boundary *boundary;
    uint32_t batches, lanes_run; /* lanes_run: by thread 0 alone, so plain */
    sqi_word left;               /* 1 once thread 0 has finished */
} lonely;

static void count_lane(void *context, uint32_t batch, unsigned lane) {
    (void)batch;
    (void)lane;
    ((lonely *)context)->lanes_run++;
}

static void enter_late(void *context, unsigned thread) {
    lonely *s = context;
    while (thread != 0 && sqi_load_acquire(&s->left) == 0)
        sched_yield();
    sqi_boundary_run(s->boundary, thread, s->batches, count_lane, s);
    if (thread == 0)
        sqi_store_release(&s->left, 1);
}

Test(boundary, one_thread_needs_no_other) {
    lonely s = {.batches = 500};
    sqi_team *team;
    sqi_word_init(&s.left, 0);
    cr_assert_eq(sqi_team_new(&team, 3, NULL), SQ_OK);
    cr_assert_eq(sqi_boundary_new(&s.boundary, 5, 3, 3, NULL), SQ_OK);
    sqi_team_run(team, enter_late, &s);
    cr_assert_eq(s.lanes_run, 5 * 500);
    sqi_boundary_free(s.boundary);
    sqi_team_free(team);
}

Test(boundary, refuses_nothing_to_do_it_with) {
    for (unsigned missing = 0; missing < 3; missing++) {
        sqi_boundary *boundary = (sqi_boundary *)&missing;
        sq_error error = {{0}};
        cr_assert_eq(sqi_boundary_new(&boundary, missing != 0, missing != 1, missing != 2, &error),
                     SQ_BAD_ARGUMENT);
        cr_assert_null(boundary);
        cr_assert_neq(error.message[0], '\0');
    }
    cr_assert_null(sqi_boundary_free(NULL));
}
