/* What keeps planned steps from the ceiling?
 *
 *     ceiling [ROUNDS]            (default 21)
 *
 * A million ratings drawn at random and, where $SEQUENT_DATA names a folder that holds them, Jester's and
 * Douban's; ranks 16 and 64; two threads, planner `lanes`. Nothing but steps is measured, on samples that
 * have been copied before. All rows take turns:
 *   serial           one thread, in pi's order
 *   copies           each of two threads takes all steps, on parameters of its own: the ceiling
 *   side by side     planned; samples as in the plan, a batch's two lists next to each other
 *   lane by lane     planned; the samples of one lane, then those of the other: what sequent does
 *   own rows         the same, but each lane on parameters of its own, so that no line of them goes from one
 *                    processor to the other (not what serial steps give)
 *   alone            the same without boundaries
 *   alone, apart     the same where no step touches a block of the step before it, if it could let the
 *                    next one pass
 *
 * Printed: nanoseconds a step (of one thread's in `copies`), the least and the median over the rounds; the
 * medians of the rounds' shares of the ceiling, half of what copies take; the share of a thread's time that
 * it waits at boundaries; and how far apart the processors are, as `sequent bench` says it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/spread.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "plan/by_lane.h"
#include "sequent/bench.h"
#include "sequent/data.h"
#include "sequent/model.h"
#include "sequent/order.h"
#include "support.h"
#include "sync/boundary.h"
#include "sync/team.h"

enum { THREADS = 2, ROUNDS_MAX = 99 };
enum { GENERATED = 1000000, USERS = 30000, ITEMS = 5000 };
enum { LEAST = 1500000 }; /* steps of a measurement */
enum { SERIAL, COPIES, SIDE_BY_SIDE, LANE_BY_LANE, OWN_ROWS, ALONE, ALONE_APART, ROWS };
static const char *const names[ROWS] = {"serial",   "copies", "side by side", "lane by lane",
                                        "own rows", "alone",  "alone, apart"};

/* Samples copied into an order. */
typedef struct arranged {
    sq_data data;
    sq_problem *problem;
    const uint32_t *first; /* where each list's begin (size lists) */
} arranged;

typedef struct subject {
    sq_model *model;
    sq_plan *plan;
    arranged by_pi, side, lane, apart;
    float *x[THREADS];
    sqi_boundary *boundary;
    int row;
    struct {
        _Alignas(64) double busy;
    } thread[THREADS]; /* seconds in lanes */
} subject;

static void copy_pairs(sq_data *to, const sq_data *from, const uint32_t *order) {
    *to = *from;
    to->pair = room(2 * from->samples, sizeof *from->pair);
    to->value = room(from->samples, sizeof *from->value);
    for (size_t k = 0; k < from->samples; k++) {
        memcpy(to->pair + 2 * k, from->pair + 2 * (size_t)order[k], 2 * sizeof *from->pair);
        to->value[k] = from->value[order[k]];
    }
}

static void copy_samples(arranged *to, const sq_data *from, const uint32_t *order,
                         const uint32_t *first, const sq_model *model) {
    copy_pairs(&to->data, from, order);
    to->first = first;
    must(sq_model_problem(&to->problem, model, &to->data, 0, NULL) == SQ_OK, "no problem");
}

static void samples_free(arranged *a) {
    sq_model_problem_free(a->problem);
    sqi_free(a->data.pair);
    sqi_free(a->data.value);
}

static int share(const sq_data *data, uint32_t step, uint32_t other) {
    const uint32_t *p = data->pair + 2 * (size_t)step, *q = data->pair + 2 * (size_t)other;
    return p[0] == q[0] || p[1] == q[1];
}

/* In a list, a step that shares a block with the one before it lets the next one pass, if it shares none with
 * either. Returns how many steps shared one. */
static size_t set_apart(const sq_data *data, uint32_t *step, size_t count) {
    size_t sharing = 0;
    for (size_t i = 1; i < count; i++) {
        if (!share(data, step[i - 1], step[i]))
            continue;
        sharing++;
        if (i + 1 < count && !share(data, step[i - 1], step[i + 1]) &&
            !share(data, step[i], step[i + 1])) {
            uint32_t kept = step[i];
            step[i] = step[i + 1];
            step[i + 1] = kept;
        }
    }
    return sharing;
}

static void run_steps(const arranged *a, float *x, size_t first, size_t count) {
    a->problem->steps(a->problem->context, x,
                      &(sq_steps){.first = first, .count = count, .gamma = 1e-3, .streamed = 1});
}

static void run_list(subject *s, const arranged *a, unsigned lane, uint32_t batch, float *x) {
    const size_t list = (size_t)batch * THREADS + lane;
    run_steps(a, x, a->first[list], s->plan->begin[list + 1] - s->plan->begin[list]);
}

static void run_lane(void *context, uint32_t batch, unsigned lane) {
    subject *s = context;
    double begin = sqi_seconds();
    run_list(s, s->row == SIDE_BY_SIDE ? &s->side : &s->lane, lane, batch,
             s->x[s->row == OWN_ROWS ? lane : 0]);
    s->thread[lane].busy += sqi_seconds() - begin;
}

static void work(void *context, unsigned thread) {
    subject *s = context;
    const uint32_t batches = (uint32_t)s->plan->batches;
    switch (s->row) {
    case SERIAL:
        if (thread == 0)
            run_steps(&s->by_pi, s->x[0], 0, s->by_pi.data.samples);
        break;
    case COPIES:
        run_steps(&s->by_pi, s->x[thread], 0, s->by_pi.data.samples);
        break;
    case SIDE_BY_SIDE:
    case LANE_BY_LANE:
    case OWN_ROWS:
        sqi_boundary_run(s->boundary, thread, batches, run_lane, s);
        break;
    default:
        for (uint32_t b = 0; b < batches; b++)
            run_list(s, s->row == ALONE ? &s->lane : &s->apart, thread, b, s->x[thread]);
    }
}

/* Seconds of so many epochs; *waited: the share of them that threads were not in lanes. */
static double measure(subject *s, sqi_team *team, int epochs, double *waited) {
    for (int t = 0; t < THREADS; t++)
        s->thread[t].busy = 0;
    double begin = sqi_seconds();
    for (int e = 0; e < epochs; e++) {
        sqi_boundary_reset(s->boundary);
        sqi_team_run(team, work, s);
    }
    double took = sqi_seconds() - begin, busy = 0;
    for (int t = 0; t < THREADS; t++)
        busy += s->thread[t].busy / THREADS;
    *waited = 1 - busy / took;
    return took;
}

static void print(const char *name, uint32_t rank, int row, double *ns, double *shares,
                  double *waited, int rounds) {
    const size_t count = (size_t)rounds;
    const sqi_spread took = sqi_spread_sort(ns, count);
    (void)printf("%-14s  %4u  %-13s  %8.2f  %8.2f", name, rank, names[row], took.least,
                 took.median);
    if (row != SERIAL)
        (void)printf("  %10.2f", sqi_spread_sort(shares, count).median);
    if (row >= SIDE_BY_SIDE && row <= OWN_ROWS)
        (void)printf("  %5.1f %%", 100 * sqi_spread_sort(waited, count).median);
    (void)printf("\n");
}

static void run_rounds(subject *s, sqi_team *team, const char *name, uint32_t rank, int rounds) {
    static double ns[ROWS][ROUNDS_MAX], shares[ROWS][ROUNDS_MAX], waited[ROWS][ROUNDS_MAX];
    double handover[ROUNDS_MAX];
    const size_t steps = s->by_pi.data.samples;
    const int epochs = (int)(LEAST / steps) + 1;
    for (int r = -1; r < rounds; r++) { /* one to warm up */
        const int at = r < 0 ? 0 : r;
        must(sq_handover(&handover[at], NULL) == SQ_OK, "no second thread");
        for (int i = 0; i < ROWS; i++) {
            s->row = r % 2 ? i : ROWS - 1 - i;
            double seconds = measure(s, team, epochs, &waited[s->row][at]);
            ns[s->row][at] = seconds * 1e9 / ((double)steps * epochs);
        }
        for (int i = 0; i < ROWS; i++)
            shares[i][at] = ns[COPIES][at] / THREADS / ns[i][at];
        shares[COPIES][at] = 1;
    }
    for (int i = 0; i < ROWS; i++)
        print(name, rank, i, ns[i], shares[i], waited[i], rounds);
    const sqi_spread apart = sqi_spread_sort(handover, (size_t)rounds);
    (void)printf("%-14s  %4u  handover       %8.0f  %8.0f\n", name, rank, apart.least,
                 apart.median);
}

/* data: in the order in which it is to be trained on. */
static void compare(sqi_team *team, const char *name, const sq_data *data, uint32_t rank,
                    int rounds) {
    subject s = {.row = 0};
    sq_error error = {""};
    const size_t steps = data->samples;
    const sq_model_options model = {.kind = SQ_MATRIX_COMPLETION, .rank = rank, .seed = 1};
    must(sq_model_new(&s.model, &model, data, &error) == SQ_OK, error.message);
    s.by_pi.data = *data;
    must(sq_model_problem(&s.by_pi.problem, s.model, data, 0, &error) == SQ_OK, error.message);
    const sq_plan_options options = {.planner = SQ_PLANNER_LANES,
                                     .lanes = THREADS,
                                     .step_ns = s.by_pi.problem->step_ns,
                                     .fixed_ns = s.by_pi.problem->fixed_ns};
    must(sq_plan_build(&s.plan, s.by_pi.problem->graph, NULL, steps, &options, &error) == SQ_OK,
         error.message);
    const size_t lists = s.plan->batches * THREADS;
    uint32_t *first = room(lists, sizeof *first), *order = room(steps, sizeof *order);
    sqi_plan_place_lists(s.plan, first);
    for (size_t lane = 0; lane < THREADS; lane++)
        sqi_plan_move_lane(s.plan, first, lane, order);
    copy_samples(&s.side, data, s.plan->step, s.plan->begin, s.model);
    copy_samples(&s.lane, data, order, first, s.model);
    size_t sharing = 0;
    for (size_t list = 0; list < lists; list++)
        sharing +=
            set_apart(data, order + first[list], s.plan->begin[list + 1] - s.plan->begin[list]);
    copy_samples(&s.apart, data, order, first, s.model);
    must(sqi_boundary_new(&s.boundary, THREADS, THREADS, THREADS, &error) == SQ_OK, error.message);
    const size_t parameters = sq_problem_parameters(s.by_pi.problem);
    for (int t = 0; t < THREADS; t++) {
        s.x[t] = room(parameters, sizeof(float));
        memcpy(s.x[t], s.model->x, parameters * sizeof(float));
    }
    (void)printf(
        "%-14s  %4u  batches of %.0f steps; %.1f %% of the steps touch a block of the one before\n",
        name, rank, (double)steps / (double)s.plan->batches, 100 * (double)sharing / (double)steps);
    run_rounds(&s, team, name, rank, rounds);
    for (int t = 0; t < THREADS; t++)
        sqi_free(s.x[t]);
    sqi_boundary_free(s.boundary);
    sq_model_problem_free(s.by_pi.problem);
    samples_free(&s.side);
    samples_free(&s.lane);
    samples_free(&s.apart);
    sq_plan_free(s.plan);
    sq_model_free(s.model);
    sqi_free(first);
    sqi_free(order);
}

static void generate(sq_data *data) {
    *data = (sq_data){.kind = SQ_RATINGS, .samples = GENERATED};
    data->pair = room(2 * data->samples, sizeof *data->pair);
    data->value = room(data->samples, sizeof *data->value);
    name_all(&data->names[0], USERS);
    name_all(&data->names[1], ITEMS);
    for (size_t i = 0; i < data->samples; i++) {
        uint32_t word[4];
        sqi_philox(1, SQ_STREAM_USER, 0, i, word);
        data->pair[2 * i] = word[0] % USERS;
        data->pair[2 * i + 1] = USERS + word[1] % ITEMS;
        data->value[i] = (float)(word[2] % 5 + 1);
    }
}

/* A file's ratings, shuffled. 0: it is not there. */
static int read_shuffled(sq_data *shuffled, const char *folder, const char *file) {
    char path[4096];
    sq_data *data = NULL;
    sq_order order;
    uint32_t *pi;
    (void)snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", file);
    if (!folder || sq_data_read(&data, path, SQ_RATINGS, SQ_FORMAT_AUTO, NULL) != SQ_OK)
        return 0;
    must(sq_order_init(&order, "shuffle", 1, data->samples, NULL) == SQ_OK, "no order");
    must(sq_pi_new(&pi, &order, NULL) == SQ_OK, "no order");
    copy_pairs(shuffled, data, pi);
    sq_pi_free(pi);
    sq_order_fini(&order);
    return 1; /* the names are the file's, which stays */
}

int main(int argc, char **argv) {
    static sq_data sets[3];
    static const char *const files[] = {"jester1.txt.gz", "douban.txt"};
    const char *names_of[3] = {"generated"};
    const int rounds = argc > 1 ? atoi(argv[1]) : 21;
    int count = 1;
    must(rounds >= 1 && rounds <= ROUNDS_MAX, "usage: ceiling [ROUNDS]");
    generate(&sets[0]);
    for (int f = 0; f < 2; f++)
        if (read_shuffled(&sets[count], getenv("SEQUENT_DATA"), files[f]))
            names_of[count++] = files[f];
    sqi_team *team;
    must(sqi_team_new(&team, THREADS, NULL) == SQ_OK, "no threads");
    (void)printf("set             rank  row            least ns    median  of ceiling   waits\n");
    for (int i = 0; i < count; i++)
        for (uint32_t rank = 16; rank <= 64; rank += 48)
            compare(team, names_of[i], &sets[i], rank, rounds);
    sqi_team_free(team);
    return 0;
}
