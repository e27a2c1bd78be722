/* How many random cases a test runs. */
#ifndef TEST_SCALE_H
#define TEST_SCALE_H

#include <stddef.h>

/* The number of cases that all property tests run together by default. */
enum { SCALE_CASES = 10000 };

/* A test's number of cases: `cases`, times the environment variable SEQUENT_CASES divided by
 * SCALE_CASES where it is set, at least 1. Says so in the log where that is fewer. */
size_t scale_cases(size_t cases);

/* For tests that go through all places, such as the bytes of a file: the distance of those to look at, so
 * that they are as many as scale_cases makes of them; 1 where SEQUENT_CASES is not set. */
size_t scale_stride(void);

/* A test's base seed: SEQUENT_SEED where it is set, else `seed`. A failed case prints its own: run
 * that case alone with SEQUENT_SEED=it SEQUENT_CASES=1. */
unsigned long long scale_seed(unsigned long long seed);

#endif
