/* XXH3-128 over canonical little-endian forms. */
#ifndef SQI_VERIFY_DIGEST_H
#define SQI_VERIFY_DIGEST_H

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "sequent/hash.h"

/* The state of XXH3-128. */
typedef struct sqi_digest {
    XXH3_state_t state;
    void (*tap)(void *context, const void *bytes, size_t count); /* also gets the bytes; or NULL */
    void *tapped;
} sqi_digest;

void sqi_digest_begin(sqi_digest *digest);
void sqi_digest_bytes(sqi_digest *digest, const void *bytes, size_t count);

/* count binary32 or 32-bit numbers, little-endian whatever the machine. */
void sqi_digest_words(sqi_digest *digest, const void *words, size_t count);
void sqi_digest_u32(sqi_digest *digest, uint32_t value);
void sqi_digest_u64(sqi_digest *digest, uint64_t value);

/* The canonical form of a model, as sq_model_hash hashes it. */
void sqi_digest_model(sqi_digest *digest, const sq_model *model);

/* An epoch's order, as the order hash has it. */
void sqi_digest_order(sqi_digest *digest, const uint32_t *pi, size_t steps);

/* The 16 bytes of a hash's hexadecimal digits. */
void sqi_digest_hash(sqi_digest *digest, const sq_hash *hash);

/* The 128 bits, high half first, big-endian in both (xxHash's canonical form). */
void sqi_digest_end(const sqi_digest *digest, unsigned char out[16]);
sq_hash sqi_digest_hex(const sqi_digest *digest);

#endif
