/* Lets Criterion run under ThreadSanitizer.
 *
 * Criterion's sandbox maps an arena at an address that it draws with rand_r, 2^24 bytes apart from
 * 0x200000000000 on; ThreadSanitizer forbids most of that range. This rand_r, which only the sandbox
 * calls, stays in the part that it allows to programs. */
#include "sync/race.h"

#ifdef SQI_RACE_TSAN
#include <stdlib.h>

int rand_r(unsigned *seed) {
    *seed += 1;
    return (int)(0x360000u + (*seed & 0x3fff));
}
#else
typedef int no_empty_file;
#endif
