/* What train and plan begin with: data, model, problem and order as the settings want them. */
#ifndef SQI_CLI_SESSION_H
#define SQI_CLI_SESSION_H

#include "cli/settings.h"

typedef struct session {
    const char *path;
    sq_data *data;
    sq_model *model;
    sq_problem *problem;
    sq_order order;
    sq_schedule schedule;
    double step, decay; /* as given, or by the model's formula */
    double l2_exact;    /* λ where its form is exact, else 0 */
    sq_hash data_hash;
    sq_terminals *terminals; /* NULL: the model has none, as … */
    sq_hash terminals_hash;  /* … "" says */
} session;

/* Reads the data and builds the rest. session_close releases it, also after a failure. */
int session_open(session *in, const settings *s, const char *path, sq_error *error);
void session_close(session *in);

/* "49,749 rows, 300 features, …" */
void session_describe(const session *in, char *text, size_t size);

#endif
