/* Edge lists, one edge a line: node, node and, where it is there, a weight (1 where it is not),
 * separated as data/fields.h says; further fields are ignored. A loop (a node twice) is kept: its
 * pair holds the node twice. */
#include "data/fields.h"
#include "data/readers.h"

static const char NODE[] = "a node (a whole number from 0 to 4294967294)";
static const char WEIGHT[] = "a weight (a finite number)";

static int read_line(sqi_pairs *pairs, sqi_fields *fields, sqi_text *text, const char *p,
                     sq_error *error) {
    uint32_t first = 0, second = 0;
    float weight = 1.0f;
    int status = sqi_fields_name(fields, text, &p, &first, NODE, NODE, error);
    if (status == SQ_OK)
        status = sqi_fields_name(fields, text, &p, &second, NODE, NULL, error);
    if (status != SQ_OK)
        return status;
    if (sqi_line_ends(sqi_skip_blanks(p))) {
        status = sqi_text_skip(text, p, error);
    } else {
        const char *third = sqi_fields_next(fields, &p);
        status = third ? sqi_fields_last(fields, text, third, &weight, WEIGHT, error)
                       : sqi_fields_fail(fields, text, p, WEIGHT, error);
    }
    return status == SQ_OK ? sqi_pairs_add(pairs, first, second, weight, error) : status;
}

int sqi_read_edges(sqi_text *text, sq_data *data, sq_error *error) {
    return sqi_fields_read(text, data, read_line, error);
}
