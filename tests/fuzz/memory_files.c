/* The I/O seam of the fuzz targets: files that are in memory.
 *
 * Reads come in pieces, as from a pipe, and are interrupted now and then. What lies behind the bytes
 * that a large read delivered is guarded, so that a scanner that runs past the end is seen even
 * though the buffer goes on. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/system.h"
#include "fuzz.h"

enum { FILES = 4, DESCRIPTORS = 8, FIRST = 1 << 20, WIDE_READ = 1 << 14, GUARDED = 1 << 12 };
enum { SECONDS_MOST = 5 };

typedef struct file {
    const char *path;
    const uint8_t *bytes;
    size_t size;
} file;

typedef struct descriptor {
    const file *from; /* NULL: written, or a folder */
    size_t at;
    int used;
} descriptor;

static file files[FILES];
static descriptor open_now[DESCRIPTORS];
static uint8_t *written;
static size_t written_size, written_room;
static int file_count, running, renamed;
static clock_t began;   /* processor time: what else the machine does costs an input nothing */
static uint64_t pieces; /* state of the generator of lengths; 0: whole reads */

/* --- the state of an execution --- */

void fuzz_breach(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "\nBREACH: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

/* FNV-1a (Fowler, Noll, Vo). */
static uint64_t hash(const uint8_t *bytes, size_t size) {
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < size; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001B3);
    return h;
}

void fuzz_begin(const uint8_t *bytes, size_t size) {
    uint64_t h = hash(bytes, size);
    pieces = h % 4 == 0 ? 0 : h | 1;
    file_count = renamed = 0;
    running = 1;
    fuzz_memory_begin(size);
    began = clock();
}

void fuzz_end(void) {
    running = 0;
    if (clock() - began > SECONDS_MOST * CLOCKS_PER_SEC)
        fuzz_breach("more than %d s of processor time", SECONDS_MOST);
    for (int i = 0; i < DESCRIPTORS; i++)
        if (open_now[i].used)
            fuzz_breach("a file was not closed");
    fuzz_memory_end();
}

void fuzz_file(const char *path, const void *bytes, size_t size) {
    if (file_count == FILES)
        fuzz_breach("the target has too many files");
    files[file_count++] = (file){path, bytes, size};
}

const uint8_t *fuzz_written(size_t *size) {
    if (!renamed)
        fuzz_breach("no file was written");
    *size = written_size;
    return written;
}

/* --- base/system.h --- */

static int take_descriptor(const file *from) {
    for (int i = 0; i < DESCRIPTORS; i++)
        if (!open_now[i].used) {
            open_now[i] = (descriptor){.from = from, .used = 1};
            return FIRST + i;
        }
    fuzz_breach("too many files are open");
}

static descriptor *descriptor_of(int number) {
    int i = number - FIRST;
    if (i < 0 || i >= DESCRIPTORS || !open_now[i].used)
        fuzz_breach("descriptor %d is not open", number);
    return &open_now[i];
}

int sqi_system_open(const char *path, int flags, mode_t mode) {
    (void)mode;
    if ((flags & O_ACCMODE) == O_WRONLY) {
        written_size = 0;
        renamed = 0;
        return take_descriptor(NULL);
    }
    if (flags & O_DIRECTORY)
        return take_descriptor(NULL);
    for (int i = 0; i < file_count; i++)
        if (strcmp(files[i].path, path) == 0)
            return take_descriptor(&files[i]);
    errno = ENOENT;
    return -1;
}

/* How much of a read is delivered; 0: it is interrupted. */
static size_t piece(size_t at, size_t size) {
    if (!pieces)
        return size;
    /* xorshift64 (Marsaglia 2003) */
    pieces ^= pieces << 13;
    pieces ^= pieces >> 7;
    pieces ^= pieces << 17;
    size_t most = at == 0 ? 2 : pieces % 3 == 0 ? 7 : 4096;
    if (pieces >> 60 == 0)
        return 0;
    size_t n = 1 + (size_t)(pieces >> 32) % most;
    return n < size ? n : size;
}

ssize_t sqi_system_read(int number, void *into, size_t size) {
    descriptor *d = descriptor_of(number);
    if (!d->from)
        fuzz_breach("a file is read that was opened for writing");
    size_t n = piece(d->at, size), left = d->from->size - d->at;
    if (n == 0 && size) {
        errno = EINTR;
        return -1;
    }
    n = n < left ? n : left;
    char *to = into, *end = to + (size < GUARDED + n ? size : GUARDED + n);
    fuzz_show(to, end);
    if (n)
        memcpy(to, d->from->bytes + d->at, n);
    d->at += n;
    if (size >= WIDE_READ)
        fuzz_hide(to + n + 1, end); /* one byte stays: a reader may end the text there */
    return (ssize_t)n;
}

ssize_t sqi_system_write(int number, const void *bytes, size_t size) {
    (void)descriptor_of(number);
    if (written_size + size > written_room) {
        written_room = 2 * (written_size + size);
        written = realloc(written, written_room);
    }
    memcpy(written + written_size, bytes, size);
    written_size += size;
    return (ssize_t)size;
}

int sqi_system_fsync(int number) {
    (void)descriptor_of(number);
    return 0;
}

int sqi_system_rename(const char *from, const char *to) {
    (void)from;
    (void)to;
    renamed = 1;
    return 0;
}

/* --- what the library calls beside the seam: linked with --wrap --- */

int __real_close(int number);
int __wrap_close(int number);
int __real_stat(const char *path, struct stat *info);
int __wrap_stat(const char *path, struct stat *info);
ssize_t __real_readlink(const char *path, char *into, size_t size);
ssize_t __wrap_readlink(const char *path, char *into, size_t size);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
char *__real_realpath(const char *path, char *into);
char *__wrap_realpath(const char *path, char *into);

int __wrap_close(int number) {
    if (!running)
        return __real_close(number);
    descriptor_of(number)->used = 0;
    return 0;
}

int __wrap_stat(const char *path, struct stat *info) {
    if (!running)
        return __real_stat(path, info);
    errno = ENOENT;
    return -1;
}

ssize_t __wrap_readlink(const char *path, char *into, size_t size) {
    if (!running)
        return __real_readlink(path, into, size);
    errno = ENOENT;
    return -1;
}

int __wrap_unlink(const char *path) {
    return running ? 0 : __real_unlink(path);
}

/* Every folder exists and none is a link. */
char *__wrap_realpath(const char *path, char *into) {
    if (!running)
        return __real_realpath(path, into);
    size_t length = strlen(path), used = 0;
    char *out = malloc(length + sizeof "/fuzz/" + 1), *copy = malloc(length + sizeof "/fuzz/");
    (void)snprintf(copy, length + sizeof "/fuzz/", "%s%s", path[0] == '/' ? "" : "/fuzz/", path);
    for (char *rest = copy, *part; (part = strsep(&rest, "/"));) {
        if (strcmp(part, "..") == 0)
            while (used > 0 && out[--used] != '/') {
            }
        else if (*part && strcmp(part, ".") != 0)
            used += (size_t)sprintf(out + used, "/%s", part);
    }
    if (used == 0)
        out[used++] = '/';
    out[used] = '\0';
    free(copy);
    return out;
}

/* --- sanitizers --- */

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "quarantine_size_mb=8:thread_local_quarantine_size_kb=1024:detect_stack_use_after_"
           "return="
           "0:allocator_may_return_null=0:strict_string_checks=0";
}
