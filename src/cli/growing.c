/* Texts that grow. */
#include "cli/growing.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/status.h"

static int make_room(growing *g, size_t more) {
    size_t room = g->length + more + 1;
    if (room <= g->room)
        return 1;
    void *memory = g->text;
    g->failed |= sqi_resize(&memory, 2 * room, 1, NULL) != SQ_OK;
    g->text = memory;
    if (!g->failed)
        g->room = 2 * room;
    return !g->failed;
}

void growing_add(growing *g, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    g->failed |= length < 0;
    if (!g->failed && make_room(g, (size_t)length)) {
        (void)vsnprintf(g->text + g->length, (size_t)length + 1, format, again);
        g->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void growing_add_escaped(growing *g, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '&':
            growing_add(g, "&amp;");
            break;
        case '<':
            growing_add(g, "&lt;");
            break;
        case '>':
            growing_add(g, "&gt;");
            break;
        case '"':
            growing_add(g, "&quot;");
            break;
        default:
            growing_add(g, "%c", *text);
        }
}

int growing_check(const growing *g, sq_error *error) {
    return g->failed
               ? sqi_fail(error, SQ_NO_MEMORY, "out of memory for a text of %zu bytes", g->length)
               : SQ_OK;
}

void growing_free(growing *g) {
    sqi_free(g->text);
    *g = (growing){0};
}
