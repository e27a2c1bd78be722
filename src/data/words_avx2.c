/* Random words by AVX2. */
#include "base/target.h"
#include "data/draws.h"

#if defined(__x86_64__)

#include <immintrin.h>

SQI_TARGET_PUSH("avx2")

#define SQI_VECTOR 4
#include "data/words.h"

const sqi_words_kernel sqi_words_avx2 = {sqi_fill_words, sqi_scale_words};

SQI_TARGET_POP

#endif
