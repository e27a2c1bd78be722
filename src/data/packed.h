/* Ratings and edges in a word each, of 32 or 64 bits: both blocks and the value, side by side.
 *
 * A sample that is copied into a new order is a random visit to each array that has a part of it. Packed it
 * is one visit, and a cache has more of the samples: Jester's take 4 bytes each instead of 12. */
#ifndef SQI_DATA_PACKED_H
#define SQI_DATA_PACKED_H

#include "sequent/data.h"

typedef struct sqi_packed sqi_packed;

/* How many steps ahead a sample that is to be copied is asked for. */
enum { SQI_SAMPLES_AHEAD = 32 };

/* Packs the pairs and values of ratings or edges. *packed is NULL where they do not fit: words have room for
 * blocks of up to 32 bits in all with any values, of up to 54 where the values are no more than 1024.
 * SQ_NO_MEMORY: *packed is NULL. Linear in the samples. Released with sqi_packed_free. */
int sqi_pack(sqi_packed **packed, const sq_data *data, sq_error *error);

/* Pairs and values first … first + count - 1 of `to` become those of the samples pi[first] …, with the
 * bits that they had. */
void sqi_unpack(sq_data *to, const sqi_packed *packed, const uint32_t *pi, size_t first,
                size_t count);

/* Returns NULL. */
sqi_packed *sqi_packed_free(sqi_packed *packed);

#endif
