/* Atomic files by write, fsync and rename. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/system.h"

enum { BUFFER = 1 << 16 };

struct sqi_output {
    char *path;      /* as the user named it */
    char *target;    /* behind symbolic links */
    char *temporary; /* what is being written; NULL: the target itself, no regular file */
    int descriptor;
    int failed; /* 0, or the errno of a write */
    size_t filled;
    unsigned char buffer[BUFFER];
};

static int fail(const sqi_output *output, const char *what, int number, sq_error *error) {
    return sqi_fail(error, SQ_IO, "%s: cannot %s: %s", output->path, what, strerror(number));
}

static sqi_output *release(sqi_output *output) {
    if (output) {
        if (output->descriptor >= 0)
            (void)close(output->descriptor);
        sqi_free(output->path);
        sqi_free(output->target);
        sqi_free(output->temporary);
    }
    return sqi_free(output);
}

sqi_output *sqi_output_abandon(sqi_output *output) {
    if (output && output->temporary)
        (void)unlink(output->temporary);
    return release(output);
}

/* The target's name behind symbolic links, also where the last one leads to no file yet. */
static char *resolve(const char *path, sq_error *error) {
    char *target = sqi_strdup(path, error);
    for (int links = 0; target && links < 40; links++) {
        char next[PATH_MAX];
        ssize_t length = readlink(target, next, sizeof next - 1);
        if (length <= 0)
            break;
        next[length] = '\0';
        const char *slash = strrchr(target, '/');
        size_t folder = slash && next[0] != '/' ? (size_t)(slash - target) + 1 : 0;
        char *joined = sqi_alloc(folder + (size_t)length + 1, 1, error);
        if (joined) {
            memcpy(joined, target, folder);
            memcpy(joined + folder, next, (size_t)length + 1);
        }
        sqi_free(target);
        target = joined;
    }
    return target;
}

/* Creates a file with a name of its own beside the target; earlier: the file there, or NULL, whose
 * mode the new one takes over. */
static int create_temporary(sqi_output *output, const struct stat *earlier, sq_error *error) {
    size_t room = strlen(output->target) + 40;
    output->temporary = sqi_alloc(room, 1, error);
    if (!output->temporary)
        return SQ_NO_MEMORY;
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        (void)snprintf(output->temporary, room, "%s.%ld-%u.tmp", output->target, (long)getpid(),
                       attempt);
        output->descriptor = sqi_system_open(output->temporary,
                                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)0666);
        if (output->descriptor >= 0 || errno != EEXIST)
            break;
    }
    if (output->descriptor >= 0 &&
        (!earlier || fchmod(output->descriptor, earlier->st_mode & 07777) == 0))
        return SQ_OK;
    int number = errno;
    if (output->descriptor >= 0)
        (void)unlink(output->temporary);
    output->temporary = sqi_free(output->temporary);
    return fail(output, "create it", number, error);
}

/* A FIFO that nobody reads is waited for until somebody does, or a signal comes: a plain open would go on
 * waiting behind a handler that has calls restarted. */
static int open_special(const char *path, int fifo) {
    const int flags = O_WRONLY | O_CLOEXEC;
    const struct timespec pause = {.tv_nsec = 20000000};
    for (;;) {
        int descriptor = sqi_system_open(path, fifo ? flags | O_NONBLOCK : flags, 0);
        if (descriptor >= 0 && fifo)
            (void)fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
        if (descriptor >= 0 || !fifo || errno != ENXIO || nanosleep(&pause, NULL) != 0)
            return descriptor;
    }
}

int sqi_output_open(sqi_output **output, const char *path, sq_error *error) {
    *output = NULL;
    if (!*path)
        return sqi_fail(error, SQ_IO, "cannot write a file without a name");
    sqi_output *out = sqi_alloc(1, sizeof *out, error);
    if (!out)
        return SQ_NO_MEMORY;
    out->descriptor = -1;
    out->path = sqi_strdup(path, error);
    out->target = resolve(path, error);
    int status = out->path && out->target ? SQ_OK : SQ_NO_MEMORY;
    struct stat info;
    int exists = status == SQ_OK && stat(path, &info) == 0;
    if (exists && !S_ISREG(info.st_mode)) { /* links below /proc/self/fd lead to no name */
        out->descriptor = open_special(path, S_ISFIFO(info.st_mode));
        if (out->descriptor < 0)
            status = fail(out, "open it", errno, error);
    } else if (status == SQ_OK) {
        status = create_temporary(out, exists ? &info : NULL, error);
    }
    if (status == SQ_OK)
        *output = out;
    else
        sqi_output_abandon(out);
    return status;
}

int sqi_output_probe(const char *path, sq_error *error) {
    sqi_output *output;
    struct stat info;
    if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode)) /* its reader would see an end */
        return access(path, W_OK) == 0
                   ? SQ_OK
                   : sqi_fail(error, SQ_IO, "%s: cannot open it: %s", path, strerror(errno));
    int status = sqi_output_open(&output, path, error);
    if (status == SQ_OK)
        sqi_output_abandon(output);
    return status;
}

static void flush(sqi_output *output) {
    size_t done = 0;
    while (done < output->filled && !output->failed) {
        ssize_t n =
            sqi_system_write(output->descriptor, output->buffer + done, output->filled - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EINTR)
            output->failed = errno;
    }
    output->filled = 0;
}

int sqi_output_write(sqi_output *output, const void *bytes, size_t count, sq_error *error) {
    const unsigned char *from = bytes;
    while (count > 0 && !output->failed) {
        size_t room = BUFFER - output->filled, n = count < room ? count : room;
        memcpy(output->buffer + output->filled, from, n);
        output->filled += n;
        from += n;
        count -= n;
        if (output->filled == BUFFER)
            flush(output);
    }
    return output->failed ? fail(output, "write it", output->failed, error) : SQ_OK;
}

/* Makes the rename durable. What a file system does not support is not asked of it. */
static int sync_directory(const sqi_output *output, sq_error *error) {
    char *slash = strrchr(output->target, '/');
    size_t length = slash ? (size_t)(slash - output->target) + 1 : 2;
    char *directory = sqi_alloc(length + 1, 1, error);
    if (!directory)
        return SQ_NO_MEMORY;
    memcpy(directory, slash ? output->target : "./", length);
    int descriptor = sqi_system_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), number = 0;
    if (descriptor < 0 || (sqi_system_fsync(descriptor) != 0 && errno != EINVAL))
        number = errno;
    if (descriptor >= 0)
        (void)close(descriptor);
    sqi_free(directory);
    return number ? fail(output, "make its directory durable", number, error) : SQ_OK;
}

int sqi_output_commit(sqi_output *output, sq_error *error) {
    flush(output);
    int status = output->failed ? fail(output, "write it", output->failed, error) : SQ_OK;
    if (status == SQ_OK && output->temporary && sqi_system_fsync(output->descriptor) != 0)
        status = fail(output, "make it durable", errno, error);
    int closed = close(output->descriptor);
    output->descriptor = -1;
    if (status == SQ_OK && closed != 0)
        status = fail(output, "close it", errno, error);
    if (status == SQ_OK && output->temporary) {
        if (sqi_system_rename(output->temporary, output->target) != 0) {
            status = fail(output, "rename it", errno, error);
        } else {
            output->temporary = sqi_free(output->temporary);
            status = sync_directory(output, error);
        }
    }
    sqi_output_abandon(output);
    return status;
}
