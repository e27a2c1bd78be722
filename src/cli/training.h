/* A training run as train and verify need it: what is observed, recorded, written in between. */
#ifndef SQI_CLI_TRAINING_H
#define SQI_CLI_TRAINING_H

#include "cli/session.h"

typedef struct training training;

struct training {
    const settings *s;
    session in;
    sq_recorder *recorder;
    sq_data *test;
    sq_evaluator *evaluator; /* NULL: no --test */
    sq_trace_writer *trace;  /* NULL: no --trace */
    sq_checkpoint *from;     /* NULL: no --resume */
    sq_train_report report;

    /* Called after every epoch; test: on the test data, or NULL. Non-zero: no memory. */
    int (*show)(training *t, const sq_epoch *done, const sq_evaluation *test);
    void *shown; /* for show */

    double begun, last_shown;
    uint64_t since_checkpoint; /* steps */
    size_t position;           /* in the current epoch */
    int terminal;              /* whether standard error shows progress */
    int status;                /* of what failed in an observer … */
    sq_error error;            /* … with its message */
    int signal;                /* that ended the run; 0: none … */
    uint64_t kept;             /* epochs that the last checkpoint of this run ends; 0: none … */
    int paused;  /* … where the signal came, so that its checkpoint is written … */
    int written; /* … or, later, all results are */
};

/* Reads data, builds model, order and recorder, opens what --test, --trace and --resume name. path:
 * of the data. training_close releases everything, also after a failure. SQ_INTERRUPTED with
 * t->signal set after SIGINT or SIGTERM; both are caught from here on (signals_catch) until
 * signals_release or training_close. */
int training_open(training *t, const settings *s, const char *path, sq_error *error);

/* Trains. SQ_INTERRUPTED with t->signal set after SIGINT or SIGTERM. */
int training_run(training *t, sq_error *error);
void training_close(training *t);

/* Whether a run by these settings can go on within an epoch. */
int training_resumes_within(const settings *s);

/* Takes the progress line from the terminal. */
void training_clear_line(const training *t);

#endif
