/* Turns: see turns.h.
 *
 * A baton is away, here (it is its thread's turn), or missed (its thread sleeps, or is about to):
 *
 *   pass, thread t                               await, thread t + 1
 *   baton[t + 1] = HERE     [turns.pass]         wait until baton[t + 1] == HERE     [turns.see]
 *   if it was MISSED: wake                       baton[t + 1] = AWAY                 [turns.take]
 *
 * One baton is HERE at a time. A wake-up cannot be lost: a thread sleeps only while its baton is MISSED,
 * the kernel compares when it queues the thread, and the pass that ends this wakes it. */
#include "sync/turns.h"

#include "base/alloc.h"
#include "sync/atomics.h"
#include "sync/futex.h"

enum { AWAY, HERE, MISSED };

typedef struct baton {
    _Alignas(SQI_LINE) sqi_word state;
} baton;

struct sqi_turns {
    unsigned threads;
    unsigned spins;
    baton baton[]; /* (size threads) */
};

/* Where every thread has a processor a turn comes within a few steps' time, and a longer one means that a
 * thread has lost its own. Where not, the thread whose turn it is may need this one's. */
enum { SPINS = 500, YIELDS = 2 };

int sqi_turns_new(sqi_turns **turns, unsigned threads, unsigned processors, sq_error *error) {
    sqi_turns *made = *turns = sqi_alloc(1, sizeof *made + threads * sizeof(baton), error);
    if (!made)
        return SQ_NO_MEMORY;
    made->threads = threads;
    made->spins = threads <= processors ? SPINS : 0;
    sqi_turns_reset(made, 0);
    return SQ_OK;
}

void sqi_turns_reset(sqi_turns *turns, unsigned first) {
    for (unsigned t = 0; t < turns->threads; t++)
        sqi_word_init(&turns->baton[t].state, t == first ? HERE : AWAY);
}

static void wait_for(const sqi_turns *turns, sqi_word *own) {
    for (unsigned i = 0; i < turns->spins + YIELDS; i++) {
        /* [turns.spin] relaxed: the value seen is read again by [turns.see]. */
        if (sqi_load_relaxed(own) == HERE)
            return;
        if (i < turns->spins)
            sqi_pause();
        else
            sqi_yield();
    }
    /* [turns.miss] relaxed compare-exchange: it fails only where the baton has come meanwhile. A store
     * instead could take a baton away that has just come, for ever. Checked by the stress of
     * tests/unit/test_turns.c. */
    if (sqi_claim_relaxed(own, AWAY, MISSED))
        while (sqi_load_relaxed(own) == MISSED)
            sqi_futex_wait(own, MISSED);
}

void sqi_turns_await(sqi_turns *turns, unsigned thread) {
    sqi_word *own = &turns->baton[thread].state;
    /* [turns.see] acquire, pairs with [turns.pass]: all that was written in earlier turns is visible.
     * Relaxed, an update could be added to numbers older than the last turn's. Checked by
     * ThreadSanitizer on tests/unit/test_turns.c. */
    while (sqi_load_acquire(own) != HERE)
        wait_for(turns, own);
    /* [turns.take] relaxed: the next write to this baton is the next round's pass, which is ordered
     * behind this thread's own pass by all the turns between them. */
    sqi_store_relaxed(own, AWAY);
}

void sqi_turns_pass(sqi_turns *turns, unsigned thread) {
    unsigned next = thread + 1 < turns->threads ? thread + 1 : 0;
    /* [turns.pass] release, pairs with [turns.see]: publishes this turn and, by the turns before it,
     * all earlier ones. One operation that also tells whether the thread sleeps; with a store after a
     * load it could fall asleep between the two. Checked likewise. */
    if (sqi_swap_release(&turns->baton[next].state, HERE) == MISSED)
        (void)sqi_futex_wake(&turns->baton[next].state, 1);
}

sqi_turns *sqi_turns_free(sqi_turns *turns) {
    return sqi_free(turns);
}
