/* From the names of a file to dense ids.
 *
 * While a file is read, a name gets a provisional id when it first occurs. At its end the names are
 * sorted, and a table tells for each provisional id its rank, which is the dense id.
 *
 *     slot: | id + 1, name | 0, - | id + 1, name | …        open addressing, linear probing
 *     name: | name of id 0 | name of id 1 | …
 */
#ifndef SQI_DATA_NAMES_H
#define SQI_DATA_NAMES_H

#include "base/status.h"
#include "sequent/data.h"

typedef struct sqi_name_slot {
    uint32_t id_plus_1; /* 0: the slot is free */
    uint32_t name;
} sqi_name_slot;

/* Zeroed: empty. Released with sqi_intern_fini. */
typedef struct sqi_intern {
    uint32_t *name; /* by provisional id (size count) */
    size_t count, capacity;
    sqi_name_slot *slot; /* size slots, a power of two; at most three quarters are used */
    size_t slots;
    int shift; /* 64 - log2(slots / 8): picks the hash's upper bits */
} sqi_intern;

/* Replaces the names array[0], array[stride], … (count of them) by their provisional ids. */
int sqi_intern_many(sqi_intern *intern, uint32_t *array, size_t count, size_t stride,
                    sq_error *error);

/* Moves the names, sorted, to *names. *rank: the dense id of each provisional one, to be released
 * with sqi_free; NULL where they are the same. The table is empty afterwards. */
int sqi_intern_rank(sqi_intern *intern, sq_names *names, uint32_t **rank, sq_error *error);

void sqi_intern_fini(sqi_intern *intern);

#endif
