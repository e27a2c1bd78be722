/* base/input: plain and gzip, files and standard input, and every way in which they break. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/input.h"
#include "base/random.h"
#include "support/data_files.h"

/* Reads all of path, `chunk` bytes at a time, into the result (size *count), which the caller
 * frees; NULL with a message where it fails. */
static char *read_all(const char *path, size_t chunk, size_t *count, sq_error *error) {
    sqi_input *input;
    char *all = malloc(1 << 22);
    *count = 0;
    int status = sqi_input_open(&input, path, error);
    cr_assert((status == SQ_OK) == (input != NULL));
    for (size_t got = 1; status == SQ_OK && got; *count += got) {
        status = sqi_input_read(input, all + *count, chunk, &got, error);
        cr_assert(got <= chunk && *count + got <= 1 << 22);
    }
    sqi_input_close(input);
    if (status == SQ_OK)
        return all;
    cr_assert(status == SQ_IO && error->message[0]);
    free(all);
    return NULL;
}

static void check_read(const char *path, const void *want, size_t count, size_t chunk) {
    sq_error error = {0};
    size_t got;
    char *all = read_all(path, chunk, &got, &error);
    cr_assert(all, "%s", error.message);
    cr_assert(got == count && memcmp(all, want, count) == 0);
    free(all);
}

static void check_refused(const void *bytes, size_t count, const char *why) {
    sq_error error = {0};
    size_t got;
    const char *path = data_file(bytes, count, 0);
    char *all = read_all(path, 1 << 16, &got, &error);
    remove(path);
    cr_assert(!all, "%zu bytes were read", got);
    cr_assert(strstr(error.message, why) && strncmp(error.message, path, strlen(path)) == 0, "%s",
              error.message);
}

/* About 1 MB of words that gzip can pack a little. */
static char *make_text(size_t count) {
    char *text = malloc(count);
    sqi_words words = sqi_words_at(1, SQ_STREAM_USER, 0);
    for (size_t i = 0; i < count; i++)
        text[i] = (char)('0' + sqi_words_below(&words, 30));
    return text;
}

/* The gzip form of bytes; the caller frees it. */
static unsigned char *pack(const void *bytes, size_t count, size_t *packed) {
    const char *path = data_file(bytes, count, 1);
    unsigned char *result = malloc(count + 1000);
    FILE *in = fopen(path, "rb");
    *packed = fread(result, 1, count + 1000, in);
    fclose(in);
    remove(path);
    return result;
}

Test(input, plain_and_gzip_in_any_chunks) {
    static const size_t size[] = {0, 1, 2, 3, 1000, 262143, 262144, 262145, 1000003};
    static const size_t chunk[] = {1, 7, 65536, 1 << 20};
    char *text = make_text(1000003);
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (int packed = 0; packed < 2; packed++) {
            const char *path = data_file(text, size[s], packed);
            for (size_t c = size[s] > 1000; c < sizeof chunk / sizeof *chunk; c++)
                check_read(path, text, size[s], chunk[c]);
            remove(path);
        }
    free(text);
}

Test(input, members_are_joined_and_zeros_ignored) {
    char *text = make_text(300000);
    size_t first, second;
    unsigned char *a = pack(text, 100000, &first), *b = pack(text + 100000, 200000, &second);
    unsigned char *both = calloc(first + second + 2000000, 1);
    memcpy(both, a, first);
    memcpy(both + first, b, second);
    for (size_t zeros = 0; zeros < 1500000; zeros = 5 * zeros + 1) {
        const char *path = data_file(both, first + second + zeros, 0);
        check_read(path, text, 300000, 1 << 20);
        remove(path);
    }
    /* What zlib's gzread would drop silently: a damaged head of the second member. */
    both[first + 1] ^= 1;
    check_refused(both, first + second, "damaged");
    both[first + 1] ^= 1;
    both[first + second] = 'x';
    check_refused(both, first + second + 1, "cut short");
    check_refused(both, first + second + 100, "damaged");
    free(both);
    free(a);
    free(b);
    free(text);
}

Test(input, gzip_cut_anywhere_is_refused) {
    char *text = make_text(700);
    size_t count;
    unsigned char *packed = pack(text, 700, &count);
    for (size_t cut = 2; cut < count; cut++)
        check_refused(packed, cut, "cut short");
    free(packed);
    free(text);
}

/* The ten bytes of the head hold a time stamp and the like, and up to seven bits before the
 * checksum fill a byte; all others are checked by zlib. */
Test(input, gzip_with_any_bit_flipped_is_refused) {
    char *text = make_text(300), *all;
    size_t count, got, unused = 0;
    unsigned char *packed = pack(text, 300, &count);
    for (size_t bit = 8 * 10; bit < 8 * count; bit++) {
        sq_error error = {0};
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        const char *path = data_file(packed, count, 0);
        all = read_all(path, 1 << 16, &got, &error);
        remove(path);
        cr_assert(all ? got == 300 && memcmp(all, text, got) == 0
                      : strstr(error.message, "gzip data") != NULL);
        unused += all != NULL;
        free(all);
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    cr_assert(unused <= 7);
    free(packed);
    free(text);
}

Test(input, what_cannot_be_opened) {
    sq_error error = {0};
    sqi_input *input = (sqi_input *)&error;
    cr_assert(sqi_input_open(&input, "/nowhere/at all", &error) == SQ_IO && !input);
    cr_assert_str_eq(error.message, "/nowhere/at all: cannot be opened: No such file or directory");
    cr_assert(sqi_input_open(&input, "/tmp", &error) == SQ_IO && !input);
    cr_assert_str_eq(error.message, "/tmp: cannot be read: Is a directory");
    cr_assert(sqi_input_close(NULL) == NULL);
}

Test(input, standard_input_stays_open) {
    const char *path = data_file("1 2 3\n", 6, 1);
    int descriptor = open(path, O_RDONLY);
    cr_assert(dup2(descriptor, STDIN_FILENO) == STDIN_FILENO);
    check_read("-", "1 2 3\n", 6, 100);
    cr_assert(lseek(STDIN_FILENO, 0, SEEK_SET) == 0);
    check_read("-", "1 2 3\n", 6, 1);
    remove(path);
    cr_assert_str_eq(sqi_input_name("-"), "standard input");
    cr_assert(close(STDIN_FILENO) == 0);
    sq_error error = {0};
    sqi_input *input;
    cr_assert(sqi_input_open(&input, "-", &error) == SQ_IO && !input);
    cr_assert_str_eq(error.message, "standard input: cannot be read: Bad file descriptor");
}

/* Packets of one byte: what a slow pipe delivers. */
Test(input, one_byte_at_a_time) {
    char *text = make_text(60);
    size_t count;
    unsigned char *packed = pack(text, 60, &count);
    for (int gzip = 0; gzip < 2; gzip++) {
        int pair[2];
        cr_assert(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
        const char *bytes = gzip ? (const char *)packed : text;
        for (size_t i = 0; i < (gzip ? count : 60); i++)
            cr_assert(send(pair[0], bytes + i, 1, MSG_DONTWAIT) == 1);
        close(pair[0]);
        cr_assert(dup2(pair[1], STDIN_FILENO) == STDIN_FILENO);
        check_read("-", text, 60, 1 << 16);
        close(pair[1]);
    }
    free(packed);
    free(text);
}
