/* What an accepted text says, read by the C library's means and as plainly as can be, against what
 * the reader made of it. Only what is accepted is looked at, so no error needs to be found here. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"

typedef struct plain {
    const sq_data *data;
    size_t samples; /* compared so far */
} plain;

static const char BLANKS[] = " \t", SEPARATORS[] = " \t,:";

/* The next line, without its end; NULL: there is none. */
static char *next_line(char **rest) {
    if (!*rest || !**rest)
        return NULL;
    char *line = strsep(rest, "\n"), *end = line + strlen(line);
    if (end > line && end[-1] == '\r')
        end[-1] = '\0';
    return line + strspn(line, BLANKS);
}

static int same(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* One entry of a row: it must be there once. */
static void expect_entry(const sq_data *data, size_t row, const char *word) {
    char *colon;
    unsigned long name = strtoul(word, &colon, 10);
    float value = strtof(colon + 1, NULL);
    for (uint64_t j = data->row[row]; j < data->row[row + 1]; j++)
        if (data->names[0].name[data->column[j]] == name && same(data->value[j], value))
            return;
    fuzz_breach("row %zu has no %s", row, word);
}

static void expect_row(plain *p, char *line) {
    const sq_data *data = p->data;
    size_t row = p->samples++, entries = 0;
    line[strcspn(line, "#")] = '\0';
    const char *word = strsep(&line, BLANKS);
    if (row >= data->samples || !same(data->label[row], strtof(word, NULL)))
        fuzz_breach("row %zu has another label than %s", row, word);
    for (int first = 1; (word = strsep(&line, BLANKS));) {
        if (!*word)
            continue;
        if (!first || strncmp(word, "qid:", 4) != 0) {
            expect_entry(data, row, word);
            entries++;
        }
        first = 0;
    }
    if (entries != data->row[row + 1] - data->row[row])
        fuzz_breach("row %zu has not %zu entries", row, entries);
}

static void expect_pair(plain *p, unsigned long first, unsigned long second, float value) {
    const sq_data *data = p->data;
    size_t i = p->samples++;
    if (i >= data->samples)
        fuzz_breach("there are only %zu samples", i);
    const sq_names *right = &data->names[data->kind == SQ_RATINGS];
    size_t base = data->kind == SQ_RATINGS ? data->names[0].count : 0;
    if (data->names[0].name[data->pair[2 * i]] != first ||
        right->name[data->pair[2 * i + 1] - base] != second || !same(data->value[i], value))
        fuzz_breach("sample %zu is not %lu, %lu, %g", i, first, second, (double)value);
}

static void expect_fields(plain *p, char *line, int *begun) {
    char *at;
    if (!*line || *line == '#' || *line == '%')
        return;
    if (!*begun && !isdigit((unsigned char)*line)) {
        *begun = 1;
        return;
    }
    *begun = 1;
    unsigned long first = strtoul(line, &at, 10);
    at += strspn(at, SEPARATORS);
    unsigned long second = strtoul(at, &at, 10);
    at += strspn(at, SEPARATORS);
    expect_pair(p, first, second, *at ? strtof(at, NULL) : 1.0f);
}

static void expect_market(plain *p, char *rest) {
    const char *banner[5];
    char *line = next_line(&rest), *at;
    unsigned long size[3] = {0}, entries = 0;
    for (int i = 0; i < 5; i++) { /* only blanks separate the words of an accepted banner */
        banner[i] = line;
        strsep(&line, BLANKS);
        if (line)
            line += strspn(line, BLANKS);
    }
    int pattern = strcasecmp(banner[3], "pattern") == 0;
    int twice = strcasecmp(banner[4], "symmetric") == 0 && p->data->kind == SQ_RATINGS;
    for (int head = 1; (line = next_line(&rest));) {
        if (!*line || *line == '%')
            continue;
        unsigned long first = strtoul(line, &at, 10), second = strtoul(at, &at, 10);
        if (head) {
            size[0] = first;
            size[1] = second;
            size[2] = strtoul(at, NULL, 10);
            head = 0;
            continue;
        }
        float value = pattern ? 1.0f : strtof(at, NULL);
        if (first < 1 || first > size[0] || second < 1 || second > size[1])
            fuzz_breach("entry %lu %lu of %lu × %lu", first, second, size[0], size[1]);
        expect_pair(p, first, second, value);
        if (twice && first != second)
            expect_pair(p, second, first, value);
        entries++;
    }
    if (entries != size[2])
        fuzz_breach("%lu entries, not %lu", entries, size[2]);
}

void fuzz_check_plain(const sq_data *data, sq_format format, const uint8_t *bytes, size_t size) {
    size_t mark = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    char *text = malloc(size - mark + 1), *rest = text, *line;
    int begun = 0;
    plain p = {.data = data};
    memcpy(text, bytes + mark, size - mark);
    text[size - mark] = '\0';
    if (strlen(text) != size - mark)
        fuzz_breach("a text with a NUL byte was accepted");
    int found = strncasecmp(text, "%%MatrixMarket", 14) == 0 &&
                (strchr(" \t\n", text[14]) || (text[14] == '\r' && text[15] == '\n'));
    if (format == SQ_FORMAT_MATRIX_MARKET || (format == SQ_FORMAT_AUTO && found))
        expect_market(&p, rest);
    else
        while ((line = next_line(&rest)))
            if (data->kind != SQ_ROWS)
                expect_fields(&p, line, &begun);
            else if (*line && *line != '#')
                expect_row(&p, line);
    if (p.samples != data->samples)
        fuzz_breach("%zu samples instead of %zu", data->samples, p.samples);
    free(text);
}
