/* Text, line by line, and messages that name a place in it.
 *
 * Lines are handed out in place: at points to the first byte of a line, which is complete in memory
 * and ends with '\n' (one is added where the last line has none). Scanners stop at '\n' and so need
 * no length. Lines without limit are read; the buffer grows to the longest one. */
#ifndef SQI_DATA_TEXT_H
#define SQI_DATA_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/input.h"

typedef struct sqi_text {
    const char *at;    /* where the line begins that is being read */
    const char *limit; /* behind the last whole line in memory; limit[-1] is '\n' */
    uint64_t line;     /* the number of the line at `at`, from 1 */
    const char *path;
    sqi_input *input;
    char *buffer;
    size_t capacity, filled; /* of buffer, in bytes */
    bool ended;              /* nothing is left in the input */
    bool unfinished;         /* limit[-1] was added */
} sqi_text;

/* Opens path as sqi_input_open does; path must live as long as text. A UTF-8 byte order mark at the
 * beginning is skipped and does not count as a column. */
int sqi_text_open(sqi_text *text, const char *path, sq_error *error);

void sqi_text_close(sqi_text *text);

/* Reads on, where at == limit; the bytes before at are given up. Returns 1 (there is a line), 0
 * (the end) or a negative status. */
int sqi_text_fill(sqi_text *text, sq_error *error);

/* Makes the line at `at` available without beginning it; returns as sqi_text_fill. */
static inline int sqi_text_peek(sqi_text *text, sq_error *error) {
    return text->at < text->limit ? 1 : sqi_text_fill(text, error);
}

/* Begins the line at `at`; returns as sqi_text_fill. The reader ends it with sqi_text_end. */
static inline int sqi_text_line(sqi_text *text, sq_error *error) {
    int status = sqi_text_peek(text, error);
    text->line += status == 1;
    return status;
}

/* Ends the line whose '\n' is at end. */
static inline void sqi_text_end(sqi_text *text, const char *end) {
    text->at = end + 1;
}

static inline const char *sqi_skip_blanks(const char *p) {
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* Whether the line ends at p: "\n" or "\r\n". */
static inline bool sqi_line_ends(const char *p) {
    return *p == '\n' || (*p == '\r' && p[1] == '\n');
}

/* Ends the line, whatever is left of it from p on; only a NUL byte is refused. */
int sqi_text_skip(sqi_text *text, const char *p, sq_error *error);

/* Returns SQ_BAD_INPUT with "FILE:LINE:COLUMN: found 'x', expected y", x being the word at p, a
 * byte of the current line. Columns are bytes, from 1. */
int sqi_text_fail(const sqi_text *text, const char *p, const char *expected, sq_error *error);

/* The same, where the text ended too early: "FILE:LINE:1: found the end of the file, …". */
int sqi_text_fail_end(const sqi_text *text, const char *expected, sq_error *error);

/* The same for a place that is no longer in memory, with what was found there in words. */
int sqi_text_fail_at(const sqi_text *text, uint64_t line, size_t column, const char *found,
                     const char *expected, sq_error *error);

/* As sqi_text_fail, for a number at p that sqi_number_read refused with *value = value. */
int sqi_text_fail_number(const sqi_text *text, const char *p, float value, const char *expected,
                         sq_error *error);

#endif
