/* Which versions of the kernels this processor runs. All have the same bits. */
#ifndef SQI_NUM_ISA_H
#define SQI_NUM_ISA_H

typedef enum sqi_isa_version { SQI_ISA_BASELINE, SQI_ISA_AVX2, SQI_ISA_AVX512 } sqi_isa_version;

/* The widest that the processor and the system support, or a lower one that the environment variable
 * SEQUENT_ISA (baseline, avx2, avx512) names, for tests. Under a sanitizer always the baseline:
 * races on wider accesses go unseen. */
sqi_isa_version sqi_isa(void);

/* "baseline", … */
const char *sqi_isa_name(sqi_isa_version version);

#endif
