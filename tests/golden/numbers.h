/* Golden hashes of what lies below the models: operations, exp and log1p, random numbers,
 * generated data. They tell where to look when a model's hash differs. */
#ifndef GOLDEN_NUMBERS_H
#define GOLDEN_NUMBERS_H

#include "verify/digest.h"

typedef struct golden_number {
    const char *name;
    void (*hash)(sqi_digest *digest);
} golden_number;

/* Ends with a name NULL. */
extern const golden_number golden_numbers[];

#endif
