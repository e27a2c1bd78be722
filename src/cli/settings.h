/* What the command line says. One table in settings.c lists every option with its values and its
 * help; a command names the groups of options that make sense for it. */
#ifndef SQI_CLI_SETTINGS_H
#define SQI_CLI_SETTINGS_H

#include "cli/layers.h"

enum option_group {
    OPTIONS_MODEL = 1 << 0,    /* which model, of which data */
    OPTIONS_TRAIN = 1 << 1,    /* how it is trained */
    OPTIONS_PLAN = 1 << 2,     /* how it is planned */
    OPTIONS_REPORT = 1 << 3,   /* --json */
    OPTIONS_OUTPUT = 1 << 4,   /* -o */
    OPTIONS_FORMAT = 1 << 5,   /* --format */
    OPTIONS_PREDICT = 1 << 6,  /* --scores */
    OPTIONS_GENERATE = 1 << 7, /* sizes of synthetic data */
    OPTIONS_COSTS = 1 << 8,    /* --step-ns, --boundary-ns */
    OPTIONS_SEED = 1 << 9,     /* --seed */
    OPTIONS_VERIFY = 1 << 10,  /* --data, --terminals */
    OPTIONS_RUN = 1 << 11,     /* how, not what: mode, planner, threads */
    OPTIONS_BENCH = 1 << 12,   /* what is compared, and how often */
};

enum average_period { AVERAGE_EPOCH, AVERAGE_RUN };

typedef struct settings {
    int model; /* sq_model_kind; 0: not given */
    int mode, planner, format;
    int average_every;                        /* of enum average_period; negative: not given */
    uint32_t threads, rank, batch, deferrals; /* 0: chosen */
    uint64_t seed, epochs;                    /* epochs: 3 for bench, else 10 */
    const char *order;
    int schedule;       /* sq_schedule; negative: epoch-decay, with the model's decay */
    double step, decay; /* negative: by the model's formula */
    double theory;      /* the ε of --step theory:ε; 0: none */
    int optimizer;      /* sq_optimizer */
    int l2_form;        /* 0: degree, 1: exact */
    double l2, step_ns, boundary_ns;
    layer_list hidden; /* mlp: no layers where they are not given … */
    double keep;       /* … and negative where it is not */
    int bias, check_plan, json, scores, quiet, verbose;
    const char *output, *test, *lock, *trace, *checkpoint, *resume, *data;
    const char *terminals;     /* NULL: not given */
    uint64_t checkpoint_every; /* steps; 0: at the end of each epoch */

    const char *modes, *planners, *thread_list; /* bench: with commas between; NULL: the default */
    const char *html, *svg;
    uint32_t rounds;

    uint64_t samples; /* generate: 0: the kind's default, as for all that follow */
    uint32_t users, items, features, nonzeros, nodes, width, height, labels;
    double skew, noise, flip; /* negative: the kind's default */
    const char *picture, *truth;

    int count; /* of the arguments that are no options … */
    char **arguments;
} settings;

/* Parses what follows the command. Prints help and returns 1 where it was asked for; 0 when all is
 * well; -1 with a message. groups: of enum option_group. usage: the text above the options. */
int settings_parse(settings *s, int argc, char **argv, unsigned groups, const char *usage,
                   sq_error *error);

/* The mini-batch of average-gradients. */
static inline uint32_t settings_minibatch(const settings *s) {
    return s->batch ? s->batch : SQ_MINIBATCH;
}

/* "run" or "epoch": what average-runs averages. */
const char *settings_period(const settings *s);

/* Refuses another number of arguments than expected. Returns an sq_status. */
int settings_arguments(const settings *s, int least, int most, const char *expected,
                       sq_error *error);

#endif
