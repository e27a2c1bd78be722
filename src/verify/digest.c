/* XXH3-128 by xxHash's library. */
#include "verify/digest.h"

#include "base/endian.h"

void sqi_digest_begin(sqi_digest *digest) {
    XXH3_128bits_reset(&digest->state);
    digest->tap = NULL;
    digest->tapped = NULL;
}

void sqi_digest_bytes(sqi_digest *digest, const void *bytes, size_t count) {
    XXH3_128bits_update(&digest->state, bytes, count);
    if (digest->tap)
        digest->tap(digest->tapped, bytes, count);
}

void sqi_digest_words(sqi_digest *digest, const void *words, size_t count) {
    unsigned char buffer[4096];
    if (SQI_LITTLE_ENDIAN) {
        sqi_digest_bytes(digest, words, 4 * count);
        return;
    }
    const size_t most = sizeof buffer / 4;
    for (size_t done = 0; done < count; done += most) {
        size_t n = count - done < most ? count - done : most;
        sqi_store_words(buffer, (const unsigned char *)words + 4 * done, n);
        sqi_digest_bytes(digest, buffer, 4 * n);
    }
}

void sqi_digest_u32(sqi_digest *digest, uint32_t value) {
    sqi_digest_words(digest, &value, 1);
}

void sqi_digest_u64(sqi_digest *digest, uint64_t value) {
    sqi_digest_u32(digest, (uint32_t)value);
    sqi_digest_u32(digest, (uint32_t)(value >> 32));
}

void sqi_digest_end(const sqi_digest *digest, unsigned char out[16]) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&digest->state));
    for (int i = 0; i < 16; i++)
        out[i] = canonical.digest[i];
}

sq_hash sqi_digest_hex(const sqi_digest *digest) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];
    sq_hash hash;
    sqi_digest_end(digest, bytes);
    for (size_t i = 0; i < 16; i++) {
        hash.hex[2 * i] = digits[bytes[i] >> 4];
        hash.hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hash.hex[32] = '\0';
    return hash;
}

static unsigned char nibble(char digit) {
    return (unsigned char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void sqi_digest_hash(sqi_digest *digest, const sq_hash *hash) {
    unsigned char bytes[16];
    for (size_t i = 0; i < 16; i++)
        bytes[i] = (unsigned char)(nibble(hash->hex[2 * i]) << 4 | nibble(hash->hex[2 * i + 1]));
    sqi_digest_bytes(digest, bytes, sizeof bytes);
}
