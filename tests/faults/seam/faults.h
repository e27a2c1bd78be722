/* Which call of the program fails, told by the environment; the seams beside this file ask.
 *
 * SEQUENT_FAULT=KIND:K makes the K-th call (from 1) of the kind fail, KIND:K+ that and all later
 * ones. Kinds, each with a count of its own:
 *
 *   alloc   no memory: the library's, jansson's, and what libc allocates for the library
 *   thread  no further thread
 *   open read write fsync rename close   the system call fails
 *   short   the K-th read or write transfers one byte
 *   intr    the K-th read or write is interrupted before it begins
 *   kill    SIGKILL at the K-th write, fsync or rename; a write is half done
 *   int term   the signal comes right behind the K-th open, read, write, fsync or rename
 *   int-write term-write   the same, of writes, fsyncs and renames alone
 *   leak    the K-th release releases nothing      } seeded losses: they show that
 *   skip    the K-th rename is not done            } the checks find what they should
 *
 * SEQUENT_FAULT_COUNT=FILE: at exit the number of calls of each kind is written there, whether the
 * fault struck and where, and what was never released. SEQUENT_FAULT_KEEP=FOLDER: every file that a
 * rename completes gets a second name there, NUMBER.NAME. SEQUENT_FAULT_WHERE=1: the report names
 * the function that the fault struck also where the program exits with 2, at some cost. */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

typedef enum fault_call {
    CALL_ALLOC,
    CALL_FREE,
    CALL_THREAD,
    CALL_OPEN,
    CALL_FOPEN, /* open, through stdio */
    CALL_READ,
    CALL_WRITE,
    CALL_FSYNC,
    CALL_RENAME,
    CALL_CLOSE
} fault_call;

typedef enum fault_action {
    FAULT_NONE,
    FAULT_FAIL,
    FAULT_SHORT,
    FAULT_INTERRUPT,
    FAULT_KILL,
    FAULT_SIGINT,
    FAULT_SIGTERM,
    FAULT_SKIP
} fault_action;

/* Counts a call and says what is to happen to it. path: of the file (NULL: none). caller: the return
 * address of the seam's function. */
fault_action fault_at(fault_call call, const char *path, void *caller);

/* Raises what an action asks for behind the call. */
void fault_signal(fault_action action);

/* What is held: memory blocks, threads (+1, -1). */
void fault_held_memory(int change);
void fault_held_threads(int change);

#endif
