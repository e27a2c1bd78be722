/* The files that a run reads and writes. */
#ifndef SQI_CLI_PLACES_H
#define SQI_CLI_PLACES_H

#include "cli/settings.h"

/* SQ_BAD_ARGUMENT, with both, where a file to be written is also to be read, or to be written as
 * something else, or where standard output goes to it: a lock whose data are gone could never be verified.
 * A checkpoint may take the place of the one that the run goes on from. data: path. */
int places_check(const settings *s, const char *data, sq_error *error);

/* The same of one more file that is written, named by `option`. */
int places_check_also(const settings *s, const char *data, const char *option, const char *path,
                      sq_error *error);

/* The same for the files of a generated image. */
int places_check_image(const settings *s, sq_error *error);

#endif
