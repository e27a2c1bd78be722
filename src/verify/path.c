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
        const char *name = target + folder_length(target);
        size_t below = strlen(to + common);
        relative = sqi_alloc(3 * ups + below + strlen(name) + 1, 1, error);
        for (size_t i = 0; relative && i < ups; i++)
            memcpy(relative + 3 * i, "../", 3);
        if (relative) {
            memcpy(relative + 3 * ups, to + common, below);
            memcpy(relative + 3 * ups + below, name, strlen(name) + 1);
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
