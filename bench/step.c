/* What does a serial step take, and what bounds it?
 *
 *     step [ROUNDS]            (default 11)
 *
 * Steps of matrix completion of ranks 16 and 64, and of least squares on rows of 20 non-zeros, on samples in
 * their order; and, for what the caches and the memory allow, lines of 64 bytes, asked for 24 ahead, of which
 * one number is changed, in half as many bytes. By where the parameters are:
 *   chain          every step works on what the one before it wrote
 *   first cache    16 kB; no step of matrix completion touches what the 60 before it wrote
 *   second         256 kB, drawn at random
 *   third          4 MB
 *   memory         256 MB
 * Printed: nanoseconds a step, a non-zero or a line, the least and the median over the rounds, in which all
 * take turns. */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/spread.h"
#include "base/clock.h"
#include "base/prefetch.h"
#include "base/random.h"
#include "num/float_env.h"
#include "sequent/data.h"
#include "sequent/model.h"
#include "support.h"

enum { ROUNDS_MAX = 99, COUNT = 1 << 20, ROW = 20 };
enum { CHAIN, FIRST, SECOND, THIRD, MEMORY, PLACES };
static const struct {
    const char *name;
    size_t bytes; /* of parameters; 0: of one step */
} places[PLACES] = {{"chain", 0},
                    {"first cache", 16 << 10},
                    {"second cache", 256 << 10},
                    {"third cache", 4 << 20},
                    {"memory", 256 << 20}};

typedef struct subject {
    int place;
    sq_data data;
    size_t count;        /* steps, non-zeros or lines of a pass */
    sq_problem *problem; /* NULL: the lines data.pair[0], data.pair[2], … are touched */
    float *x;
    double ns[ROUNDS_MAX];
} subject;

/* The i-th number of a stream, below a bound. */
static uint32_t draw(uint32_t stream, size_t i, uint32_t bound) {
    uint32_t word[4];
    sqi_philox(1, stream, 0, i, word);
    return (uint32_t)((uint64_t)word[0] * bound >> 32);
}

/* Drawn likewise; in the first cache, one after another. */
static uint32_t choose(const subject *s, uint32_t stream, size_t i, uint32_t bound) {
    return s->place == FIRST ? (uint32_t)(i % bound) : draw(stream, i, bound);
}

static void make_ratings(subject *s, uint32_t rank) {
    const size_t all = places[s->place].bytes / (rank * sizeof(float));
    const uint32_t side = all > 2 ? (uint32_t)all / 2 : 1;
    s->data = (sq_data){.kind = SQ_RATINGS, .samples = COUNT};
    s->data.pair = room(2 * COUNT, sizeof *s->data.pair);
    s->data.value = room(COUNT, sizeof *s->data.value);
    name_all(&s->data.names[0], side);
    name_all(&s->data.names[1], side);
    for (size_t i = 0; i < COUNT; i++) {
        s->data.pair[2 * i] = choose(s, 0, i, side);
        s->data.pair[2 * i + 1] = side + choose(s, 1, i, side);
        s->data.value[i] = (float)(1 + draw(2, i, 5));
    }
    s->count = COUNT;
}

/* Each entry of a row has a share of the features to be chosen from. */
static void make_rows(subject *s) {
    const size_t features = places[s->place].bytes / sizeof(float), samples = COUNT / ROW;
    const uint32_t share = features > ROW ? (uint32_t)(features / ROW) : 1;
    s->count = samples * ROW;
    s->data = (sq_data){.kind = SQ_ROWS, .samples = samples, .nonzeros = s->count};
    s->data.row = room(samples + 1, sizeof *s->data.row);
    s->data.column = room(s->count, sizeof *s->data.column);
    s->data.value = room(s->count, sizeof *s->data.value);
    s->data.label = room(samples, sizeof *s->data.label);
    name_all(&s->data.names[0], (size_t)share * ROW);
    for (size_t i = 0; i < samples; i++) {
        for (uint32_t j = 0; j < ROW; j++) {
            s->data.column[i * ROW + j] = j * share + choose(s, j, i, share);
            s->data.value[i * ROW + j] = (float)(1 + draw(ROW, i * ROW + j, 4)) / 4;
        }
        s->data.label[i] = draw(ROW + 1, i, 2) ? 1 : -1;
        s->data.row[i + 1] = (i + 1) * ROW;
    }
}

static void make_problem(subject *s, sq_model_kind kind, uint32_t rank) {
    const sq_model_options options = {.kind = kind, .rank = rank, .seed = 1};
    sq_model *model;
    sq_error error = {""};
    must(sq_model_new(&model, &options, &s->data, &error) == SQ_OK, error.message);
    must(sq_model_problem(&s->problem, model, &s->data, 0, &error) == SQ_OK, error.message);
    s->x = model->x;
}

static void touch_lines(float *x, const uint32_t *pair, size_t count) {
    enum { AHEAD = 24, LINE = 16 };
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            sqi_ask_to_write(x + (size_t)pair[2 * (i + AHEAD)] * LINE);
        x[(size_t)pair[2 * i] * LINE] += 1;
    }
}

static void measure(subject *s, int round) {
    const double begin = sqi_seconds();
    if (s->problem)
        s->problem->steps(s->problem->context, s->x,
                          &(sq_steps){.count = s->data.samples, .gamma = 1e-3, .streamed = 1});
    else
        touch_lines(s->x, s->data.pair, s->count);
    s->ns[round] = (sqi_seconds() - begin) * 1e9 / (double)s->count;
}

int main(int argc, char **argv) {
    enum { RANK_16, RANK_64, NON_ZERO, LINE, KINDS };
    static const char *const kinds[KINDS] = {"step, rank 16", "step, rank 64", "non-zero", "line"};
    static subject subjects[KINDS][PLACES];
    const int rounds = argc > 1 ? atoi(argv[1]) : 11;
    must(rounds >= 1 && rounds <= ROUNDS_MAX, "usage: step [ROUNDS]");
    for (int place = 0; place < PLACES; place++) {
        for (int kind = 0; kind < KINDS; kind++)
            subjects[kind][place].place = place;
        make_ratings(&subjects[RANK_16][place], 16);
        make_ratings(&subjects[RANK_64][place], 64);
        make_rows(&subjects[NON_ZERO][place]);
        make_problem(&subjects[RANK_16][place], SQ_MATRIX_COMPLETION, 16);
        make_problem(&subjects[RANK_64][place], SQ_MATRIX_COMPLETION, 64);
        make_problem(&subjects[NON_ZERO][place], SQ_LEAST_SQUARES, 0);
        make_ratings(&subjects[LINE][place], 16); /* a row is a line; half of them are users' */
        subjects[LINE][place].x = room(places[place].bytes / 2 + 64, 1);
    }
    sqi_float_env was = sqi_float_env_enter();
    for (int r = -1; r < rounds; r++) /* one to warm up */
        for (int i = 0; i < KINDS * PLACES; i++) {
            int turn = r % 2 ? i : KINDS * PLACES - 1 - i;
            measure(&subjects[turn / PLACES][turn % PLACES], r < 0 ? 0 : r);
        }
    sqi_float_env_leave(was);
    (void)printf("what           parameters    least ns    median\n");
    for (int kind = 0; kind < KINDS; kind++)
        for (int place = 0; place < PLACES; place++) {
            const sqi_spread ns = sqi_spread_sort(subjects[kind][place].ns, (size_t)rounds);
            (void)printf("%-13s  %-12s  %8.2f  %8.2f\n", kinds[kind], places[place].name, ns.least,
                         ns.median);
        }
    return 0;
}
