/* The table of modes. */
#include <string.h>

#include "exec/run.h"
#include "sync/processors.h"

static const sqi_mode *const modes[] = {
    [SQ_MODE_PLANNED] = &sqi_mode_planned,
    [SQ_MODE_SERIAL] = &sqi_mode_serial,
    [SQ_MODE_HOGWILD] = &sqi_mode_hogwild,
    [SQ_MODE_LOCKED] = &sqi_mode_locked,
    [SQ_MODE_ROUND_ROBIN] = &sqi_mode_round_robin,
    [SQ_MODE_AVERAGE_RUNS] = &sqi_mode_average_runs,
    [SQ_MODE_AVERAGE_GRADIENTS] = &sqi_mode_average_gradients,
};

enum { MODES = sizeof modes / sizeof *modes };

const sqi_mode *sqi_mode_of(sq_mode mode) {
    return modes[mode];
}

const char *sq_mode_name(sq_mode mode) {
    return (unsigned)mode < MODES ? modes[mode]->name : NULL;
}

int sq_mode_find(const char *name) {
    for (int mode = 0; mode < MODES; mode++)
        if (strcmp(name, modes[mode]->name) == 0)
            return mode;
    return -1;
}

int sq_mode_serial_bits(sq_mode mode) {
    return modes[mode]->serial_bits;
}

int sq_mode_repeats(sq_mode mode) {
    return modes[mode]->repeats;
}

int sq_mode_optimizes(sq_mode mode) {
    return modes[mode]->optimizes;
}

int sq_train_resumes_within(const sq_train_options *options) {
    return !modes[options->mode]->whole && options->optimizer == SQ_SGD && !(options->l2_exact > 0);
}

unsigned sq_processors(void) {
    return sqi_processors();
}
