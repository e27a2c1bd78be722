/* base/alloc: sizes that overflow are refused, memory is aligned and zero. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

/* Pairs whose product does not fit a size_t, or is beyond what an object may have. */
static const size_t impossible[][2] = {
    {SIZE_MAX, 2},
    {2, SIZE_MAX},
    {SIZE_MAX, SIZE_MAX},
    {SIZE_MAX / 2 + 1, 2}, /* the product is 0 */
    {SIZE_MAX / 4 + 1, 4}, /* 0 as well */
    {SIZE_MAX / 4 + 2, 4}, /* 4: looks small */
    {(size_t)1 << 33, (size_t)1 << 33},
    {SIZE_MAX, 1}, /* fits, but rounding up to a line would not */
    {SIZE_MAX - 63, 1},
    {SIZE_MAX / 2, 1},
};

Test(alloc, refuses_overflow) {
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        sq_error error = {0};
        void *memory = sqi_alloc(impossible[i][0], impossible[i][1], &error);
        cr_assert(memory == NULL, "case %zu", i);
        cr_assert(strstr(error.message, "memory"), "'%s'", error.message);
        cr_assert(sqi_alloc(impossible[i][0], impossible[i][1], NULL) == NULL);
    }
}

Test(alloc, resize_refuses_overflow_and_keeps_the_memory) {
    void *memory = NULL;
    cr_assert(sqi_resize(&memory, 3, 8, NULL) == SQ_OK);
    memset(memory, 0x5A, 24);
    void *before = memory;
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        if (impossible[i][1] == 1)
            continue; /* nothing overflows here: the system's allocator refuses or not */
        sq_error error = {0};
        int status = sqi_resize(&memory, impossible[i][0], impossible[i][1], &error);
        cr_assert(status == SQ_NO_MEMORY && strstr(error.message, "memory"));
        cr_assert(memory == before);
    }
    for (int i = 0; i < 24; i++)
        cr_assert(((unsigned char *)memory)[i] == 0x5A);
    sqi_free(memory);
}

Test(alloc, aligned_and_zero) {
    static const size_t sizes[] = {0, 1, 7, 63, 64, 65, 1000, 4096, 100000};
    for (int round = 0; round < 3; round++) /* later rounds get memory that was used */
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *memory = sqi_alloc(sizes[i], 3, NULL);
            cr_assert(memory && (uintptr_t)memory % 64 == 0);
            size_t set = 0;
            for (size_t b = 0; b < 3 * sizes[i]; b++)
                set += memory[b] != 0;
            cr_assert(set == 0, "%zu bytes are not zero", set);
            memset(memory, 0xFF, 3 * sizes[i]);
            cr_assert(sqi_free(memory) == NULL);
        }
}

Test(alloc, zero_bytes_are_a_pointer) {
    void *none = sqi_alloc(0, 8, NULL), *nothing = sqi_alloc(8, 0, NULL), *resized = NULL;
    cr_assert(none && nothing);
    cr_assert(sqi_resize(&resized, 0, 8, NULL) == SQ_OK && resized);
    sqi_free(none);
    sqi_free(nothing);
    sqi_free(resized);
    cr_assert(sqi_free(NULL) == NULL);
}

Test(alloc, resize_keeps_content) {
    void *memory = NULL;
    for (size_t count = 1; count < 5000; count = count * 2 + 1) {
        cr_assert(sqi_resize(&memory, count, sizeof(uint32_t), NULL) == SQ_OK);
        uint32_t *word = memory;
        for (size_t i = count / 2; i < count; i++)
            word[i] = (uint32_t)i * 2654435761u;
        for (size_t i = 0; i < count; i++)
            cr_assert(word[i] == (uint32_t)i * 2654435761u);
    }
    cr_assert(sqi_resize(&memory, 2, sizeof(uint32_t), NULL) == SQ_OK);
    cr_assert(((uint32_t *)memory)[1] == 2654435761u);
    sqi_free(memory);
}

Test(alloc, strdup) {
    char text[] = "a name", *copy = sqi_strdup(text, NULL), *empty = sqi_strdup("", NULL);
    text[0] = 'x';
    cr_assert(strcmp(copy, "a name") == 0 && strcmp(empty, "") == 0);
    sqi_free(copy);
    sqi_free(empty);
}
