/* One reader a format. Each fills a data set whose kind is set and whose rest is zero; on failure
 * what it allocated so far is left in *data for sq_data_free. */
#ifndef SQI_DATA_READERS_H
#define SQI_DATA_READERS_H

#include "data/text.h"
#include "sequent/data.h"

int sqi_read_svmlight(sqi_text *text, sq_data *data, sq_error *error);
int sqi_read_triplets(sqi_text *text, sq_data *data, sq_error *error);
int sqi_read_edges(sqi_text *text, sq_data *data, sq_error *error);
int sqi_read_matrix_market(sqi_text *text, sq_data *data, sq_error *error);

/* Whether the line at text->at, which is in memory, opens a Matrix Market file. */
bool sqi_is_matrix_market(const sqi_text *text);

#endif
