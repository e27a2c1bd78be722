/* A model within a stream: as a model file, or at the end of a checkpoint. */
#ifndef SQI_VERIFY_MODEL_FILE_H
#define SQI_VERIFY_MODEL_FILE_H

#include "verify/stream.h"

/* Writes the bytes of a model file; its checksum covers all that was written to the stream. */
int sqi_model_put(sqi_out *out, const sq_model *model, sq_error *error);

/* Reads them; the model is the caller's (sq_model_free). */
int sqi_model_get(sqi_in *in, sq_model **model, sq_error *error);

#endif
