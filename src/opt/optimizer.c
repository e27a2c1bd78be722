/* The table of optimisers. */
#include "sequent/optimizer.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {[SQ_SGD] = "sgd", [SQ_SVRG] = "svrg", [SQ_SAGA] = "saga"};

enum { OPTIMIZERS = sizeof names / sizeof *names };

const char *sq_optimizer_name(sq_optimizer optimizer) {
    return (unsigned)optimizer < OPTIMIZERS ? names[optimizer] : NULL;
}

int sq_optimizer_find(const char *name) {
    for (int optimizer = 0; optimizer < OPTIMIZERS; optimizer++)
        if (strcmp(name, names[optimizer]) == 0)
            return optimizer;
    return -1;
}
