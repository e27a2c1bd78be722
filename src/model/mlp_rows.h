/* What several units receive at once: the sums of four rows run side by side, so that none waits for
 * the addition before, and an entry is loaded once for all of them. */
#ifndef SQI_MODEL_MLP_ROWS_H
#define SQI_MODEL_MLP_ROWS_H

#include "base/inline.h"
#include "model/kind.h"
#include "model/mlp.h"

enum { SQI_ROWS = 4 };

/* sum[j] = Σ row[j][input[index[i]]] value[i], added in the order of i to 0; input NULL: index[i]
 * itself; index NULL: i. Entries whose input is SQI_UNSEEN are left out. */
SQI_INLINED void sqi_receive_any(double *sum, const float *const *row, sqi_inputs in,
                                 const uint32_t *input) {
    const float *r0 = row[0], *r1 = row[1], *r2 = row[2], *r3 = row[3];
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (size_t i = 0; i < in.n; i++) {
        size_t at = in.index ? in.index[i] : i;
        if (input && (at = input[at]) == SQI_UNSEEN)
            continue;
        double value = (double)in.value[i];
        s0 += (double)r0[at] * value;
        s1 += (double)r1[at] * value;
        s2 += (double)r2[at] * value;
        s3 += (double)r3[at] * value;
    }
    sum[0] = s0;
    sum[1] = s1;
    sum[2] = s2;
    sum[3] = s3;
}

/* The same, with a loop for each form of inputs. */
static inline void sqi_receive(double *sum, const float *const *row, sqi_inputs in,
                               const uint32_t *input) {
    if (input)
        sqi_receive_any(sum, row, in, input);
    else if (in.index)
        sqi_receive_any(sum, row, in, NULL);
    else
        sqi_receive_any(sum, row, (sqi_inputs){NULL, in.value, in.n}, NULL);
}

#endif
