/* Whether this build, on this processor, in this floating-point environment, computes as
 * doc/arithmetic.md says.
 *
 * Flags that reach the compiler behind the project's own, a processor or an emulator with shortcuts,
 * and a library that changed the control register all give other bits without a word. */
#ifndef SQI_NUM_SELF_CHECK_H
#define SQI_NUM_SELF_CHECK_H

#include "base/status.h"

/* Computes numbers that come out otherwise where a rule is broken: SQ_OK, or SQ_INVALID with the
 * rule. To be called on a thread that has entered the environment of num/float_env.h; pure, about a
 * microsecond. */
int sqi_self_check(sq_error *error);

#endif
