/* A text that grows by printf. What fails for want of memory is remembered, so that only the end
 * asks. */
#ifndef SQI_CLI_GROWING_H
#define SQI_CLI_GROWING_H

#include <stddef.h>

#include "sequent/status.h"

typedef struct growing {
    char *text;    /* ends with a zero; NULL before anything was added */
    size_t length; /* without the zero */
    size_t room;
    int failed;
} growing;

__attribute__((format(printf, 2, 3))) void growing_add(growing *g, const char *format, ...);

/* Text for a reader of HTML or XML: & < > " are escaped. */
void growing_add_escaped(growing *g, const char *text);

/* SQ_OK, or SQ_NO_MEMORY where something was lost. */
int growing_check(const growing *g, sq_error *error);
void growing_free(growing *g);

#endif
