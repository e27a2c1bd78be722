/* What does a row cost that another processor wrote last?
 *
 *     sharing [ROUNDS]            (default 9)
 *
 * Two threads take steps of matrix completion on users and items of their own, so nothing conflicts
 * and nothing is waited for but the end of a phase of 20,000 steps each. Before a phase every user
 * changes hands with probability p: its row then lies, modified, in the other processor's cache. A
 * step's time as p grows, beside that of one thread alone (p = 0 and p = 0.5: rows that it did not
 * touch in the last phase), is what parallel steps on shared parameters cost by nature, whatever
 * orders them; independent trainings do not pay it. Of a random order, half of the users change hands
 * from one step to their next on two lanes.
 *
 * Printed: nanoseconds a step and thread, the least and the median over the rounds, in which all take
 * turns; ranks 16 and 64; as many users as Jester's 24,983 and Douban's 2,999. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/spread.h"
#include "base/clock.h"
#include "base/random.h"
#include "sequent/model.h"
#include "support.h"
#include "sync/team.h"

enum { PHASES = 24, STEPS = 20000, ITEMS = 50, SHARES = 4, CASES = SHARES + 2, ROUNDS_MAX = 99 };
static const double shares[SHARES] = {0, 0.25, 0.5, 1};

typedef struct subject {
    sq_data data; /* phase by phase, thread 0's steps before thread 1's */
    sq_model *model;
    sq_problem *problem;
    unsigned phase, threads;
} subject;

static double draw(uint64_t *index) {
    uint32_t word[4];
    sqi_philox(1, SQ_STREAM_USER, 0, (*index)++, word);
    return word[0] * 0x1p-32;
}

/* The users of each thread follow one another in `of`: thread 0's from 0, thread 1's from `middle`. */
static size_t deal(uint32_t *of, const unsigned char *owner, size_t users) {
    size_t n = 0, middle;
    for (size_t u = 0; u < users; u++)
        if (owner[u] == 0)
            of[n++] = (uint32_t)u;
    middle = n;
    for (size_t u = 0; u < users; u++)
        if (owner[u] == 1)
            of[n++] = (uint32_t)u;
    return middle;
}

static void make(subject *s, size_t users, double share, uint32_t rank) {
    unsigned char *owner = room(users, 1);
    uint32_t *of = room(users, sizeof *of);
    uint64_t index = 0;
    size_t n = 0;
    s->data = (sq_data){.kind = SQ_RATINGS, .samples = (size_t)PHASES * 2 * STEPS};
    s->data.pair = room(2 * s->data.samples, sizeof *s->data.pair);
    s->data.value = room(s->data.samples, sizeof *s->data.value);
    name_all(&s->data.names[0], users);
    name_all(&s->data.names[1], 2 * (size_t)ITEMS);
    for (size_t u = 0; u < users; u++)
        owner[u] = u % 2;
    for (int phase = 0; phase < PHASES; phase++) {
        size_t middle = deal(of, owner, users);
        for (uint32_t thread = 0; thread < 2; thread++)
            for (int i = 0; i < STEPS; i++, n++) {
                size_t first = thread ? middle : 0, count = thread ? users - middle : middle;
                s->data.pair[2 * n] = of[first + (size_t)(draw(&index) * (double)count)];
                s->data.pair[2 * n + 1] =
                    (uint32_t)(users + thread * ITEMS + (size_t)(draw(&index) * ITEMS));
                s->data.value[n] = (float)draw(&index);
            }
        for (size_t u = 0; u < users; u++)
            owner[u] ^= draw(&index) < share;
    }
    sqi_free(owner);
    sqi_free(of);
    sq_error error;
    const sq_model_options options = {SQ_MATRIX_COMPLETION, rank, 1};
    must(sq_model_new(&s->model, &options, &s->data, &error) == SQ_OK, "no model");
    must(sq_model_problem(&s->problem, s->model, &s->data, 0, &error) == SQ_OK, "no problem");
}

static void unmake(subject *s) {
    sq_model_problem_free(s->problem);
    sq_model_free(s->model);
    sqi_free(s->data.pair);
    sqi_free(s->data.value);
    sqi_free(s->data.names[0].name);
    sqi_free(s->data.names[1].name);
}

static void run_phase(void *context, unsigned thread) {
    const subject *s = context;
    if (thread < s->threads)
        s->problem->steps(s->problem->context, s->model->x,
                          &(sq_steps){.first = ((size_t)s->phase * 2 + thread) * STEPS,
                                      .count = STEPS,
                                      .gamma = 1e-3,
                                      .streamed = 1});
}

/* Nanoseconds a step of a thread. */
static double measure(subject *s, sqi_team *team, unsigned threads) {
    s->threads = threads;
    double begin = sqi_seconds();
    for (s->phase = 0; s->phase < PHASES; s->phase++)
        sqi_team_run(team, run_phase, s);
    return (sqi_seconds() - begin) * 1e9 / ((double)PHASES * STEPS);
}

static void compare(sqi_team *team, size_t users, uint32_t rank, int rounds) {
    subject s[SHARES];
    double ns[CASES][ROUNDS_MAX];
    for (int i = 0; i < SHARES; i++)
        make(&s[i], users, shares[i], rank);
    for (int r = -1; r < rounds; r++) /* one to warm up */
        for (int i = 0; i < CASES; i++) {
            int subject = i < SHARES ? i : i == SHARES ? 0 : 2;
            double took = measure(&s[subject], team, i < SHARES ? 2 : 1);
            if (r >= 0)
                ns[i][r] = took;
        }
    for (int i = 0; i < CASES; i++) {
        sqi_spread took = sqi_spread_sort(ns[i], (size_t)rounds);
        (void)printf("%7zu  %4u  %7d  %17.2f  %8.2f  %8.2f\n", users, rank, i < SHARES ? 2 : 1,
                     shares[i < SHARES    ? i
                            : i == SHARES ? 0
                                          : 2],
                     took.least, took.median);
    }
    for (int i = 0; i < SHARES; i++)
        unmake(&s[i]);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 9;
    must(rounds > 0 && rounds <= ROUNDS_MAX, "expected 1 to 99 rounds");
    sqi_team *team;
    sq_error error;
    must(sqi_team_new(&team, 2, &error) == SQ_OK, "no second thread");
    (void)printf("  users  rank  threads  changing hands, p  least ns    median\n");
    static const size_t users[] = {24983, 2999};
    static const uint32_t ranks[] = {16, 64};
    for (int u = 0; u < 2; u++)
        for (int r = 0; r < 2; r++)
            compare(team, users[u], ranks[r], rounds);
    sqi_team_free(team);
    return 0;
}
