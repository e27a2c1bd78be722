/* Status codes and messages.
 *
 * Every function that can fail returns an int: SQ_OK, or a negative code. The sentence for a person
 * goes to the caller's sq_error, which may be NULL where nobody will read it. The library never
 * prints and never exits. */
#ifndef SEQUENT_STATUS_H
#define SEQUENT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what libsequent.so exports; everything else stays inside. */
#define SQ_API __attribute__((visibility("default")))

enum sq_status {
    SQ_OK = 0,
    SQ_BAD_ARGUMENT = -1, /* the caller's options or arguments contradict themselves or the data */
    SQ_BAD_INPUT = -2,    /* malformed data; the message begins with FILE:LINE:COLUMN: */
    SQ_IO = -3,           /* a file could not be opened, read, written or renamed */
    SQ_NO_MEMORY = -4,    /* an allocation failed, or its size does not fit the address space */
    SQ_NO_THREAD = -5,    /* the system gave no further thread */
    SQ_DIVERGED = -6,     /* a parameter became infinite or NaN */
    SQ_INVALID = -7,      /* a check found a plan, a model or a file that breaks its own rules */
    SQ_INTERRUPTED = -8   /* an observer asked the run to stop */
};

/* One message, without a line end; empty as long as nothing failed. Owned by the caller. */
typedef struct sq_error {
    char message[512];
} sq_error;

/* The version of the library, such as "0.1.0" (static storage). */
SQ_API const char *sq_version(void);

/* The version of the arithmetic (doc/arithmetic.md). It changes when any model hash changes. */
SQ_API int sq_arithmetic_version(void);

#ifdef __cplusplus
}
#endif
#endif
