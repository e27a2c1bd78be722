/* Whether a run names a file twice where one of the two writes it. */
#include "cli/places.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"

typedef struct place {
    const char *option, *path; /* path: NULL where the option is not given */
} place;

/* The folder and the last name of a path; whether the folder is there. */
static int parent(const char *path, struct stat *folder, const char **name) {
    char text[PATH_MAX];
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    int length = snprintf(text, sizeof text, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                          slash ? path : ".");
    return length < (int)sizeof text && stat(text, folder) == 0;
}

/* One regular file, or what would become one. */
static int same_file(const char *a, const char *b) {
    struct stat one, other;
    const char *name, *other_name;
    int there = stat(a, &one) == 0;
    if (there != (stat(b, &other) == 0))
        return 0;
    if (!there && (!parent(a, &one, &name) || !parent(b, &other, &other_name) ||
                   strcmp(name, other_name) != 0))
        return 0;
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
           (!there || S_ISREG(one.st_mode));
}

static int refuse_same(const place *a, const place *b, sq_error *error) {
    if (!a->path || !b->path || !same_file(a->path, b->path))
        return SQ_OK;
    return sqi_fail(error, SQ_BAD_ARGUMENT, "%s and %s are the same file: %s", a->option, b->option,
                    a->path);
}

/* A file that would take the place of the one to which standard output goes. */
static int refuse_output(const place *written, sq_error *error) {
    struct stat one, other;
    if (!written->path || stat(written->path, &one) != 0 || !S_ISREG(one.st_mode) ||
        fstat(STDOUT_FILENO, &other) != 0 || one.st_dev != other.st_dev ||
        one.st_ino != other.st_ino)
        return SQ_OK;
    return sqi_fail(error, SQ_BAD_ARGUMENT, "%s and standard output are the same file: %s",
                    written->option, written->path);
}

enum { CHECKPOINT = 3, HTML, WRITTEN, RESUME = 8, TERMINALS, ALL };
typedef struct all_places {
    place at[ALL]; /* those below WRITTEN are written */
} all_places;

static all_places places_of(const settings *s, const char *data) {
    const char *order = strncmp(s->order, "file:", 5) == 0 ? s->order + 5 : NULL;
    return (all_places){{{"-o", s->output},
                         {"--lock", s->lock},
                         {"--trace", s->trace},
                         [CHECKPOINT] = {"--checkpoint", s->checkpoint},
                         [HTML] = {"--html", s->html},
                         {"the data", data},
                         {"--test", s->test},
                         {"--order", order},
                         [RESUME] = {"--resume", s->resume},
                         [TERMINALS] = {"--terminals", s->terminals}}};
}

int places_check(const settings *s, const char *data, sq_error *error) {
    const all_places places = places_of(s, data);
    int status = SQ_OK;
    for (int i = 0; i < WRITTEN && status == SQ_OK; i++) {
        status = refuse_output(&places.at[i], error);
        for (int j = i + 1; j < ALL && status == SQ_OK; j++)
            if (i != CHECKPOINT || j != RESUME)
                status = refuse_same(&places.at[i], &places.at[j], error);
    }
    return status;
}

int places_check_also(const settings *s, const char *data, const char *option, const char *path,
                      sq_error *error) {
    const all_places places = places_of(s, data);
    const place also = {option, path};
    int status = refuse_output(&also, error);
    for (int i = 0; i < ALL && status == SQ_OK; i++)
        status = refuse_same(&also, &places.at[i], error);
    return status;
}

int places_check_image(const settings *s, sq_error *error) {
    enum { FILES = 4 };
    const place places[FILES] = {{"-o", s->output},
                                 {"--terminals", s->terminals},
                                 {"--picture", s->picture},
                                 {"--truth", s->truth}};
    int status = SQ_OK;
    for (int i = 0; i < FILES && status == SQ_OK; i++) {
        status = refuse_output(&places[i], error);
        for (int j = i + 1; j < FILES && status == SQ_OK; j++)
            status = refuse_same(&places[i], &places[j], error);
    }
    return status;
}
