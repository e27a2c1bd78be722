/* Whether what a faulty run left behind is what a user may rely on. */
#ifndef TEST_FAULTS_VERDICT_H
#define TEST_FAULTS_VERDICT_H

#include "faults/sweep/outcome.h"

typedef enum expected_end {
    END_REFUSED, /* exit 2 with a message that names cause and file; or harmless by design */
    END_DONE,    /* as without the fault */
    END_SIGNAL   /* as the shell expects it of a signal */
} expected_end;

typedef struct fault_kind {
    const char *name;
    expected_end end;
    int signal;           /* END_SIGNAL */
    const char *cause[2]; /* one of these is in the message (NULL: no second) */
    int of_file;          /* whether the message names the file */
} fault_kind;

/* The kind of that name; NULL: there is none. */
const fault_kind *fault_kind_find(const char *name);

/* What the run without a fault does. */
typedef struct expectation {
    folder before; /* the working folder at the beginning */
    folder kept;   /* every file that was ever completed, as NUMBER.NAME */
    outcome clean;
} expectation;

typedef struct verdict {
    char loss[256]; /* what is wrong; empty: nothing */
    int harmless;   /* the run went well in spite of the fault, as designed */
} verdict;

verdict judge(const expectation *e, const fault_kind *kind, const outcome *o);

/* Nothing is held and every file is whole: for every run, whatever its fault. */
verdict judge_leftovers(const expectation *e, const outcome *o);

#endif
