/* The fault that the environment asks for, the counts, and the report at exit. */
#include "faults/seam/faults.h"
#include "faults/seam/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DESCRIPTORS = 256 };

static const struct {
    const char *name;
    fault_action action;
    unsigned calls; /* bits: 1 << fault_call */
} kinds[] = {
    {"alloc", FAULT_FAIL, 1 << CALL_ALLOC},
    {"thread", FAULT_FAIL, 1 << CALL_THREAD},
    {"open", FAULT_FAIL, 1 << CALL_OPEN | 1 << CALL_FOPEN},
    {"read", FAULT_FAIL, 1 << CALL_READ},
    {"write", FAULT_FAIL, 1 << CALL_WRITE},
    {"fsync", FAULT_FAIL, 1 << CALL_FSYNC},
    {"rename", FAULT_FAIL, 1 << CALL_RENAME},
    {"close", FAULT_FAIL, 1 << CALL_CLOSE},
    {"short", FAULT_SHORT, 1 << CALL_READ | 1 << CALL_WRITE},
    {"intr", FAULT_INTERRUPT, 1 << CALL_READ | 1 << CALL_WRITE},
    {"kill", FAULT_KILL, 1 << CALL_WRITE | 1 << CALL_FSYNC | 1 << CALL_RENAME},
    {"int", FAULT_SIGINT,
     1 << CALL_OPEN | 1 << CALL_READ | 1 << CALL_WRITE | 1 << CALL_FSYNC | 1 << CALL_RENAME},
    {"term", FAULT_SIGTERM,
     1 << CALL_OPEN | 1 << CALL_READ | 1 << CALL_WRITE | 1 << CALL_FSYNC | 1 << CALL_RENAME},
    {"int-write", FAULT_SIGINT, 1 << CALL_WRITE | 1 << CALL_FSYNC | 1 << CALL_RENAME},
    {"term-write", FAULT_SIGTERM, 1 << CALL_WRITE | 1 << CALL_FSYNC | 1 << CALL_RENAME},
    {"leak", FAULT_SKIP, 1 << CALL_FREE},
    {"skip", FAULT_SKIP, 1 << CALL_RENAME},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The program is single-threaded where this is written; threads only count. */
static int chosen = -1;
static unsigned long first, last; /* the calls that fail */
static atomic_ulong count[KINDS];
static atomic_long memory, threads, struck;
static char place[1024];
static void *_Atomic where;
static int open_before[DESCRIPTORS];

/* Part of every sanitizer's run-time library; without one there is no name to tell. */
extern void __sanitizer_symbolize_pc(void *pc, const char *format, char *out, size_t size)
    __attribute__((weak));

static int is_open(int descriptor) {
    return fcntl(descriptor, F_GETFD) >= 0;
}

static void report(int status, void *path) {
    char caller[512] = "?";
    int left = 0;
    for (int d = 0; d < DESCRIPTORS; d++)
        left += is_open(d) && !open_before[d];
    /* Naming a place costs more than a run. */
    char *at = atomic_load(&where);
    if (at && __sanitizer_symbolize_pc && (status != 2 || getenv("SEQUENT_FAULT_WHERE")))
        __sanitizer_symbolize_pc(at - 1, "%f", caller, sizeof caller);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666); /* fopen and close are wrapped */
    if (out < 0) {
        (void)fprintf(stderr, "faults: cannot write %s\n", (const char *)path);
        _exit(98);
    }
    for (int i = 0; i < KINDS; i++)
        (void)dprintf(out, "%s %lu\n", kinds[i].name, atomic_load(&count[i]));
    (void)dprintf(out, "status %d\nstruck %ld\nmemory %ld\nthreads %ld\ndescriptors %d\n", status,
                  atomic_load(&struck), atomic_load(&memory), atomic_load(&threads), left);
    (void)dprintf(out, "caller %s\nplace %s\n", caller, place);
}

static void wrong(const char *text) {
    (void)fprintf(stderr, "faults: SEQUENT_FAULT=%s: expected KIND:K or KIND:K+\n", text);
    _exit(98);
}

__attribute__((constructor)) static void begin(void) {
    if (getenv("SEQUENT_FAULT_SERVE"))
        fault_serve();
    const char *text = getenv("SEQUENT_FAULT"), *path = getenv("SEQUENT_FAULT_COUNT");
    for (int d = 0; d < DESCRIPTORS; d++)
        open_before[d] = is_open(d);
    if (path)
        (void)on_exit(report, (void *)(size_t)path);
    if (!text || !*text)
        return;
    const char *colon = strchr(text, ':');
    char *end = NULL;
    for (int i = 0; i < KINDS && colon; i++)
        if (strlen(kinds[i].name) == (size_t)(colon - text) &&
            strncmp(text, kinds[i].name, (size_t)(colon - text)) == 0)
            chosen = i;
    if (chosen < 0)
        wrong(text);
    first = last = strtoul(colon + 1, &end, 10);
    if (*end == '+') {
        last = ~0ul;
        end++;
    }
    if (first == 0 || *end)
        wrong(text);
}

fault_action fault_at(fault_call call, const char *path, void *caller) {
    fault_action action = FAULT_NONE;
    for (int i = 0; i < KINDS; i++) {
        if (!(kinds[i].calls >> call & 1))
            continue;
        unsigned long n = atomic_fetch_add(&count[i], 1) + 1;
        if (i != chosen || n < first || n > last)
            continue;
        action = kinds[i].action;
        atomic_fetch_add(&struck, 1);
        atomic_store(&where, caller);
        if (path) /* files are the main thread's */
            (void)snprintf(place, sizeof place, "%s", path);
    }
    return action;
}

void fault_signal(fault_action action) {
    if (action == FAULT_SIGINT || action == FAULT_SIGTERM)
        (void)raise(action == FAULT_SIGINT ? SIGINT : SIGTERM);
}

void fault_held_memory(int change) {
    atomic_fetch_add(&memory, change);
}

void fault_held_threads(int change) {
    atomic_fetch_add(&threads, change);
}
