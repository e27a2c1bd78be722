/* The rounds of a contest, and what the contestants' results have in common. */
#include "analyze/contest.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "sequent/bench.h"

/* A round has so many laps that serial steps take ROUND seconds of it, but not more than LAPS, and fewer
 * where there are contestants so slow that it would take longer than WHOLE. */
static const double ROUND = 0.1, WHOLE = 3;
enum { LAPS = 25 };

typedef struct field {
    const sqi_contest_options *options;
    sqi_contest *contest;
    size_t parameters; /* floats in x */
    float *initial;    /* (size parameters) */
    float *serial;     /* of the first run (size parameters) */
    float **copy;      /* what the copies train: x and others (size most threads) */
    unsigned copies;   /* of copy */
} field;

/* Floats that belong to no parameter do not count. */
static int same_bits(const sq_problem *p, const float *a, const float *b) {
    for (size_t i = 0; i < p->blocks; i++)
        if (memcmp(a + i * p->stride, b + i * p->stride, p->width * sizeof *a) != 0)
            return 0;
    return 1;
}

static double distance(const sq_problem *p, const float *x, const float *from) {
    double sum = 0, norm = 0;
    for (size_t i = 0; i < p->blocks; i++)
        for (uint32_t j = 0; j < p->width; j++) {
            double a = (double)x[i * p->stride + j], b = (double)from[i * p->stride + j];
            sum += (a - b) * (a - b);
            norm += b * b;
        }
    return sum > 0 ? sqrt(sum / norm) : 0;
}

static void reset(const field *f, float *x) {
    memcpy(x, f->initial, f->parameters * sizeof *x);
}

static int keep_loss(void *context, const sq_epoch *epoch) {
    double *curve = context;
    curve[epoch->epoch] = epoch->loss;
    return 0;
}

static int fail(int status, const sqi_contestant *who, const sq_error *why, sq_error *error) {
    const char *planner = who->mode == SQ_MODE_PLANNED ? sq_planner_name(who->planner) : "";
    return sqi_fail(error, status, "%s%s%s, %u thread%s: %s", sq_mode_name(who->mode),
                    *planner ? ", " : "", planner, who->threads, who->threads == 1 ? "" : "s",
                    why->message);
}

/* A turn's runs: number `run` of all that count, or, where round is 0, those that warm up. */
typedef struct turn {
    unsigned round; /* from 1 */
    size_t run;     /* from 0 */
} turn;

/* One run of one contestant. Losses are evaluated in the warm-up alone, so that nothing comes between
 * the epochs of a measured run but its own mode. */
static int run_row(const field *f, turn now, size_t row, sq_error *error) {
    const sqi_contest_options *o = f->options;
    sqi_runs *r = &f->contest->runs[row];
    const sq_observer keep = {.context = r->curve, .epoch = keep_loss};
    sq_train_options options = o->train;
    options.mode = r->who.mode;
    options.threads = r->who.threads;
    options.plan.planner = r->who.planner;
    options.losses = now.round == 0;
    options.observer = now.round == 0 ? &keep : NULL;
    reset(f, o->x);
    sq_error why = {""};
    int status = sq_train(o->problem, o->x, o->order, &options, &r->report, &why);
    if (status != SQ_OK)
        return fail(status, &r->who, &why, error);
    if (now.round == 0 && row == 0)
        memcpy(f->serial, o->x, f->parameters * sizeof *o->x);
    r->same_bits = r->same_bits && same_bits(o->problem, o->x, f->serial);
    if (now.round > 0) {
        r->seconds[now.run] = r->report.train_seconds;
        r->planning[now.run] = r->report.plan_seconds;
        r->distance[now.run] = distance(o->problem, o->x, f->serial);
        status = sq_problem_loss(o->problem, o->x, o->train.l2_exact, &r->loss[now.run], error);
    }
    if (status == SQ_OK && o->seen)
        o->seen(o->context, now.round, row);
    return status;
}

static int run_ceiling(const field *f, turn now, sqi_ceiling *c, sq_error *error) {
    const sqi_contest_options *o = f->options;
    double seconds;
    for (unsigned t = 0; t < c->threads; t++)
        reset(f, f->copy[t]);
    int status =
        sq_train_copies(o->problem, f->copy, c->threads, o->order, &o->train, &seconds, error);
    if (now.round > 0)
        c->seconds[now.run] = seconds;
    else
        c->warm = seconds;
    return status;
}

static int run_turn(const field *f, turn now, sq_error *error) {
    const sqi_contest *c = f->contest;
    size_t all = c->rows + c->ceilings, number = now.round > 0 ? now.run + 1 : 0;
    int status = SQ_OK;
    if (now.round > 0 && c->turns > 0)
        status = sq_handover(&c->handover[now.run], error);
    for (size_t i = 0; i < all && status == SQ_OK; i++) {
        size_t next = (number / 2 + (number % 2 ? all - 1 - i : i)) % all;
        status = next < c->rows ? run_row(f, now, next, error)
                                : run_ceiling(f, now, &c->ceiling[next - c->rows], error);
    }
    return status;
}

static int run_rounds(const field *f, sq_error *error) {
    const sqi_contest *c = f->contest;
    int status = SQ_OK;
    for (size_t run = 0; run < (size_t)c->rounds * c->laps && status == SQ_OK; run++)
        status = run_turn(f, (turn){(unsigned)(run / c->laps) + 1, run}, error);
    return status;
}

/* The rounds' times from the runs'. */
static void sum_up(const sqi_contest *c, const double *seconds, const double *more, double *round) {
    for (unsigned r = 0; r < c->rounds; r++) {
        for (unsigned l = 0; l < c->laps; l++) {
            size_t run = (size_t)r * c->laps + l;
            c->scratch[l] = seconds[run] + (more ? more[run] : 0);
        }
        round[r] = sqi_spread_sort(c->scratch, c->laps).median;
    }
}

static void sum_up_all(const sqi_contest *c) {
    for (size_t i = 0; i < c->rows; i++) {
        const sqi_runs *r = &c->runs[i];
        sum_up(c, r->seconds, NULL, r->round);
        sum_up(c, r->seconds, r->planning, r->round_whole);
    }
    for (size_t i = 0; i < c->ceilings; i++)
        sum_up(c, c->ceiling[i].seconds, NULL, c->ceiling[i].round);
}

static sqi_ceiling *ceiling_of(const sqi_contest *c, unsigned threads) {
    for (size_t i = 0; i < c->ceilings; i++)
        if (c->ceiling[i].threads == threads)
            return &c->ceiling[i];
    return NULL;
}

/* The rows, with room for what the warm-up shows. */
static int make_contest(sqi_contest *c, const sqi_contest_options *o, sq_error *error) {
    c->rows = o->count;
    c->rounds = o->rounds;
    c->epochs = o->train.epochs;
    c->runs = sqi_alloc(c->rows, sizeof *c->runs, error);
    c->ceiling = sqi_alloc(c->rows, sizeof *c->ceiling, error);
    c->curves = sqi_alloc((size_t)c->epochs, c->rows * sizeof *c->curves, error);
    if (!c->runs || !c->ceiling || !c->curves)
        return SQ_NO_MEMORY;
    for (size_t i = 0; i < c->rows; i++) {
        unsigned threads = o->who[i].threads;
        c->runs[i] = (sqi_runs){
            .who = o->who[i], .curve = c->curves + i * (size_t)c->epochs, .same_bits = 1};
        if (threads > 1 && !ceiling_of(c, threads))
            c->ceiling[c->ceilings++].threads = threads;
    }
    return SQ_OK;
}

/* The number of laps, now that a run's time is known, and room for the measurements. */
static int make_rounds(sqi_contest *c, sq_error *error) {
    double laps = ROUND / (c->runs[0].report.train_seconds + 1e-9), all_once = 1e-9;
    for (size_t i = 0; i < c->rows; i++)
        all_once += c->runs[i].report.train_seconds + c->runs[i].report.plan_seconds;
    for (size_t i = 0; i < c->ceilings; i++)
        all_once += c->ceiling[i].warm;
    laps = laps < WHOLE / all_once ? laps : WHOLE / all_once;
    c->laps = laps >= LAPS ? LAPS : laps <= 1 ? 1 : (unsigned)laps;
    size_t rounds = c->rounds, all = rounds * c->laps;
    size_t numbers = 2 * all + c->rows * (4 * all + 2 * rounds) + c->ceilings * (all + rounds);
    c->numbers = sqi_alloc(numbers, sizeof *c->numbers, error);
    if (!c->numbers)
        return SQ_NO_MEMORY;
    c->scratch = c->numbers;
    c->handover = c->numbers + all;
    c->turns = c->ceilings > 0 && sq_processors() > 1 ? all : 0;
    double *next = c->handover + all;
    for (size_t i = 0; i < c->rows; i++) {
        sqi_runs *r = &c->runs[i];
        double **columns[] = {&r->seconds, &r->planning, &r->loss, &r->distance};
        for (size_t k = 0; k < 4; k++, next += all)
            *columns[k] = next;
        r->round = next;
        r->round_whole = next + rounds;
        next += 2 * rounds;
    }
    for (size_t i = 0; i < c->ceilings; i++, next += all + rounds) {
        c->ceiling[i].seconds = next;
        c->ceiling[i].round = next + all;
    }
    return SQ_OK;
}

/* Parameters beside the contest's own x. */
static int make_field(field *f, sq_error *error) {
    const sqi_contest *c = f->contest;
    unsigned most = 1;
    for (size_t i = 0; i < c->ceilings; i++)
        most = c->ceiling[i].threads > most ? c->ceiling[i].threads : most;
    f->parameters = sq_problem_parameters(f->options->problem);
    f->initial = sqi_alloc(f->parameters, sizeof(float), error);
    f->serial = sqi_alloc(f->parameters, sizeof(float), error);
    f->copy = sqi_alloc(most, sizeof(float *), error);
    if (!f->initial || !f->serial || !f->copy)
        return SQ_NO_MEMORY;
    memcpy(f->initial, f->options->x, f->parameters * sizeof(float));
    f->copy[0] = f->options->x;
    for (f->copies = 1; f->copies < most; f->copies++) {
        f->copy[f->copies] = sqi_alloc(f->parameters, sizeof(float), error);
        if (!f->copy[f->copies])
            return SQ_NO_MEMORY;
    }
    return SQ_OK;
}

static void free_field(field *f) {
    for (unsigned t = 1; t < f->copies; t++)
        sqi_free(f->copy[t]);
    sqi_free(f->copy);
    sqi_free(f->serial);
    sqi_free(f->initial);
}

int sqi_contest_run(sqi_contest **contest, const sqi_contest_options *options, sq_error *error) {
    *contest = NULL;
    if (options->count == 0 || options->who[0].mode != SQ_MODE_SERIAL || options->rounds == 0 ||
        options->train.epochs == 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a contest needs serial as its first contestant, a round and an epoch");
    sqi_contest *made = sqi_alloc(1, sizeof *made, error);
    if (!made)
        return SQ_NO_MEMORY;
    field f = {.options = options, .contest = made};
    int status = make_contest(made, options, error);
    if (status == SQ_OK)
        status = make_field(&f, error);
    if (status == SQ_OK)
        status = sq_problem_loss(options->problem, options->x, options->train.l2_exact,
                                 &made->initial_loss, error);
    if (status == SQ_OK)
        status = run_turn(&f, (turn){0, 0}, error);
    if (status == SQ_OK)
        status = make_rounds(made, error);
    if (status == SQ_OK)
        status = run_rounds(&f, error);
    free_field(&f);
    if (status != SQ_OK) {
        sqi_contest_free(made);
        return status;
    }
    sum_up_all(made);
    *contest = made;
    return SQ_OK;
}

sqi_contest *sqi_contest_free(sqi_contest *contest) {
    if (contest) {
        sqi_free(contest->numbers);
        sqi_free(contest->curves);
        sqi_free(contest->ceiling);
        sqi_free(contest->runs);
    }
    return sqi_free(contest);
}
