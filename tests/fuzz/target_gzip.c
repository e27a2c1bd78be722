/* Packed input, against zlib's inflate on the whole of it; then as svmlight. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/input.h"
#include "fuzz.h"

static const char PATH[] = "/fuzz/packed";

typedef struct text {
    uint8_t *bytes;
    size_t size, room;
    int whole; /* the packed bytes are well formed to their end */
} text;

static void append(text *to, const void *bytes, size_t count) {
    if (to->size + count >= to->room) {
        to->room = 2 * (to->size + count) + 4096;
        to->bytes = realloc(to->bytes, to->room);
    }
    memcpy(to->bytes + to->size, bytes, count);
    to->size += count;
}

/* Unpacks one member; *size is how much of the packed bytes it has. */
static int unpack_member(const uint8_t *packed, size_t *size, text *out) {
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed, .avail_in = (uInt)*size};
    int code = inflateInit2(&stream, 16 + MAX_WBITS);
    while (code == Z_OK) {
        uint8_t piece[4096];
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        code = inflate(&stream, Z_NO_FLUSH);
        append(out, piece, sizeof piece - stream.avail_out);
    }
    *size -= stream.avail_in;
    inflateEnd(&stream);
    return code == Z_STREAM_END;
}

static text unpack(const uint8_t *packed, size_t size) {
    text out = {.whole = 1};
    for (size_t at = 0; at < size && out.whole;) {
        size_t n = size - at;
        if (at > 0 && packed[at] == 0) { /* padding between and behind members */
            at++;
            continue;
        }
        out.whole = unpack_member(packed + at, &n, &out);
        at += n;
    }
    return out;
}

/* Reads the file in pieces whose lengths follow from its size. */
static int read_all(text *out, size_t size, sq_error *error) {
    sqi_input *input = NULL;
    size_t n = 1, most = size % 3 == 0 ? 1 : size % 3 == 1 ? 100 : 65536;
    uint8_t *piece = malloc(most);
    int status = sqi_input_open(&input, PATH, error);
    while (status == SQ_OK && n > 0) {
        status = sqi_input_read(input, piece, most, &n, error);
        append(out, piece, n);
    }
    sqi_input_close(input);
    free(piece);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    sq_error error = {""};
    text found = {.size = 0};
    if (size < 2 || bytes[0] != 0x1F || bytes[1] != 0x8B)
        return -1;
    text expected = unpack(bytes, size);
    fuzz_begin(bytes, size);
    fuzz_file(PATH, bytes, size);
    int status = read_all(&found, size, &error);
    if (status != SQ_OK && status != SQ_IO)
        fuzz_breach("status %d: %s", status, error.message);
    if (status == SQ_IO)
        fuzz_check_message(&error);
    if ((status == SQ_OK) != expected.whole)
        fuzz_breach("status %d (%s), but inflate says %d", status, error.message, expected.whole);
    if (found.size > expected.size || (expected.whole && found.size != expected.size) ||
        (found.size && memcmp(found.bytes, expected.bytes, found.size) != 0))
        fuzz_breach("%zu bytes instead of %zu, or others", found.size, expected.size);
    fuzz_end();
    free(found.bytes);
    free(expected.bytes);
    return fuzz_data(bytes, size, SQ_ROWS, SQ_FORMAT_AUTO);
}

/* Packs a text as one member, or as two. */
static size_t pack(uint8_t *out, size_t most, const text *from, unsigned seed) {
    static const int levels[] = {0, 1, 6, 9};
    size_t used = 0, cut = seed % 4 == 0 ? from->size / 2 : from->size, at = 0;
    while (at < from->size || used == 0) {
        size_t n = at < cut ? cut - at : from->size - at;
        z_stream stream = {.next_in = from->bytes + at, .avail_in = (uInt)n};
        deflateInit2(&stream, levels[seed / 4 % 4], Z_DEFLATED, 16 + MAX_WBITS, 8,
                     seed / 16 % 4 ? Z_DEFAULT_STRATEGY : Z_FIXED);
        stream.next_out = out + used;
        stream.avail_out = (uInt)(most - used);
        (void)deflate(&stream, Z_FINISH);
        used = most - stream.avail_out;
        deflateEnd(&stream);
        at += n;
    }
    return used;
}

/* Changes the packed bytes, or the text in them. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed) {
    if (seed % 2 == 0)
        return LLVMFuzzerMutate(bytes, size, most);
    text inner = unpack(bytes, size);
    inner.bytes = realloc(inner.bytes, inner.size + 4096);
    inner.size = inner.size < 16384 ? inner.size : 16384;
    inner.size = LLVMFuzzerMutate(inner.bytes, inner.size, inner.size + 4096);
    size = pack(bytes, most, &inner, seed / 2);
    free(inner.bytes);
    return size;
}
