/* What the fuzz targets share: files in memory, an allocator that counts, checks of what was read,
 * and mutators that know the formats.
 *
 * The library's seams (base/alloc.h, base/system.h) are replaced at link time, so a target hands its
 * input to a reader as a file without touching the disk. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "sequent/data.h"
#include "sequent/model.h"

/* --- running --- */

/* Begins an execution whose input is these bytes: no files, no memory in use. Reads come in pieces
 * whose lengths, and whose interruptions, follow from the bytes. */
void fuzz_begin(const uint8_t *bytes, size_t size);

/* Ends it: every file must be closed, all memory released, and 5 s of processor time not used up. */
void fuzz_end(void);

/* Stops the program with a message: a rule was broken. */
__attribute__((format(printf, 1, 2), noreturn)) void fuzz_breach(const char *format, ...);

/* --- files in memory --- */

/* A file that can be opened by its path; bytes are borrowed until fuzz_end. */
void fuzz_file(const char *path, const void *bytes, size_t size);

/* The file that was last written and renamed; fails where there is none. */
const uint8_t *fuzz_written(size_t *size);

/* --- memory (allocator.c) --- */

/* The most that may be in use: 64 MiB and 64 times the input. */
void fuzz_memory_begin(size_t input);
void fuzz_memory_end(void);

/* The bytes at from … end are not to be read until they are written by a read again. */
void fuzz_hide(const void *from, const void *end);
void fuzz_show(const void *from, const void *end);

/* --- checks --- */

/* The rules of data.h. */
void fuzz_check_data(const sq_data *data, sq_data_kind kind);

/* The rules of model.h, and finite parameters. */
void fuzz_check_model(const sq_model *model);

/* A message is one printable line. */
void fuzz_check_message(const sq_error *error);

/* … that begins with PATH:LINE:COLUMN: of a place in the text. */
void fuzz_check_place(const sq_error *error, const char *path, const uint8_t *text, size_t size);

/* Data that were read from a text are what it says (plain.c). */
void fuzz_check_plain(const sq_data *data, sq_format format, const uint8_t *text, size_t size);

/* A whole execution of a reader of data, with all checks that fit. */
int fuzz_data(const uint8_t *bytes, size_t size, sq_data_kind kind, sq_format format);

/* --- mutators --- */

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Puts the checksum of all before it into the last 16 bytes. */
void fuzz_seal(uint8_t *bytes, size_t size);

/* Changes JSON: a string in it, or anything. */
size_t fuzz_mutate_json(uint8_t *bytes, size_t size, size_t most, unsigned seed);

/* Changes a binary file and seals it half of the times. json: the format has a lock in it, behind
 * its length at byte 12. */
size_t fuzz_mutate_sealed(uint8_t *bytes, size_t size, size_t most, unsigned seed, int json);

#endif
