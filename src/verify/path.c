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
static int real_folder(char **real, const char *path, sq_error *error) {
    *real = NULL;
    char *folder = join(path, folder_length(path), folder_length(path) ? "" : "./", error);
    if (!folder)
        return SQ_NO_MEMORY;
    char *found = realpath(folder, NULL);
    int status = SQ_OK;
    if (found) {
        *real = join(found, strlen(found), strcmp(found, "/") == 0 ? "" : "/", error);
        status = *real ? SQ_OK : SQ_NO_MEMORY;
    } else {
        int number = errno;
        status = number == ENOMEM ? SQ_NO_MEMORY : SQ_IO;
        (void)sqi_fail(error, status, "%s: %s", folder, strerror(number));
    }
    free(found);
    sqi_free(folder);
    return status;
}

/* From one real folder to a name in another. */
static char *relative_name(const char *from, const char *to, const char *name, sq_error *error) {
    size_t common = 0, ups = 0;
    for (size_t i = 0; from[i] && from[i] == to[i]; i++)
        common = from[i] == '/' ? i + 1 : common;
    for (const char *p = from + common; *p; p++)
        ups += *p == '/';
    const char *below = to + common;
    char *relative = join(below, strlen(below), name, error);
    for (size_t i = 0; i < ups && relative; i++) {
        char *higher = join("../", 3, relative, error);
        sqi_free(relative);
        relative = higher;
    }
    return relative;
}

static int held(const char *made) {
    return made ? SQ_OK : SQ_NO_MEMORY;
}

int sqi_path_relative(char **relative, const char *target, const char *file, sq_error *error) {
    char *from = NULL, *to = NULL;
    *relative = NULL;
    if (strcmp(target, "-") == 0)
        return held(*relative = sqi_strdup(target, error));
    int status = real_folder(&from, file, error);
    if (status == SQ_OK)
        status = real_folder(&to, target, error);
    if (status == SQ_OK)
        status = held(*relative = relative_name(from, to, target + folder_length(target), error));
    sqi_free(from);
    sqi_free(to);
    return status;
}

int sqi_path_resolve(char **path, const char *relative, const char *file, sq_error *error) {
    if (relative[0] == '/' || strcmp(relative, "-") == 0)
        return held(*path = sqi_strdup(relative, error));
    return held(*path = join(file, folder_length(file), relative, error));
}

static const char FILE_ORDER[] = "file:";
enum { PREFIX = sizeof FILE_ORDER - 1 };

static int change_path(char **changed, const char *order, const char *file,
                       int change(char **path, const char *from, const char *file, sq_error *error),
                       sq_error *error) {
    char *path;
    *changed = NULL;
    if (strncmp(order, FILE_ORDER, PREFIX) != 0)
        return held(*changed = sqi_strdup(order, error));
    int status = change(&path, order + PREFIX, file, error);
    if (status == SQ_OK)
        status = held(*changed = join(FILE_ORDER, PREFIX, path, error));
    sqi_free(path);
    return status;
}

int sqi_order_relative(char **relative, const char *order, const char *file, sq_error *error) {
    return change_path(relative, order, file, sqi_path_relative, error);
}

int sqi_order_resolve(char **order, const char *relative, const char *file, sq_error *error) {
    return change_path(order, relative, file, sqi_path_resolve, error);
}
