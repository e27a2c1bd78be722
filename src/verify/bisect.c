/* The first step at which two traces differ, in one pass over both. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/endian.h"
#include "verify/lock.h"
#include "verify/trace_file.h"

/* One of the two files. */
typedef struct side {
    sqi_in in;
    sq_lock *facts;
    uint32_t kind; /* of the data */
    uint64_t name_count[2], edges;
    void *name[2]; /* uint32_t (size name_count) */
    void *size;    /* of each hyperedge: uint32_t (size edges) */
    void *block;   /* of all, one after another: uint32_t */
    uint32_t tag;  /* what follows: an epoch or the end */
    uint64_t gamma, steps;
    void *pi; /* uint32_t (size steps) */
} side;

enum { CHUNK = 4096 };

static void close_side(side *s) {
    sqi_in_close(&s->in);
    sq_lock_free(s->facts);
    for (int i = 0; i < 2; i++)
        sqi_free(s->name[i]);
    sqi_free(s->size);
    sqi_free(s->block);
    sqi_free(s->pi);
}

static int read_facts(side *s, sq_error *error) {
    char magic[sizeof SQI_TRACE_MAGIC];
    uint32_t format = 0, length = 0;
    void *text = NULL;
    int status = sqi_in_bytes(&s->in, magic, sizeof magic, error);
    if (status == SQ_OK && memcmp(magic, SQI_TRACE_MAGIC, sizeof magic) != 0)
        return sqi_fail(error, SQ_BAD_INPUT, "%s: not a trace of sequent",
                        sqi_input_name(s->in.path));
    if (status == SQ_OK)
        status = sqi_in_u32(&s->in, &format, error);
    if (status == SQ_OK && format != SQI_TRACE_FORMAT)
        return sqi_in_bad(&s->in, "of another format version", error);
    if (status == SQ_OK)
        status = sqi_in_u32(&s->in, &length, error);
    if (status == SQ_OK)
        status = sqi_in_text(&s->in, &text, length, error);
    if (status == SQ_OK)
        status = sqi_lock_parse(&s->facts, text, length, s->in.path, error);
    sqi_free(text);
    return status;
}

static int read_edges(side *s, sq_error *error) {
    uint64_t total = 0;
    int status = sqi_in_u64(&s->in, &s->edges, error);
    if (status == SQ_OK && s->edges > UINT32_MAX)
        return sqi_in_bad(&s->in, "with impossible counts", error);
    if (status == SQ_OK)
        status = sqi_in_words(&s->in, &s->size, s->edges, error);
    for (uint64_t i = 0; i < s->edges && status == SQ_OK; i++)
        total += ((uint32_t *)s->size)[i];
    return status == SQ_OK ? sqi_in_words(&s->in, &s->block, total, error) : status;
}

static int open_side(side *s, const char *path, sq_error *error) {
    int status = sqi_in_open(&s->in, path, "trace", error);
    if (status == SQ_OK)
        status = read_facts(s, error);
    if (status == SQ_OK)
        status = sqi_in_u32(&s->in, &s->kind, error);
    for (int i = 0; i < 2 && status == SQ_OK; i++) {
        status = sqi_in_u64(&s->in, &s->name_count[i], error);
        if (status == SQ_OK && s->name_count[i] > UINT32_MAX)
            return sqi_in_bad(&s->in, "with impossible counts", error);
        if (status == SQ_OK)
            status = sqi_in_words(&s->in, &s->name[i], s->name_count[i], error);
    }
    return status == SQ_OK ? read_edges(s, error) : status;
}

/* The head of the next epoch, or the end. */
static int read_head(side *s, sq_error *error) {
    int status = sqi_in_u32(&s->in, &s->tag, error);
    if (status != SQ_OK)
        return status;
    if (s->tag == SQI_TRACE_END) {
        s->steps = 0;
        status = sqi_in_sum(&s->in, error);
        return status == SQ_OK ? sqi_in_end(&s->in, error) : status;
    }
    if (s->tag != SQI_TRACE_EPOCH)
        return sqi_in_bad(&s->in, "with an unknown section", error);
    status = sqi_in_u64(&s->in, &s->gamma, error);
    if (status == SQ_OK)
        status = sqi_in_u64(&s->in, &s->steps, error);
    if (status == SQ_OK && (s->steps == 0 || s->steps > UINT32_MAX))
        return sqi_in_bad(&s->in, "with impossible counts", error);
    return status == SQ_OK ? sqi_in_words(&s->in, &s->pi, s->steps, error) : status;
}

/* Up to CHUNK steps' hashes from `first` on. */
static int read_steps(side *s, uint64_t first, unsigned char bytes[16 * CHUNK], size_t *count,
                      sq_error *error) {
    uint64_t left = first < s->steps ? s->steps - first : 0;
    *count = (size_t)(left < CHUNK ? left : CHUNK);
    return sqi_in_bytes(&s->in, bytes, 16 * *count, error);
}

/* The runs part at a step; where one of them has no such step, samples are not named. */
static void part(sq_bisection *r, const side s[2], sq_parting parting, uint64_t epoch,
                 uint64_t step) {
    r->parting = parting;
    r->epoch = epoch;
    r->step = step;
    for (int t = 0; t < 2 && parting != SQ_OTHER_LENGTH; t++)
        r->sample[t] = ((uint32_t *)s[t].pi)[step];
}

/* Compares steps first … first + count - 1 of an epoch that both have. */
static void compare_steps(sq_bisection *r, side s[2], const unsigned char *hashes[2],
                          uint64_t epoch, uint64_t first, size_t count) {
    const uint32_t *pi[2] = {s[0].pi, s[1].pi};
    for (size_t i = 0; i < count && r->parting == SQ_SAME; i++) {
        const unsigned char *a = hashes[0] + 16 * i, *b = hashes[1] + 16 * i;
        uint64_t k = first + i;
        if (pi[0][k] != pi[1][k])
            part(r, s, SQ_OTHER_ORDER, epoch, k);
        else if (memcmp(a, b, 8) != 0)
            part(r, s, SQ_OTHER_READS, epoch, k);
        else if (memcmp(a + 8, b + 8, 8) != 0)
            part(r, s, SQ_OTHER_WRITES, epoch, k);
    }
}

static int compare_epoch(sq_bisection *r, side s[2], uint64_t epoch, sq_error *error) {
    const size_t bytes = (size_t)16 * CHUNK;
    unsigned char *hashes[2] = {sqi_alloc(bytes, 1, error), sqi_alloc(bytes, 1, error)};
    int status = hashes[0] && hashes[1] ? SQ_OK : SQ_NO_MEMORY;
    uint64_t longest = s[0].steps > s[1].steps ? s[0].steps : s[1].steps;
    if (r->parting == SQ_SAME && s[0].tag != s[1].tag)
        part(r, s, SQ_OTHER_LENGTH, epoch, 0);
    else if (r->parting == SQ_SAME && s[0].gamma != s[1].gamma)
        part(r, s, SQ_OTHER_STEP, epoch, 0);
    for (uint64_t first = 0; first < longest && status == SQ_OK; first += CHUNK) {
        size_t count[2] = {0};
        for (int t = 0; t < 2 && status == SQ_OK; t++)
            status = read_steps(&s[t], first, hashes[t], &count[t], error);
        size_t both = count[0] < count[1] ? count[0] : count[1];
        if (status == SQ_OK)
            compare_steps(r, s, (const unsigned char *[]){hashes[0], hashes[1]}, epoch, first,
                          both);
        if (r->parting == SQ_SAME && count[0] != count[1])
            part(r, s, SQ_OTHER_LENGTH, epoch, first + both);
    }
    sqi_free(hashes[0]);
    sqi_free(hashes[1]);
    return status;
}

/* The name of a block, as the data's file has it. */
static void name_block(const side *s, uint32_t block, char *text, size_t size) {
    static const char *const words[][2] = {[SQ_ROWS] = {"feature", "feature"},
                                           [SQ_RATINGS] = {"user", "item"},
                                           [SQ_EDGES] = {"node", "node"}};
    int second = block >= s->name_count[0];
    uint64_t at = second ? block - s->name_count[0] : block;
    if (s->kind > SQ_EDGES || at >= s->name_count[second])
        (void)snprintf(text, size, "block %u", block);
    else if (((uint32_t *)s->name[second])[at] == SQ_BIAS_NAME)
        (void)snprintf(text, size, "bias");
    else
        (void)snprintf(text, size, "%s %u", words[s->kind][second],
                       ((uint32_t *)s->name[second])[at]);
}

/* The hyperedge of a sample: its blocks (size *size); none where the file has no hyperedges. */
static const uint32_t *edge_of(const side *s, uint32_t sample, uint32_t *size) {
    const uint32_t *sizes = s->size, *block = s->block;
    *size = 0;
    if (sample >= s->edges)
        return block;
    for (uint32_t i = 0; i < sample; i++)
        block += sizes[i];
    *size = sizes[sample];
    return block;
}

/* Whether the step on which the runs part touches the same blocks, by name, in both. */
static int same_edges(const sq_bisection *r, const side s[2]) {
    uint32_t size[2];
    const uint32_t *block[2];
    for (int t = 0; t < 2; t++)
        block[t] = edge_of(&s[t], r->sample[t], &size[t]);
    for (uint32_t i = 0; i < size[0] && size[0] == size[1]; i++) {
        char name[2][32];
        for (int t = 0; t < 2; t++)
            name_block(&s[t], block[t][i], name[t], sizeof name[t]);
        if (strcmp(name[0], name[1]) != 0)
            return 0;
    }
    return size[0] == size[1];
}

static void name_blocks(sq_bisection *r, const side *s) {
    uint32_t size;
    const uint32_t *block = edge_of(s, r->sample[0], &size);
    size_t used = 0;
    for (uint32_t i = 0; i < size; i++) {
        char name[32];
        name_block(s, block[i], name, sizeof name);
        size_t need = strlen(name) + 2;
        if (used + need + sizeof "…" > sizeof r->blocks) {
            memcpy(r->blocks + used, "…", sizeof "…");
            return;
        }
        used += (size_t)snprintf(r->blocks + used, sizeof r->blocks - used, "%s%s",
                                 used ? ", " : "", name);
    }
}

static int recipes_differ(const sq_lock *a, const sq_lock *b) {
    const sq_recipe *p = &a->recipe, *q = &b->recipe;
    return p->model != q->model || p->rank != q->rank || p->bias != q->bias || p->l2 != q->l2 ||
           p->step != q->step || p->decay != q->decay || p->seed != q->seed ||
           p->layers != q->layers || p->keep != q->keep ||
           memcmp(p->hidden, q->hidden, sizeof p->hidden) != 0 || a->arithmetic != b->arithmetic ||
           strcmp(a->terminals_hash.hex, b->terminals_hash.hex) != 0;
}

static int compare(sq_bisection *r, side s[2], sq_error *error) {
    int status = SQ_OK;
    r->data = strcmp(s[0].facts->data_hash.hex, s[1].facts->data_hash.hex) != 0;
    r->recipe = recipes_differ(s[0].facts, s[1].facts);
    r->initial = strcmp(s[0].facts->initial_hash.hex, s[1].facts->initial_hash.hex) != 0;
    s[0].tag = s[1].tag = SQI_TRACE_EPOCH;
    for (uint64_t epoch = 0; status == SQ_OK; epoch++) {
        for (int t = 0; t < 2 && status == SQ_OK; t++)
            if (s[t].tag != SQI_TRACE_END)
                status = read_head(&s[t], error);
        if (status != SQ_OK || (s[0].tag == SQI_TRACE_END && s[1].tag == SQI_TRACE_END))
            break;
        status = compare_epoch(r, s, epoch, error);
    }
    if (status != SQ_OK || r->parting == SQ_SAME || r->parting == SQ_OTHER_LENGTH)
        return status;
    r->edge = r->parting == SQ_OTHER_READS && !same_edges(r, s);
    name_blocks(r, &s[0]);
    return status;
}

int sq_bisect(sq_bisection *result, const char *path_a, const char *path_b, sq_error *error) {
    side s[2] = {{.tag = 0}, {.tag = 0}};
    *result = (sq_bisection){.parting = SQ_SAME};
    int status = open_side(&s[0], path_a, error);
    if (status == SQ_OK)
        status = open_side(&s[1], path_b, error);
    if (status == SQ_OK)
        status = compare(result, s, error);
    close_side(&s[0]);
    close_side(&s[1]);
    return status;
}
