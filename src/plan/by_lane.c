/* Laying a plan's lists lane by lane. */
#include "plan/by_lane.h"

#include <string.h>

void sqi_plan_place_lists(const sq_plan *plan, uint32_t *first) {
    const size_t lanes = plan->lanes, lists = plan->batches * lanes;
    uint32_t at = 0;
    for (size_t lane = 0; lane < lanes; lane++)
        for (size_t list = lane; list < lists; list += lanes) {
            first[list] = at;
            at += plan->begin[list + 1] - plan->begin[list];
        }
}

void sqi_plan_move_lane(const sq_plan *plan, const uint32_t *first, size_t lane, uint32_t *to) {
    const size_t lanes = plan->lanes, lists = plan->batches * lanes;
    for (size_t list = lane; list < lists; list += lanes) {
        const uint32_t *begin = plan->begin + list;
        memcpy(to + first[list], plan->step + begin[0], (begin[1] - begin[0]) * sizeof *to);
    }
}
