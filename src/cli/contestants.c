/* The contestants of sequent bench, from lists such as "serial,hogwild" and "1,2,4". */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/status.h"
#include "cli/bench.h"

/* What the members of a list may be. */
typedef struct kind {
    const char *option;
    const char *(*name)(int value); /* NULL: the list is of numbers of threads */
} kind;

static const char *mode_name(int value) {
    return sq_mode_name((sq_mode)value);
}

static const char *planner_name(int value) {
    return sq_planner_name((sq_planner)value);
}

static const kind MODES = {"modes", mode_name}, PLANNERS = {"planners", planner_name},
                  THREADS = {"threads", NULL};

typedef struct list {
    unsigned *value;
    size_t count;
} list;

static int has(const list *l, unsigned value) {
    for (size_t i = 0; i < l->count; i++)
        if (l->value[i] == value)
            return 1;
    return 0;
}

/* A value that is there already is not added again. */
static int add(list *l, unsigned value, sq_error *error) {
    if (has(l, value))
        return SQ_OK;
    void *memory = l->value;
    int status = sqi_resize(&memory, l->count + 1, sizeof *l->value, error);
    l->value = memory;
    if (status == SQ_OK)
        l->value[l->count++] = value;
    return status;
}

static int wrong(const kind *k, const char *word, int length, sq_error *error) {
    char names[256] = "";
    size_t used = 0;
    if (!k->name)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--threads: found '%.*s', expected whole numbers from 1 to %u with commas "
                        "between",
                        length, word, SQ_LANES_MAX);
    for (int value = 0; k->name(value) && used < sizeof names; value++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s, ", k->name(value));
    return sqi_fail(error, SQ_BAD_ARGUMENT,
                    "--%s: found '%.*s', expected %sor all; several with commas between", k->option,
                    length, word, names);
}

static int is(const char *name, const char *word, size_t length) {
    return strlen(name) == length && memcmp(name, word, length) == 0;
}

static int add_name(list *l, const kind *k, const char *word, size_t length, sq_error *error) {
    int all = is("all", word, length), found = 0, status = SQ_OK;
    for (int value = 0; k->name(value) && status == SQ_OK; value++)
        if (all || is(k->name(value), word, length)) {
            status = add(l, (unsigned)value, error);
            found = 1;
        }
    return found ? status : wrong(k, word, (int)length, error);
}

static int add_number(list *l, const kind *k, const char *word, size_t length, sq_error *error) {
    unsigned value = 0;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)word[i]) || value > SQ_LANES_MAX)
            return wrong(k, word, (int)length, error);
        value = 10 * value + (unsigned)(word[i] - '0');
    }
    if (value < 1 || value > SQ_LANES_MAX)
        return wrong(k, word, (int)length, error);
    return add(l, value, error);
}

static int parse(list *l, const kind *k, const char *text, sq_error *error) {
    int status = SQ_OK;
    for (const char *word = text; word && status == SQ_OK;) {
        const char *comma = strchr(word, ',');
        size_t length = comma ? (size_t)(comma - word) : strlen(word);
        status =
            k->name ? add_name(l, k, word, length, error) : add_number(l, k, word, length, error);
        word = comma ? comma + 1 : NULL;
    }
    return status;
}

static int parse_threads(list *l, const char *text, sq_error *error) {
    if (text)
        return parse(l, &THREADS, text, error);
    int status = add(l, 1, error);
    return status == SQ_OK ? add(l, sq_processors(), error) : status;
}

static size_t fill(sqi_contestant *who, const list *modes, const list *planners,
                   const list *threads) {
    size_t n = 0;
    who[n++] = (sqi_contestant){.mode = SQ_MODE_SERIAL, .threads = 1};
    for (size_t t = 0; t < threads->count; t++)
        for (size_t m = 0; m < modes->count; m++) {
            sqi_contestant one = {.mode = (sq_mode)modes->value[m], .threads = threads->value[t]};
            for (size_t p = 0; one.mode == SQ_MODE_PLANNED && p < planners->count; p++) {
                one.planner = (sq_planner)planners->value[p];
                who[n++] = one;
            }
            if (one.mode != SQ_MODE_PLANNED && one.mode != SQ_MODE_SERIAL)
                who[n++] = one;
        }
    return n;
}

int bench_contestants(sqi_contestant **who, size_t *count, const settings *s, sq_error *error) {
    list modes = {0}, planners = {0}, threads = {0};
    *who = NULL;
    int status = parse(&modes, &MODES, s->modes ? s->modes : "serial,planned,hogwild", error);
    if (status == SQ_OK && s->average_every >= 0 && !has(&modes, SQ_MODE_AVERAGE_RUNS))
        status = sqi_fail(error, SQ_BAD_ARGUMENT,
                          "--average-every is for average-runs, which is not among --modes");
    if (status == SQ_OK)
        status = parse(&planners, &PLANNERS, s->planners ? s->planners : "auto,lanes", error);
    if (status == SQ_OK)
        status = parse_threads(&threads, s->thread_list, error);
    if (status == SQ_OK) {
        size_t most = 1 + threads.count * (modes.count + planners.count);
        *who = sqi_alloc(most, sizeof **who, error);
        status = *who ? SQ_OK : SQ_NO_MEMORY;
    }
    if (status == SQ_OK)
        *count = fill(*who, &modes, &planners, &threads);
    sqi_free(modes.value);
    sqi_free(planners.value);
    sqi_free(threads.value);
    return status;
}
