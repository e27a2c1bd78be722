/* A folder's files in memory: to compare with what a run left, and to put it back. */
#ifndef TEST_FAULTS_FOLDER_H
#define TEST_FAULTS_FOLDER_H

#include <stddef.h>

typedef struct kept_file {
    char *name;
    char *bytes; /* (size bytes, and a zero behind them) */
    size_t size;
} kept_file;

typedef struct folder {
    kept_file *file; /* sorted by name (size count) */
    size_t count;
} folder;

/* Reads every file of a folder that has no folders in it. What fails ends the program. */
folder folder_read(const char *path);
void folder_free(folder *f);

/* The file of that name, or NULL. */
const kept_file *folder_find(const folder *f, const char *name);
int file_same(const kept_file *a, const kept_file *b);

/* Makes the folder hold what `should` says, where `is` says what it holds now. */
void folder_restore(const char *path, const folder *is, const folder *should);

/* One file; NULL bytes where it cannot be read. */
kept_file file_read(const char *path);
void file_write(const char *path, const char *bytes, size_t size);

/* memory, or the end of the program. */
void *must(void *memory);

#endif
