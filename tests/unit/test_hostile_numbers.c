/* Numbers and sizes that lie, through every reader: what is not finite, what does not fit, and
 * counts that nothing follows. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/readers.h"
#include "support/small_models.h"

/* A sanitizer reserves more address space than a limit leaves; gcc and clang name it differently. */
#ifdef __has_feature
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static void begin(void) {
    new_folder();
}
TestSuite(hostile_numbers, .init = begin, .fini = remove_folder);

/* The text is refused with this place. */
static void refused_at(const char *name, const char *place, const char *text) {
    const char *path = in_folder("file");
    sq_error error = {""};
    file_reads++;
    put_file(path, text, strlen(text));
    int status = file_reader_of(name)->read(path, &error);
    cr_assert(status == SQ_BAD_INPUT, "'%s': %d %s", text, status, error.message);
    cr_assert(strncmp(error.message, path, strlen(path)) == 0 &&
                  strncmp(error.message + strlen(path), place, strlen(place)) == 0,
              "'%s' is refused with %s, not %s", text, error.message, place);
}

Test(hostile_numbers, what_is_not_finite) {
    static const char *const numbers[] = {"nan",
                                          "NaN",
                                          "-nan",
                                          "inf",
                                          "-inf",
                                          "Infinity",
                                          "nan(1)",
                                          "1e39",
                                          "-1e39",
                                          "3.4028235677973367e38",
                                          "1e999999999999999999999",
                                          "0x1p999",
                                          "1e",
                                          "1e+",
                                          "."};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[200];
        snprintf(text, sizeof text, "1 1:1\n1 2:%s\n", numbers[i]);
        refused_at("svmlight", ":2:5: ", text);
        snprintf(text, sizeof text, "1 1:1\n%s 2:1\n", numbers[i]);
        refused_at("svmlight", ":2:1: ", text);
        snprintf(text, sizeof text, "1 1 1\n2 2 %s\n", numbers[i]);
        refused_at("triplets", ":2:5: ", text);
        refused_at("edges", ":2:5: ", text);
        snprintf(text, sizeof text,
                 "%%%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 %s", numbers[i]);
        refused_at("market-ratings", ":3:5: ", text);
        refused_at("market-edges", ":3:5: ", text);
    }
    cr_log_info("numbers that are not finite: %lu", file_reads);
}

Test(hostile_numbers, integers_that_do_not_fit) {
    static const char *const numbers[] = {"4294967295",
                                          "4294967296",
                                          "9223372036854775808",
                                          "18446744073709551615",
                                          "18446744073709551616",
                                          "18446744073709551617",
                                          "184467440737095516160",
                                          "99999999999999999999999999999999999999999",
                                          "-1",
                                          "+1",
                                          "0x1",
                                          "1e3",
                                          "1.0"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[256];
        snprintf(text, sizeof text, "1 1:1\n1 %s:1\n", numbers[i]);
        refused_at("svmlight", ":2:3: ", text);
        snprintf(text, sizeof text, "1 1 1\n%s 2 1\n", numbers[i]);
        refused_at("triplets", ":2:1: ", text);
        refused_at("edges", ":2:1: ", text);
        snprintf(text, sizeof text, "1,1,1\n2,%s,1\n", numbers[i]);
        refused_at("triplets", ":2:3: ", text);
        refused_at("edges", ":2:3: ", text);
        snprintf(text, sizeof text, "1\n%s\n", numbers[i]);
        refused_at("order", ":2:1: ", text);
        snprintf(text, sizeof text,
                 "%%%%MatrixMarket matrix coordinate real general\n%s 2 1\n1 1 1", numbers[i]);
        refused_at("market-ratings", ":2:1: ", text);
        snprintf(text, sizeof text,
                 "%%%%MatrixMarket matrix coordinate real general\n2 2 1\n1 %s 1", numbers[i]);
        refused_at("market-edges", ":3:3: ", text);
    }
    refused_at("market-ratings", ":2:5: ",
               "%%MatrixMarket matrix coordinate real general\n2 2 9223372036854775808\n1 1 1\n");
    cr_log_info("integers that do not fit: %lu", file_reads);
}

/* --- sizes that lie: they are refused without the memory that they ask for --- */

static void limit_memory(void) {
#if !SANITIZED
    unsigned long pages = 0;
    FILE *own = fopen("/proc/self/statm", "r");
    cr_assert(own && fscanf(own, "%lu", &pages) == 1 && fclose(own) == 0);
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (64 << 20);
    cr_assert(setrlimit(RLIMIT_AS, &(struct rlimit){most, most}) == 0);
#endif
}

/* A seed with other bytes at a place is refused. */
static void refused_with(const char *name, const char *seed, size_t at, const char *bytes,
                         size_t count) {
    char path[200];
    size_t size;
    snprintf(path, sizeof path, "tests/fuzz/seeds/%s/%s", name, seed);
    char *file = bytes_of(path, &size);
    cr_assert(file && at + count <= size, "%s", path);
    memcpy(file + at, bytes, count);
    cr_assert(file_read(file_reader_of(name), file, size, path) == SQ_BAD_INPUT, "%s: byte %zu",
              path, at);
    free(file);
}

/* The byte behind the lock in a trace or a checkpoint. */
static size_t behind_lock(const char *name, const char *seed) {
    char path[200];
    snprintf(path, sizeof path, "tests/fuzz/seeds/%s/%s", name, seed);
    char *file = bytes_of(path, NULL);
    cr_assert(file, "%s", path);
    const unsigned char *length = (const unsigned char *)file + 12;
    size_t at = 16 + (size_t)length[0] + 256 * (size_t)length[1];
    free(file);
    return at;
}

Test(hostile_numbers, declared_sizes_are_not_believed) {
    static const char most[] = "\xFE\xFF\xFF\xFF\0\0\0\0",
                      all[] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    limit_memory();
    for (size_t at = 40; at <= 48; at += 8) { /* the counts of names */
        refused_with("model", "ratings", at, most, 8);
        refused_with("model", "ratings", at, all, 8);
        refused_with("checkpoint", "ratings", behind_lock("checkpoint", "ratings") + 26 + at, most,
                     8);
    }
    refused_with("model", "ratings", 20, "\0\0\1\0", 4); /* the rank: 65536 */
    refused_with("trace", "svm", 12, all, 4);            /* the lock's length */
    refused_with("checkpoint", "svm", 12, all, 4);
    size_t names = behind_lock("trace", "svm") + 4;
    refused_with("trace", "svm", names, most, 8);
    refused_with("trace", "svm", names, all, 8);
    /* 4 features, none; 4 hyperedges with their sizes */
    size_t edges = names + 8 + 4 * 4 + 8;
    refused_with("trace", "svm", edges, most, 8);
    refused_with("trace", "svm", edges + 8, all, 8);
    /* 9 blocks; then the first epoch: its tag, step size and number of steps */
    refused_with("trace", "svm", edges + 8 + 4 * 4 + 9 * 4 + 12, most, 8);
    refused_at("market-ratings", ":4:1: ",
               "%%MatrixMarket matrix coordinate real general\n4294967294 4294967294 "
               "5000000000000000000\n1 1 1\n");
    cr_log_info("declared sizes: %lu", file_reads);
}
