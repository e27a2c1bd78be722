/* Reading with read(2), unpacking with zlib's inflate.
 *
 * zlib's own gzread is not used: it takes a damaged second member for padding and drops it without
 * a word, and it allocates past the library's seam. */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/system.h"

enum { PACKED_BYTES = 1 << 18 };

struct sqi_input {
    const char *path;
    int descriptor;
    bool standard;   /* the descriptor is not ours to close */
    bool gzip;       /* the first bytes are gzip's */
    bool inflating;  /* the z_stream is initialised */
    bool in_member;  /* the last member's end was not yet seen */
    bool ended;      /* read(2) reported the end */
    z_stream stream; /* next_in, avail_in: what was read and not yet handed out, gzip or not */
    unsigned char packed[PACKED_BYTES];
};

const char *sqi_input_name(const char *path) {
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int fail_read(const sqi_input *input, sq_error *error) {
    return sqi_fail(error, SQ_IO, "%s: cannot be read: %s", sqi_input_name(input->path),
                    strerror(errno));
}

static int read_some(sqi_input *input, void *into, size_t size, size_t *count, sq_error *error) {
    const size_t most = 1 << 30; /* read(2) promises nothing for more than SSIZE_MAX */
    ssize_t got = -1;
    do
        got = sqi_system_read(input->descriptor, into, size < most ? size : most);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_read(input, error);
    *count = (size_t)got;
    input->ended = got == 0;
    return SQ_OK;
}

/* Appends to the packed bytes, which begin at packed[0]. */
static int fill_packed(sqi_input *input, sq_error *error) {
    size_t have = input->stream.avail_in, count = 0;
    int status = read_some(input, input->packed + have, sizeof input->packed - have, &count, error);
    input->stream.next_in = input->packed;
    input->stream.avail_in = (uInt)(have + count);
    return status;
}

static voidpf zlib_alloc(voidpf opaque, uInt count, uInt size) {
    (void)opaque;
    return sqi_alloc(count, size, NULL);
}

static void zlib_free(voidpf opaque, voidpf memory) {
    (void)opaque;
    sqi_free(memory);
}

static int start_gzip(sqi_input *input, sq_error *error) {
    const int gzip_only = 16;
    input->stream.zalloc = zlib_alloc;
    input->stream.zfree = zlib_free;
    int code = inflateInit2(&input->stream, gzip_only + MAX_WBITS);
    if (code == Z_MEM_ERROR)
        return sqi_fail(error, SQ_NO_MEMORY, "out of memory: zlib's window");
    if (code != Z_OK)
        return sqi_fail(error, SQ_IO, "zlib cannot be used: this one is version %s", zlibVersion());
    input->inflating = input->in_member = true;
    return SQ_OK;
}

int sqi_input_open(sqi_input **result, const char *path, sq_error *error) {
    *result = NULL;
    sqi_input *input = sqi_alloc(1, sizeof *input, error);
    if (!input)
        return SQ_NO_MEMORY;
    int status = SQ_OK;
    input->path = path;
    input->standard = strcmp(path, "-") == 0;
    input->descriptor =
        input->standard ? STDIN_FILENO : sqi_system_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (input->descriptor < 0) {
        status = sqi_fail(error, SQ_IO, "%s: cannot be opened: %s", path, strerror(errno));
        goto done;
    }
    /* A pipe may deliver one byte at a time. */
    while (input->stream.avail_in < 2 && !input->ended)
        if ((status = fill_packed(input, error)) != SQ_OK)
            goto done;
    input->gzip =
        input->stream.avail_in >= 2 && input->packed[0] == 0x1F && input->packed[1] == 0x8B;
    if (input->gzip)
        status = start_gzip(input, error);
done:
    if (status == SQ_OK)
        *result = input;
    else
        sqi_input_close(input);
    return status;
}

/* Makes packed bytes of a member available; *more = false at the end of the last one. */
static int next_packed(sqi_input *input, bool *more, sq_error *error) {
    z_stream *stream = &input->stream;
    *more = true;
    for (;;) {
        while (!input->in_member && stream->avail_in && *stream->next_in == 0) {
            stream->next_in++; /* padding of tapes and block devices, as gzip itself allows */
            stream->avail_in--;
        }
        if (stream->avail_in)
            break;
        int status = fill_packed(input, error);
        if (status != SQ_OK)
            return status;
        if (input->ended) {
            *more = false;
            if (!input->in_member)
                return SQ_OK;
            return sqi_fail(error, SQ_IO, "%s: the gzip data end too early: the file is cut short",
                            sqi_input_name(input->path));
        }
    }
    if (!input->in_member) {
        inflateReset(stream);
        input->in_member = true;
    }
    return SQ_OK;
}

static int read_gzip(sqi_input *input, void *into, size_t size, size_t *count, sq_error *error) {
    const size_t most = 1 << 30; /* zlib counts in unsigned int */
    size_t room = size < most ? size : most;
    input->stream.next_out = into;
    input->stream.avail_out = (uInt)room;
    while (input->stream.avail_out == room) {
        bool more = false;
        int status = next_packed(input, &more, error);
        if (status != SQ_OK || !more)
            return status;
        int code = inflate(&input->stream, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR)
            return sqi_fail(error, SQ_NO_MEMORY, "out of memory: zlib's window");
        if (code == Z_STREAM_END)
            input->in_member = false;
        else if (code != Z_OK && code != Z_BUF_ERROR)
            return sqi_fail(error, SQ_IO, "%s: the gzip data are damaged: %s",
                            sqi_input_name(input->path),
                            input->stream.msg ? input->stream.msg : "no reason given");
        *count = room - input->stream.avail_out;
    }
    return SQ_OK;
}

int sqi_input_read(sqi_input *input, void *into, size_t size, size_t *count, sq_error *error) {
    *count = 0;
    if (input->gzip)
        return read_gzip(input, into, size, count, error);
    if (input->stream.avail_in == 0)
        return input->ended ? SQ_OK : read_some(input, into, size, count, error);
    *count = input->stream.avail_in < size ? input->stream.avail_in : size;
    memcpy(into, input->stream.next_in, *count);
    input->stream.next_in += *count;
    input->stream.avail_in -= (uInt)*count;
    return SQ_OK;
}

sqi_input *sqi_input_close(sqi_input *input) {
    if (!input)
        return NULL;
    if (input->inflating)
        inflateEnd(&input->stream);
    if (input->descriptor >= 0 && !input->standard)
        (void)close(input->descriptor); /* read only: nothing can be lost */
    return sqi_free(input);
}
