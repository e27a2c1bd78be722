/* The control registers, for the processors that have sequent's users. */
#include "num/float_env.h"

#include <fenv.h>

#if defined(__SSE2__)
#include <xmmintrin.h>

/* MXCSR: bits 13–14 rounding, 15 flush to zero, 6 subnormals are zeros, 7–12 exceptions masked. */
enum { MXCSR_CONTROL = 0xFFC0, MXCSR_DEFAULT = 0x1F80 };

static unsigned long get(void) {
    return _mm_getcsr();
}

static unsigned long expected(unsigned long now) {
    return (now & ~(unsigned long)MXCSR_CONTROL) | MXCSR_DEFAULT;
}

static void set(unsigned long value) {
    _mm_setcsr((unsigned)value);
}

#elif defined(__aarch64__)

/* FPCR: bits 22–23 rounding, 24 flush to zero, 25 default NaN, 8–15 traps; 0 is IEEE 754's default.
 */
static unsigned long get(void) {
    unsigned long value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

static unsigned long expected(unsigned long now) {
    (void)now;
    return 0;
}

static void set(unsigned long value) {
    __asm__ volatile("msr fpcr, %0" : : "r"(value));
}

#else

/* Others have no flush to zero in their C environment: the rounding direction is all there is. */
static unsigned long get(void) {
    return (unsigned long)fegetround();
}

static unsigned long expected(unsigned long now) {
    (void)now;
    return FE_TONEAREST;
}

static void set(unsigned long value) {
    (void)fesetround((int)value);
}

#endif

sqi_float_env sqi_float_env_enter(void) {
    sqi_float_env was = get();
    if (expected(was) != was)
        set(expected(was));
    return was;
}

void sqi_float_env_leave(sqi_float_env was) {
    if (get() != was)
        set(was);
}

int sqi_float_env_check(sq_error *error) {
    volatile float one = 1, half_ulp = 0x1p-24f, tiny = 0x1p-126f, half = 0.5f;
    volatile double one_d = 1, half_ulp_d = 0x1p-53, tiny_d = 0x1p-1022;
    int to_nearest = one + half_ulp == 1 && one + half_ulp * 3 == 1 + 0x1p-22f &&
                     -one - half_ulp == -1 && one_d + half_ulp_d == 1 &&
                     one_d + half_ulp_d * 3 == 1 + 0x1p-51;
    int subnormals = tiny * half != 0 && tiny_d * half != 0;
    volatile float subnormal = 0x1p-140f;
    subnormals = subnormals && subnormal * 0x1p20f == 0x1p-120f;
    if (!to_nearest)
        return sqi_fail(error, SQ_INVALID,
                        "floating-point arithmetic does not round to nearest, ties to even");
    return subnormals ? SQ_OK
                      : sqi_fail(error, SQ_INVALID,
                                 "floating-point arithmetic flushes subnormal numbers to zero");
}
