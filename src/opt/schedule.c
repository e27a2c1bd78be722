/* Schedules of the step size; doc/arithmetic.md, "Training". */
#include "opt/schedule.h"

#include <string.h>

#include "num/square_root.h"

static const char *const names[] = {[SQ_EPOCH_DECAY] = "epoch-decay",
                                    [SQ_CONSTANT] = "constant",
                                    [SQ_INVERSE] = "inverse",
                                    [SQ_INVERSE_SQRT] = "inverse-sqrt"};

enum { SCHEDULES = sizeof names / sizeof *names };

const char *sq_schedule_name(sq_schedule schedule) {
    return (unsigned)schedule < SCHEDULES ? names[schedule] : NULL;
}

int sq_schedule_find(const char *name) {
    for (int schedule = 0; schedule < SCHEDULES; schedule++)
        if (strcmp(name, names[schedule]) == 0)
            return schedule;
    return -1;
}

int sqi_schedule_by_epoch(sq_schedule schedule) {
    return schedule == SQ_EPOCH_DECAY || schedule == SQ_CONSTANT;
}

static double slowed(sq_schedule schedule, double gamma, double epochs) {
    return schedule == SQ_INVERSE ? gamma / (1 + epochs) : gamma / sqi_square_root(1 + epochs);
}

double sqi_schedule_begin(sq_schedule schedule, double gamma, double decayed, uint64_t epoch) {
    if (!sqi_schedule_by_epoch(schedule))
        return slowed(schedule, gamma, (double)epoch);
    return schedule == SQ_EPOCH_DECAY ? decayed : gamma;
}

void sqi_schedule_fill(sq_schedule schedule, double gamma, uint64_t epoch, double *gammas,
                       size_t steps) {
    for (size_t k = 0; k < steps; k++)
        gammas[k] = slowed(schedule, gamma, (double)epoch + (double)k / (double)steps);
}
