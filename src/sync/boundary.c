/* The batch boundary: lanes are claimed, the last one to finish publishes the next batch.
 *
 * A barrier waits for threads; this waits for lanes. Shared state:
 *   batch       the current batch, 0 … batches; the futex on which threads sleep
 *   claimed[l]  for how many batches lane l has been claimed
 *   unfinished  lanes of the current batch that are not finished
 *   sleeping    threads that are asleep, or about to fall asleep or just awake
 *
 * Why a lane runs exactly once. Let c be the current batch. Before batch c was published all lanes
 * of the batches before it were claimed and finished, so c ≤ claimed[l] ≤ c + 1. A thread claims
 * with b, a value that it has read from batch, so b ≤ c; its compare-exchange succeeds only where
 * claimed[l] == b ≥ c, hence b == c: a late thread cannot claim in a batch that is over. The
 * exchange makes claimed[l] = c + 1, so it succeeds for one thread. And a batch is not left before
 * each lane was claimed and finished, since unfinished counts from `lanes` to 0.
 *
 * Why batches are ordered. What synchronises with what:
 *   finish (sub, acq_rel)   → the last finish of the batch   all lanes' writes reach the publisher
 *   publish (store)         → see (load, acquire)            … and every thread of the next batch
 *   sleep.count, sleep.look ↔ publish, wake.look (seq_cst)   no sleeper is overlooked
 * The claim itself orders nothing (relaxed): what the lane reads was made visible by `see`.
 *
 * Which wake-ups are guaranteed. A sleeper counts itself in `sleeping` and then looks at batch; the
 * publisher stores batch and then looks at `sleeping`: of two such seq_cst pairs at least one sees
 * the other. So either the sleeper finds the new batch and does not sleep, or the publisher counts
 * it. (The kernel's own look at the futex is later than the sleeper's look, and a wake-up that
 * follows the store meets the sleeper in the queue or makes its look fail.) Hence:
 *   - at the end of the run every sleeper is woken;
 *   - after any other publish, if fewer than min(threads, processors) threads are awake, as many
 *     sleepers as are missing are woken (woken ones count as asleep until they run, so for a moment
 *     a publisher may wake more; with more threads awake than processors they sleep again).
 * Nothing but speed depends on the second: the publisher itself goes on with the next batch.
 *
 * How long to wait. A thread that finds no lane to claim and more threads awake than processors
 * sleeps at once: spinning, it could only take a processor from a thread with a lane. Otherwise it
 * spins for about as long as a sleep and a wake-up cost, yields once, and sleeps: a suspended
 * holder of a lane may then have its processor, and on waking the system places it on one that is
 * idle.
 *
 * A thread that has run its home lanes gives the others a moment to claim theirs before it looks at
 * them: mostly the batch is over by then, and a look takes the line of the claim from its owner, who
 * would have to fetch it back to claim in the next batch. A thread that got a lane of another's does not
 * wait in the next batch: whoever was late, suspended or asleep may still be so.
 *
 * All lanes of a batch count down one word, on the line on which early threads wait, and their claims
 * are read by every thread that has run out of lanes; for hundreds of threads a tree of counters would
 * be better.
 *
 * proofs/spin/boundary.pml is this protocol; its checks are named at the operations. */
#include "sync/boundary.h"

#include <limits.h>
#include <stdbool.h>

#include "base/alloc.h"
#include "sync/atomics.h"
#include "sync/futex.h"

typedef struct claim {
    _Alignas(SQI_LINE) sqi_word batches;
} claim;

struct sqi_boundary {
    /* On one line: whoever counts down to 0 has it when it publishes. */
    _Alignas(SQI_LINE) sqi_word batch;
    sqi_word unfinished;
    _Alignas(SQI_LINE) sqi_word sleeping;
    _Alignas(SQI_LINE) unsigned lanes;
    unsigned threads, processors;
    unsigned wanted; /* min(threads, processors): awake threads that are of use */
    claim claimed[]; /* lanes */
};

/* Chosen by measurement, 2 processors with a pause of 27 ns: a tenth of these spins made batches of
 * two 20 µs lanes 1.5 times as long, a third 1.1 times, three times as many gained nothing; with 4
 * yields and more, 8 threads lost a fifth, because two that the system had put on one processor
 * kept yielding to each other there instead of being woken on the idle one. */
enum { SPINS = 1000, YIELDS = 1 };

/* … and before a look at the lanes of others: a lane that its own thread has not claimed within a
 * microsecond is one whose thread is late. */
enum { PATIENCE = 40 };

int sqi_boundary_new(sqi_boundary **boundary, unsigned lanes, unsigned threads, unsigned processors,
                     sq_error *error) {
    *boundary = NULL;
    if (lanes == 0 || threads == 0 || processors == 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "a batch boundary needs at least one lane, thread and processor, not "
                        "%u, %u and %u",
                        lanes, threads, processors);
    sqi_boundary *made = sqi_alloc(1, sizeof *made + (size_t)lanes * sizeof(claim), error);
    if (!made)
        return SQ_NO_MEMORY;
    made->lanes = lanes;
    made->threads = threads;
    made->processors = processors;
    made->wanted = threads < processors ? threads : processors;
    sqi_boundary_reset(made);
    *boundary = made;
    return SQ_OK;
}

void sqi_boundary_reset(sqi_boundary *boundary) {
    sqi_word_init(&boundary->batch, 0);
    sqi_word_init(&boundary->unfinished, boundary->lanes);
    sqi_word_init(&boundary->sleeping, 0);
    for (unsigned l = 0; l < boundary->lanes; l++)
        sqi_word_init(&boundary->claimed[l].batches, 0);
}

sqi_boundary *sqi_boundary_free(sqi_boundary *boundary) {
    return sqi_free(boundary);
}

/* How many threads are awake, by a count that may be a moment old. */
static unsigned awake(const sqi_boundary *boundary, uint32_t sleeping) {
    return boundary->threads - sleeping;
}

/* After the publish of a batch: wakes those whom the head comment promises. */
static void wake_sleepers(sqi_boundary *boundary, bool last) {
    /* [wake.look] seq_cst, after [publish], pairs with [sleep.count] before [sleep.look]: a thread
     * that fell asleep on the batch just left is counted here. Relaxed, or before the publish, a
     * thread could sleep through the end. Checked: boundary.pml, fault LOOK_FIRST. */
    uint32_t sleeping = sqi_load_seq_cst(&boundary->sleeping);
    if (sleeping == 0)
        return;
    if (last) {
        (void)sqi_futex_wake(&boundary->batch, UINT_MAX);
        return;
    }
    unsigned present = awake(boundary, sleeping);
    if (present >= boundary->wanted)
        return;
    (void)sqi_futex_wake(&boundary->batch, boundary->wanted - present);
}

/* Ends a lane of batch b. The last one opens batch b + 1; returns whether this was the last. */
static bool finish(sqi_boundary *boundary, uint32_t b, uint32_t batches) {
    /* [finish] acq_rel, pairs with itself: the lane's writes go to whoever finishes last, and the
     * last one has those of all. Relaxed, the publisher would pass on lanes that it has not seen,
     * and a step of the next batch could read a stale parameter. Checked: ThreadSanitizer on
     * tests/unit/test_boundary.c; the count itself: boundary.pml, fault EARLY_PUBLISH. */
    if (sqi_sub_acq_rel(&boundary->unfinished, 1) != 1)
        return false;
    /* [refill] relaxed: the next [finish] of anyone is after [see] of the batch published below. */
    sqi_store_relaxed(&boundary->unfinished, boundary->lanes);
    /* [publish] seq_cst, so release too: pairs with [see] (publishes every lane of batches ≤ b and
     * the refill) and, before [wake.look], with [sleep.look]. Only release, the processor could
     * look for sleepers first. Checked: boundary.pml, fault LOOK_FIRST. */
    sqi_store_seq_cst(&boundary->batch, b + 1);
    wake_sleepers(boundary, b + 1 == batches);
    return true;
}

/* Whether lane l of batch b is now the calling thread's to run. */
static bool claim_lane(sqi_boundary *boundary, unsigned l, uint32_t b) {
    sqi_word *claimed = &boundary->claimed[l].batches;
    /* [claim] relaxed compare-exchange, pairs with itself: one thread gets the lane; nothing is
     * published (see the head). The load before it only spares a failing exchange, which would take
     * the cache line from its owner. With load and store alone two threads could run one lane.
     * Checked: boundary.pml, fault PLAIN_CLAIM. */
    return sqi_load_relaxed(claimed) == b && sqi_claim_relaxed(claimed, b, b + 1);
}

static void sleep_once(sqi_boundary *boundary, uint32_t b) {
    /* [sleep.count] seq_cst, before [sleep.look]; pairs with [publish] before [wake.look]. */
    (void)sqi_add_seq_cst(&boundary->sleeping, 1);
    /* [sleep.look] seq_cst: see the head. The kernel looks again when it queues the thread, at a
     * value not older than this one. Without its look a wake-up between the two would be lost.
     * Checked: boundary.pml, fault BLIND_SLEEP. */
    if (sqi_load_seq_cst(&boundary->batch) == b)
        sqi_futex_wait(&boundary->batch, b);
    /* [sleep.uncount] seq_cst like every change of the count, which keeps the pairing simple. */
    (void)sqi_sub_seq_cst(&boundary->sleeping, 1);
}

/* Waits for so many spins and yields, where every thread that is awake has a processor; returns whether
 * batch is no longer b. */
static bool spin(const sqi_boundary *boundary, uint32_t b, unsigned spins, unsigned yields) {
    /* [crowd] relaxed: a hint about speed. */
    if (awake(boundary, sqi_load_relaxed(&boundary->sleeping)) > boundary->processors)
        return false;
    for (unsigned i = 0; i < spins + yields; i++) {
        /* [spin] relaxed: the value seen is read again by [see]. */
        if (sqi_load_relaxed(&boundary->batch) != b)
            return true;
        if (i < spins)
            sqi_pause();
        else
            sqi_yield();
    }
    return false;
}

/* Returns when batch is no longer b. */
static void wait_for_next(sqi_boundary *boundary, uint32_t b) {
    if (spin(boundary, b, SPINS, YIELDS))
        return;
    while (sqi_load_relaxed(&boundary->batch) == b)
        sleep_once(boundary, b);
}

/* What a thread was called with, and whether it gives others time to claim their lanes. */
typedef struct entry {
    sqi_boundary *boundary;
    unsigned thread;
    uint32_t batches;
    void (*lane)(void *context, uint32_t batch, unsigned lane);
    void *context;
    bool patient;
} entry;

/* Runs lane l of batch b, which is this thread's; returns whether the batch is over with it. */
static bool run_lane(const entry *self, uint32_t b, unsigned l) {
    self->lane(self->context, b, l);
    return finish(self->boundary, b, self->batches);
}

/* Runs what there is to be had of batch b, home lanes first; returns whether the batch is over. A lane
 * once claimed stays so until the batch changes: one look at each is enough. */
static bool try_lanes(entry *self, uint32_t b) {
    sqi_boundary *boundary = self->boundary;
    const unsigned lanes = boundary->lanes, threads = boundary->threads;
    for (unsigned l = self->thread; l < lanes; l += threads)
        if (claim_lane(boundary, l, b) && run_lane(self, b, l))
            return true;
    if (self->patient && spin(boundary, b, PATIENCE, 0))
        return true;
    self->patient = threads > 1;
    for (unsigned i = 0, l = self->thread % lanes; i < lanes; i++) {
        l = l + 1 < lanes ? l + 1 : 0;
        if (!claim_lane(boundary, l, b))
            continue;
        self->patient = false;
        if (run_lane(self, b, l))
            return true;
    }
    return false;
}

void sqi_boundary_run(sqi_boundary *boundary, unsigned thread, uint32_t batches,
                      void (*lane)(void *context, uint32_t batch, unsigned lane), void *context) {
    entry self = {boundary, thread, batches, lane, context, boundary->threads > 1};
    for (;;) {
        /* [see] acquire, pairs with [publish]: all lanes of the batches before b are visible.
         * Relaxed, the lanes run below could read parameters older than that. Checked:
         * ThreadSanitizer on tests/unit/test_boundary.c. */
        uint32_t b = sqi_load_acquire(&boundary->batch);
        if (b == batches)
            return;
        if (!try_lanes(&self, b))
            wait_for_next(boundary, b);
    }
}
