/* Random words by AVX2. */
#include "data/draws.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Everything below is compiled for processors that have it; the caller has asked. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#define SQI_VECTOR 4
#include "data/words.h"

const sqi_words_kernel sqi_words_avx2 = {sqi_fill_words, sqi_scale_words};

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
