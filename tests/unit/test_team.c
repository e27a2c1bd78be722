/* The thread team: who runs, what is visible to whom, and what happens when threads run out.
 *
 * All data that goes from thread to thread is plain memory, so that ThreadSanitizer sees a missing
 * happens-before. This file replaces the seam sync/thread.h with one that can fail. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/counter.h"
#include "sync/race.h"
#include "sync/team.h"
#include "sync/thread.h"

static int threads_allowed = -1; /* how many more may be created; -1: any number */

int sqi_thread_start(pthread_t *thread, void *(*body)(void *), void *argument) {
    if (threads_allowed == 0)
        return EAGAIN;
    if (threads_allowed > 0)
        threads_allowed--;
    return pthread_create(thread, NULL, body, argument);
}

enum { MOST = 64 };

typedef struct round {
    unsigned threads;
    unsigned input;        /* written by the caller before the run */
    unsigned seen[MOST];   /* what each thread read of it, plus 1 */
    unsigned calls[MOST];  /* over all rounds */
    pthread_t self[MOST];  /* of the last round */
    int blocked_int[MOST]; /* whether SIGINT is blocked in the thread, and SIGSEGV */
    int blocked_segv[MOST];
} round_state;

static void look(void *context, unsigned thread) {
    round_state *s = context;
    s->seen[thread] = s->input + 1;
    s->calls[thread]++;
    s->self[thread] = pthread_self();
}

static sqi_team *team_of(unsigned threads) {
    sqi_team *team = NULL;
    sq_error error = {{0}};
    cr_assert_eq(sqi_team_new(&team, threads, &error), SQ_OK, "%s", error.message);
    cr_assert_not_null(team);
    return team;
}

static void check_rounds(unsigned threads, unsigned rounds) {
    sqi_team *team = team_of(threads);
    round_state s = {.threads = threads};
    cr_assert_eq(sqi_team_threads(team), threads);
    for (unsigned r = 0; r < rounds; r++) {
        s.input = r;
        sqi_team_run(team, look, &s);
        for (unsigned t = 0; t < threads; t++)
            cr_assert(s.seen[t] == r + 1 && s.calls[t] == r + 1, "round %u, thread %u of %u", r, t,
                      threads);
    }
    cr_assert(pthread_equal(s.self[0], pthread_self()), "the caller must be thread 0");
    for (unsigned t = 1; t < threads; t++)
        for (unsigned u = 0; u < t; u++)
            cr_assert(!pthread_equal(s.self[t], s.self[u]), "%u and %u are one thread", t, u);
    cr_assert_null(sqi_team_free(team));
}

Test(team, every_thread_runs_once_a_round) {
    check_rounds(1, 1000);
    check_rounds(2, 5000);
    check_rounds(3, 2000);
    check_rounds(7, 500);
    check_rounds(MOST, 50);
}

Test(team, is_made_and_ended_without_a_run) {
    for (unsigned i = 0; i < 50; i++)
        cr_assert_null(sqi_team_free(team_of(1 + i % 5)));
    cr_assert_null(sqi_team_free(NULL));
}

/* Each thread passes a plain value on to its neighbour in the next round: without the join, or
 * without the publish, a thread would read an old one. */
typedef struct ring {
    unsigned threads, round;
    unsigned cell[2][MOST];
} ring;

static void pass(void *context, unsigned thread) {
    ring *s = context;
    s->cell[(s->round + 1) % 2][thread] = s->cell[s->round % 2][(thread + 1) % s->threads] + 1;
}

Test(team, hands_plain_memory_from_round_to_round) {
    ring s = {.threads = 4};
    sqi_team *team = team_of(s.threads);
    for (unsigned t = 0; t < s.threads; t++)
        s.cell[0][t] = t;
    const unsigned rounds = 4000;
    for (s.round = 0; s.round < rounds; s.round++)
        sqi_team_run(team, pass, &s);
    for (unsigned t = 0; t < s.threads; t++)
        cr_assert_eq(s.cell[rounds % 2][t], (t + rounds) % s.threads + rounds);
    sqi_team_free(team);
}

static void first(void *context, unsigned thread) {
    ((unsigned *)context)[thread] = 1;
}

static void second(void *context, unsigned thread) {
    ((unsigned *)context)[thread] += 10;
}

Test(team, runs_the_function_and_context_of_this_round) {
    sqi_team *team = team_of(3);
    for (unsigned r = 0; r < 2000; r++) {
        unsigned *values = calloc(3, sizeof *values);
        sqi_team_run(team, first, values);
        sqi_team_run(team, second, values);
        cr_assert(values[0] == 11 && values[1] == 11 && values[2] == 11);
        free(values);
    }
    sqi_team_free(team);
}

static void look_at_signals(void *context, unsigned thread) {
    round_state *s = context;
    sigset_t set;
    cr_assert_eq(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
    s->blocked_int[thread] = sigismember(&set, SIGINT);
    s->blocked_segv[thread] = sigismember(&set, SIGSEGV);
}

Test(team, workers_leave_signals_to_the_program) {
    round_state s = {.threads = 3};
    sqi_team *team = team_of(3);
    sqi_team_run(team, look_at_signals, &s);
    cr_assert(!s.blocked_int[0] && !s.blocked_segv[0], "the caller's mask must not change");
    for (unsigned t = 1; t < 3; t++)
        cr_assert(s.blocked_int[t] && !s.blocked_segv[t]);
    sqi_team_free(team);
}

Test(team, says_so_when_threads_run_out) {
    for (int allowed = 0; allowed < 7; allowed++) {
        sqi_team *team = (sqi_team *)&threads_allowed;
        sq_error error = {{0}};
        char expected[64];
        threads_allowed = allowed;
        cr_assert_eq(sqi_team_new(&team, 8, &error), SQ_NO_THREAD);
        threads_allowed = -1;
        cr_assert_null(team);
        (void)snprintf(expected, sizeof expected, "%d of 8 threads", allowed + 1);
        cr_assert_not_null(strstr(error.message, expected), "%s", error.message);
    }
    threads_allowed = 7;
    sqi_team *team = team_of(8);
    threads_allowed = -1;
    sqi_team_free(team);
}

Test(team, refuses_no_threads) {
    sqi_team *team = (sqi_team *)&threads_allowed;
    cr_assert_eq(sqi_team_new(&team, 0, NULL), SQ_BAD_ARGUMENT);
    cr_assert_null(team);
}

enum { CHUNKS = 20000, CHUNK = 3 };

typedef struct chunks {
    sqi_counter counter;
    unsigned char taken[CHUNKS]; /* plain: a chunk given out twice is a race, too */
} chunks;

static void take_chunks(void *context, unsigned thread) {
    chunks *s = context;
    uint64_t old;
    (void)thread;
    while ((old = sqi_counter_take(&s->counter, CHUNK)) < (uint64_t)CHUNKS * CHUNK)
        s->taken[old / CHUNK] = (unsigned char)(s->taken[old / CHUNK] + 1 + old % CHUNK);
}

Test(counter, gives_every_chunk_to_one_thread) {
    chunks *s = aligned_alloc(SQI_LINE, sizeof *s);
    sqi_team *team = team_of(4);
    memset(s->taken, 0, sizeof s->taken);
    sqi_counter_init(&s->counter, 0);
    sqi_team_run(team, take_chunks, s);
    for (unsigned i = 0; i < CHUNKS; i++)
        cr_assert_eq(s->taken[i], 1, "chunk %u was taken %u times", i, s->taken[i]);
    sqi_team_free(team);
    free(s);
}

static void race(void *context, unsigned thread) {
    unsigned *value = context;
    sqi_race_begin();
    for (unsigned i = 0; i < 1000; i++)
        *(volatile unsigned *)value = thread;
    sqi_race_end();
}

/* Under ThreadSanitizer this fails if the bracket hides nothing. */
Test(race, is_hidden_where_it_is_meant) {
    unsigned value = 99;
    sqi_team *team = team_of(2);
    sqi_team_run(team, race, &value);
    cr_assert_lt(value, 2);
    sqi_team_free(team);
}

Test(counter, chunks_are_neither_short_nor_long) {
    cr_assert(sqi_counter_chunk(0, 1, 64, 512) == 64);
    cr_assert(sqi_counter_chunk(64 * 3 * 65, 3, 64, 512) == 65);
    cr_assert(sqi_counter_chunk(64 * 3 * 512, 3, 64, 512) == 512);
    cr_assert(sqi_counter_chunk(1 << 20, 1024, 64, 512) == 64);
    cr_assert(sqi_counter_chunk(UINT64_MAX, 1, 64, 512) == 512);
}
