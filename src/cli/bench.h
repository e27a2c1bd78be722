/* What sequent bench measures and what its reports are made of. */
#ifndef SQI_CLI_BENCH_H
#define SQI_CLI_BENCH_H

#include <jansson.h>

#include "analyze/contest.h"
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

/* Whether the mode promises the bits of serial. */
int bench_promises_bits(sq_mode mode);

/* "lanes", "auto: lanes", "auto: serial", "-" */
typedef struct planner_text {
    char text[32];
} planner_text;
planner_text bench_planner(const sqi_runs *runs);

/* The tables on standard output; the report as JSON (NULL: no memory). */
void bench_print(const bench *b);
json_t *bench_to_json(const bench *b);

#endif
