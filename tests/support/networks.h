/* Small networks, and rows with several labels for them. */
#ifndef TEST_NETWORKS_H
#define TEST_NETWORKS_H

#include "sequent/data.h"
#include "sequent/model.h"

/* Rows of 0 to `most` entries with labels -3, 0.5, 4, … (each of `labels` occurs, samples ≥ labels). */
sq_data *network_rows(size_t samples, uint32_t features, uint32_t most, uint32_t labels,
                      uint64_t seed);

/* Options for layers such as "8,5". */
sq_model_options network_options(const char *hidden, double keep, uint64_t seed);

/* A new network; fails the test where it is refused. */
sq_model *network_new(const char *hidden, double keep, const sq_data *data);

#endif
