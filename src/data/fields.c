/* Separators, headers and comments of lines of fields. */
#include "data/fields.h"

#include "data/number.h"

static unsigned lower(char c) {
    unsigned byte = (unsigned char)c;
    return byte - 'A' < 26 ? byte | 0x20 : byte;
}

static bool is_word(const char *p, const char *word) {
    while (*word && lower(*p) == (unsigned char)*word) {
        p++;
        word++;
    }
    return *word == '\0' && sqi_field_ends(p);
}

static bool is_header(const char *p) {
    unsigned c = lower(*p);
    bool letter = (c >= 'a' && c <= 'z') || c == '_' || c == '"' || c == '\'';
    return letter && !is_word(p, "nan") && !is_word(p, "inf") && !is_word(p, "infinity");
}

int sqi_fields_line(sqi_fields *fields, sqi_text *text, const char **first, sq_error *error) {
    int status;
    while ((status = sqi_text_line(text, error)) == 1) {
        const char *p = sqi_skip_blanks(text->at);
        bool skip = sqi_line_ends(p) || *p == '#' || *p == '%';
        if (!skip && !fields->begun) {
            fields->begun = true;
            skip = is_header(p);
        }
        *first = p;
        if (!skip)
            return 1;
        status = sqi_text_skip(text, p, error);
        if (status != SQ_OK)
            return status;
    }
    return status;
}

int sqi_fields_read(sqi_text *text, sq_data *data, sqi_fields_reader *read_line, sq_error *error) {
    sqi_pairs pairs;
    sqi_fields fields = {0};
    const char *p;
    int status;
    sqi_pairs_init(&pairs, data, text);
    while ((status = sqi_fields_line(&fields, text, &p, error)) == 1) {
        status = read_line(&pairs, &fields, text, p, error);
        if (status != SQ_OK)
            break;
    }
    if (status == SQ_OK)
        status = sqi_pairs_finish(&pairs, error);
    sqi_pairs_fini(&pairs);
    return status;
}

static char separator_at(const char *from, const char *p) {
    if (*p == ',')
        return ',';
    if (p[0] == ':' && p[1] == ':')
        return ':';
    return p > from && !sqi_line_ends(p) ? ' ' : '\0';
}

const char *sqi_fields_next(sqi_fields *fields, const char **p) {
    const char *from = *p;
    *p = sqi_skip_blanks(from);
    char found = separator_at(from, *p);
    if (!fields->separator)
        fields->separator = found;
    if (!found || found != fields->separator)
        return NULL;
    return found == ' ' ? *p : sqi_skip_blanks(*p + (found == ',' ? 1 : 2));
}

int sqi_fields_fail(const sqi_fields *fields, const sqi_text *text, const char *p,
                    const char *expected, sq_error *error) {
    if (!sqi_line_ends(p))
        expected = fields->separator == ' '   ? "a blank or a tab"
                   : fields->separator == ',' ? "','"
                   : fields->separator == ':' ? "'::'"
                                              : "a blank, a tab, ',' or '::'";
    return sqi_text_fail(text, p, expected, error);
}

int sqi_fields_name(sqi_fields *fields, const sqi_text *text, const char **p, uint32_t *name,
                    const char *expected, const char *next, sq_error *error) {
    const char *end = sqi_name_read(*p, name);
    if (!end || !sqi_field_ends(end))
        return sqi_text_fail(text, *p, expected, error);
    *p = end;
    if (!next)
        return SQ_OK;
    const char *field = sqi_fields_next(fields, p);
    if (!field)
        return sqi_fields_fail(fields, text, *p, next, error);
    *p = field;
    return SQ_OK;
}

int sqi_fields_last(sqi_fields *fields, sqi_text *text, const char *p, float *value,
                    const char *expected, sq_error *error) {
    const char *end = sqi_number_read(p, value);
    if (!end)
        return sqi_text_fail_number(text, p, *value, expected, error);
    if (!sqi_field_ends(end))
        return sqi_text_fail(text, p, expected, error);
    if (!sqi_line_ends(sqi_skip_blanks(end)) && !sqi_fields_next(fields, &end))
        return sqi_fields_fail(fields, text, end, expected, error);
    return sqi_text_skip(text, end, error);
}
