/* Advice to the system, which may ignore it. */
#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

#if defined(__linux__)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1; older headers do not have it, older systems refuse it */
#endif
#else
enum { MADV_HUGEPAGE, MADV_COLLAPSE };
#define madvise(memory, bytes, advice) ((void)(memory), (void)(bytes), (void)(advice), 0)
#endif

/* Advice on the huge pages that lie within the memory, if it is large. */
static void advise(void *memory, size_t bytes, int advice) {
    const uintptr_t huge = (uintptr_t)1 << 21;
    uintptr_t begin = ((uintptr_t)memory + huge - 1) & ~(huge - 1);
    uintptr_t end = ((uintptr_t)memory + bytes) & ~(huge - 1);
    if (bytes >= 2 * huge && begin < end)
        (void)madvise((char *)memory + (begin - (uintptr_t)memory), end - begin, advice);
}

void sqi_pages_ask(void *memory, size_t bytes) {
    advise(memory, bytes, MADV_HUGEPAGE);
}

void sqi_pages_collapse(void *memory, size_t bytes) {
    advise(memory, bytes, MADV_COLLAPSE);
}
