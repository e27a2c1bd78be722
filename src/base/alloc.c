/* The default allocation seam: malloc's heap. */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

static int no_memory(size_t count, size_t size, sq_error *error) {
    return sqi_fail(error, SQ_NO_MEMORY, "out of memory: %zu × %zu bytes were asked for", count,
                    size);
}

void *sqi_alloc(size_t count, size_t size, sq_error *error) {
    const size_t line = 64;
    if (size != 0 && count > (SIZE_MAX / 2 - line) / size) {
        no_memory(count, size, error);
        return NULL;
    }
    size_t bytes = (count * size + line - 1) / line * line;
    void *memory = aligned_alloc(line, bytes ? bytes : line);
    if (memory)
        sqi_pages_ask(memory, bytes);
    if (memory)
        memset(memory, 0, bytes ? bytes : line);
    else
        no_memory(count, size, error);
    return memory;
}

int sqi_resize(void **memory, size_t count, size_t size, sq_error *error) {
    if (size != 0 && count > SIZE_MAX / 2 / size)
        return no_memory(count, size, error);
    size_t bytes = count * size;
    void *grown = realloc(*memory, bytes ? bytes : 1);
    if (!grown)
        return no_memory(count, size, error);
    sqi_pages_ask(grown, bytes);
    *memory = grown;
    return SQ_OK;
}

void *sqi_free(void *memory) {
    free(memory);
    return NULL;
}

char *sqi_strdup(const char *text, sq_error *error) {
    size_t bytes = strlen(text) + 1;
    char *copy = sqi_alloc(bytes, 1, error);
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}
