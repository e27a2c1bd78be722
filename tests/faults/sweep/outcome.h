/* One run of the program with a fault, and what was seen of it. */
#ifndef TEST_FAULTS_OUTCOME_H
#define TEST_FAULTS_OUTCOME_H

#include "faults/sweep/folder.h"

/* Calls and leftovers as the program's seams report them at exit. */
typedef struct tally {
    int told; /* whether there was a report */
    long calls, struck, memory, threads, descriptors;
    char caller[512], place[1024];
} tally;

typedef struct outcome {
    int status;    /* the exit status; -1: a signal ended it … */
    int signal;    /* … this one */
    kept_file out; /* standard output */
    kept_file err; /* standard error */
    tally seen;
    folder after; /* the working folder */
} outcome;

typedef struct command {
    char *const *argv; /* the program first, with an absolute path */
    const char *work;  /* it runs there */
    const char *notes; /* a folder for what is caught of it */
    int to, from;      /* the process that runs it (seam/serve.h) */
} command;

/* Starts the process that runs the command on request, and ends it. What fails ends the program. */
void command_start(command *c);
void command_stop(command *c);

/* Runs it; fault: SEQUENT_FAULT (empty: none), kind: whose calls are told; keep: whether completed
 * files are kept in notes/keep. */
outcome outcome_of(const command *c, const char *fault, const char *kind, int keep);
void outcome_free(outcome *o);

#endif
