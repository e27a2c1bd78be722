/* Philox as the paper writes it: rounds of an S-box and a P-box, keys bumped by Weyl constants. */
#include "oracle/random.h"

typedef struct product {
    uint32_t high, low;
} product;

static product multiply(uint32_t a, uint32_t b) {
    uint64_t all = (uint64_t)a * b;
    return (product){(uint32_t)(all >> 32), (uint32_t)(all & 0xFFFFFFFFu)};
}

void oracle_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    for (int i = 0; i < 4; i++)
        out[i] = counter[i];
    for (uint32_t round = 0; round < 10; round++) {
        uint32_t k0 = key[0] + round * 0x9E3779B9u, k1 = key[1] + round * 0xBB67AE85u;
        product left = multiply(0xD2511F53u, out[0]), right = multiply(0xCD9E8D57u, out[2]);
        uint32_t next[4] = {right.high ^ out[1] ^ k0, right.low, left.high ^ out[3] ^ k1, left.low};
        for (int i = 0; i < 4; i++)
            out[i] = next[i];
    }
}

uint32_t oracle_word(oracle_stream *s) {
    uint64_t index = s->used / 4;
    uint32_t counter[4] = {(uint32_t)(index & 0xFFFFFFFFu), (uint32_t)(index >> 32), s->epoch,
                           s->stream};
    uint32_t key[2] = {(uint32_t)(s->seed & 0xFFFFFFFFu), (uint32_t)(s->seed >> 32)}, out[4];
    oracle_philox(counter, key, out);
    return out[s->used++ % 4];
}

uint32_t oracle_below(oracle_stream *s, uint32_t bound) {
    /* 2^32 mod bound of the 2^32 words would be too many for some results: they are refused, those
     * whose product with bound has the smallest remainders modulo 2^32. */
    uint32_t refused = (uint32_t)((UINT64_C(1) << 32) % bound);
    for (;;) {
        product p = multiply(oracle_word(s), bound);
        if (p.low >= refused)
            return p.high;
    }
}

void oracle_shuffle(oracle_stream s, uint32_t *pi, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        pi[i] = i;
    for (uint32_t last = n; last-- > 1;) {
        uint32_t other = oracle_below(&s, last + 1), taken = pi[other];
        pi[other] = pi[last];
        pi[last] = taken;
    }
}

void oracle_draw(oracle_stream s, uint32_t *pi, size_t steps, uint32_t n) {
    for (size_t i = 0; i < steps; i++)
        pi[i] = oracle_below(&s, n);
}
