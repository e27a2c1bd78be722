/* Sparse rows under construction.
 *
 * Entries are stored with their names; finished rows exchange them for provisional ids some
 * thousands of entries at a time, while they are still in the cache. */
#ifndef SQI_DATA_ROWS_H
#define SQI_DATA_ROWS_H

#include "data/names.h"
#include "data/text.h"

typedef struct sqi_rows {
    sq_data *data; /* samples and nonzeros: of the finished rows */
    const sqi_text *text;
    sqi_intern names;
    size_t column_capacity, value_capacity, row_capacity, label_capacity;
    size_t resolved; /* entries before this one hold provisional ids, the others names */
    uint64_t *keys;  /* workspace of the sort: the keys, and as much again (size keys_capacity) */
    size_t keys_capacity;
    float *values; /* workspace of the sort */
    size_t values_capacity;
} sqi_rows;

/* Begins with no rows. */
int sqi_rows_init(sqi_rows *rows, sq_data *data, const sqi_text *text, sq_error *error);

/* Room for one entry more than `entries`, those of the unfinished row included. */
int sqi_rows_reserve(sqi_rows *rows, size_t entries, sq_error *error);

/* Finishes a row: its entries are those from data->nonzeros to end. sorted: their names ascend
 * strictly. Otherwise the entries are sorted; *repeated becomes the position in the row of the
 * first entry that repeats an earlier one's name, SIZE_MAX where there is none. */
int sqi_rows_end_row(sqi_rows *rows, float label, size_t end, bool sorted, size_t *repeated,
                     sq_error *error);

/* Exchanges names for dense ids and gives back what was reserved too much. */
int sqi_rows_finish(sqi_rows *rows, sq_error *error);

/* Releases the workspace, not data. */
void sqi_rows_fini(sqi_rows *rows);

#endif
