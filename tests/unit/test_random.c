/* base/random: the published vectors of Philox4x32-10, which argument is which word of key and
 * counter, and the readers of a stream against slower forms of themselves. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/random.h"

/* Seed and position whose key and counter are the given words. */
static void words_of(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]) {
    sq_random((uint64_t)key[1] << 32 | key[0], counter[3], counter[2],
              (uint64_t)counter[1] << 32 | counter[0], out);
}

/* The vectors of the authors' library Random123, examples/kat_vectors, "philox4x32 10". */
Test(random, published_vectors) {
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
        {{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF},
         {0xFFFFFFFF, 0xFFFFFFFF},
         {0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
        {{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344},
         {0xA4093822, 0x299F31D0},
         {0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint32_t out[4];
        words_of(vectors[i].key, vectors[i].counter, out);
        cr_assert(memcmp(out, vectors[i].want, sizeof out) == 0, "vector %zu: %08x %08x %08x %08x",
                  i, out[0], out[1], out[2], out[3]);
    }
}

Test(random, every_argument_counts) {
    uint32_t base[4], other[4];
    sq_random(1, 2, 3, 4, base);
    for (int bit = 0; bit < 64; bit++) {
        sq_random(1 ^ UINT64_C(1) << bit, 2, 3, 4, other);
        cr_assert(memcmp(base, other, sizeof base) != 0);
        sq_random(1, 2, 3, 4 ^ UINT64_C(1) << bit, other);
        cr_assert(memcmp(base, other, sizeof base) != 0);
        if (bit >= 32)
            continue;
        sq_random(1, 2 ^ UINT32_C(1) << bit, 3, 4, other);
        cr_assert(memcmp(base, other, sizeof base) != 0);
        sq_random(1, 2, 3 ^ UINT32_C(1) << bit, 4, other);
        cr_assert(memcmp(base, other, sizeof base) != 0);
    }
}

Test(random, words_are_those_of_the_counter) {
    sqi_words words = sqi_words_at(77, 5, 9);
    for (uint64_t index = 0; index < 100; index++) {
        uint32_t want[4];
        sq_random(77, 5, 9, index, want);
        for (int i = 0; i < 4; i++) {
            uint32_t got = sqi_words_next(&words);
            cr_assert(got == want[i]);
        }
    }
}

/* The definition: a word w gives ⌊w b / 2^32⌋ unless it is one of the 2^32 mod b words with the
 * lowest remainders; by 64-bit division where the code avoids it. Bounds just above a power of two
 * reject nearly half of the words. */
Test(random, below_is_lemires_rule) {
    static const uint32_t bounds[] = {1,          2,          3,          7,          10,
                                      1000,       65537,      0x7FFFFFFF, 0x80000000, 0x80000001,
                                      0xAAAAAAAB, 0xC0000001, 0xFFFFFFFE, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        uint64_t bound = bounds[i], excess = (UINT64_C(1) << 32) % bound;
        sqi_words fast = sqi_words_at(3, 1, (uint32_t)i), slow = fast;
        size_t wrong = 0, rejected = 0;
        for (int draw = 0; draw < 20000; draw++) {
            uint64_t product;
            do {
                product = sqi_words_next(&slow) * bound;
                rejected += product % (UINT64_C(1) << 32) < excess;
            } while (product % (UINT64_C(1) << 32) < excess);
            uint32_t got = sqi_words_below(&fast, bounds[i]);
            wrong += got != product / (UINT64_C(1) << 32) || got >= bound;
        }
        cr_assert(wrong == 0, "bound %u: %zu of 20000", bounds[i], wrong);
        cr_assert(fast.index == slow.index && fast.used == slow.used);
        if (bounds[i] == 0x80000001)
            cr_assert(rejected > 15000, "the case that must reject did so %zu times", rejected);
    }
}

Test(random, unit_is_53_bits_of_two_words) {
    sqi_words words = sqi_words_at(8, 2, 0), copy = words;
    double least = 1, most = 0;
    for (int i = 0; i < 10000; i++) {
        uint32_t high = sqi_words_next(&copy), low = sqi_words_next(&copy);
        double want = (double)high / 4294967296.0 + (double)(low >> 11) / 9007199254740992.0;
        double got = sqi_words_unit(&words);
        cr_assert(got == want && got >= 0 && got < 1);
        least = got < least ? got : least;
        most = got > most ? got : most;
    }
    cr_assert(least < 0.001 && most > 0.999);
}
