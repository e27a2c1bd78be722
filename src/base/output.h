/* The one seam through which the library writes files: whole or not at all.
 *
 * Bytes go to a new file beside the target; commit makes it durable (fsync) and gives it the
 * target's name in one step (rename). Until then an earlier file of that name is untouched, and
 * whatever fails leaves it so. A target that is not a regular file (a terminal, a pipe, /dev/null)
 * is written directly. */
#ifndef SQI_BASE_OUTPUT_H
#define SQI_BASE_OUTPUT_H

#include <stddef.h>

#include "base/status.h"

typedef struct sqi_output sqi_output;

/* Begins to write path; the caller ends it with exactly one of commit and abandon. */
int sqi_output_open(sqi_output **output, const char *path, sq_error *error);

/* Whether path could be written now: a file is made beside it and removed. For finding out before
 * hours of work that their result would have no place. A FIFO is not opened. */
int sqi_output_probe(const char *path, sq_error *error);

/* Buffers; what fails here is also reported by commit. */
int sqi_output_write(sqi_output *output, const void *bytes, size_t count, sq_error *error);

/* Flushes, renames and releases output, whatever it returns. */
int sqi_output_commit(sqi_output *output, sq_error *error);

/* Removes what was written and releases output (NULL is ignored); returns NULL. */
sqi_output *sqi_output_abandon(sqi_output *output);

#endif
