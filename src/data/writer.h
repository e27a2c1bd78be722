/* Text for the generators: integers and fixed decimals, without printf, which depends on the
 * locale. */
#ifndef SQI_DATA_WRITER_H
#define SQI_DATA_WRITER_H

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

typedef struct sqi_writer {
    FILE *out;
    int failed; /* errno of the first write that failed; 0: none did */
    size_t used;
    char buffer[1 << 16];
} sqi_writer;

static inline void sqi_writer_init(sqi_writer *writer, FILE *out) {
    writer->out = out;
    writer->failed = 0;
    writer->used = 0;
}

/* Hands the buffer to out. */
void sqi_writer_flush(sqi_writer *writer);

/* number in decimal, then the character `end`. */
void sqi_write_integer(sqi_writer *writer, uint64_t number, char end);

/* units / 10^decimals with that many decimals (1 to 9), then `end`. */
void sqi_write_fixed(sqi_writer *writer, uint64_t units, int decimals, char end);

/* A string of at most 32 bytes. */
void sqi_write_text(sqi_writer *writer, const char *text);

/* Flushes all, out included; SQ_IO if anything was not written. */
int sqi_writer_finish(sqi_writer *writer, sq_error *error);

#endif
