/* Paths relative to the folder of a file, so that a lock and its data can move together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "verify/lock.h"

/* first + second, cut to their first bytes. */
static char *join(const char *first, size_t bytes, const char *second, sq_error *error) {
    size_t more = strlen(second) + 1;
    char *joined = sqi_alloc(bytes + more, 1, error);
    if (joined) {
        memcpy(joined, first, bytes);
        memcpy(joined + bytes, second, more);
    }
    return joined;
}

/* The length of the folder in a path, its slash included; 0: none is named. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The folder of a path, absolute, free of links, with a slash at its end. */
static char *real_folder(const char *path, sq_error *error) {
    char *folder = join(path, folder_length(path), folder_length(path) ? "" : "./", error);
    if (!folder)
        return NULL;
    char *real = realpath(folder, NULL);
    if (!real) {
        (void)sqi_fail(error, SQ_IO, "%s: %s", folder, strerror(errno));
        sqi_free(folder);
        return NULL;
    }
    sqi_free(folder);
    char *slashed = join(real, strlen(real), strcmp(real, "/") == 0 ? "" : "/", error);
    free(real);
    return slashed;
}

char *sqi_path_relative(const char *target, const char *file, sq_error *error) {
    if (strcmp(target, "-") == 0)
        return sqi_strdup(target, error);
    char *from = real_folder(file, error), *to = from ? real_folder(target, error) : NULL;
    char *relative = NULL;
    if (to) {
        size_t common = 0, ups = 0;
        for (size_t i = 0; from[i] && from[i] == to[i]; i++)
            common = from[i] == '/' ? i + 1 : common;
        for (const char *p = from + common; *p; p++)
            ups += *p == '/';
        const char *below = to + common;
        relative = join(below, strlen(below), target + folder_length(target), error);
        for (size_t i = 0; i < ups && relative; i++) {
            char *higher = join("../", 3, relative, error);
            sqi_free(relative);
            relative = higher;
        }
    }
    sqi_free(from);
    sqi_free(to);
    return relative;
}

char *sqi_path_resolve(const char *relative, const char *file, sq_error *error) {
    if (relative[0] == '/' || strcmp(relative, "-") == 0)
        return sqi_strdup(relative, error);
    return join(file, folder_length(file), relative, error);
}

static const char FILE_ORDER[] = "file:";
enum { PREFIX = sizeof FILE_ORDER - 1 };

static char *change_path(const char *order, const char *file,
                         char *change(const char *path, const char *file, sq_error *error),
                         sq_error *error) {
    if (strncmp(order, FILE_ORDER, PREFIX) != 0)
        return sqi_strdup(order, error);
    char *path = change(order + PREFIX, file, error);
    char *joined = path ? join(FILE_ORDER, PREFIX, path, error) : NULL;
    sqi_free(path);
    return joined;
}

char *sqi_order_relative(const char *order, const char *file, sq_error *error) {
    return change_path(order, file, sqi_path_relative, error);
}

char *sqi_order_resolve(const char *order, const char *file, sq_error *error) {
    return change_path(order, file, sqi_path_resolve, error);
}
