/* Asking for memory before it is needed. It changes no result. */
#ifndef SQI_BASE_PREFETCH_H
#define SQI_BASE_PREFETCH_H

#include "base/inline.h"

/* Every function that does nothing but ask is declared with this. gcc (12, at -O2) takes it for one
 * without effect otherwise, and drops its calls before it looks inside; once inlined, the requests
 * stay. tests/house/prefetch.sh looks for them in the objects. */
#define SQI_ASKS SQI_INLINED

/* For reading, and for writing: then the line comes without a copy left in another processor's
 * cache. */
#define sqi_ask(address) __builtin_prefetch(address)
#define sqi_ask_to_write(address) __builtin_prefetch(address, 1)

#endif
