/* exec/pace: when the way of running segments changes. */
#include <criterion/criterion.h>

#include "exec/pace.h"

/* Segments until the next comparison, which is not made yet. */
static int segments_until_due(sqi_pace *pace) {
    int segments = 0;
    while (!sqi_pace_due(pace))
        segments++;
    return segments;
}

Test(pace, stays_while_it_is_not_slower) {
    sqi_pace pace = {.until = SQI_PACE_FIRST};
    cr_assert(segments_until_due(&pace) == SQI_PACE_FIRST);
    for (int i = 0; i < 5; i++) {
        sqi_pace_judge(&pace, 0.96, 1);
        cr_assert(!pace.second && segments_until_due(&pace) == SQI_PACE_SEGMENTS);
    }
}

Test(pace, changes_after_two_doubts_in_succession) {
    sqi_pace pace = {0};
    for (int second = 0; second < 4; second++) {
        sqi_pace_judge(&pace, 0.9, 1);
        cr_assert(pace.second == second % 2 && segments_until_due(&pace) == 0);
        sqi_pace_judge(&pace, 0.9, 1);
        cr_assert(pace.second == !(second % 2) && segments_until_due(&pace) == SQI_PACE_SEGMENTS);
    }
}

Test(pace, a_single_doubt_is_forgotten) {
    sqi_pace pace = {0};
    for (int i = 0; i < 4; i++) {
        sqi_pace_judge(&pace, 0.5, 1);
        cr_assert(segments_until_due(&pace) == 0);
        sqi_pace_judge(&pace, 2, 1);
        cr_assert(!pace.second && segments_until_due(&pace) == SQI_PACE_SEGMENTS);
    }
}
