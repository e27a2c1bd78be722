/* Binary files with a checksum. */
#include "verify/stream.h"

#include <string.h>

#include "base/alloc.h"
#include "base/endian.h"

int sqi_out_open(sqi_out *out, const char *path, sq_error *error) {
    sqi_digest_begin(&out->digest);
    return sqi_output_open(&out->output, path, error);
}

int sqi_out_bytes(sqi_out *out, const void *bytes, size_t count, sq_error *error) {
    sqi_digest_bytes(&out->digest, bytes, count);
    return sqi_output_write(out->output, bytes, count, error);
}

int sqi_out_words(sqi_out *out, const void *words, size_t count, sq_error *error) {
    unsigned char buffer[4096];
    const size_t most = sizeof buffer / 4;
    int status = SQ_OK;
    for (size_t done = 0; done < count && status == SQ_OK; done += most) {
        size_t n = count - done < most ? count - done : most;
        sqi_store_words(buffer, (const unsigned char *)words + 4 * done, n);
        status = sqi_out_bytes(out, buffer, 4 * n, error);
    }
    return status;
}

int sqi_out_wides(sqi_out *out, const uint64_t *wides, size_t count, sq_error *error) {
    uint32_t halves[1024];
    const size_t most = sizeof halves / 8;
    int status = SQ_OK;
    for (size_t done = 0; done < count && status == SQ_OK; done += most) {
        size_t n = count - done < most ? count - done : most;
        for (size_t i = 0; i < n; i++) {
            halves[2 * i] = (uint32_t)wides[done + i];
            halves[2 * i + 1] = (uint32_t)(wides[done + i] >> 32);
        }
        status = sqi_out_words(out, halves, 2 * n, error);
    }
    return status;
}

int sqi_out_u32(sqi_out *out, uint32_t value, sq_error *error) {
    return sqi_out_words(out, &value, 1, error);
}

int sqi_out_u64(sqi_out *out, uint64_t value, sq_error *error) {
    return sqi_out_wides(out, &value, 1, error);
}

int sqi_out_sum(sqi_out *out, sq_error *error) {
    unsigned char sum[16];
    sqi_digest_end(&out->digest, sum);
    return sqi_out_bytes(out, sum, sizeof sum, error);
}

int sqi_out_close(sqi_out *out, int status, sq_error *error) {
    sqi_output *output = out->output;
    out->output = NULL;
    if (status == SQ_OK)
        return sqi_output_commit(output, error);
    sqi_output_abandon(output);
    return status;
}

int sqi_in_open(sqi_in *in, const char *path, const char *kind, sq_error *error) {
    *in = (sqi_in){.path = path, .kind = kind};
    sqi_digest_begin(&in->digest);
    return sqi_input_open(&in->input, path, error);
}

void sqi_in_close(sqi_in *in) {
    in->input = sqi_input_close(in->input);
}

int sqi_in_bad(const sqi_in *in, const char *what, sq_error *error) {
    return sqi_fail(error, SQ_BAD_INPUT, "%s: a %s %s", sqi_input_name(in->path), in->kind, what);
}

int sqi_in_bytes(sqi_in *in, void *into, size_t count, sq_error *error) {
    unsigned char *to = into;
    while (count > 0) {
        size_t n;
        int status = sqi_input_read(in->input, to, count, &n, error);
        if (status != SQ_OK)
            return status;
        if (n == 0)
            return sqi_in_bad(in, "that ends too early", error);
        sqi_digest_bytes(&in->digest, to, n);
        to += n;
        count -= n;
    }
    return SQ_OK;
}

int sqi_in_u32(sqi_in *in, uint32_t *value, sq_error *error) {
    unsigned char bytes[4] = {0};
    int status = sqi_in_bytes(in, bytes, sizeof bytes, error);
    *value = sqi_load_u32(bytes);
    return status;
}

int sqi_in_u64(sqi_in *in, uint64_t *value, sq_error *error) {
    unsigned char bytes[8] = {0};
    int status = sqi_in_bytes(in, bytes, sizeof bytes, error);
    *value = sqi_load_u32(bytes) | (uint64_t)sqi_load_u32(bytes + 4) << 32;
    return status;
}

int sqi_in_words(sqi_in *in, void **words, uint64_t count, sq_error *error) {
    const uint64_t most = 1 << 18;
    int status = sqi_resize(words, 1, 4, error);
    for (uint64_t done = 0; done < count && status == SQ_OK; done += most) {
        size_t n = (size_t)(count - done < most ? count - done : most);
        status = sqi_resize(words, (size_t)done + n, 4, error);
        if (status != SQ_OK)
            return status;
        unsigned char *at = (unsigned char *)*words + 4 * done;
        status = sqi_in_bytes(in, at, 4 * n, error);
        if (status == SQ_OK)
            sqi_load_words(at, at, n);
    }
    return status;
}

int sqi_in_text(sqi_in *in, void **text, uint32_t count, sq_error *error) {
    int status = sqi_resize(text, 1, 1, error);
    for (uint32_t done = 0; done < count && status == SQ_OK;) {
        uint32_t n = count - done < 1 << 20 ? count - done : 1 << 20;
        status = sqi_resize(text, (size_t)done + n, 1, error);
        if (status == SQ_OK)
            status = sqi_in_bytes(in, (char *)*text + done, n, error);
        done += n;
    }
    return status;
}

int sqi_in_sum(sqi_in *in, sq_error *error) {
    unsigned char expected[16], found[16];
    sqi_digest_end(&in->digest, expected);
    int status = sqi_in_bytes(in, found, sizeof found, error);
    if (status == SQ_OK && memcmp(found, expected, sizeof found) != 0)
        status = sqi_in_bad(in, "that is damaged: its checksum does not fit", error);
    return status;
}

int sqi_in_end(sqi_in *in, sq_error *error) {
    unsigned char more;
    size_t n = 0;
    int status = sqi_input_read(in->input, &more, 1, &n, error);
    return status == SQ_OK && n ? sqi_in_bad(in, "with more bytes behind its end", error) : status;
}
