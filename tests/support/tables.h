/* Small random data sets in memory, for tests of training. */
#ifndef TEST_TABLES_H
#define TEST_TABLES_H

#include "sequent/data.h"
#include "sequent/model.h"

/* Released with sq_data_free. Ratings: users and items drawn unevenly, so that some are hot. Rows:
 * of 0 to most entries, labels of two values (or real numbers, for least-squares). */
sq_data *table_ratings(size_t samples, uint32_t users, uint32_t items, uint64_t seed);
sq_data *table_rows(size_t samples, uint32_t features, uint32_t most, int real_labels,
                    uint64_t seed);

/* Rows of several classes, whose labels are -1.5, 0, 3, 10, … and 1e6, one of them rare; for 2 or more
 * classes and as many samples. */
sq_data *table_classes(size_t samples, uint32_t features, uint32_t most, uint32_t classes,
                       uint64_t seed);

/* Data that fit the kind of model. */
sq_data *table_for(sq_model_kind kind, size_t samples, uint64_t seed);

#endif
