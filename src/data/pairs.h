/* Ratings and edges under construction: pairs of names with a value. */
#ifndef SQI_DATA_PAIRS_H
#define SQI_DATA_PAIRS_H

#include "data/names.h"
#include "data/text.h"

typedef struct sqi_pairs {
    sq_data *data;
    const sqi_text *text;
    sqi_intern names[2]; /* users, items | nodes */
    size_t pair_capacity /* in pairs */, value_capacity;
    size_t resolved; /* samples before this one hold provisional ids, the others names */
} sqi_pairs;

void sqi_pairs_init(sqi_pairs *pairs, sq_data *data, const sqi_text *text);

/* Makes room for one sample more and exchanges names for provisional ids from time to time. */
int sqi_pairs_reserve(sqi_pairs *pairs, sq_error *error);

/* Appends a sample; text tells the place of a sample too many. */
static inline int sqi_pairs_add(sqi_pairs *pairs, uint32_t first, uint32_t second, float value,
                                sq_error *error) {
    sq_data *data = pairs->data;
    if (data->samples == pairs->pair_capacity || data->samples == pairs->value_capacity ||
        data->samples - pairs->resolved == 4096) {
        int status = sqi_pairs_reserve(pairs, error);
        if (status != SQ_OK)
            return status;
    }
    data->pair[2 * data->samples] = first;
    data->pair[2 * data->samples + 1] = second;
    data->value[data->samples++] = value;
    return SQ_OK;
}

/* Exchanges names for dense ids and gives back what was reserved too much. */
int sqi_pairs_finish(sqi_pairs *pairs, sq_error *error);

/* Releases the name tables, not data. */
void sqi_pairs_fini(sqi_pairs *pairs);

#endif
