/* The one seam through which the library reads files: plain or gzip, by path or from standard
 * input. */
#ifndef SQI_BASE_INPUT_H
#define SQI_BASE_INPUT_H

#include <stddef.h>

#include "base/status.h"

typedef struct sqi_input sqi_input;

/* Opens path ("-": standard input, which stays open behind the reader). gzip is recognised by its
 * first two bytes. path is not copied: it must live as long as *input, which the caller releases
 * with sqi_input_close. Errors: SQ_IO, SQ_NO_MEMORY. */
int sqi_input_open(sqi_input **input, const char *path, sq_error *error);

/* Puts up to size bytes (size > 0) of unpacked text at into; *count = 0 is the end. A gzip file
 * that is cut short, damaged or followed by anything but zero bytes is SQ_IO; concatenated members
 * are one text. */
int sqi_input_read(sqi_input *input, void *into, size_t size, size_t *count, sq_error *error);

/* Releases input (NULL is ignored); returns NULL. */
sqi_input *sqi_input_close(sqi_input *input);

/* How messages name a path: itself, or "standard input". */
const char *sqi_input_name(const char *path);

#endif
