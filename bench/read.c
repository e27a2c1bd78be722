/* How many megabytes of text a second do the readers take, on one core?
 *
 *     read [FILE...]      .svm: rows, .edges: edges, others: ratings; .gz behind it counts unpacked
 *
 * Without files, three are generated (about 100 MB each, in $TMPDIR or /tmp) and removed. Each file
 * is read 9 times; the median counts. The page cache is warm after the first time. "peak" is the
 * process's, after the first reading; give one file a call to see that file's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "analyze/spread.h"
#include "base/input.h"
#include "sequent/data.h"
#include "sequent/generate.h"

enum { TIMES = 9 };

/* Processor time: what others do on the machine counts only through the caches. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The bytes of text in a file, unpacked. */
static double text_bytes(const char *path) {
    static char chunk[1 << 20];
    sqi_input *input;
    double sum = 0.0;
    size_t count = 0;
    if (sqi_input_open(&input, path, NULL) != SQ_OK)
        return 0.0;
    while (sqi_input_read(input, chunk, sizeof chunk, &count, NULL) == SQ_OK && count)
        sum += (double)count;
    sqi_input_close(input);
    return sum;
}

static double data_bytes(const sq_data *data) {
    size_t rows = data->row ? 12 * data->samples : 0, pairs = data->pair ? 12 * data->samples : 0;
    return (double)(rows + pairs + 8 * data->nonzeros +
                    4 * (data->names[0].count + data->names[1].count));
}

static int measure(const char *path) {
    sq_data_kind kind = strstr(path, ".svm")     ? SQ_ROWS
                        : strstr(path, ".edges") ? SQ_EDGES
                                                 : SQ_RATINGS;
    double seconds[TIMES], bytes = text_bytes(path), result = 0.0;
    struct rusage usage;
    for (int i = 0; i < TIMES; i++) {
        sq_data *data;
        sq_error error;
        double begin = now();
        if (sq_data_read(&data, path, kind, SQ_FORMAT_AUTO, &error) != SQ_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 2;
        }
        seconds[i] = now() - begin;
        result = data_bytes(data);
        if (i == 0)
            getrusage(RUSAGE_SELF, &usage);
        sq_data_free(data);
    }
    sqi_spread spread = sqi_spread_sort(seconds, TIMES);
    printf("%8.1f MB  %7.1f MB/s (%.1f to %.1f)  result %.1f MB, peak so far %.1f MB  %s\n",
           bytes / 1e6, bytes / 1e6 / spread.median, bytes / 1e6 / spread.greatest,
           bytes / 1e6 / spread.least, result / 1e6, (double)usage.ru_maxrss * 1024 / 1e6, path);
    return 0;
}

static int generate(int kind, FILE *out, sq_error *error) {
    sq_generate_ratings ratings = {.samples = 8000000,
                                   .seed = 1,
                                   .users = 100000,
                                   .items = 20000,
                                   .rank = 8,
                                   .user_skew = 0.5,
                                   .item_skew = 1.0,
                                   .noise = 0.3};
    sq_generate_linear linear = {.samples = 75000,
                                 .seed = 1,
                                 .features = 100000,
                                 .nonzeros = 100,
                                 .skew = 1.0,
                                 .flip = 0.05};
    sq_generate_graph graph = {.edges = 8000000, .seed = 1, .nodes = 500000, .skew = 0.5};
    return kind == 0   ? sq_generate_linear_write(&linear, out, error)
           : kind == 1 ? sq_generate_ratings_write(&ratings, out, error)
                       : sq_generate_graph_write(&graph, out, error);
}

int main(int count, char **path) {
    int status = 0;
    for (int i = 1; i < count && status == 0; i++)
        status = measure(path[i]);
    static const char *const suffix[] = {".svm", ".ratings", ".edges"};
    for (int kind = 0; count == 1 && kind < 3 && status == 0; kind++) {
        char name[4096];
        const char *folder = getenv("TMPDIR");
        snprintf(name, sizeof name, "%s/sequent-bench-%ld%s", folder ? folder : "/tmp",
                 (long)getpid(), suffix[kind]);
        FILE *out = fopen(name, "wbx");
        sq_error error = {0};
        if (!out || generate(kind, out, &error) != SQ_OK) {
            fprintf(stderr, "%s: %s\n", name, out ? error.message : "cannot be created");
            status = 2;
        }
        if (out && fclose(out) != 0)
            status = 2;
        if (out && status == 0)
            status = measure(name);
        if (out)
            remove(name);
    }
    return status;
}
