/* How the library's own files report failure: return sqi_fail(error, code, "what happened"). */
#ifndef SQI_BASE_STATUS_H
#define SQI_BASE_STATUS_H

#include "sequent/status.h"

/* Formats the message into error (where it is not NULL; cut at its size) and returns code. */
__attribute__((format(printf, 3, 4))) int sqi_fail(sq_error *error, int code, const char *format,
                                                   ...);

#endif
