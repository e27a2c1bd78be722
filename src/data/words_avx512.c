/* Random words by AVX-512. */
#include "data/draws.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Everything below is compiled for processors that have it; the caller has asked. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f")
#endif

#define SQI_VECTOR 8
#include "data/words.h"

const sqi_words_kernel sqi_words_avx512 = {sqi_fill_words, sqi_scale_words};

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
