/* Functions that have to be inlined: their callers pass constants to have loops of their own. gcc at
 * -O2 (12) keeps one copy of a larger `inline` function for all callers. */
#ifndef SQI_BASE_INLINE_H
#define SQI_BASE_INLINE_H

#define SQI_INLINED static inline __attribute__((always_inline))

/* Before a loop that has to be unrolled where its length is a constant of 8 at most: gcc does so at -O3
 * only, clang mostly. */
#if defined(__clang__)
#define SQI_UNROLLED
#else
#define SQI_UNROLLED _Pragma("GCC unroll 8")
#endif

#endif
