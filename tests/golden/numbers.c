/* Operations on operands of all magnitudes; NaN is kept out, because its bits are not specified. */
#include "golden/numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "num/exp.h"
#include "num/float_env.h"
#include "num/log.h"
#include "num/square_root.h"
#include "sequent/generate.h"

enum { SEED = 1985, CASES = 20000 };

static void add(sqi_digest *digest, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    sqi_digest_u64(digest, bits);
}

static void add32(sqi_digest *digest, float number) {
    sqi_digest_words(digest, &number, 1);
}

/* A number with random sign and significand and an exponent around 0, or one in 16 a subnormal. */
static double any(sqi_words *words) {
    uint64_t high = sqi_words_next(words), bits = high << 32 | sqi_words_next(words);
    uint64_t exponent = sqi_words_below(words, 16) ? 1023 - 40 + sqi_words_below(words, 81) : 0;
    bits = (bits & ~(UINT64_C(0x7FF) << 52)) | exponent << 52;
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static float any32(sqi_words *words) {
    uint32_t bits = sqi_words_next(words);
    uint32_t exponent = sqi_words_below(words, 16) ? 127 - 20 + sqi_words_below(words, 41) : 0;
    bits = (bits & ~(UINT32_C(0xFF) << 23)) | exponent << 23;
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void hash_binary64(sqi_digest *digest) {
    sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, 0);
    for (int i = 0; i < CASES; i++) {
        double a = any(&words), b = any(&words), c = any(&words);
        add(digest, a + b);
        add(digest, a - b);
        add(digest, a * b);
        add(digest, a / b);
        add(digest, a * b + c);
        add(digest, c - a * b);
        add(digest, (a + b) + c);
        add(digest, sqi_square_root(a < 0 ? -a : a));
    }
}

static void hash_binary32(sqi_digest *digest) {
    sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, 1);
    for (int i = 0; i < CASES; i++) {
        float a = any32(&words), b = any32(&words), c = any32(&words);
        add32(digest, a + b);
        add32(digest, a - b);
        add32(digest, a * b);
        add32(digest, a * b + c);
        add32(digest, c - a * b);
        add32(digest, (a + b) + c);
        add(digest, (double)a * (double)b + (double)c);
    }
}

static void hash_conversions(sqi_digest *digest) {
    sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, 2);
    for (int i = 0; i < CASES; i++) {
        uint64_t high = sqi_words_next(&words), whole = high << 32 | sqi_words_next(&words);
        double number = any(&words);
        add32(digest, (float)number);
        add32(digest, (float)(number * 0x1p-128));
        add(digest, (double)any32(&words));
        add(digest, (double)whole);
        add(digest, (double)(whole >> sqi_words_below(&words, 64)));
        add(digest, (double)(int64_t)whole);
        add(digest, (double)(uint32_t)whole);
    }
}

/* Arguments over the whole range, near 0, and at both ends. */
static void hash_exp(sqi_digest *digest) {
    static const double ends[] = {0.0,  -0.0, 0x1p-1074, 709.5, 709.8, 710, 711,
                                  -708, -709, -744.5,    -745,  -746,  -747};
    sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, 3);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        add(digest, sqi_exp(ends[i]));
    for (int i = 0; i < CASES; i++) {
        double unit = sqi_words_unit(&words);
        add(digest, sqi_exp(1460 * unit - 750));
        add(digest, sqi_exp(40 * unit - 20));
        add(digest, sqi_exp(any(&words) * 0x1p-41));
    }
}

static void hash_log1p(sqi_digest *digest) {
    sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, 4);
    add(digest, sqi_log1p(0));
    add(digest, sqi_log1p(1));
    for (int i = 0; i < CASES; i++) {
        double unit = sqi_words_unit(&words);
        add(digest, sqi_log1p(unit));
        add(digest, sqi_log1p(unit * 0x1p-30));
        add(digest, sqi_log1p(unit * 0x1p-1040));
    }
}

static void hash_log(sqi_digest *digest) {
    sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, 5);
    add(digest, sqi_log(1));
    for (int i = 0; i < CASES; i++) {
        double unit = sqi_words_unit(&words);
        add(digest, sqi_log(1 + unit));
        add(digest, sqi_log(1 + 4096 * unit));
        add(digest, sqi_log((1 + unit) * 0x1p1000));
    }
}

static void hash_random(sqi_digest *digest) {
    for (uint32_t i = 0; i < CASES; i++) {
        uint32_t word[4];
        sq_random(UINT64_C(0x9E3779B97F4A7C15) * i, i % 300, i / 3, (uint64_t)i << 31, word);
        sqi_digest_words(digest, word, 4);
    }
}

static void hash_log1p_any(sqi_digest *digest) {
    sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, 6);
    for (int i = 0; i < CASES; i++) {
        double scale = (double)(UINT64_C(1) << sqi_words_below(&words, 60));
        add(digest, sqi_log1p_any(sqi_words_unit(&words) * scale));
    }
}

/* The bytes that a generator writes. */
static void hash_generated(sqi_digest *digest, int (*write)(FILE *out)) {
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    int status = out ? write(out) : SQ_NO_MEMORY;
    if (!out || fclose(out) != 0 || status != SQ_OK) {
        fputs("golden: data cannot be generated\n", stderr);
        exit(2);
    }
    sqi_digest_bytes(digest, bytes, size);
    free(bytes);
}

static int write_ratings(FILE *out) {
    const sq_generate_ratings options = {2000, 5, 300, 200, 7, 0.75, 1.25, 0.5};
    return sq_generate_ratings_write(&options, out, NULL);
}

static int write_linear(FILE *out) {
    const sq_generate_linear options = {1000, 5, 900, 17, 1, 0.05, 0};
    return sq_generate_linear_write(&options, out, NULL);
}

static int write_graph(FILE *out) {
    const sq_generate_graph options = {2000, 5, 300, 0.5};
    return sq_generate_graph_write(&options, out, NULL);
}

/* All four files, one after another. */
static int write_image(FILE *out) {
    const sq_generate_image options = {5, 60, 40, 4, 12.5};
    const sq_image_files files = {out, out, out, out};
    return sq_generate_image_write(&options, &files, NULL);
}

static void hash_image(sqi_digest *digest) {
    hash_generated(digest, write_image);
}

static void hash_ratings(sqi_digest *digest) {
    hash_generated(digest, write_ratings);
}

static void hash_linear(sqi_digest *digest) {
    hash_generated(digest, write_linear);
}

static void hash_graph(sqi_digest *digest) {
    hash_generated(digest, write_graph);
}

const golden_number golden_numbers[] = {{"number/binary64", hash_binary64},
                                        {"number/binary32", hash_binary32},
                                        {"number/conversions", hash_conversions},
                                        {"number/exp", hash_exp},
                                        {"number/log1p", hash_log1p},
                                        {"number/log1p-any", hash_log1p_any},
                                        {"number/log", hash_log},
                                        {"random/philox", hash_random},
                                        {"generate/ratings", hash_ratings},
                                        {"generate/linear", hash_linear},
                                        {"generate/graph", hash_graph},
                                        {"generate/image", hash_image},
                                        {NULL, NULL}};
