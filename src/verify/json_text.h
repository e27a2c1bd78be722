/* JSON texts of locks. */
#ifndef SQI_VERIFY_JSON_TEXT_H
#define SQI_VERIFY_JSON_TEXT_H

#include <jansson.h>

#include "base/status.h"

/* The text of a JSON object (NULL: there was no memory for it), released with sqi_free. */
int sqi_json_dump(char **text, const json_t *object, sq_error *error);

/* The parsed text; NULL, with its place in *where, where it is none. SQ_NO_MEMORY. */
int sqi_json_load(json_t **object, const char *text, size_t size, json_error_t *where,
                  sq_error *error);

#endif
