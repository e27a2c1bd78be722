/* Lines of separated fields: rating triplets, edge lists and terminals.
 *
 * The first line of data decides what separates the fields of all lines: "::", a comma, or any run
 * of blanks and tabs. Blanks and tabs may surround fields in any case; otherwise separators do not
 * mix, and two commas in a row are an empty field, which is an error. Lines that begin with # or %
 * are comments. The first line that is neither empty nor a comment is a header, and skipped, if its
 * first field begins with a letter, '_' or a quote and is not nan or inf: a damaged number is never
 * taken for a header. */
#ifndef SQI_DATA_FIELDS_H
#define SQI_DATA_FIELDS_H

#include "data/pairs.h"

typedef struct sqi_fields {
    char separator; /* ' ', ',' or ':'; 0: not yet known */
    bool begun;     /* the first line of data or the header was seen */
} sqi_fields;

/* Reads one line of data, whose first field is at p, appends its sample and ends the line. */
typedef int sqi_fields_reader(sqi_pairs *pairs, sqi_fields *fields, sqi_text *text, const char *p,
                              sq_error *error);

/* Begins the next line of data; *first is its first field. Returns as sqi_text_fill. */
int sqi_fields_line(sqi_fields *fields, sqi_text *text, const char **first, sq_error *error);

/* Reads all lines into data. */
int sqi_fields_read(sqi_text *text, sq_data *data, sqi_fields_reader *read_line, sq_error *error);

/* Whether a field may end at p. */
static inline bool sqi_field_ends(const char *p) {
    return *p == ' ' || *p == '\t' || *p == ',' || *p == ':' || sqi_line_ends(p);
}

/* The field behind the one that ends at p; NULL where p is at the line's end or another separator
 * follows, *p then being moved to what was found. */
const char *sqi_fields_next(sqi_fields *fields, const char **p);

/* Reports that sqi_fields_next gave NULL for p: expected is what the next field should be. */
int sqi_fields_fail(const sqi_fields *fields, const sqi_text *text, const char *p,
                    const char *expected, sq_error *error);

/* Reads a name at *p and moves *p to the field behind it; expected: what it is the name of, next:
 * what the next field should be. */
int sqi_fields_name(sqi_fields *fields, const sqi_text *text, const char **p, uint32_t *name,
                    const char *expected, const char *next, sq_error *error);

/* Reads a number at p and ends the line; further fields are ignored. */
int sqi_fields_last(sqi_fields *fields, sqi_text *text, const char *p, float *value,
                    const char *expected, sq_error *error);

#endif
