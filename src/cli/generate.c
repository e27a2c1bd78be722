/* sequent generate: synthetic data, the same bytes on every machine. */
#include <stdio.h>
#include <string.h>

#include "base/output.h"
#include "base/status.h"
#include "cli/commands.h"

static const char USAGE[] =
    "Usage: sequent generate ratings|linear|graph [OPTIONS]\n\n"
    "Writes a data set to standard output, or to -o FILE: the same bytes on every machine for the\n"
    "same options.\n"
    "  ratings  user item value: Zipf users and items, planted low rank plus noise\n"
    "  linear   svmlight rows: Zipf features, labels of planted separators\n"
    "  graph    u v: edges between nodes of Zipf popularity";

static double or_else(double given, double otherwise) {
    return given >= 0 ? given : otherwise;
}

static uint32_t or_count(uint32_t given, uint32_t otherwise) {
    return given ? given : otherwise;
}

static int write_kind(const settings *s, const char *kind, FILE *out, sq_error *error) {
    if (strcmp(kind, "ratings") == 0) {
        double skew = or_else(s->skew, 0.5);
        const sq_generate_ratings o = {.samples = s->samples ? s->samples : 1000000,
                                       .seed = s->seed,
                                       .users = or_count(s->users, 20000),
                                       .items = or_count(s->items, 5000),
                                       .rank = or_count(s->rank, 8),
                                       .user_skew = skew,
                                       .item_skew = skew,
                                       .noise = or_else(s->noise, 0.5)};
        return sq_generate_ratings_write(&o, out, error);
    }
    if (strcmp(kind, "linear") == 0) {
        const sq_generate_linear o = {.samples = s->samples ? s->samples : 100000,
                                      .seed = s->seed,
                                      .features = or_count(s->features, 50000),
                                      .nonzeros = or_count(s->nonzeros, 20),
                                      .skew = or_else(s->skew, 1),
                                      .flip = or_else(s->flip, 0.05),
                                      .labels = s->labels};
        return sq_generate_linear_write(&o, out, error);
    }
    if (strcmp(kind, "graph") == 0) {
        const sq_generate_graph o = {.edges = s->samples ? s->samples : 1000000,
                                     .seed = s->seed,
                                     .nodes = or_count(s->nodes, 100000),
                                     .skew = or_else(s->skew, 0.5)};
        return sq_generate_graph_write(&o, out, error);
    }
    return sqi_fail(error, SQ_BAD_ARGUMENT,
                    "generate: found '%s', expected ratings, linear or graph", kind);
}

/* An output as a stream; error: of its first failed write, which names the file. */
typedef struct sink {
    sqi_output *output;
    sq_error error;
} sink;

static ssize_t write_output(void *cookie, const char *bytes, size_t count) {
    sink *to = cookie;
    if (signal_caught())
        return -1;
    return sqi_output_write(to->output, bytes, count, &to->error) == SQ_OK ? (ssize_t)count : -1;
}

static int write_file(const settings *s, const char *kind, sq_error *error) {
    sink to = {0};
    signals_catch(); /* released when the program ends */
    int status = sqi_output_open(&to.output, s->output, error);
    if (status != SQ_OK)
        return status;
    FILE *out = fopencookie(&to, "w", (cookie_io_functions_t){.write = write_output});
    if (!out) {
        sqi_output_abandon(to.output);
        return sqi_fail(error, SQ_NO_MEMORY, "out of memory for an output stream");
    }
    status = write_kind(s, kind, out, error);
    (void)fclose(out); /* a failed write is remembered by the output, and told by commit */
    if (signal_caught())
        status = sqi_fail(error, SQ_INTERRUPTED, "interrupted; %s is not written", s->output);
    else if (status != SQ_OK && to.error.message[0])
        *error = to.error;
    if (status != SQ_OK) {
        sqi_output_abandon(to.output);
        return status;
    }
    status = sqi_output_commit(to.output, error);
    if (status == SQ_OK && signal_caught())
        status = sqi_fail(error, SQ_INTERRUPTED, "interrupted; %s is written", s->output);
    return status;
}

/* Refuses options that mean nothing for the kind. */
static int check_kind(const settings *s, const char *kind, sq_error *error) {
    const struct {
        const char *name, *kind;
        int given;
    } options[] = {{"users", "ratings", s->users > 0},      {"items", "ratings", s->items > 0},
                   {"rank", "ratings", s->rank > 0},        {"noise", "ratings", s->noise >= 0},
                   {"features", "linear", s->features > 0}, {"nonzeros", "linear", s->nonzeros > 0},
                   {"flip", "linear", s->flip >= 0},        {"labels", "linear", s->labels > 0},
                   {"nodes", "graph", s->nodes > 0}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && strcmp(kind, options[i].kind) != 0)
            return sqi_fail(error, SQ_BAD_ARGUMENT, "--%s is for %s, not for %s", options[i].name,
                            options[i].kind, kind);
    return SQ_OK;
}

int command_generate(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv, OPTIONS_GENERATE | OPTIONS_SEED | OPTIONS_OUTPUT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    int status = settings_arguments(&s, 1, 1, "ratings, linear or graph", &error);
    if (status == SQ_OK)
        status = check_kind(&s, s.arguments[0], &error);
    if (status == SQ_OK)
        status = s.output ? write_file(&s, s.arguments[0], &error)
                          : write_kind(&s, s.arguments[0], stdout, &error);
    int exit_status = end(status, &error);
    return signal_caught() ? 128 + signal_caught() : exit_status;
}
