/* Matrix Market coordinate files (Boisvert, Pozo, Remington 1996, "The Matrix Market exchange
 * formats", NISTIR 5935):
 *
 *     %%MatrixMarket matrix coordinate real|integer|pattern general|symmetric
 *     % comments
 *     rows columns entries
 *     row column [value]                         indices from 1; a pattern's values are 1
 *
 * As ratings, rows are users and columns items, and an entry of a symmetric matrix off the diagonal
 * stands for two samples, (i, j) and then (j, i). As edges, the matrix must be square and every
 * stored entry is one edge. Names are the file's numbers. The declared sizes are checked against
 * the entries and reserve nothing. Empty lines and comments are skipped everywhere. */
#include "data/number.h"
#include "data/pairs.h"
#include "data/readers.h"

typedef struct market {
    bool pattern, symmetric;
    uint64_t size[2], entries; /* as declared */
} market;

static const char BANNER[] = "%%matrixmarket";

/* Behind the word at p, if it is `word` in any case; else NULL. */
static const char *skip_word(const char *p, const char *word) {
    for (; *word; p++, word++)
        if (*p != *word && !(*word >= 'a' && *word <= 'z' && *p == *word - 'a' + 'A'))
            return NULL;
    return *p == ' ' || *p == '\t' || sqi_line_ends(p) ? p : NULL;
}

bool sqi_is_matrix_market(const sqi_text *text) {
    return skip_word(text->at, BANNER) != NULL;
}

/* Moves *p behind the first of the words (NULL ends them) that is there; returns its number. */
static int take_word(const char **p, const char *const *words) {
    *p = sqi_skip_blanks(*p);
    for (int i = 0; words[i]; i++) {
        const char *end = skip_word(*p, words[i]);
        if (end) {
            *p = end;
            return i;
        }
    }
    return -1;
}

static int read_banner(sqi_text *text, market *header, sq_error *error) {
    static const char *const object[] = {"matrix", NULL}, *const layout[] = {"coordinate", NULL},
                             *const field[] = {"pattern", "real", "integer", "double", NULL},
                             *const symmetry[] = {"symmetric", "general", NULL};
    int status = sqi_text_line(text, error);
    if (status < 0)
        return status;
    const char *p = status ? skip_word(text->at, BANNER) : NULL;
    if (!p)
        return status ? sqi_text_fail(text, text->at, "'%%MatrixMarket'", error)
                      : sqi_text_fail_end(text, "'%%MatrixMarket'", error);
    if (take_word(&p, object) < 0)
        return sqi_text_fail(text, p, "'matrix'", error);
    if (take_word(&p, layout) < 0)
        return sqi_text_fail(text, p, "'coordinate' (dense arrays are not read)", error);
    int which = take_word(&p, field);
    if (which < 0)
        return sqi_text_fail(text, p, "'real', 'integer' or 'pattern'", error);
    header->pattern = which == 0;
    which = take_word(&p, symmetry);
    if (which < 0)
        return sqi_text_fail(text, p, "'general' or 'symmetric'", error);
    header->symmetric = which == 0;
    return sqi_text_skip(text, p, error);
}

/* Begins the next line that is neither empty nor a comment; returns as sqi_text_fill. */
static int next_line(sqi_text *text, const char **p, sq_error *error) {
    int status;
    while ((status = sqi_text_line(text, error)) == 1) {
        *p = sqi_skip_blanks(text->at);
        if (**p != '%' && !sqi_line_ends(*p))
            return 1;
        status = sqi_text_skip(text, *p, error);
        if (status != SQ_OK)
            return status;
    }
    return status;
}

static inline bool word_ends(const char *p) {
    return *p == ' ' || *p == '\t' || sqi_line_ends(p);
}

/* Reads a whole number at *p, at most limit, and moves *p to what follows. */
static int read_whole(const sqi_text *text, const char **p, uint64_t limit, uint64_t *value,
                      const char *expected, sq_error *error) {
    const char *end = sqi_integer_read(*p, limit, value);
    if (!end || !word_ends(end))
        return sqi_text_fail(text, *p, expected, error);
    *p = sqi_skip_blanks(end);
    return SQ_OK;
}

static int end_line(sqi_text *text, const char *p, sq_error *error) {
    if (!sqi_line_ends(p))
        return sqi_text_fail(text, p, "the end of the line", error);
    return sqi_text_skip(text, p, error);
}

static int read_size(sqi_text *text, sq_data_kind kind, market *header, sq_error *error) {
    const char *p, *columns;
    int status = next_line(text, &p, error);
    if (status == 0)
        return sqi_text_fail_end(text, "the matrix's size: rows, columns, entries", error);
    if (status == 1)
        status = read_whole(text, &p, SQI_NAME_MAX, &header->size[0],
                            "the number of rows (at most 4294967294)", error);
    if (status != SQ_OK)
        return status;
    columns = p;
    status = read_whole(text, &p, SQI_NAME_MAX, &header->size[1],
                        "the number of columns (at most 4294967294)", error);
    if (status == SQ_OK)
        status = read_whole(text, &p, INT64_MAX, &header->entries, "the number of entries", error);
    if (status != SQ_OK)
        return status;
    if ((header->symmetric || kind == SQ_EDGES) && header->size[0] != header->size[1])
        return sqi_text_fail(text, columns,
                             "as many columns as rows (a symmetric matrix or a graph)", error);
    return end_line(text, p, error);
}

/* Reads an entry's index at *p, a row's (side 0) or a column's (side 1). */
static int read_index(const sqi_text *text, const market *header, int side, const char **p,
                      uint32_t *name, sq_error *error) {
    uint64_t index = 0;
    const char *end = sqi_integer_read(*p, header->size[side], &index);
    if (!end || !word_ends(end) || index == 0)
        return sqi_text_fail(text, *p,
                             side ? "a column's number (from 1 to the declared number of columns)"
                                  : "a row's number (from 1 to the declared number of rows)",
                             error);
    *p = sqi_skip_blanks(end);
    *name = (uint32_t)index;
    return SQ_OK;
}

static int read_entry(sqi_pairs *pairs, sqi_text *text, const market *header, const char *p,
                      sq_error *error) {
    uint32_t row = 0, column = 0;
    float value = 1.0f;
    int status = read_index(text, header, 0, &p, &row, error);
    if (status != SQ_OK)
        return status;
    const char *second = p;
    status = read_index(text, header, 1, &p, &column, error);
    if (status != SQ_OK)
        return status;
    if (header->symmetric && column > row)
        return sqi_text_fail(text, second, "a column's number up to the row's (symmetric)", error);
    if (!header->pattern) {
        const char *number = p;
        p = sqi_number_read(number, &value);
        if (!p || !word_ends(p))
            return sqi_text_fail_number(text, number, p ? 0.0f : value,
                                        "the entry's value (a finite number)", error);
        p = sqi_skip_blanks(p);
    }
    bool twice = header->symmetric && pairs->data->kind == SQ_RATINGS && row != column;
    status = sqi_pairs_add(pairs, row, column, value, error);
    if (status == SQ_OK && twice)
        status = sqi_pairs_add(pairs, column, row, value, error);
    return status == SQ_OK ? end_line(text, p, error) : status;
}

static int read_entries(sqi_pairs *pairs, sqi_text *text, const market *header, sq_error *error) {
    const char *p;
    uint64_t count = 0;
    int status;
    while ((status = next_line(text, &p, error)) == 1) {
        if (count++ == header->entries)
            return sqi_text_fail(text, p, "the end of the file: all declared entries were there",
                                 error);
        status = read_entry(pairs, text, header, p, error);
        if (status != SQ_OK)
            return status;
    }
    if (status == SQ_OK && count < header->entries)
        return sqi_text_fail_end(text, "as many entries as the file's head declares", error);
    return status;
}

int sqi_read_matrix_market(sqi_text *text, sq_data *data, sq_error *error) {
    sqi_pairs pairs;
    market header = {0};
    sqi_pairs_init(&pairs, data, text);
    int status = read_banner(text, &header, error);
    if (status == SQ_OK)
        status = read_size(text, data->kind, &header, error);
    if (status == SQ_OK)
        status = read_entries(&pairs, text, &header, error);
    if (status == SQ_OK)
        status = sqi_pairs_finish(&pairs, error);
    sqi_pairs_fini(&pairs);
    return status;
}
