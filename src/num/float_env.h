/* The floating-point environment on which the bits depend: rounding to nearest, subnormal numbers
 * kept.
 *
 * A library that was built with fast-math may have changed it for a whole process, and every new
 * thread inherits it. So whatever computes enters and leaves. */
#ifndef SQI_NUM_FLOAT_ENV_H
#define SQI_NUM_FLOAT_ENV_H

#include "base/status.h"

/* Refuse what a compiler may be told to do to the arithmetic (doc/arithmetic.md, "Rules"). */
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||     \
    defined(__NO_SIGNED_ZEROS__)
#error "sequent's bits need IEEE 754 arithmetic: compile without -ffast-math and -Ofast"
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "sequent checks for NaN and infinity: compile without -ffinite-math-only"
#endif
#include <float.h>
#if FLT_EVAL_METHOD != 0
#error "sequent's bits need float and double evaluated in their own precision (FLT_EVAL_METHOD 0)"
#endif

/* -fsingle-precision-constant: decimal constants would lose half their digits. */
_Static_assert(sizeof 0.1 == sizeof(double), "sequent needs double constants in double precision");

/* The control register as it was; opaque. */
typedef unsigned long sqi_float_env;

/* Sets the environment of the calling thread and returns what it was; to be left on this thread. */
sqi_float_env sqi_float_env_enter(void);
void sqi_float_env_leave(sqi_float_env was);

/* Computes a few numbers whose bits tell whether the environment is the expected one: SQ_OK, or
 * SQ_INVALID with what is wrong. */
int sqi_float_env_check(sq_error *error);

#endif
