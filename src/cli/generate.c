/* sequent generate: synthetic data, the same bytes on every machine. */
#include <stdio.h>
#include <string.h>

#include "base/output.h"
#include "base/status.h"
#include "cli/commands.h"
#include "cli/places.h"

static const char USAGE[] =
    "Usage: sequent generate ratings|linear|graph|image [OPTIONS]\n\n"
    "Writes a data set to standard output, or to -o FILE: the same bytes on every machine for the\n"
    "same options.\n"
    "  ratings  user item value: Zipf users and items, planted low rank plus noise\n"
    "  linear   svmlight rows: Zipf features, labels of planted separators\n"
    "  graph    u v: edges between nodes of Zipf popularity\n"
    "  image    u v w: neighbouring pixels of a noisy picture, and terminals, for graph-cut";

/* What is written: the data, and beside an image what belongs to it. */
enum { DATA, TERMINALS, PICTURE, TRUTH, FILES };

static double or_else(double given, double otherwise) {
    return given >= 0 ? given : otherwise;
}

static uint32_t or_count(uint32_t given, uint32_t otherwise) {
    return given ? given : otherwise;
}

static int write_image(const settings *s, FILE *const outs[FILES], sq_error *error) {
    const sq_generate_image o = {.seed = s->seed,
                                 .width = or_count(s->width, 120),
                                 .height = or_count(s->height, 90),
                                 .labels = or_count(s->labels, 3),
                                 .noise = or_else(s->noise, 20)};
    const sq_image_files files = {.edges = outs[DATA],
                                  .terminals = outs[TERMINALS],
                                  .picture = outs[PICTURE],
                                  .truth = outs[TRUTH]};
    return sq_generate_image_write(&o, &files, error);
}

static int write_kind(const settings *s, const char *kind, FILE *const outs[FILES],
                      sq_error *error) {
    FILE *out = outs[DATA];
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
    if (strcmp(kind, "image") == 0)
        return write_image(s, outs, error);
    return sqi_fail(error, SQ_BAD_ARGUMENT,
                    "generate: found '%s', expected ratings, linear, graph or image", kind);
}

/* An output as a stream; error: of its first failed write, which names the file. */
typedef struct sink {
    sqi_output *output; /* NULL: standard output */
    sq_error error;
} sink;

static ssize_t write_output(void *cookie, const char *bytes, size_t count) {
    sink *to = cookie;
    if (signal_caught())
        return -1;
    if (!to->output)
        return fwrite(bytes, 1, count, stdout) == count ? (ssize_t)count : -1;
    return sqi_output_write(to->output, bytes, count, &to->error) == SQ_OK ? (ssize_t)count : -1;
}

/* Opens an output (NULL: standard output) as a stream, which close_sinks ends. */
static int open_sink(sink *to, FILE **out, const char *path, sq_error *error) {
    int status = path ? sqi_output_open(&to->output, path, error) : SQ_OK;
    if (status != SQ_OK)
        return status;
    *out = fopencookie(to, "w", (cookie_io_functions_t){.write = write_output});
    return *out ? SQ_OK : sqi_fail(error, SQ_NO_MEMORY, "out of memory for an output stream");
}

/* Ends the streams; then the files appear under their names, or none does. */
static int close_sinks(sink to[FILES], FILE *outs[FILES], int status, sq_error *error) {
    for (int i = 0; i < FILES; i++)
        if (outs[i])
            (void)fclose(outs[i]); /* a failed write is remembered by the output, told by commit */
    for (int i = 0; i < FILES && !signal_caught(); i++)
        if (status != SQ_OK && to[i].error.message[0])
            *error = to[i].error;
    if (signal_caught())
        status = sqi_fail(error, SQ_INTERRUPTED, "interrupted; no file is written");
    for (int i = 0; i < FILES; i++)
        if (to[i].output && status == SQ_OK)
            status = sqi_output_commit(to[i].output, error);
        else
            sqi_output_abandon(to[i].output);
    return status == SQ_OK && signal_caught()
               ? sqi_fail(error, SQ_INTERRUPTED, "interrupted; every file is written")
               : status;
}

static int write_files(const settings *s, const char *kind, sq_error *error) {
    const char *const paths[FILES] = {s->output, s->terminals, s->picture, s->truth};
    sink to[FILES] = {0};
    FILE *outs[FILES] = {NULL};
    int status = SQ_OK, files = 0;
    for (int i = 0; i < FILES; i++)
        files += paths[i] != NULL;
    if (!files)
        return write_kind(s, kind, (FILE *[FILES]){stdout}, error);
    signals_catch(); /* released when the program ends */
    for (int i = 0; i < FILES && status == SQ_OK; i++)
        if (paths[i] || i == DATA)
            status = open_sink(&to[i], &outs[i], paths[i], error);
    if (status == SQ_OK)
        status = write_kind(s, kind, outs, error);
    return close_sinks(to, outs, status, error);
}

/* Refuses options that mean nothing for the kind. */
static int check_kind(const settings *s, const char *kind, sq_error *error) {
    const struct {
        const char *name, *kinds;
        int given;
    } options[] = {{"samples", "ratings, linear and graph", s->samples > 0},
                   {"skew", "ratings, linear and graph", s->skew >= 0},
                   {"users", "ratings", s->users > 0},
                   {"items", "ratings", s->items > 0},
                   {"rank", "ratings", s->rank > 0},
                   {"noise", "ratings and image", s->noise >= 0},
                   {"features", "linear", s->features > 0},
                   {"nonzeros", "linear", s->nonzeros > 0},
                   {"flip", "linear", s->flip >= 0},
                   {"nodes", "graph", s->nodes > 0},
                   {"width", "image", s->width > 0},
                   {"height", "image", s->height > 0},
                   {"labels", "linear and image", s->labels > 0},
                   {"terminals", "image", s->terminals != NULL},
                   {"picture", "image", s->picture != NULL},
                   {"truth", "image", s->truth != NULL}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && !strstr(options[i].kinds, kind))
            return sqi_fail(error, SQ_BAD_ARGUMENT, "--%s is for %s, not for %s", options[i].name,
                            options[i].kinds, kind);
    if (strcmp(kind, "image") == 0 && !s->terminals)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--terminals is required for image");
    return places_check_image(s, error);
}

int command_generate(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv, OPTIONS_GENERATE | OPTIONS_SEED | OPTIONS_OUTPUT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    int status = settings_arguments(&s, 1, 1, "ratings, linear, graph or image", &error);
    if (status == SQ_OK)
        status = check_kind(&s, s.arguments[0], &error);
    if (status == SQ_OK)
        status = write_files(&s, s.arguments[0], &error);
    int exit_status = end(status, &error);
    return signal_caught() ? 128 + signal_caught() : exit_status;
}
