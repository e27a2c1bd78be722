/* Rating triplets, one sample a line: user, item, value, separated as data/fields.h says; further
 * fields are ignored. Users and items are numbered apart; the same pair may occur again. */
#include "data/fields.h"
#include "data/readers.h"

static const char USER[] = "a user (a whole number from 0 to 4294967294)";
static const char ITEM[] = "an item (a whole number from 0 to 4294967294)";
static const char RATING[] = "a rating (a finite number)";

static int read_line(sqi_pairs *pairs, sqi_fields *fields, sqi_text *text, const char *p,
                     sq_error *error) {
    uint32_t user = 0, item = 0;
    float value = 0.0f;
    int status = sqi_fields_name(fields, text, &p, &user, USER, ITEM, error);
    if (status == SQ_OK)
        status = sqi_fields_name(fields, text, &p, &item, ITEM, RATING, error);
    if (status == SQ_OK)
        status = sqi_fields_last(fields, text, p, &value, RATING, error);
    return status == SQ_OK ? sqi_pairs_add(pairs, user, item, value, error) : status;
}

int sqi_read_triplets(sqi_text *text, sq_data *data, sq_error *error) {
    return sqi_fields_read(text, data, read_line, error);
}
