/* Training data: sparse rows, ratings and graphs with terminals, and their readers.
 *
 * Coordinates (features; users and items; nodes) keep the numbers of their file as *names*; inside,
 * those that occur are numbered densely, in ascending order of their names, so that parameters
 * exist only for coordinates that occur. */
#ifndef SEQUENT_DATA_H
#define SEQUENT_DATA_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a sample is. */
typedef enum sq_data_kind {
    SQ_ROWS,    /* a label and a sparse row: svmlight */
    SQ_RATINGS, /* a user, an item and a value: triplets, Matrix Market */
    SQ_EDGES    /* two nodes and a weight: edge lists, Matrix Market */
} sq_data_kind;

typedef enum sq_format {
    SQ_FORMAT_AUTO, /* Matrix Market where the first line says so, else the text format of the kind
                     */
    SQ_FORMAT_SVMLIGHT,
    SQ_FORMAT_TRIPLETS,
    SQ_FORMAT_MATRIX_MARKET,
    SQ_FORMAT_EDGES
} sq_format;

/* The numbers that a file gives to its coordinates; dense id i has the name name[i]. */
typedef struct sq_names {
    size_t count;
    uint32_t *name; /* strictly ascending, at most 2^32 - 2 (size count) */
} sq_names;

/* The name of the constant feature that sq_data_add_bias appends: one more than a file may use. */
#define SQ_BIAS_NAME UINT32_C(0xFFFFFFFF)

/* A data set, in compressed rows or in pairs; built by a reader, then read-only. The same rating may
 * occur again, and an edge may be a loop, which holds its node twice. */
typedef struct sq_data {
    sq_data_kind kind;
    size_t samples;
    size_t nonzeros;  /* SQ_ROWS: stored entries, explicit zeros included; else 0 */
    uint64_t *row;    /* SQ_ROWS: where each row begins (size samples + 1); else NULL */
    uint32_t *column; /* SQ_ROWS: dense ids, strictly ascending in a row (size nonzeros) */
    uint32_t
        *pair;    /* SQ_RATINGS: user, users.count + item; SQ_EDGES: node, node (size 2 samples) */
    float *value; /* SQ_ROWS: entries (size nonzeros); else ratings or weights (size samples) */
    float *label; /* SQ_ROWS: labels (size samples); else NULL */
    sq_names names[2]; /* features | users, items | nodes */
} sq_data;

/* Reads a data set. path: a file, "-" for standard input; gzip is recognised by its content.
 * Numbers are rounded correctly to binary32, whatever the locale. On success *data is the caller's,
 * released with sq_data_free; on failure it is NULL. Cost: at most about three times the size of
 * the result in memory while reading. Errors: SQ_IO, SQ_NO_MEMORY, SQ_BAD_INPUT with
 * FILE:LINE:COLUMN (both from 1, columns in bytes; gzip: of the unpacked text); SQ_BAD_ARGUMENT for
 * a format that cannot hold the kind. A data set without samples is malformed, and so is one with
 * more than 2^32 - 2. A gzip file that is cut short or damaged is SQ_IO. */
SQ_API int sq_data_read(sq_data **data, const char *path, sq_data_kind kind, sq_format format,
                        sq_error *error);

/* Appends to every row of SQ_ROWS the feature SQ_BIAS_NAME with the value 1. On failure the data
 * is unchanged. */
SQ_API int sq_data_add_bias(sq_data *data, sq_error *error);

/* Releases data (NULL is ignored); returns NULL. */
SQ_API sq_data *sq_data_free(sq_data *data);

/* Nodes whose label is given, by the names of a file. */
typedef struct sq_terminals {
    size_t count;
    uint32_t *node; /* names, strictly ascending (size count) */
    float *label;   /* of each node; zero is +0 (size count) */
} sq_terminals;

/* Reads terminals, "node label" a line, as sq_data_read reads edges. The same line may occur again.
 * Errors as there; SQ_BAD_INPUT also for a node with two labels (with both lines) and where there are
 * fewer than two different labels. The caller's (sq_terminals_free). */
SQ_API int sq_terminals_read(sq_terminals **terminals, const char *path, sq_error *error);

/* Releases terminals (NULL is ignored); returns NULL. */
SQ_API sq_terminals *sq_terminals_free(sq_terminals *terminals);

/* The dense id of a name, or SIZE_MAX: binary search. */
SQ_API size_t sq_names_find(const sq_names *names, uint32_t name);

#ifdef __cplusplus
}
#endif
#endif
