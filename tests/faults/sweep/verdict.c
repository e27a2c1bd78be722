/* Judging runs. */
#include "faults/sweep/verdict.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const fault_kind kinds[] = {
    {"alloc", END_REFUSED, 0, {"memory", NULL}, 0},
    {"thread", END_REFUSED, 0, {"threads", NULL}, 0},
    {"open", END_REFUSED, 0, {"Too many open files", "No space left on device"}, 1},
    {"read", END_REFUSED, 0, {"Input/output error", NULL}, 1},
    {"write", END_REFUSED, 0, {"No space left on device", NULL}, 1},
    {"fsync", END_REFUSED, 0, {"Input/output error", NULL}, 1},
    {"rename", END_REFUSED, 0, {"Permission denied", NULL}, 1},
    {"close", END_REFUSED, 0, {"Input/output error", NULL}, 0},
    {"short", END_DONE, 0, {NULL, NULL}, 0},
    {"intr", END_DONE, 0, {NULL, NULL}, 0},
    {"int", END_SIGNAL, SIGINT, {NULL, NULL}, 0},
    {"term", END_SIGNAL, SIGTERM, {NULL, NULL}, 0},
    {"leak", END_DONE, 0, {NULL, NULL}, 0},
    {"skip", END_DONE, 0, {NULL, NULL}, 0},
};

const fault_kind *fault_kind_find(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* Calls whose failure changes nothing that a user relies on. */
static const struct {
    const char *kind, *caller;
} harmless[] = {
    {"alloc", "sqi_trim"}, /* giving back the unused end of an array */
    {"alloc",
     "affinity"}, /* one processor is assumed: how threads wait, and their default number */
    {"open", "read_line"}, /* no quota is known: as above */
    {"open", "sqi_processors_quota"},
    {"close", "sqi_input_close"},    /* of a file that was only read */
    {"close", "sqi_output_abandon"}, /* of a file that is thrown away */
    {"close", "release"},            /* the same */
    {"close", "sync_directory"},     /* of the folder, after its fsync */
};

static int is_harmless(const fault_kind *kind, const outcome *o) {
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (strcmp(harmless[i].kind, kind->name) == 0 &&
            strcmp(harmless[i].caller, o->seen.caller) == 0)
            return 1;
    return 0;
}

__attribute__((format(printf, 1, 2))) static verdict lost(const char *format, ...) {
    verdict v = {.harmless = 0};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(v.loss, sizeof v.loss, format, arguments);
    va_end(arguments);
    return v;
}

/* Whether the file is a complete one of its name; *ever: whether one of its name was completed. */
static int is_complete(const expectation *e, const kept_file *file, int *ever) {
    *ever = 0;
    for (size_t i = 0; i < e->kept.count; i++) {
        const char *name = strchr(e->kept.file[i].name, '.') + 1;
        if (strcmp(name, file->name) != 0)
            continue;
        *ever = 1;
        if (file_same(&e->kept.file[i], file))
            return 1;
    }
    return 0;
}

verdict judge_leftovers(const expectation *e, const outcome *o) {
    for (size_t i = 0; i < o->after.count; i++) {
        const kept_file *file = &o->after.file[i], *earlier = folder_find(&e->before, file->name);
        int ever = 0;
        if (file_same(file, earlier) || is_complete(e, file, &ever))
            continue;
        if (!earlier && !ever)
            return lost("left behind: %s", file->name);
        return lost("neither the earlier nor a complete file: %s", file->name);
    }
    for (size_t i = 0; i < e->before.count; i++)
        if (!folder_find(&o->after, e->before.file[i].name))
            return lost("gone: %s", e->before.file[i].name);
    if (o->seen.told && o->seen.memory)
        return lost("leak: %ld blocks of memory", o->seen.memory);
    if (o->seen.told && o->seen.descriptors)
        return lost("leak: %ld file descriptors", o->seen.descriptors);
    if (o->seen.told && o->seen.threads)
        return lost("leak: %ld threads", o->seen.threads);
    return (verdict){.harmless = 0};
}

/* As without the fault: status, what is printed, files. */
static verdict judge_done(const expectation *e, const outcome *o) {
    const outcome *clean = &e->clean;
    if (o->status != clean->status)
        return lost("exit %d, expected %d", o->status, clean->status);
    if (!file_same(&o->out, &clean->out))
        return lost("exit %d with another standard output", o->status);
    if (!file_same(&o->err, &clean->err))
        return lost("exit %d with another standard error", o->status);
    for (size_t i = 0; i < clean->after.count; i++)
        if (!file_same(&clean->after.file[i], folder_find(&o->after, clean->after.file[i].name)))
            return lost("exit %d with another %s", o->status, clean->after.file[i].name);
    return (verdict){.harmless = 0};
}

/* The user's name of the file where the fault struck: no folder, no suffix of a temporary file. */
static void plain_name(char *name, size_t size, const char *place) {
    const char *slash = strrchr(place, '/');
    (void)snprintf(name, size, "%s", slash ? slash + 1 : place);
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".tmp") == 0) {
        name[length - 4] = '\0';
        char *dot = strrchr(name, '.');
        if (dot)
            *dot = '\0';
    }
}

static int names_a_result(const expectation *e, const char *message) {
    for (size_t i = 0; i < e->kept.count; i++)
        if (strstr(message, strchr(e->kept.file[i].name, '.') + 1))
            return 1;
    return 0;
}

/* Exit 2 with one line that tells cause and file. */
static verdict judge_refused(const expectation *e, const fault_kind *kind, const outcome *o) {
    const char *message = o->err.bytes, *end = strchr(message, '\n');
    char name[1024];
    if (o->status != 2)
        return lost("exit %d, expected 2", o->status);
    if (!end)
        return lost("no message");
    if (end[1])
        return lost("more than one line of message");
    if (!strstr(message, kind->cause[0]) && !(kind->cause[1] && strstr(message, kind->cause[1])))
        return lost("a message without its cause");
    plain_name(name, sizeof name, o->seen.place);
    if (kind->of_file && (*name ? !strstr(message, name) : !names_a_result(e, message)))
        return lost("a message that does not name %s", *name ? name : "any result");
    return (verdict){.harmless = 0};
}

verdict judge(const expectation *e, const fault_kind *kind, const outcome *o) {
    int ended = kind->end == END_SIGNAL && o->status < 0 && o->signal == kind->signal;
    if (o->status < 0 && !ended)
        return lost("%s", o->signal == SIGALRM ? "it hangs" : strsignal(o->signal));
    if (strstr(o->err.bytes, "Sanitizer") || strstr(o->err.bytes, "runtime error"))
        return lost("a sanitizer's report");
    verdict v = judge_leftovers(e, o);
    if (v.loss[0])
        return v;
    if (!o->seen.told && !ended)
        return lost("no orderly exit");
    if (!ended && o->seen.struck == 0)
        return judge_done(e, o);
    if (kind->end == END_SIGNAL) {
        if (!ended && o->status != 128 + kind->signal)
            return lost("exit %d, expected %d", o->status, 128 + kind->signal);
        return !ended && !o->err.size ? lost("no message") : v;
    }
    if (kind->end == END_DONE)
        return judge_done(e, o);
    if (o->status != e->clean.status || !is_harmless(kind, o))
        return judge_refused(e, kind, o);
    v = judge_done(e, o);
    v.harmless = !v.loss[0];
    return v;
}
