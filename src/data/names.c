/* The name table. */
#include "data/names.h"

#include "base/prefetch.h"
#include "data/grow.h"
#include "data/sort.h"

enum {
    BATCH = 2048, /* names between two checks of the table's size */
    AHEAD = 16    /* names whose slots are fetched before they are needed */
};

/* Where the search for a name begins. Eight neighbouring names share a cache line of eight slots,
 * since files tend to number densely and to keep neighbours together; lines are picked by
 * multiplicative hashing (Knuth, The Art of Computer Programming 3, section 6.4). */
static inline size_t first_slot(const sqi_intern *intern, uint32_t name) {
    uint64_t hash = (uint64_t)(name >> 3) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash >> intern->shift) * 8 + (name & 7);
}

/* The slot of a name, or the free one where it belongs. */
static inline sqi_name_slot *find_slot(const sqi_intern *intern, uint32_t name) {
    size_t i = first_slot(intern, name);
    while (intern->slot[i].id_plus_1 && intern->slot[i].name != name)
        i = (i + 1) & (intern->slots - 1);
    return &intern->slot[i];
}

/* Room for `more` further names. The old table is released before the new one is made, and filled
 * again from the names: the two never take memory at once. */
static int reserve(sqi_intern *intern, size_t more, sq_error *error) {
    size_t need = intern->count + more, slots = intern->slots ? intern->slots : (size_t)8 * BATCH;
    if (need > intern->capacity) {
        uint32_t *name =
            sqi_grow(intern->name, &intern->capacity, need, sizeof *intern->name, error);
        if (!name)
            return SQ_NO_MEMORY;
        intern->name = name;
    }
    while (need > slots / 4 * 3)
        slots *= 2;
    if (slots == intern->slots)
        return SQ_OK;
    sqi_free(intern->slot);
    intern->slots = 0;
    intern->slot = sqi_alloc(slots, sizeof *intern->slot, error);
    if (!intern->slot)
        return SQ_NO_MEMORY;
    intern->slots = slots;
    intern->shift = 64;
    for (size_t lines = slots / 8; lines > 1; lines /= 2)
        intern->shift--;
    for (size_t id = 0; id < intern->count; id++) {
        size_t next = id + AHEAD < intern->count ? id + AHEAD : id;
        sqi_ask(&intern->slot[first_slot(intern, intern->name[next])]);
        *find_slot(intern, intern->name[id]) = (sqi_name_slot){(uint32_t)id + 1, intern->name[id]};
    }
    return SQ_OK;
}

static inline uint32_t intern_one(sqi_intern *intern, uint32_t name) {
    sqi_name_slot *slot = find_slot(intern, name);
    if (!slot->id_plus_1) {
        intern->name[intern->count++] = name;
        *slot = (sqi_name_slot){(uint32_t)intern->count, name};
    }
    return slot->id_plus_1 - 1;
}

int sqi_intern_many(sqi_intern *intern, uint32_t *array, size_t count, size_t stride,
                    sq_error *error) {
    for (size_t begin = 0; begin < count; begin += BATCH) {
        size_t batch = count - begin < BATCH ? count - begin : BATCH;
        int status = reserve(intern, batch, error);
        if (status != SQ_OK)
            return status;
        uint32_t *part = array + begin * stride;
        for (size_t i = 0; i < batch; i++) {
            size_t next = i + AHEAD < batch ? i + AHEAD : batch - 1;
            sqi_ask(&intern->slot[first_slot(intern, part[next * stride])]);
            part[i * stride] = intern_one(intern, part[i * stride]);
        }
    }
    return SQ_OK;
}

static int ascending(const uint32_t *name, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (name[i] <= name[i - 1])
            return 0;
    return 1;
}

/* Sorts the names; rank[id] becomes the place of the name that was at id. At no time are there more
 * than 16 bytes a name: names, ranks and the sort's two arrays take turns. */
static int sort_names(sqi_intern *intern, uint32_t **rank, sq_error *error) {
    size_t count = intern->count;
    uint64_t *scratch = NULL, *items = sqi_alloc(count, sizeof *items, error);
    int status = SQ_NO_MEMORY;
    if (!items)
        goto done;
    for (size_t id = 0; id < count; id++)
        items[id] = (uint64_t)intern->name[id] << 32 | id;
    intern->name = sqi_free(intern->name);
    scratch = sqi_alloc(count, sizeof *scratch, error);
    if (!scratch)
        goto done;
    sqi_sort_high(items, scratch, count);
    scratch = sqi_free(scratch);
    intern->name = sqi_alloc(count, sizeof *intern->name, error);
    *rank = intern->name ? sqi_alloc(count, sizeof **rank, error) : NULL;
    if (!*rank)
        goto done;
    for (size_t i = 0; i < count; i++) {
        intern->name[i] = (uint32_t)(items[i] >> 32);
        (*rank)[(uint32_t)items[i]] = (uint32_t)i;
    }
    status = SQ_OK;
done:
    sqi_free(scratch);
    sqi_free(items);
    return status;
}

int sqi_intern_rank(sqi_intern *intern, sq_names *names, uint32_t **rank, sq_error *error) {
    int status = SQ_OK;
    *rank = NULL;
    intern->slot = sqi_free(intern->slot);
    if (!ascending(intern->name, intern->count))
        status = sort_names(intern, rank, error);
    if (status == SQ_OK) {
        names->count = intern->count;
        names->name = sqi_trim(intern->name, intern->count, sizeof *intern->name);
        intern->name = NULL;
    }
    sqi_intern_fini(intern);
    return status;
}

void sqi_intern_fini(sqi_intern *intern) {
    sqi_free(intern->slot);
    sqi_free(intern->name);
    *intern = (sqi_intern){0};
}

size_t sq_names_find(const sq_names *names, uint32_t name) {
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names->name[middle] < name)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->count && names->name[low] == name ? low : SIZE_MAX;
}
