/* data/names: the hash table and its ranks, against a table that is as large as all names. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "data/names.h"
#include "data/sort.h"

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Interns given names (size count, every stride-th of array), in two parts, and checks everything
 * that the header says by sorting a copy. */
static void check_names(const uint32_t *given, size_t count, size_t stride) {
    uint32_t *array = calloc(count * stride + 1, sizeof *array), *sorted = malloc(4 * count + 4);
    for (size_t i = 0; i < count; i++)
        array[i * stride] = sorted[i] = given[i];
    sqi_intern intern = {0};
    size_t half = count / 2;
    cr_assert(sqi_intern_many(&intern, array, half, stride, NULL) == SQ_OK);
    cr_assert(sqi_intern_many(&intern, array + half * stride, count - half, stride, NULL) == SQ_OK);

    qsort(sorted, count, sizeof *sorted, compare);
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            sorted[distinct++] = sorted[i];
    cr_assert(intern.count == distinct);
    size_t met = 0; /* provisional ids are in order of first occurrence */
    for (size_t i = 0; i < count; i++) {
        cr_assert(array[i * stride] <= met);
        met += array[i * stride] == met;
    }

    sq_names names = {0};
    uint32_t *rank = NULL;
    cr_assert(sqi_intern_rank(&intern, &names, &rank, NULL) == SQ_OK);
    cr_assert(names.count == distinct);
    cr_assert(distinct == 0 || memcmp(names.name, sorted, 4 * distinct) == 0);
    for (size_t i = 0; i < count; i++) {
        uint32_t id = array[i * stride], dense = rank ? rank[id] : id;
        cr_assert(names.name[dense] == given[i]);
        cr_assert(sq_names_find(&names, given[i]) == dense);
        for (size_t s = 1; s < stride; s++)
            cr_assert(array[i * stride + s] == 0);
    }
    sqi_free(names.name);
    sqi_free(rank);
    free(array);
    free(sorted);
}

Test(names, none_and_one) {
    uint32_t name = 0;
    check_names(&name, 0, 1);
    check_names(&name, 1, 1);
    name = UINT32_C(0xFFFFFFFE);
    check_names(&name, 1, 2);
}

/* Arithmetic progressions of every power of two, up and down: what defeats a weak hash. With
 * 200,000 names a table that probes linearly through all of them would not end. */
Test(names, progressions) {
    enum { COUNT = 200000 };
    uint32_t *given = malloc(COUNT * sizeof *given);
    for (int shift = 0; shift < 32; shift++) {
        for (uint32_t i = 0; i < COUNT; i++)
            given[i] = shift % 2 ? (COUNT - i) << shift : i << shift;
        for (uint32_t i = 0; i < COUNT; i++)
            given[i] = given[i] == UINT32_MAX ? 0 : given[i];
        check_names(given, COUNT, 1 + (size_t)shift % 3);
    }
    free(given);
}

Test(names, random) {
    enum { COUNT = 300000 };
    uint32_t *given = malloc(COUNT * sizeof *given);
    sqi_words words = sqi_words_at(1, SQ_STREAM_USER, 0);
    for (uint32_t bound = 1; bound < UINT32_MAX / 16; bound = 16 * bound + 1) {
        for (size_t i = 0; i < COUNT; i++)
            given[i] = sqi_words_below(&words, bound);
        check_names(given, bound < 1000 ? 5000 : COUNT, 1 + bound % 2);
    }
    for (size_t i = 0; i < COUNT; i++)
        given[i] = sqi_words_below(&words, UINT32_MAX);
    check_names(given, COUNT, 1);
    free(given);
}

Test(names, find) {
    uint32_t name[] = {2, 3, 5, 4294967294};
    sq_names names = {4, name};
    cr_assert(sq_names_find(&names, 2) == 0 && sq_names_find(&names, 5) == 2);
    cr_assert(sq_names_find(&names, 4294967294) == 3);
    cr_assert(sq_names_find(&names, 0) == SIZE_MAX && sq_names_find(&names, 4) == SIZE_MAX);
    cr_assert(sq_names_find(&names, 4294967295) == SIZE_MAX);
    names.count = 0;
    cr_assert(sq_names_find(&names, 2) == SIZE_MAX);
}

/* The sort must be stable, for every way that it has. */
Test(names, sort) {
    static const uint32_t bound[] = {1, 3, 200, 70000, 4294967295};
    static const size_t size[] = {1, 2, 31, 32, 33, 1000, 70000};
    uint64_t *items = malloc(70000 * sizeof *items), *scratch = malloc(70000 * sizeof *scratch);
    sqi_words words = sqi_words_at(2, SQ_STREAM_USER, 0);
    for (size_t b = 0; b < 5; b++)
        for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
            for (size_t i = 0; i < size[s]; i++)
                items[i] = (uint64_t)sqi_words_below(&words, bound[b]) << 32 | i;
            sqi_sort_high(items, scratch, size[s]);
            for (size_t i = 1; i < size[s]; i++)
                cr_assert(items[i - 1] < items[i]);
        }
    free(items);
    free(scratch);
}
