/* Mutators that know where a checksum, a length and a string are, so that changes reach the code
 * behind them. */
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "fuzz.h"
#include "verify/digest.h"

void fuzz_seal(uint8_t *bytes, size_t size) {
    sqi_digest digest;
    if (size < 16)
        return;
    sqi_digest_begin(&digest);
    sqi_digest_bytes(&digest, bytes, size - 16);
    sqi_digest_end(&digest, bytes + size - 16);
}

/* Changes bytes[begin] … bytes[end - 1]; what follows moves along. */
static size_t mutate_part(uint8_t *bytes, size_t size, size_t most, size_t begin, size_t end) {
    size_t tail = size - end, room = most - tail - begin;
    if (room == 0)
        return size;
    uint8_t *part = malloc(room + 1);
    memcpy(part, bytes + begin, end - begin);
    size_t length = LLVMFuzzerMutate(part, end - begin, room);
    memmove(bytes + begin + length, bytes + end, tail);
    memcpy(bytes + begin, part, length);
    free(part);
    return begin + length + tail;
}

size_t fuzz_mutate_json(uint8_t *bytes, size_t size, size_t most, unsigned seed) {
    size_t quotes = 0, wanted, begin = 0;
    for (size_t i = 0; i < size; i++)
        quotes += bytes[i] == '"';
    if (seed % 4 == 0 || quotes < 2 || size > most)
        return LLVMFuzzerMutate(bytes, size, most);
    wanted = seed / 4 % (quotes / 2) * 2;
    for (size_t seen = 0; begin < size; begin++)
        if (bytes[begin] == '"' && seen++ == wanted)
            break;
    const uint8_t *end = memchr(bytes + begin + 1, '"', size - begin - 1);
    if (!end)
        return LLVMFuzzerMutate(bytes, size, most);
    return mutate_part(bytes, size, most, begin + 1, (size_t)(end - bytes));
}

enum { LENGTH_AT = 12, TEXT_AT = 16, SUM = 16 };

/* Changes the lock in the file and its length with it. */
static size_t mutate_lock(uint8_t *bytes, size_t size, size_t most, size_t length, unsigned seed) {
    size_t tail = size - TEXT_AT - length, room = most - TEXT_AT - tail;
    uint8_t *text = malloc(room + 1);
    memcpy(text, bytes + TEXT_AT, length);
    size_t changed = fuzz_mutate_json(text, length, room, seed);
    memmove(bytes + TEXT_AT + changed, bytes + TEXT_AT + length, tail);
    memcpy(bytes + TEXT_AT, text, changed);
    sqi_store_u32(bytes + LENGTH_AT, (uint32_t)changed);
    free(text);
    return TEXT_AT + changed + tail;
}

size_t fuzz_mutate_sealed(uint8_t *bytes, size_t size, size_t most, unsigned seed, int json) {
    if (size < TEXT_AT + SUM || size > most)
        return LLVMFuzzerMutate(bytes, size, most);
    size_t length = json ? sqi_load_u32(bytes + LENGTH_AT) : 0, body = size - SUM;
    unsigned how = seed % 8;
    if (json && length <= body - TEXT_AT && how < 2)
        size = mutate_lock(bytes, size, most, length, seed / 16);
    else if (json && length <= body - TEXT_AT && how < 6)
        size = mutate_part(bytes, size, most, TEXT_AT + length, body);
    else if (how < 7)
        size = mutate_part(bytes, size, most, 0, body);
    else
        size = LLVMFuzzerMutate(bytes, size, most);
    if (seed / 8 % 2)
        fuzz_seal(bytes, size);
    return size;
}
