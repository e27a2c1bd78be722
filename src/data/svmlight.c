/* svmlight and LIBSVM files, one sample a line:
 *
 *     label [qid:Q] index:value index:value … [# comment]
 *
 * Words are separated by blanks and tabs. Empty lines and lines with a comment alone are skipped; a
 * label alone is a sample without entries. The label is any finite number; Q, a whole number, is
 * ignored. Indices are names (0- or 1-based makes no difference), in any order, each at most once a
 * line. Zero values are stored as they are. */
#include <string.h>

#include "data/number.h"
#include "data/readers.h"
#include "data/rows.h"

static const char LABEL[] = "a label (a finite number)";
static const char INDEX[] = "a feature's index (a whole number from 0 to 4294967294) and ':'";
static const char VALUE[] = "the feature's value (a finite number)";

/* Whether a word may end at p. */
static inline bool word_ends(const char *p) {
    return *p == ' ' || *p == '\t' || *p == '#' || sqi_line_ends(p);
}

/* Whether the samples' part of the line ends at p. */
static inline bool row_ends(const char *p) {
    return *p == '#' || sqi_line_ends(p);
}

/* Reads the label, and qid where it follows; *next is the first entry or the row's end. */
static int read_label(const sqi_text *text, const char *p, float *label, const char **next,
                      sq_error *error) {
    const char *end = sqi_number_read(p, label);
    if (!end)
        return sqi_text_fail_number(text, p, *label, LABEL, error);
    if (!word_ends(end))
        return sqi_text_fail(text, p, LABEL, error);
    p = sqi_skip_blanks(end);
    if (strncmp(p, "qid:", 4) == 0) {
        uint64_t query;
        end = sqi_integer_read(p + 4, UINT64_MAX / 32, &query);
        if (!end || !word_ends(end))
            return sqi_text_fail(text, p + 4, "a query's number (a whole number)", error);
        p = sqi_skip_blanks(end);
    }
    *next = p;
    return SQ_OK;
}

/* Reports the entry at `position` of a row that is well formed otherwise. */
static int fail_repeated(const sqi_text *text, const char *entries, size_t position,
                         sq_error *error) {
    const char *p = entries;
    for (; position > 0; position--) {
        while (!word_ends(p))
            p++;
        p = sqi_skip_blanks(p);
    }
    return sqi_text_fail(text, p, "an index that is not yet in this row", error);
}

/* Reads the entries from p on and finishes the row. */
static int read_entries(sqi_rows *rows, sqi_text *text, const char *p, float label,
                        sq_error *error) {
    sq_data *data = rows->data;
    const char *entries = p;
    size_t count = data->nonzeros, repeated = 0;
    uint64_t least = 0; /* the least name that keeps the row strictly ascending */
    bool sorted = true;
    for (; !row_ends(p); count++) {
        if (count == rows->column_capacity || count == rows->value_capacity) {
            int status = sqi_rows_reserve(rows, count, error);
            if (status != SQ_OK)
                return status;
        }
        uint32_t name = 0;
        float value = 0.0f;
        const char *end = sqi_name_read(p, &name);
        if (!end || *end != ':')
            return sqi_text_fail(text, p, INDEX, error);
        const char *number = end + 1;
        end = sqi_number_read(number, &value);
        if (!end)
            return sqi_text_fail_number(text, number, value, VALUE, error);
        if (!word_ends(end))
            return sqi_text_fail(text, number, VALUE, error);
        data->column[count] = name;
        data->value[count] = value;
        sorted &= name >= least;
        least = (uint64_t)name + 1;
        p = sqi_skip_blanks(end);
    }
    int status = sqi_rows_end_row(rows, label, count, sorted, &repeated, error);
    if (status == SQ_OK && repeated != SIZE_MAX)
        return fail_repeated(text, entries, repeated, error);
    return status == SQ_OK ? sqi_text_skip(text, p, error) : status;
}

int sqi_read_svmlight(sqi_text *text, sq_data *data, sq_error *error) {
    sqi_rows rows;
    int status = sqi_rows_init(&rows, data, text, error);
    while (status == SQ_OK && (status = sqi_text_line(text, error)) == 1) {
        const char *p = sqi_skip_blanks(text->at);
        float label = 0.0f;
        if (row_ends(p)) {
            status = sqi_text_skip(text, p, error);
            continue;
        }
        status = read_label(text, p, &label, &p, error);
        if (status == SQ_OK)
            status = read_entries(&rows, text, p, label, error);
    }
    if (status == SQ_OK)
        status = sqi_rows_finish(&rows, error);
    sqi_rows_fini(&rows);
    return status;
}
