/* The table of modes. */
#include <string.h>

#include "exec/run.h"
#include "sync/processors.h"

static const sqi_mode *const modes[] = {
    [SQ_MODE_PLANNED] = &sqi_mode_planned,
    [SQ_MODE_SERIAL] = &sqi_mode_serial,
    [SQ_MODE_HOGWILD] = &sqi_mode_hogwild,
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

int sq_mode_optimizes(sq_mode mode) {
    return modes[mode]->optimizes;
}

unsigned sq_processors(void) {
    return sqi_processors();
}
