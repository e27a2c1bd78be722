/* Random words by AVX-512. */
#include "base/target.h"
#include "data/draws.h"

#if defined(__x86_64__)

#include <immintrin.h>

SQI_TARGET_PUSH("avx512f")

#define SQI_VECTOR 8
#include "data/words.h"

const sqi_words_kernel sqi_words_avx512 = {sqi_fill_words, sqi_scale_words};

SQI_TARGET_POP

#endif
