/* Files that mean harm, through every reader and real files: the fuzzers' seeds cut and changed at
 * every byte, and every file on which a fuzzer once found a fault. Text is accepted or refused with
 * its place; a binary file that was touched is refused. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/readers.h"
#include "support/scale.h"
#include "support/small_models.h"

static void begin(void) {
    new_folder();
}
TestSuite(hostile_files, .init = begin, .fini = remove_folder);

typedef void visitor(const file_reader *reader, char *bytes, size_t count, const char *path);

/* Calls visit with every file of a folder below tests/fuzz; returns their number. */
static unsigned each(const char *folder, const file_reader *reader, visitor *visit) {
    char path[512];
    unsigned files = 0;
    snprintf(path, sizeof path, "tests/fuzz/%s/%s", folder, reader->name);
    DIR *open = opendir(path);
    size_t length = strlen(path);
    for (const struct dirent *entry; open && (entry = readdir(open));) {
        size_t count;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path + length, sizeof path - length, "/%s", entry->d_name);
        char *bytes = bytes_of(path, &count);
        cr_assert(bytes, "%s", path);
        visit(reader, bytes, count, path);
        free(bytes);
        files++;
    }
    if (open)
        closedir(open);
    return files;
}

static unsigned each_seed(const file_reader *reader, visitor *visit) {
    unsigned files = each("seeds", reader, visit);
    cr_assert(files > 0, "no seeds of %s; are the tests run in the project's folder?",
              reader->name);
    return files;
}

static void whole(const file_reader *reader, char *bytes, size_t count, const char *path) {
    cr_assert(file_read(reader, bytes, count, path) == SQ_OK, "%s is refused", path);
}

Test(hostile_files, seeds_are_accepted) {
    for (int i = 0; i < file_reader_count; i++)
        each_seed(&file_readers[i], whole);
    cr_log_info("seeds: %lu", file_reads);
}

static void replayed(const file_reader *reader, char *bytes, size_t count, const char *path) {
    (void)file_read(reader, bytes, count, path);
}

Test(hostile_files, what_fuzzers_found_stays_mended) {
    unsigned files = 0;
    for (int i = 0; i < file_reader_count; i++)
        files += each("crashes", &file_readers[i], replayed);
    cr_assert(files > 0);
    cr_log_info("files that fuzzers found: %u", files);
}

/* Whether what is left of a file without `rest` may be accepted: any text; a lock without its last
 * line's end; whole members of gzip; the first of two traces. */
static int may_end_before(const file_reader *reader, const char *rest, size_t count) {
    size_t zeros = 0;
    switch (reader->form) {
    case JSON:
        return count == 1 && *rest == '\n';
    case PACKED:
        while (zeros < count && rest[zeros] == 0)
            zeros++;
        return zeros == count || (count > 2 && memcmp(rest, "\x1F\x8B", 2) == 0);
    case BINARY:
        return strcmp(reader->name, "trace") == 0 && count > 8 && memcmp(rest, "sqtrace\n", 8) == 0;
    default:
        return 1;
    }
}

static void cut(const file_reader *reader, char *bytes, size_t count, const char *path) {
    for (size_t size = 0; size < count; size += scale_stride()) {
        char what[600];
        snprintf(what, sizeof what, "%s cut to %zu bytes", path, size);
        int status = file_read(reader, bytes, size, what);
        if (size == 0 || !may_end_before(reader, bytes + size, count - size))
            cr_assert(status != SQ_OK || reader->form == WORD, "%s is accepted", what);
    }
}

Test(hostile_files, seeds_cut_at_every_byte) {
    for (int i = 0; i < file_reader_count; i++)
        each_seed(&file_readers[i], cut);
    cr_log_info("seeds cut at every byte: %lu", file_reads);
}

/* Text: every byte becomes each of a few others. Binary: a bit of every byte is flipped, which its
 * checksum must tell (gzip's own head has bytes that mean nothing). */
static void changed(const file_reader *reader, char *bytes, size_t count, const char *path) {
    static const char others[] = "\n9-:,#\xFF";
    for (size_t i = 0; i < count; i += scale_stride()) {
        char was = bytes[i], what[600];
        snprintf(what, sizeof what, "%s changed at byte %zu", path, i);
        if (reader->form == BINARY) {
            bytes[i] ^= (char)(1 << i % 7);
            cr_assert(file_read(reader, bytes, count, what) != SQ_OK, "%s is accepted", what);
        } else {
            size_t tries = reader->form == TEXT ? sizeof others : 2; /* the last of them: NUL */
            for (size_t k = 0; k < tries; k++) {
                bytes[i] = others[k == 1 && tries == 2 ? sizeof others - 1 : k];
                if (bytes[i] != was)
                    (void)file_read(reader, bytes, count, what);
            }
        }
        bytes[i] = was;
    }
}

Test(hostile_files, seeds_changed_at_every_byte) {
    for (int i = 0; i < file_reader_count; i++)
        each_seed(&file_readers[i], changed);
    cr_log_info("seeds changed at every byte: %lu", file_reads);
}
