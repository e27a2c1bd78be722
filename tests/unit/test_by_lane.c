/* plan/by_lane: a plan's lists lane by lane. */
#include <criterion/criterion.h>
#include <string.h>

#include "plan/by_lane.h"

/* Three batches of two lanes: 4 1, 0; none, 2 3; 5, none. */
Test(by_lane, lists_of_a_lane_follow_one_another) {
    uint32_t step[] = {4, 1, 0, 2, 3, 5}, begin[] = {0, 2, 3, 3, 5, 6, 6};
    const sq_plan plan = {.lanes = 2, .steps = 6, .batches = 3, .step = step, .begin = begin};
    static const uint32_t want_first[] = {0, 3, 2, 4, 2, 6};
    static const uint32_t want[] = {4, 1, 5, 0, 2, 3};
    uint32_t first[6], moved[6];
    sqi_plan_place_lists(&plan, first);
    for (size_t lane = 0; lane < 2; lane++)
        sqi_plan_move_lane(&plan, first, lane, moved);
    cr_assert(memcmp(first, want_first, sizeof first) == 0);
    cr_assert(memcmp(moved, want, sizeof moved) == 0);
}

Test(by_lane, no_batches) {
    uint32_t begin[] = {0}, first[1] = {7}, moved[1] = {8};
    const sq_plan plan = {.lanes = 3, .begin = begin};
    sqi_plan_place_lists(&plan, first);
    sqi_plan_move_lane(&plan, first, 2, moved);
    cr_assert(first[0] == 7 && moved[0] == 8);
}
