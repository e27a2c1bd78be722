/* Hashes of models, data and orders: XXH3-128 (xxHash) over canonical little-endian forms, which
 * doc/formats.md gives byte by byte. They do not depend on the machine, the file around the content
 * or the number of threads. */
#ifndef SEQUENT_HASH_H
#define SEQUENT_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/data.h"
#include "sequent/model.h"
#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 32 lower-case hexadecimal digits and an end. */
typedef struct sq_hash {
    char hex[33];
} sq_hash;

/* The parameters of a model with the names of their coordinates. */
SQ_API sq_hash sq_model_hash(const sq_model *model);

/* The parameters of any problem: width numbers of each of blocks blocks, stride apart, named 0, 1,
 * … */
SQ_API sq_hash sq_parameters_hash(const float *x, size_t blocks, uint32_t width, uint32_t stride);

/* The content of a data set: labels, names and values in the order of the samples. A bias that was
 * added does not count. */
SQ_API sq_hash sq_data_hash(const sq_data *data);

/* Terminals: nodes and labels, ascending. */
SQ_API sq_hash sq_terminals_hash(const sq_terminals *terminals);

/* The orders of all epochs of a run, one after another (for an observer's `order`). */
typedef struct sq_order_hasher sq_order_hasher;
SQ_API int sq_order_hasher_new(sq_order_hasher **hasher, sq_error *error);
SQ_API void sq_order_hasher_add(sq_order_hasher *hasher, const uint32_t *pi, size_t steps);
SQ_API sq_hash sq_order_hasher_hash(const sq_order_hasher *hasher);
SQ_API sq_order_hasher *sq_order_hasher_free(sq_order_hasher *hasher);

/* Writes a model to a file, which appears whole under its name or not at all; an earlier file of
 * that name stays until then. Errors: SQ_IO, SQ_NO_MEMORY. */
SQ_API int sq_model_write(const sq_model *model, const char *path, sq_error *error);

/* Reads a model file ("-": standard input). Sizes in the file are believed only as far as the
 * content follows. Errors: SQ_IO, SQ_NO_MEMORY, SQ_BAD_INPUT. */
SQ_API int sq_model_read(sq_model **model, const char *path, sq_error *error);

#ifdef __cplusplus
}
#endif
#endif
