/* A new thread often begins on the processor of the one that made it, and the system takes some
 * milliseconds to part them: as long as all the epochs of a small problem. */
#include "sync/place.h"

#if defined(__linux__)

#include <sched.h>

int sqi_place_here(void) {
    return sched_getcpu();
}

void sqi_place(int from, unsigned number) {
    cpu_set_t may, one;
    if (from < 0 || sched_getaffinity(0, sizeof may, &may) != 0)
        return; /* unknown, or a machine with more processors than the set has room for */
    unsigned count = (unsigned)CPU_COUNT(&may);
    if (count < 2)
        return;
    size_t processor = (size_t)from % CPU_SETSIZE;
    for (unsigned left = number % count; left > 0;) {
        processor = (processor + 1) % CPU_SETSIZE;
        left -= CPU_ISSET(processor, &may) != 0;
    }
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0)
        (void)sched_setaffinity(0, sizeof may, &may);
}

#else

int sqi_place_here(void) {
    return -1;
}

void sqi_place(int from, unsigned number) {
    (void)from;
    (void)number;
}

#endif
