/* verify/stream: binary files with a checksum. */
#include "verify/stream.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "support/small_models.h"

static void begin(void) {
    new_folder();
}
TestSuite(stream, .init = begin, .fini = remove_folder);

/* More than the buffer of a writer, and than what a reader takes at once. */
enum { WORDS = (1 << 18) + 77, WIDES = 1500, TEXT = (1 << 20) + 5 };

static uint32_t word(size_t i) {
    return (uint32_t)(i * 2654435761u);
}

static uint64_t wide(size_t i) {
    return (uint64_t)word(i) << 32 | (uint32_t)i;
}

Test(stream, what_goes_out_comes_in) {
    sqi_out out;
    uint32_t *words = malloc(4 * WORDS);
    uint64_t *wides = malloc(8 * WIDES);
    char *letters = malloc(TEXT);
    for (size_t i = 0; i < WORDS; i++)
        words[i] = word(i);
    for (size_t i = 0; i < WIDES; i++)
        wides[i] = wide(i);
    memset(letters, 'x', TEXT);
    cr_assert(sqi_out_open(&out, in_folder("f"), NULL) == SQ_OK);
    cr_assert(sqi_out_bytes(&out, "head", 4, NULL) == SQ_OK);
    cr_assert(sqi_out_u32(&out, 0x01020304, NULL) == SQ_OK);
    cr_assert(sqi_out_u64(&out, UINT64_C(0x0102030405060708), NULL) == SQ_OK);
    cr_assert(sqi_out_words(&out, words, WORDS, NULL) == SQ_OK);
    cr_assert(sqi_out_wides(&out, wides, WIDES, NULL) == SQ_OK);
    cr_assert(sqi_out_bytes(&out, letters, TEXT, NULL) == SQ_OK);
    cr_assert(sqi_out_sum(&out, NULL) == SQ_OK && sqi_out_close(&out, SQ_OK, NULL) == SQ_OK);

    size_t count;
    char *bytes = bytes_of(in_folder("f"), &count);
    cr_assert(count == 16 + 4 * WORDS + 8 * WIDES + TEXT + 16);
    cr_assert(memcmp(bytes, "head\4\3\2\1\10\7\6\5\4\3\2\1", 16) == 0, "little-endian");
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(bytes, count - 16));
    cr_assert(memcmp(bytes + count - 16, sum.digest, 16) == 0);
    free(bytes);

    sqi_in in;
    char head[4];
    uint32_t small;
    uint64_t large;
    void *read = NULL, *pairs = NULL, *text = NULL;
    cr_assert(sqi_in_open(&in, in_folder("f"), "test", NULL) == SQ_OK);
    cr_assert(sqi_in_bytes(&in, head, 4, NULL) == SQ_OK && memcmp(head, "head", 4) == 0);
    cr_assert(sqi_in_u32(&in, &small, NULL) == SQ_OK && small == 0x01020304);
    cr_assert(sqi_in_u64(&in, &large, NULL) == SQ_OK && large == UINT64_C(0x0102030405060708));
    cr_assert(sqi_in_words(&in, &read, WORDS, NULL) == SQ_OK);
    cr_assert(memcmp(read, words, 4 * WORDS) == 0);
    cr_assert(sqi_in_words(&in, &pairs, 2 * WIDES, NULL) == SQ_OK);
    for (size_t i = 0; i < WIDES; i++) {
        const uint32_t *half = (uint32_t *)pairs + 2 * i;
        cr_assert((half[0] | (uint64_t)half[1] << 32) == wides[i]);
    }
    cr_assert(sqi_in_text(&in, &text, TEXT, NULL) == SQ_OK && memcmp(text, letters, TEXT) == 0);
    cr_assert(sqi_in_sum(&in, NULL) == SQ_OK && sqi_in_end(&in, NULL) == SQ_OK);
    sqi_in_close(&in);
    sqi_free(read);
    sqi_free(pairs);
    sqi_free(text);
    free(words);
    free(wides);
    free(letters);
}

/* A file of three numbers and five letters. */
static char *small_file(size_t *count) {
    sqi_out out;
    cr_assert(sqi_out_open(&out, in_folder("f"), NULL) == SQ_OK);
    cr_assert(sqi_out_u32(&out, 3, NULL) == SQ_OK);
    cr_assert(sqi_out_words(&out, (uint32_t[]){7, 8, 9}, 3, NULL) == SQ_OK);
    cr_assert(sqi_out_bytes(&out, "abcde", 5, NULL) == SQ_OK);
    cr_assert(sqi_out_sum(&out, NULL) == SQ_OK && sqi_out_close(&out, SQ_OK, NULL) == SQ_OK);
    return bytes_of(in_folder("f"), count);
}

static int read_small(const void *bytes, size_t count, sq_error *error) {
    sqi_in in;
    uint32_t n = 0;
    void *words = NULL, *text = NULL;
    put_file(in_folder("g"), bytes, count);
    int status = sqi_in_open(&in, in_folder("g"), "kind of file", error);
    cr_assert(status == SQ_OK);
    status = sqi_in_u32(&in, &n, error);
    if (status == SQ_OK)
        status = sqi_in_words(&in, &words, n, error);
    if (status == SQ_OK)
        status = sqi_in_text(&in, &text, 5, error);
    if (status == SQ_OK)
        status = sqi_in_sum(&in, error);
    if (status == SQ_OK)
        status = sqi_in_end(&in, error);
    sqi_in_close(&in);
    sqi_free(words);
    sqi_free(text);
    return status;
}

Test(stream, every_damage_is_seen) {
    size_t count;
    sq_error error = {""};
    char *bytes = small_file(&count);
    cr_assert(read_small(bytes, count, &error) == SQ_OK);
    for (size_t i = 0; i < count; i++) {
        cr_assert(read_small(bytes, i, &error) == SQ_BAD_INPUT, "%zu bytes", i);
        cr_assert(strstr(error.message, "ends too early"), "%s", error.message);
        bytes[i] ^= 1;
        cr_assert(read_small(bytes, count, &error) == SQ_BAD_INPUT, "byte %zu", i);
        bytes[i] ^= 1;
    }
    bytes[17]++;
    cr_assert(read_small(bytes, count, &error) == SQ_BAD_INPUT);
    cr_assert(strstr(error.message, "g: a kind of file that is damaged"), "%s", error.message);
    bytes[17]--;
    cr_assert(read_small(bytes, count + 1, &error) == SQ_BAD_INPUT); /* bytes_of ends with a 0 */
    cr_assert(strstr(error.message, "more bytes behind its end"), "%s", error.message);
    free(bytes);
}

/* A size is believed as far as there is content. */
Test(stream, sizes_that_lie_take_no_memory) {
    struct rusage before, after;
    void *words = NULL, *text = NULL;
    sqi_in in;
    size_t count;
    free(small_file(&count));
    cr_assert(getrusage(RUSAGE_SELF, &before) == 0);
    for (int i = 0; i < 2; i++) {
        cr_assert(sqi_in_open(&in, in_folder("f"), "test", NULL) == SQ_OK);
        cr_assert((i ? sqi_in_words(&in, &words, UINT64_MAX, NULL)
                     : sqi_in_text(&in, &text, UINT32_MAX, NULL)) == SQ_BAD_INPUT);
        sqi_in_close(&in);
    }
    cr_assert(getrusage(RUSAGE_SELF, &after) == 0);
    cr_assert(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
    sqi_free(words);
    sqi_free(text);
}

Test(stream, a_failure_leaves_the_earlier_file) {
    sqi_out out;
    put_file(in_folder("f"), "old", 3);
    cr_assert(sqi_out_open(&out, in_folder("f"), NULL) == SQ_OK);
    cr_assert(sqi_out_u64(&out, 1, NULL) == SQ_OK);
    cr_assert(sqi_out_close(&out, SQ_NO_MEMORY, NULL) == SQ_NO_MEMORY);
    size_t count;
    char *bytes = bytes_of(in_folder("f"), &count);
    cr_assert(count == 3 && memcmp(bytes, "old", 3) == 0 && folder_count() == 1);
    free(bytes);
    sq_error error = {""};
    cr_assert(sqi_out_open(&out, in_folder("none/f"), &error) == SQ_IO);
}
