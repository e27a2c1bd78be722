/* Binary files with a checksum: little-endian numbers, and XXH3-128 of all before it at the end. */
#ifndef SQI_VERIFY_STREAM_H
#define SQI_VERIFY_STREAM_H

#include "base/input.h"
#include "base/output.h"
#include "verify/digest.h"

typedef struct sqi_out {
    sqi_output *output;
    sqi_digest digest;
} sqi_out;

int sqi_out_open(sqi_out *out, const char *path, sq_error *error);
int sqi_out_bytes(sqi_out *out, const void *bytes, size_t count, sq_error *error);
/* count 32-bit words (integers or binary32) of this machine. */
int sqi_out_words(sqi_out *out, const void *words, size_t count, sq_error *error);
/* count 64-bit numbers of this machine. */
int sqi_out_wides(sqi_out *out, const uint64_t *wides, size_t count, sq_error *error);
int sqi_out_u32(sqi_out *out, uint32_t value, sq_error *error);
int sqi_out_u64(sqi_out *out, uint64_t value, sq_error *error);
/* The checksum of all so far. */
int sqi_out_sum(sqi_out *out, sq_error *error);
/* Ends the file, or removes it; status: what happened so far, returned if it is an error. */
int sqi_out_close(sqi_out *out, int status, sq_error *error);

typedef struct sqi_in {
    sqi_input *input;
    sqi_digest digest;
    const char *path;
    const char *kind; /* "model file", … for messages */
} sqi_in;

/* path must live as long as the stream. */
int sqi_in_open(sqi_in *in, const char *path, const char *kind, sq_error *error);
void sqi_in_close(sqi_in *in);
/* SQ_BAD_INPUT with "PATH: a KIND …". */
int sqi_in_bad(const sqi_in *in, const char *what, sq_error *error);
/* Exactly count bytes; fewer: SQ_BAD_INPUT. */
int sqi_in_bytes(sqi_in *in, void *into, size_t count, sq_error *error);
int sqi_in_u32(sqi_in *in, uint32_t *value, sq_error *error);
int sqi_in_u64(sqi_in *in, uint64_t *value, sq_error *error);
/* count 32-bit words into *words, which grows as they come: a size that lies takes no memory. */
int sqi_in_words(sqi_in *in, void **words, uint64_t count, sq_error *error);
/* count bytes of text into *text, which grows as they come. */
int sqi_in_text(sqi_in *in, void **text, uint32_t count, sq_error *error);
/* The checksum must be that of all so far. */
int sqi_in_sum(sqi_in *in, sq_error *error);
/* Nothing may follow. */
int sqi_in_end(sqi_in *in, sq_error *error);

#endif
