/* The table of options, and parsing by it. */
#include "cli/settings.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

typedef enum value_kind { FLAG, TEXT, COUNT32, COUNT64, REAL, STEP, CHOICE, LAYERS } value_kind;

typedef struct option_row {
    unsigned groups;
    const char *name;
    int letter; /* 0: none */
    value_kind kind;
    size_t at;                      /* offset in settings */
    uint64_t least, most;           /* COUNT */
    int (*find)(const char *value); /* CHOICE: negative where there is no such value */
    const char *value, *help;
} option_row;

static const char *const formats[] = {"auto", "svmlight", "triplets", "matrix-market", "edges"};

static int find_format(const char *value) {
    for (int i = 0; i < (int)(sizeof formats / sizeof *formats); i++)
        if (strcmp(value, formats[i]) == 0)
            return i;
    return -1;
}

static const char *const periods[] = {[AVERAGE_EPOCH] = "epoch", [AVERAGE_RUN] = "run"};

const char *settings_period(const settings *s) {
    return periods[s->average_every == AVERAGE_RUN ? AVERAGE_RUN : AVERAGE_EPOCH];
}

static int find_period(const char *value) {
    for (int i = 0; i < (int)(sizeof periods / sizeof *periods); i++)
        if (strcmp(value, periods[i]) == 0)
            return i;
    return -1;
}

static int find_l2_form(const char *value) {
    return strcmp(value, "degree") == 0 ? 0 : strcmp(value, "exact") == 0 ? 1 : -1;
}

#define AT(member) offsetof(settings, member)

static const option_row rows[] = {
    {OPTIONS_MODEL, "model", 0, CHOICE, AT(model), 0, 0, sq_model_find, "NAME",
     "svm, logistic, least-squares, matrix-completion, graph-cut or mlp (required)"},
    {OPTIONS_MODEL, "rank", 0, COUNT32, AT(rank), 1, 65536, NULL, "R",
     "matrix-completion: numbers of a user's or item's row [16]"},
    {OPTIONS_MODEL, "terminals", 0, TEXT, AT(terminals), 0, 0, NULL, "FILE",
     "graph-cut: nodes whose label is given, 'node label' a line (required)"},
    {OPTIONS_MODEL, "bias", 0, FLAG, AT(bias), 0, 0, NULL, NULL,
     "linear models: a constant feature; it makes every order a chain"},
    {OPTIONS_MODEL, "hidden", 0, LAYERS, AT(hidden), 0, 0, NULL, "LIST",
     "mlp: units of each hidden layer, 1 to 16384, with commas between [1024]"},
    {OPTIONS_MODEL, "keep", 0, REAL, AT(keep), 0, 0, NULL, "SHARE",
     "mlp: share of a layer's units that a step trains, at most 1 [0.05]"},
    {OPTIONS_MODEL | OPTIONS_FORMAT, "format", 0, CHOICE, AT(format), 0, 0, find_format, "NAME",
     "auto, svmlight, triplets, matrix-market or edges [auto]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH | OPTIONS_PLAN, "order", 0, TEXT, AT(order), 0, 0, NULL, "ORDER",
     "shuffle, reshuffle, sequential, replacement or file:PATH [shuffle]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH | OPTIONS_PLAN | OPTIONS_SEED, "seed", 0, COUNT64, AT(seed), 0,
     UINT64_MAX, NULL, "S", "of the order, the initial values or the generated data [1]"},
    {OPTIONS_TRAIN, "epochs", 0, COUNT64, AT(epochs), 0, UINT32_MAX, NULL, "N",
     "passes over the order [10]"},
    {OPTIONS_BENCH, "epochs", 0, COUNT64, AT(epochs), 1, 1000000, NULL, "N",
     "passes over the order in each run [3]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH, "step", 0, STEP, AT(step), 0, 0, NULL, "G",
     "step size, or theory:E with an accuracy E [by model and data: doc/arithmetic.md]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH, "step-decay", 0, REAL, AT(decay), 0, 0, NULL, "B",
     "multiplies the step size after each epoch [by model]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH, "schedule", 0, CHOICE, AT(schedule), 0, 0, sq_schedule_find,
     "NAME", "of steps: constant, epoch-decay, inverse, inverse-sqrt [epoch-decay]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH, "l2", 0, REAL, AT(l2), 0, 0, NULL, "X",
     "regularisation: X times the sum of squares, in the form of --l2-form [0]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH, "l2-form", 0, CHOICE, AT(l2_form), 0, 0, find_l2_form, "NAME",
     "degree: by the samples that have a coordinate; exact: all, at every step [degree]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH, "optimizer", 0, CHOICE, AT(optimizer), 0, 0, sq_optimizer_find,
     "NAME", "sgd, svrg or saga; the latter two where hyperedges do not vary [sgd]"},
    {OPTIONS_TRAIN | OPTIONS_RUN, "mode", 0, CHOICE, AT(mode), 0, 0, sq_mode_find, "NAME",
     "planned, serial, hogwild, locked, round-robin, average-runs or average-gradients [planned]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH, "average-every", 0, CHOICE, AT(average_every), 0, 0,
     find_period, "WHEN", "epoch or run: what average-runs averages [epoch]"},
    {OPTIONS_TRAIN | OPTIONS_RUN | OPTIONS_PLAN, "planner", 0, CHOICE, AT(planner), 0, 0,
     sq_planner_find, "NAME", "auto, lanes, levels or components [auto]"},
    {OPTIONS_TRAIN | OPTIONS_RUN | OPTIONS_PLAN, "threads", 0, COUNT32, AT(threads), 1,
     SQ_LANES_MAX, NULL, "N", "threads [the processors that this process may use]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH | OPTIONS_RUN | OPTIONS_PLAN, "batch", 0, COUNT32, AT(batch), 1,
     1 << 28, NULL, "N",
     "steps that end a batch [chosen by the planner]; of average-gradients' mini-batches [256]"},
    {OPTIONS_TRAIN | OPTIONS_BENCH | OPTIONS_RUN | OPTIONS_PLAN, "deferrals", 0, COUNT32,
     AT(deferrals), 1, 1 << 28, NULL, "N",
     "lanes: deferred steps that end a batch [chosen by the planner]"},
    {OPTIONS_TRAIN | OPTIONS_RUN | OPTIONS_PLAN, "check-plan", 0, FLAG, AT(check_plan), 0, 0, NULL,
     NULL, "prove every plan valid before it is used"},
    {OPTIONS_BENCH, "modes", 0, TEXT, AT(modes), 0, 0, NULL, "LIST",
     "what is compared, with commas between, or all [serial,planned,hogwild]"},
    {OPTIONS_BENCH, "planners", 0, TEXT, AT(planners), 0, 0, NULL, "LIST",
     "of planned, with commas between, or all [auto,lanes]"},
    {OPTIONS_BENCH, "threads", 0, TEXT, AT(thread_list), 0, 0, NULL, "LIST",
     "numbers of threads, with commas between [1 and this process's processors]"},
    {OPTIONS_BENCH, "rounds", 0, COUNT32, AT(rounds), 1, 1000, NULL, "N",
     "rounds, of one or more runs of each, after one run to warm up [7]"},
    {OPTIONS_BENCH, "html", 0, TEXT, AT(html), 0, 0, NULL, "FILE",
     "write a page with the tables and three plots, drawn by gnuplot"},
    {OPTIONS_BENCH, "svg", 0, TEXT, AT(svg), 0, 0, NULL, "DIR",
     "write the plots to DIR/loss.svg, speedup.svg and spread.svg"},
    {OPTIONS_COSTS, "step-ns", 0, REAL, AT(step_ns), 0, 0, NULL, "X",
     "assumed cost of a step [by model]"},
    {OPTIONS_COSTS, "boundary-ns", 0, REAL, AT(boundary_ns), 0, 0, NULL, "Y",
     "assumed cost of a batch boundary [300]"},
    {OPTIONS_TRAIN, "test", 0, TEXT, AT(test), 0, 0, NULL, "DATA",
     "report the metric on these data after every epoch"},
    {OPTIONS_TRAIN, "lock", 0, TEXT, AT(lock), 0, 0, NULL, "FILE",
     "write what determines the model, and its hashes, for `sequent verify`"},
    {OPTIONS_TRAIN, "trace", 0, TEXT, AT(trace), 0, 0, NULL, "FILE",
     "write what every step read and wrote, for `sequent bisect`"},
    {OPTIONS_TRAIN, "checkpoint", 0, TEXT, AT(checkpoint), 0, 0, NULL, "FILE",
     "after each epoch, and on SIGINT and SIGTERM, write where to go on"},
    {OPTIONS_TRAIN, "checkpoint-every", 0, COUNT64, AT(checkpoint_every), 1, UINT64_MAX, NULL, "N",
     "and about every N steps, at the end of a segment"},
    {OPTIONS_TRAIN, "resume", 0, TEXT, AT(resume), 0, 0, NULL, "FILE",
     "go on from a checkpoint; only --epochs may differ, and how it runs"},
    {OPTIONS_VERIFY, "data", 0, TEXT, AT(data), 0, 0, NULL, "PATH",
     "the data, where they are not where the lock says"},
    {OPTIONS_VERIFY, "terminals", 0, TEXT, AT(terminals), 0, 0, NULL, "FILE",
     "graph-cut: the terminals, where they are not where the lock says"},
    {OPTIONS_GENERATE, "samples", 0, COUNT64, AT(samples), 1, UINT32_MAX - 1, NULL, "N",
     "ratings, rows or edges [1000000; linear 100000]"},
    {OPTIONS_GENERATE, "users", 0, COUNT32, AT(users), 1, UINT32_MAX - 1, NULL, "N",
     "ratings: users [20000]"},
    {OPTIONS_GENERATE, "items", 0, COUNT32, AT(items), 1, UINT32_MAX - 1, NULL, "N",
     "ratings: items [5000]"},
    {OPTIONS_GENERATE, "rank", 0, COUNT32, AT(rank), 1, 1024, NULL, "R",
     "ratings: rank of the planted factors [8]"},
    {OPTIONS_GENERATE, "noise", 0, REAL, AT(noise), 0, 0, NULL, "X",
     "ratings, image: standard deviation of the noise [0.5; image 20]"},
    {OPTIONS_GENERATE, "features", 0, COUNT32, AT(features), 1, UINT32_MAX - 1, NULL, "N",
     "linear: features [50000]"},
    {OPTIONS_GENERATE, "nonzeros", 0, COUNT32, AT(nonzeros), 1, UINT32_MAX - 1, NULL, "N",
     "linear: features of a row [20]"},
    {OPTIONS_GENERATE, "flip", 0, REAL, AT(flip), 0, 0, NULL, "X",
     "linear: share of wrong labels [0.05]"},
    {OPTIONS_GENERATE, "nodes", 0, COUNT32, AT(nodes), 2, UINT32_MAX - 1, NULL, "N",
     "graph: nodes [100000]"},
    {OPTIONS_GENERATE, "skew", 0, REAL, AT(skew), 0, 0, NULL, "X",
     "exponent of the Zipf laws, in quarters [linear 1, others 0.5]"},
    {OPTIONS_GENERATE, "width", 0, COUNT32, AT(width), 2, 16384, NULL, "N",
     "image: pixels of a row [120]"},
    {OPTIONS_GENERATE, "height", 0, COUNT32, AT(height), 2, 16384, NULL, "N", "image: rows [90]"},
    {OPTIONS_GENERATE, "labels", 0, COUNT32, AT(labels), 2, 1000, NULL, "K",
     "linear: labels [2]; image: regions, each with a grey level of its own, up to 64 [3]"},
    {OPTIONS_GENERATE, "terminals", 0, TEXT, AT(terminals), 0, 0, NULL, "FILE",
     "image: write pixels whose region is given, 'node label' a line (required)"},
    {OPTIONS_GENERATE, "picture", 0, TEXT, AT(picture), 0, 0, NULL, "FILE",
     "image: write the noisy picture (PGM)"},
    {OPTIONS_GENERATE, "truth", 0, TEXT, AT(truth), 0, 0, NULL, "FILE",
     "image: write the region of every pixel, 'node label' a line"},
    {OPTIONS_PREDICT, "scores", 0, FLAG, AT(scores), 0, 0, NULL, NULL,
     "print w·x, or the numbers of all labels, instead of the label"},
    {OPTIONS_OUTPUT, "output", 'o', TEXT, AT(output), 0, 0, NULL, "FILE",
     "write the result to FILE, whole or not at all"},
    {OPTIONS_REPORT, "json", 0, FLAG, AT(json), 0, 0, NULL, NULL, "print exactly one JSON object"},
    {~0u, "quiet", 'q', FLAG, AT(quiet), 0, 0, NULL, NULL, "no progress, no warnings"},
    {~0u, "verbose", 'v', FLAG, AT(verbose), 0, 0, NULL, NULL,
     "say on standard error what else was chosen and measured"},
    {~0u, "help", 'h', FLAG, SIZE_MAX, 0, 0, NULL, NULL, "print this and exit"},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* The help's second column begins here, and its lines end before there. */
enum { COLUMN = 27, WIDTH = 100 };

/* Words, in lines of the second column. */
static void print_words(const char *text) {
    for (size_t used = COLUMN; *text;) {
        size_t length = strcspn(text, " ");
        int fits = used == COLUMN || used + 1 + length <= WIDTH;
        if (!fits)
            (void)printf("\n%*s", COLUMN, "");
        used = fits ? used : COLUMN;
        used += (size_t)printf("%s%.*s", used > COLUMN ? " " : "", (int)length, text);
        text += length + strspn(text + length, " ");
    }
    (void)printf("\n");
}

static void print_help(unsigned groups, const char *usage) {
    (void)printf("%s\n\nOptions:\n", usage);
    for (int i = 0; i < ROWS; i++) {
        const option_row *r = &rows[i];
        char left[64], letter[8] = "    ";
        if (!(r->groups & groups))
            continue;
        if (r->letter)
            (void)snprintf(letter, sizeof letter, "-%c, ", r->letter);
        (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, r->name, r->value ? " " : "",
                       r->value ? r->value : "");
        (void)printf("  %-*s ", COLUMN - 3, left);
        print_words(r->help);
    }
}

static int wrong(const option_row *r, const char *value, const char *expected, sq_error *error) {
    return sqi_fail(error, SQ_BAD_ARGUMENT, "--%s: found '%s', expected %s", r->name, value,
                    expected);
}

static int set_count(const option_row *r, void *to, const char *value, sq_error *error) {
    char expected[64], *end;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end || errno || n < r->least || n > r->most) {
        (void)snprintf(expected, sizeof expected, "a whole number from %llu to %llu",
                       (unsigned long long)r->least, (unsigned long long)r->most);
        return wrong(r, value, expected, error);
    }
    if (r->kind == COUNT32)
        *(uint32_t *)to = (uint32_t)n;
    else
        *(uint64_t *)to = n;
    return SQ_OK;
}

static int set_real(const option_row *r, double *to, const char *value, sq_error *error) {
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || isspace((unsigned char)value[0]) || !isfinite(number) || number < 0)
        return wrong(r, value, "a finite number, not negative", error);
    *to = number;
    return SQ_OK;
}

/* A step size, or theory:E. Of two, the last one holds. */
static int set_step(settings *s, const option_row *r, const char *value, sq_error *error) {
    static const char word[] = "theory:";
    s->theory = 0;
    if (strncmp(value, word, sizeof word - 1) != 0)
        return set_real(r, &s->step, value, error);
    int status = set_real(r, &s->theory, value + sizeof word - 1, error);
    s->step = -1;
    return status == SQ_OK && !(s->theory > 0) ? wrong(r, value, "theory:E with E above 0", error)
                                               : status;
}

static int set(settings *s, const option_row *r, const char *value, sq_error *error) {
    void *to = (char *)s + r->at;
    switch (r->kind) {
    case FLAG:
        *(int *)to = 1;
        return SQ_OK;
    case TEXT:
        if (!*value)
            return wrong(r, value, "a name", error);
        *(const char **)to = value;
        return SQ_OK;
    case COUNT32:
    case COUNT64:
        return set_count(r, to, value, error);
    case REAL:
        return set_real(r, to, value, error);
    case STEP:
        return set_step(s, r, value, error);
    case LAYERS:
        if (layers_parse(to, value) != 0)
            return wrong(r, value, "1 to 8 whole numbers from 1 to 16384 with commas between",
                         error);
        return SQ_OK;
    case CHOICE:
        break;
    }
    int found = r->find(value);
    if (found < 0)
        return wrong(r, value, r->help, error);
    *(int *)to = found;
    return SQ_OK;
}

/* The rows of the groups in getopt's form; val is 256 + row. */
static void list_options(unsigned groups, struct option *list, char *letters) {
    int n = 0;
    *letters++ = ':';
    for (int i = 0; i < ROWS; i++) {
        if (!(rows[i].groups & groups))
            continue;
        int argument = rows[i].kind == FLAG ? no_argument : required_argument;
        list[n++] = (struct option){rows[i].name, argument, NULL, 256 + i};
        if (rows[i].letter) {
            *letters++ = (char)rows[i].letter;
            if (argument == required_argument)
                *letters++ = ':';
        }
    }
    *letters = '\0';
    list[n] = (struct option){0};
}

static const option_row *row_of(int code, unsigned groups) {
    for (int i = 0; i < ROWS; i++)
        if ((rows[i].groups & groups) && (code == 256 + i || (code && code == rows[i].letter)))
            return &rows[i];
    return NULL;
}

int settings_parse(settings *s, int argc, char **argv, unsigned groups, const char *usage,
                   sq_error *error) {
    struct option list[ROWS + 1];
    char letters[3 * ROWS];
    *s = (settings){.order = "shuffle",
                    .seed = 1,
                    .epochs = groups & OPTIONS_BENCH ? 3 : 10,
                    .rounds = 7,
                    .rank = 0,
                    .step = -1,
                    .decay = -1,
                    .schedule = -1,
                    .average_every = -1,
                    .keep = -1,
                    .skew = -1,
                    .noise = -1,
                    .flip = -1};
    list_options(groups, list, letters);
    opterr = 0;
    optind = 1;
    for (int code; (code = getopt_long(argc, argv, letters, list, NULL)) != -1;) {
        if (code == '?' || code == ':') {
            const char *what = code == ':' ? "lacks its value" : "is unknown or ambiguous here";
            char letter[] = {'-', (char)optopt, '\0'};
            int is_letter = optopt > 0 && optopt < 256;
            (void)sqi_fail(error, SQ_BAD_ARGUMENT, "option '%s' %s; see --help",
                           is_letter ? letter : argv[optind - 1], what);
            return -1;
        }
        const option_row *r = row_of(code, groups);
        if (r->at == SIZE_MAX) {
            print_help(groups, usage);
            return 1;
        }
        if (set(s, r, optarg, error) != SQ_OK)
            return -1;
    }
    s->count = argc - optind;
    s->arguments = argv + optind;
    return 0;
}

int settings_arguments(const settings *s, int least, int most, const char *expected,
                       sq_error *error) {
    if (s->count >= least && s->count <= most)
        return SQ_OK;
    return sqi_fail(error, SQ_BAD_ARGUMENT, "found %d arguments, expected %s; see --help", s->count,
                    expected);
}
