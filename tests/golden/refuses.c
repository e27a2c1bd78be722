/* Prints why sqi_self_check refuses this build, exit 1; or nothing, exit 0. tests/golden/run builds
 * it with flags that break the rules. */
#include <stdio.h>

#include "num/float_env.h"
#include "num/self_check.h"

int main(void) {
    sq_error error = {0};
    sqi_float_env was = sqi_float_env_enter();
    int status = sqi_self_check(&error);
    sqi_float_env_leave(was);
    if (status != SQ_OK)
        puts(error.message);
    return status != SQ_OK;
}
