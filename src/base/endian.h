/* Numbers in files are little-endian. */
#ifndef SQI_BASE_ENDIAN_H
#define SQI_BASE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SQI_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static inline void sqi_store_u32(unsigned char out[4], uint32_t value) {
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> 8 * i);
}

static inline uint32_t sqi_load_u32(const unsigned char in[4]) {
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

/* count 32-bit words of this machine (integers or binary32) as little-endian bytes. */
static inline void sqi_store_words(unsigned char *out, const void *words, size_t count) {
    if (SQI_LITTLE_ENDIAN) {
        memcpy(out, words, 4 * count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, (const unsigned char *)words + 4 * i, 4);
        sqi_store_u32(out + 4 * i, word);
    }
}

/* The reverse; in place where out == in. */
static inline void sqi_load_words(void *out, const unsigned char *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t word = sqi_load_u32(in + 4 * i);
        memcpy((unsigned char *)out + 4 * i, &word, 4);
    }
}

#endif
