/* Temporary data files, and readings of literal text. */
#ifndef TEST_DATA_FILES_H
#define TEST_DATA_FILES_H

#include <stddef.h>

#include "sequent/data.h"

/* Writes the bytes to a new file, packed by gzip if wanted; returns its path, a static buffer that
 * the next call overwrites. The caller removes the file. */
const char *data_file(const void *bytes, size_t count, int packed);

/* Reads the bytes as data, by way of a file. NULL where they are refused: message (size 512, may be
 * NULL) is then what the reader said behind the file's name, such as "2:5: found …", and *status
 * (may be NULL) its code. */
sq_data *data_of_bytes(const void *bytes, size_t count, sq_data_kind kind, sq_format format,
                       char *message, int *status);

/* The same for a string, format auto, failing the test where it is refused. */
sq_data *data_of(const char *text, sq_data_kind kind);

/* Fails the test unless text is refused as malformed with a message that begins with `want`. */
void refuse(const char *text, sq_data_kind kind, const char *want);
void refuse_bytes(const void *bytes, size_t count, sq_data_kind kind, const char *want);

/* Reads every prefix of the text. Each must be refused with a place, or give a valid data set with
 * no more samples than the whole. */
void cut_everywhere(const char *text, sq_data_kind kind);

/* Fails the test where a data set breaks a rule of data.h. */
void check_data(const sq_data *data);

/* Fails the test unless both have the same bits. */
void same_data(const sq_data *a, const sq_data *b);

/* Fails the test unless the names are those listed. */
void same_names(const sq_names *names, size_t count, const uint32_t *want);

#endif
