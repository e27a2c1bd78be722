/* Terminals, one a line: node and label, separated as data/fields.h says; further fields are ignored.
 * The same node may come again with the same label. */
#include <stdio.h>

#include "data/fields.h"
#include "data/grow.h"
#include "data/number.h"
#include "data/sort.h"
#include "num/float_env.h"

static const char NODE[] = "a node (a whole number from 0 to 4294967294)";
static const char LABEL[] = "a label (a finite number)";

/* Where a line of the file stands, and what it says beside the node. */
typedef struct place {
    uint64_t line;
    uint32_t column; /* of the node */
    float label;
} place;

/* The lines of a file, in its order. */
typedef struct listing {
    place *place;   /* (size count) */
    uint64_t *item; /* node × 2^32 + number of its place (size count) */
    size_t count, place_room, item_room;
} listing;

static int add(listing *l, uint32_t node, const place *at, const sqi_text *text, sq_error *error) {
    if (l->count >= SQI_NAME_MAX)
        return sqi_text_fail(text, text->at, "at most 4294967294 terminals", error);
    if (l->count == l->place_room) {
        place *grown = sqi_grow(l->place, &l->place_room, l->count + 1, sizeof *grown, error);
        if (!grown)
            return SQ_NO_MEMORY;
        l->place = grown;
    }
    if (l->count == l->item_room) {
        uint64_t *grown = sqi_grow(l->item, &l->item_room, l->count + 1, sizeof *grown, error);
        if (!grown)
            return SQ_NO_MEMORY;
        l->item = grown;
    }
    l->place[l->count] = *at;
    l->item[l->count] = (uint64_t)node << 32 | l->count;
    l->count++;
    return SQ_OK;
}

static int read_lines(listing *l, sqi_text *text, sq_error *error) {
    sqi_fields fields = {0};
    const char *p;
    int status;
    while ((status = sqi_fields_line(&fields, text, &p, error)) == 1) {
        place at = {.line = text->line, .column = (uint32_t)(p - text->at) + 1};
        uint32_t node = 0;
        status = sqi_fields_name(&fields, text, &p, &node, NODE, LABEL, error);
        if (status == SQ_OK)
            status = sqi_fields_last(&fields, text, p, &at.label, LABEL, error);
        at.label += 0.0f; /* there is one zero */
        if (status == SQ_OK)
            status = add(l, node, &at, text, error);
        if (status != SQ_OK)
            break;
    }
    return status;
}

/* Refuses a node with two labels: of the lines that contradict an earlier one, the first. */
static int check_labels(const listing *l, const sqi_text *text, sq_error *error) {
    const place *wrong = NULL, *first = NULL, *earlier = NULL;
    uint32_t node = 0;
    for (size_t i = 0; i < l->count; i++) {
        const place *at = &l->place[(uint32_t)l->item[i]];
        if (i == 0 || l->item[i] >> 32 != l->item[i - 1] >> 32)
            first = at;
        if (at->label == first->label || (wrong && wrong->line < at->line))
            continue;
        wrong = at;
        earlier = first;
        node = (uint32_t)(l->item[i] >> 32);
    }
    if (!wrong)
        return SQ_OK;
    char found[64], expected[64];
    (void)snprintf(found, sizeof found, "node %u with the label %.9g", node, (double)wrong->label);
    (void)snprintf(expected, sizeof expected, "%.9g as in line %llu", (double)earlier->label,
                   (unsigned long long)earlier->line);
    return sqi_text_fail_at(text, wrong->line, wrong->column, found, expected, error);
}

/* Each node once, with its label. */
static int collect(sq_terminals *t, const listing *l, const sqi_text *text, sq_error *error) {
    int several = 0;
    t->node = sqi_alloc(l->count, sizeof *t->node, error);
    t->label = t->node ? sqi_alloc(l->count, sizeof *t->label, error) : NULL;
    if (!t->label)
        return SQ_NO_MEMORY;
    for (size_t i = 0; i < l->count; i++) {
        uint32_t node = (uint32_t)(l->item[i] >> 32);
        if (t->count > 0 && t->node[t->count - 1] == node)
            continue;
        t->node[t->count] = node;
        t->label[t->count] = l->place[(uint32_t)l->item[i]].label;
        several |= t->label[t->count] != t->label[0];
        t->count++;
    }
    return several ? SQ_OK : sqi_text_fail_end(text, "terminals of at least two labels", error);
}

static int make(sq_terminals *terminals, sqi_text *text, sq_error *error) {
    listing l = {0};
    uint64_t *scratch = NULL;
    int status = read_lines(&l, text, error);
    if (status == SQ_OK && l.count > 0) {
        scratch = sqi_alloc(l.count, sizeof *scratch, error);
        status = scratch ? SQ_OK : SQ_NO_MEMORY;
    }
    if (status == SQ_OK && l.count > 0)
        sqi_sort_high(l.item, scratch, l.count);
    if (status == SQ_OK)
        status = check_labels(&l, text, error);
    if (status == SQ_OK)
        status = collect(terminals, &l, text, error);
    sqi_free(scratch);
    sqi_free(l.place);
    sqi_free(l.item);
    return status;
}

int sq_terminals_read(sq_terminals **terminals, const char *path, sq_error *error) {
    sqi_text text;
    *terminals = NULL;
    int status = sqi_text_open(&text, path, error);
    if (status != SQ_OK)
        return status;
    sqi_float_env was = sqi_float_env_enter();
    sq_terminals *made = sqi_alloc(1, sizeof *made, error);
    status = made ? make(made, &text, error) : SQ_NO_MEMORY;
    if (status == SQ_OK)
        *terminals = made;
    else
        sq_terminals_free(made);
    sqi_float_env_leave(was);
    sqi_text_close(&text);
    return status;
}

sq_terminals *sq_terminals_free(sq_terminals *terminals) {
    if (terminals) {
        sqi_free(terminals->node);
        sqi_free(terminals->label);
    }
    return sqi_free(terminals);
}
