/* What the benchmarks in C have in common. */
#ifndef SQ_BENCH_SUPPORT_H
#define SQ_BENCH_SUPPORT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sequent/data.h"

/* Ends the program where something that it needs is not there. */
static inline void must(int ok, const char *what) {
    if (!ok) {
        (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
        exit(2);
    }
}

/* Zeros, as the library allocates them; sqi_free. */
static inline void *room(size_t count, size_t size) {
    void *memory = sqi_alloc(count, size, NULL);
    must(memory != NULL, "out of memory");
    return memory;
}

/* Names 0, 1, 2, … */
static inline void name_all(sq_names *names, size_t count) {
    names->count = count;
    names->name = room(count, sizeof *names->name);
    for (size_t i = 0; i < count; i++)
        names->name[i] = (uint32_t)i;
}

#endif
