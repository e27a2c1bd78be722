/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random
 * numbers: as easy as 1, 2, 3").
 *
 * A number is a function of where it is used and of nothing else, so that threads need no shared
 * state, nothing has to be drawn in order, and a run can be resumed anywhere. */
#ifndef SEQUENT_RANDOM_H
#define SEQUENT_RANDOM_H

#include <stdint.h>

#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the numbers are for; streams of one seed never share a counter. A user's model takes
 * streams from SQ_STREAM_USER on. */
enum sq_stream {
    SQ_STREAM_ORDER = 0,    /* sample orders */
    SQ_STREAM_INITIAL = 1,  /* initial parameters */
    SQ_STREAM_GENERATE = 2, /* sequent generate (and those that follow it, up to 31) */
    SQ_STREAM_UNITS = 32,   /* the units that a step of a network trains */
    SQ_STREAM_USER = 256
};

/* Four words of Philox4x32-10 with the key (low, high word of seed) and the counter
 * (low, high word of index, epoch, stream). Pure; any thread may call it. */
SQ_API void sq_random(uint64_t seed, uint32_t stream, uint32_t epoch, uint64_t index,
                      uint32_t out[4]);

#ifdef __cplusplus
}
#endif
#endif
