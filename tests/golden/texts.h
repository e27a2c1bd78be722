/* The small data sets of the golden program, as texts in memory, made by integer arithmetic from
 * Philox words. They stand where the library reads files: texts.c defines base/input.h's functions,
 * so the readers run too, and no zlib is needed. */
#ifndef GOLDEN_TEXTS_H
#define GOLDEN_TEXTS_H

#include <stddef.h>

enum { GOLDEN_SAMPLES = 600 };

typedef struct golden_text {
    const char *name; /* the path under which the library reads it */
    char *bytes;
    size_t size;
} golden_text;

/* Makes the texts, once. Ends the program where there is no memory. */
void golden_texts_make(void);

/* Text number i, from 0; NULL behind the last one. */
const golden_text *golden_text_at(size_t i);

#endif
