/* What sequent bench measures and what its reports are made of. */
#ifndef SQI_CLI_BENCH_H
#define SQI_CLI_BENCH_H

#include <jansson.h>

#include "analyze/contest.h"
#include "cli/growing.h"
#include "cli/session.h"

typedef struct bench {
    const settings *s;
    session in;
    sqi_contestant *who; /* (size count); the first is serial */
    size_t count;
    sq_hash *hash; /* of each row's last run (size count) */
    sqi_contest *contest;
    sqi_standing *standing; /* (size count) */
    int terminal;           /* whether standard error shows progress */
} bench;

/* The contestants that --modes, --planners and --threads name, without repeats: serial, whether it
 * is named or not, and for each number of threads the other modes. *who is the caller's. */
int bench_contestants(sqi_contestant **who, size_t *count, const settings *s, sq_error *error);

/* "lanes", "auto: lanes", "auto: serial", "-" */
typedef struct planner_text {
    char text[32];
} planner_text;
planner_text bench_planner(const sqi_runs *runs);

/* Steps and non-zeros of an epoch: entries of rows; a rating is one. */
double bench_steps(const bench *b);
double bench_nonzeros(const bench *b);

/* The loss of a row's last run, whose hash is in b->hash. */
double bench_last_loss(const bench *b, size_t row);

/* The tables, a row a contestant, for whoever lays them out. */
enum { BENCH_TABLES = 3, BENCH_COLUMNS = 9 };
typedef struct bench_table {
    int columns, words_last; /* of the last column: words, which stand left */
    const char *head[BENCH_COLUMNS];
    void (*fill)(const bench *b, size_t row, char cell[BENCH_COLUMNS][64]);
} bench_table;
extern const bench_table bench_tables[BENCH_TABLES];

/* What was measured, of which data: five lines, or four, "name      text\n". */
void bench_describe(const bench *b, char *text, size_t size);

/* The tables on standard output; the report as JSON (NULL: no memory). */
int bench_print(const bench *b, sq_error *error);
json_t *bench_to_json(const bench *b);

/* Whether what -o, --html and --svg name could be written: gnuplot, and a place for the files. */
int bench_probe_files(const settings *s, sq_error *error);

/* Draws the plots and writes what -o (the report as JSON), --html and --svg name. */
int bench_write_files(const bench *b, sq_error *error);

/* The pictures: scripts for gnuplot. */
enum { BENCH_PLOTS = 3 };
typedef struct bench_plot {
    const char *name; /* of the file, without .svg */
    void (*script)(growing *script, const bench *b);
} bench_plot;
extern const bench_plot bench_plots[BENCH_PLOTS];

#endif
