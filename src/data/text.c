/* The line buffer and its messages. */
#include "data/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { FIRST_CAPACITY = (1 << 20) + 1 };

int sqi_text_open(sqi_text *text, const char *path, sq_error *error) {
    *text = (sqi_text){.path = path};
    void *buffer = NULL;
    int status = sqi_input_open(&text->input, path, error);
    if (status == SQ_OK)
        status = sqi_resize(&buffer, FIRST_CAPACITY, 1, error);
    if (status != SQ_OK) {
        sqi_text_close(text);
        return status;
    }
    text->buffer = buffer;
    text->capacity = FIRST_CAPACITY;
    text->at = text->limit = text->buffer;
    return SQ_OK;
}

void sqi_text_close(sqi_text *text) {
    text->input = sqi_input_close(text->input);
    text->buffer = sqi_free(text->buffer);
    text->at = text->limit = NULL;
}

static int grow(sqi_text *text, sq_error *error) {
    void *buffer = text->buffer;
    int status = sqi_resize(&buffer, 2 * text->capacity, 1, error);
    text->buffer = buffer;
    text->capacity *= status == SQ_OK ? 2 : 1;
    return status;
}

/* Reads until the buffer holds a whole line; *whole is where the last of them ends, 0 at the end of
 * the input. One byte is kept free for the '\n' that may have to be added. */
static int read_lines(sqi_text *text, size_t *whole, sq_error *error) {
    *whole = 0;
    while (!text->ended) {
        if (text->filled == text->capacity - 1) {
            int status = grow(text, error);
            if (status != SQ_OK)
                return status;
        }
        char *fresh = text->buffer + text->filled;
        size_t count = 0;
        int status =
            sqi_input_read(text->input, fresh, text->capacity - 1 - text->filled, &count, error);
        if (status != SQ_OK)
            return status;
        text->filled += count;
        text->ended = count == 0;
        const char *end = memrchr(fresh, '\n', count);
        if (end) {
            *whole = (size_t)(end - text->buffer) + 1;
            return SQ_OK;
        }
        /* A line with a NUL byte is refused anyway, and a device of zeros has no other end. */
        if (memchr(fresh, '\0', count))
            break;
    }
    if (text->filled) {
        text->buffer[text->filled++] = '\n';
        text->unfinished = true;
    }
    *whole = text->filled;
    return SQ_OK;
}

int sqi_text_fill(sqi_text *text, sq_error *error) {
    size_t rest = (size_t)(text->buffer + text->filled - text->at), whole = 0;
    memmove(text->buffer, text->at, rest);
    text->filled = rest;
    int status = read_lines(text, &whole, error);
    text->at = text->buffer;
    text->limit = text->buffer + whole;
    if (status != SQ_OK)
        return status;
    if (text->line == 0 && whole >= 3 && memcmp(text->at, "\xEF\xBB\xBF", 3) == 0)
        text->at += 3;
    return text->at < text->limit;
}

int sqi_text_skip(sqi_text *text, const char *p, sq_error *error) {
    while (*p != '\n' && *p != '\0')
        p++;
    if (*p == '\0')
        return sqi_text_fail(text, p, "text", error);
    sqi_text_end(text, p);
    return SQ_OK;
}

/* The word at p in quotes: up to 24 bytes, those that cannot be printed as \xNN. */
static void show_word(const char *p, char *word, size_t size) {
    size_t used = 0;
    const char *begin = p;
    used += (size_t)snprintf(word, size, "'");
    do {
        bool printable = *p >= ' ' && *p <= '~';
        used += (size_t)snprintf(word + used, size - used, printable ? "%c" : "\\x%02X",
                                 (unsigned)(unsigned char)*p);
        p++;
    } while (p - begin < 24 && *p != ' ' && *p != '\t' && *p != ',' && !sqi_line_ends(p));
    bool more = *p != ' ' && *p != '\t' && *p != ',' && !sqi_line_ends(p);
    (void)snprintf(word + used, size - used, "%s'", more ? "..." : "");
}

int sqi_text_fail_at(const sqi_text *text, uint64_t line, size_t column, const char *found,
                     const char *expected, sq_error *error) {
    /* A path may be longer than the message: its end tells more than its beginning. */
    const char *name = sqi_input_name(text->path);
    size_t length = strlen(name), most = sizeof error->message / 2;
    return sqi_fail(error, SQ_BAD_INPUT, "%s%s:%llu:%zu: found %s, expected %s",
                    length > most ? "..." : "", length > most ? name + length - most : name,
                    (unsigned long long)line, column, found, expected);
}

int sqi_text_fail(const sqi_text *text, const char *p, const char *expected, sq_error *error) {
    char word[4 * 24 + 8];
    if (!sqi_line_ends(p))
        show_word(p, word, sizeof word);
    else if (text->unfinished && memchr(p, '\n', 2) == text->limit - 1)
        (void)snprintf(word, sizeof word, "the end of the file");
    else
        (void)snprintf(word, sizeof word, "the end of the line");
    return sqi_text_fail_at(text, text->line, (size_t)(p - text->at) + 1, word, expected, error);
}

int sqi_text_fail_end(const sqi_text *text, const char *expected, sq_error *error) {
    return sqi_text_fail_at(text, text->line + 1, 1, "the end of the file", expected, error);
}

int sqi_text_fail_number(const sqi_text *text, const char *p, float value, const char *expected,
                         sq_error *error) {
    if (isinf(value))
        expected = "a number of at most 3.4028234e38 in magnitude";
    return sqi_text_fail(text, p, expected, error);
}
