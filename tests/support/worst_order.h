/* A deterministic executor that runs the lanes of a batch in the order that does most harm.
 *
 * One thread. A valid plan gives the serial bits in every way; an invalid one does not: of two
 * conflicting steps in different lanes, the first and the second way run one each way round. */
#ifndef TEST_WORST_ORDER_H
#define TEST_WORST_ORDER_H

#include "support/mixer.h"

typedef enum worst_way {
    WORST_FIRST_LANE_FIRST,
    WORST_LAST_LANE_FIRST,
    WORST_IN_TURN,           /* a step of each lane in turn */
    WORST_IN_TURN_BACKWARDS, /* the same from the last lane on */
    WORST_READ_THEN_WRITE,   /* in turn, but all of a round read before any of it writes */
    WORST_AT_RANDOM,         /* any lane's next step */
    WORST_WAYS
} worst_way;

/* Runs one epoch of the plan on x. seed: for WORST_AT_RANDOM. */
void worst_order_run(const mixer *m, const sq_plan *plan, float *x, const uint32_t *pi,
                     uint64_t epoch, double gamma, worst_way way, uint64_t seed);

#endif
