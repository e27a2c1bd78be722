/* Every reader of files under one call, for tests that give them all kinds of bytes. */
#ifndef TEST_READERS_H
#define TEST_READERS_H

#include <stddef.h>

#include "sequent/status.h"

typedef enum file_form {
    TEXT,   /* refused with a place */
    JSON,   /* … or with the key of a value */
    PACKED, /* gzip */
    BINARY, /* with a checksum */
    WORD    /* a single number, which a parser is given */
} file_form;

typedef struct file_reader {
    const char *name; /* of the fuzz target */
    file_form form;
    int (*read)(const char *path, sq_error *error); /* and checks what was read */
} file_reader;

extern const file_reader file_readers[];
extern const int file_reader_count;

const file_reader *file_reader_of(const char *name);

/* Reads bytes as a file in the folder of in_folder. Returns the status; fails the test unless they
 * are accepted, or refused as their form asks. what: for messages. */
int file_read(const file_reader *reader, const char *bytes, size_t count, const char *what);

/* How many files this test has read; it tells so with cr_log_info. */
extern unsigned long file_reads;

#endif
