/* Samples in the order in which an epoch visits them.
 *
 * A random visit costs a cache miss or two, several times what a step computes (on Jester's ratings
 * 50 ns instead of 6). Copied into the order of the steps, the samples stream through memory, for the
 * price of one gather: 7 ns a rating where the processor has nothing else to wait for, and 4 from
 * packed ones. */
#ifndef SQI_DATA_ARRANGED_H
#define SQI_DATA_ARRANGED_H

#include "data/packed.h"

/* Room for a copy of data whose sample k is data's sample pi[k], for k < steps, with repeats.
 * *arranged is NULL, or of an earlier call and used again. Its counts, rows and names (borrowed from
 * data) are ready; entries, labels and pairs are filled in by sqi_data_arrange_part. On failure
 * *arranged stays the caller's to be freed. Released with sqi_data_arranged_free. */
int sqi_data_arrange(sq_data **arranged, const sq_data *data, const uint32_t *pi, size_t steps,
                     sq_error *error);

/* Copies the samples of the steps first … first + count - 1; several threads may, each its own. packed:
 * the pairs of data, or NULL. */
void sqi_data_arrange_part(sq_data *arranged, const sq_data *data, const sqi_packed *packed,
                           const uint32_t *pi, size_t first, size_t count);

sq_data *sqi_data_arranged_free(sq_data *arranged);

#endif
