/* What writing and comparing trace files share: doc/formats.md, "Trace files". */
#ifndef SQI_VERIFY_TRACE_FILE_H
#define SQI_VERIFY_TRACE_FILE_H

#include "sequent/trace.h"
#include "verify/stream.h"

/* magic; format; facts: the lock's JSON (4 bytes of length, text); kind of data (4); two lists of
 * names (8 bytes of count, words); hyperedges (8 bytes of count, their sizes, their blocks); then for
 * every epoch the tag 1 (4), step size (binary64), steps (8), pi (words), hashes (2 × 8 a step);
 * the tag 0; the checksum. */
static const char SQI_TRACE_MAGIC[8] = "sqtrace\n";
enum { SQI_TRACE_FORMAT = 1, SQI_TRACE_END = 0, SQI_TRACE_EPOCH = 1 };

#endif
