/* The allocation seam of base/alloc.h, with faults; jansson allocates through it too. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "faults/seam/faults.h"

/* Counts an allocation; whether it is to fail. */
static int refused(void *caller) {
    return fault_at(CALL_ALLOC, NULL, caller) == FAULT_FAIL;
}

static void *held(void *memory) {
    fault_held_memory(memory ? 1 : 0);
    return memory;
}

static void release(void *memory) {
    if (!memory)
        return;
    if (fault_at(CALL_FREE, NULL, NULL) == FAULT_SKIP)
        return;
    fault_held_memory(-1);
    free(memory);
}

static int no_memory(size_t count, size_t size, sq_error *error) {
    return sqi_fail(error, SQ_NO_MEMORY, "out of memory: %zu × %zu bytes were asked for", count,
                    size);
}

void *sqi_alloc(size_t count, size_t size, sq_error *error) {
    const size_t line = 64;
    void *memory = NULL;
    if (!refused(__builtin_return_address(0)) &&
        (size == 0 || count <= (SIZE_MAX / 2 - line) / size)) {
        /* Not rounded up as in base/alloc.c: one byte beyond is AddressSanitizer's. */
        size_t wanted = count * size, bytes = wanted ? wanted : 1;
        if (posix_memalign(&memory, line, bytes) != 0)
            memory = NULL;
        else
            memset(held(memory), 0, bytes);
    }
    if (!memory)
        (void)no_memory(count, size, error);
    return memory;
}

static int resize(void **memory, size_t count, size_t size, sq_error *error) {
    if (size != 0 && count > SIZE_MAX / 2 / size)
        return no_memory(count, size, error);
    size_t wanted = count * size;
    void *grown = realloc(*memory, wanted ? wanted : 1);
    if (!grown)
        return no_memory(count, size, error);
    if (!*memory)
        (void)held(grown);
    *memory = grown;
    return SQ_OK;
}

int sqi_resize(void **memory, size_t count, size_t size, sq_error *error) {
    if (refused(__builtin_return_address(0)))
        return no_memory(count, size, error);
    return resize(memory, count, size, error);
}

void *sqi_free(void *memory) {
    release(memory);
    return NULL;
}

char *sqi_strdup(const char *text, sq_error *error) {
    size_t bytes = strlen(text) + 1;
    void *copy = NULL;
    if (refused(__builtin_return_address(0))) {
        (void)no_memory(bytes, 1, error);
        return NULL;
    }
    return resize(&copy, bytes, 1, error) == SQ_OK ? memcpy(copy, text, bytes) : NULL;
}

static void *jansson_alloc(size_t size) {
    return refused(__builtin_return_address(0)) ? NULL : held(malloc(size ? size : 1));
}

__attribute__((constructor)) static void route_jansson(void) {
    json_set_alloc_funcs(jansson_alloc, release);
}
