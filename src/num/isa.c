/* The processor's own answer, and the environment's. */
#include "num/isa.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SQI_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SQI_SANITIZED 1
#endif
#endif

static const char *const names[] = {"baseline", "avx2", "avx512"};

static sqi_isa_version supported(void) {
#if defined(__x86_64__) && !defined(SQI_SANITIZED)
    if (__builtin_cpu_supports("avx512f"))
        return SQI_ISA_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return SQI_ISA_AVX2;
#endif
    return SQI_ISA_BASELINE;
}

sqi_isa_version sqi_isa(void) {
    sqi_isa_version widest = supported();
    const char *wanted = getenv("SEQUENT_ISA");
    for (int version = SQI_ISA_BASELINE; wanted && version < (int)widest; version++)
        if (strcmp(wanted, names[version]) == 0)
            return (sqi_isa_version)version;
    return widest;
}

const char *sqi_isa_name(sqi_isa_version version) {
    return names[version];
}
