/* Philox4x32-10 and what orders are made of, written from the papers.
 *
 * Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"; Lemire 2019,
 * "Fast random integer generation in an interval"; Fisher and Yates in Durstenfeld's form (1964).
 */
#ifndef ORACLE_RANDOM_H
#define ORACLE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The block cipher itself: counter and key as the paper numbers their words. */
void oracle_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The words of one stream, one after another; use counts the words taken. */
typedef struct oracle_stream {
    uint64_t seed, used;
    uint32_t stream, epoch;
} oracle_stream;

uint32_t oracle_word(oracle_stream *s);

/* Unbiased in [0, bound). */
uint32_t oracle_below(oracle_stream *s, uint32_t bound);

/* A permutation of 0 … n - 1, and `steps` independent draws of 0 … n - 1. */
void oracle_shuffle(oracle_stream s, uint32_t *pi, uint32_t n);
void oracle_draw(oracle_stream s, uint32_t *pi, size_t steps, uint32_t n);

#endif
