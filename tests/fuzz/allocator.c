/* The allocation seam of the fuzz targets: exact sizes, counted, and quick.
 *
 * Blocks come from the sanitizer's malloc, so that every byte beyond their end is guarded. Large
 * ones (line buffers, zlib's window) would be mapped and unmapped each time; they are kept for the
 * next execution instead, guarded by hand. */
#include <sanitizer/allocator_interface.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fuzz.h"

enum { KEPT = 12, LARGE = 1 << 15, GUARD = 4096, HIDDEN = 1 << 18 };

typedef struct kept {
    unsigned char *at;
    size_t size;
    int used;
} kept;

static kept pool[KEPT];
static size_t in_use, limit, blocks, next;

static void hide(void *at, size_t size) {
    ASAN_POISON_MEMORY_REGION(at, size);
}

void fuzz_hide(const void *from, const void *end) {
    if (from < end)
        ASAN_POISON_MEMORY_REGION(from, (size_t)((const char *)end - (const char *)from));
}

void fuzz_show(const void *from, const void *end) {
    if (from < end)
        ASAN_UNPOISON_MEMORY_REGION(from, (size_t)((const char *)end - (const char *)from));
}

void fuzz_memory_begin(size_t input) {
    limit = ((size_t)64 << 20) + 64 * input;
    if (in_use || blocks)
        fuzz_breach("memory: %zu bytes in %zu blocks were in use before", in_use, blocks);
}

void fuzz_memory_end(void) {
    if (in_use || blocks)
        fuzz_breach("memory: %zu bytes in %zu blocks were not released", in_use, blocks);
}

static kept *find(const void *memory) {
    for (int i = 0; i < KEPT; i++)
        if (pool[i].used && pool[i].at == memory)
            return &pool[i];
    return NULL;
}

/* A large block: a kept one of this size, else one in the place of another that is free. */
static void *take(size_t size) {
    kept *slot = NULL;
    for (int i = 0; i < KEPT && !slot; i++)
        if (!pool[i].used && pool[i].at && pool[i].size == size)
            slot = &pool[i];
    for (int i = 0; i < KEPT && !slot; i++) {
        kept *other = &pool[next++ % KEPT];
        if (other->used)
            continue;
        slot = other;
        free(slot->at);
        slot->at = malloc(size + GUARD);
        slot->size = size;
        if (!slot->at)
            fuzz_breach("memory: the system has no %zu bytes", size);
        hide(slot->at + size, GUARD);
    }
    if (!slot)
        return malloc(size);
    slot->used = 1;
    ASAN_UNPOISON_MEMORY_REGION(slot->at, size);
    return slot->at;
}

static void *get(size_t count, size_t size, int aligned) {
    if (size && count > SIZE_MAX / 2 / size)
        fuzz_breach("memory: %zu × %zu bytes were asked for", count, size);
    size_t bytes = count * size;
    if (bytes > limit || in_use + bytes > limit)
        fuzz_breach("memory: %zu bytes and %zu more, of at most %zu", in_use, bytes, limit);
    void *memory = NULL;
    if (bytes >= LARGE)
        memory = take(bytes);
    else if (!aligned)
        memory = malloc(bytes ? bytes : 1);
    else if (posix_memalign(&memory, 64, bytes ? bytes : 1) != 0)
        memory = NULL;
    if (!memory)
        fuzz_breach("memory: the system has no %zu bytes", bytes);
    if (aligned)
        memset(memory, 0, bytes);
    in_use += bytes ? bytes : 1;
    blocks++;
    return memory;
}

static size_t size_of(void *memory) {
    const kept *slot = find(memory);
    return slot ? slot->size : __sanitizer_get_allocated_size(memory);
}

void *sqi_alloc(size_t count, size_t size, sq_error *error) {
    (void)error;
    return get(count, size, 1);
}

/* Always moves, so that a pointer to the old place is seen. */
int sqi_resize(void **memory, size_t count, size_t size, sq_error *error) {
    (void)error;
    void *grown = get(count, size, 0);
    if (*memory) {
        size_t old = size_of(*memory), wanted = count * size;
        ASAN_UNPOISON_MEMORY_REGION(*memory, old);
        memcpy(grown, *memory, old < wanted ? old : wanted);
        sqi_free(*memory);
    }
    *memory = grown;
    return SQ_OK;
}

void *sqi_free(void *memory) {
    if (!memory)
        return NULL;
    kept *slot = find(memory);
    size_t size = size_of(memory);
    in_use -= size;
    blocks--;
    if (slot) {
        slot->used = 0;
        hide(memory, size < HIDDEN ? size : HIDDEN);
    } else {
        ASAN_UNPOISON_MEMORY_REGION(memory, size);
        free(memory);
    }
    return NULL;
}

char *sqi_strdup(const char *text, sq_error *error) {
    size_t bytes = strlen(text) + 1;
    void *copy = NULL;
    (void)sqi_resize(&copy, bytes, 1, error);
    return memcpy(copy, text, bytes);
}
