/* Which way arithmetic rounds, by doing it: on some processors fegetround looks at a register that
 * decides nothing about float and double. */
#ifndef TEST_ROUNDING_H
#define TEST_ROUNDING_H

#include <fenv.h>

/* FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO or FE_TONEAREST. */
static inline int rounding_now(void) {
    volatile double one = 1, minus = -1, little = 0x1p-60;
    int above = one + little > 1, below = minus - little < -1, less = one - little < 1;
    if (above && !below)
        return FE_UPWARD;
    if (below)
        return FE_DOWNWARD;
    return less ? FE_TOWARDZERO : FE_TONEAREST;
}

#endif
