/* JSON by jansson, whatever its allocations do. */
#include "verify/json_text.h"

#include <string.h>

#include "base/alloc.h"

/* The text of a JSON object (NULL: there was no memory for it). jansson writes it twice, once to
 * count: what json_dumps allocates is the host program's to release where it has set functions for
 * that. */
int sqi_json_dump(char **text, const json_t *object, sq_error *error) {
    const size_t form = JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII;
    size_t size = object ? json_dumpb(object, NULL, 0, form) : 0;
    if (size > 0 && !(*text = sqi_alloc(size + 1, 1, error)))
        return SQ_NO_MEMORY;
    if (size > 0 && json_dumpb(object, *text, size, form) == size)
        return SQ_OK;
    *text = sqi_free(*text);
    return sqi_fail(error, SQ_NO_MEMORY, "no memory for a lock, or its paths are not UTF-8");
}

/* The parsed text. jansson takes a failed allocation within a string for an error of syntax, or drops
 * a byte of the string without a word. So the text is parsed twice, which must give the same. */
int sqi_json_load(json_t **object, const char *text, size_t size, json_error_t *where,
                  sq_error *error) {
    json_error_t again;
    *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, where);
    json_t *other = json_loadb(text, size, JSON_REJECT_DUPLICATES, &again);
    int same = *object || other ? json_equal(*object, other)
                                : where->line > 0 && again.position == where->position &&
                                      strcmp(again.text, where->text) == 0;
    json_decref(other);
    if (same)
        return SQ_OK;
    json_decref(*object);
    *object = NULL;
    return sqi_fail(error, SQ_NO_MEMORY, "out of memory: a JSON text of %zu bytes was to be read",
                    size);
}
