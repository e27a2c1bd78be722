/* Digits into a buffer. */
#include "data/writer.h"

#include <errno.h>
#include <string.h>

enum { LONGEST = 40 }; /* bytes that one call may add */

void sqi_writer_flush(sqi_writer *writer) {
    errno = 0;
    if (!writer->failed && fwrite(writer->buffer, 1, writer->used, writer->out) != writer->used)
        writer->failed = errno ? errno : EIO;
    writer->used = 0;
}

static char *room(sqi_writer *writer) {
    if (writer->used > sizeof writer->buffer - LONGEST)
        sqi_writer_flush(writer);
    return writer->buffer + writer->used;
}

void sqi_write_integer(sqi_writer *writer, uint64_t number, char end) {
    char digits[20], *p = room(writer);
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count > 0)
        *p++ = digits[--count];
    *p++ = end;
    writer->used = (size_t)(p - writer->buffer);
}

void sqi_write_fixed(sqi_writer *writer, uint64_t units, int decimals, char end) {
    uint64_t scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    sqi_write_integer(writer, units / scale, '.');
    char *p = room(writer);
    for (int i = 0; i < decimals; i++) {
        scale /= 10;
        *p++ = (char)('0' + units / scale % 10);
    }
    *p++ = end;
    writer->used = (size_t)(p - writer->buffer);
}

void sqi_write_text(sqi_writer *writer, const char *text) {
    size_t length = strlen(text);
    memcpy(room(writer), text, length);
    writer->used += length;
}

int sqi_writer_finish(sqi_writer *writer, sq_error *error) {
    sqi_writer_flush(writer);
    errno = 0;
    if (!writer->failed && fflush(writer->out) != 0)
        writer->failed = errno ? errno : EIO;
    if (writer->failed)
        return sqi_fail(error, SQ_IO, "the generated data cannot be written: %s",
                        strerror(writer->failed));
    return SQ_OK;
}
