/* The batch boundary of src/sync/boundary.c, one Promela step for one atomic operation.
 *
 * Parameters: T threads, L lanes, B batches, P processors, S spurious wake-ups a thread may have.
 * Names in brackets are the tags of the operations in boundary.c. What a lane computes is left out;
 * that it takes time is not: other threads may do anything between its begin and its end.
 *
 * The steps interleave sequentially consistently. A thread that waits may stay at "batch has not
 * changed" for any time (it spins or yields) or go to sleep at any moment: every choice of spins,
 * yields, patience and crowd policy is among the behaviours. It looks at the lanes in any order: so is the
 * one of the code, home lanes first. A futex wait compares and queues in one step; a wake-up takes
 * any of the queued threads; S times a sleeper wakes for no reason.
 *
 * HALT: a thread other than 0 may stop for ever wherever it holds no lane, wake-ups in mid-run are
 * not delivered, and thread 0 does not sleep. It must then finish all batches with whoever is left.
 *
 * Faults, each of which check.sh must find: PLAIN_CLAIM, EARLY_PUBLISH, LATE_REFILL, BLIND_SLEEP,
 * WAKE_ONE, LOOK_FIRST, and with HALT HOME_ONLY (lanes that only their own thread may run). */
#ifndef T
#define T 2
#endif
#ifndef L
#define L 2
#endif
#ifndef B
#define B 2
#endif
#ifndef P
#define P 2
#endif
#ifndef S
#define S 1
#endif
#if T > 4 || L > 3
#error "wake and choose_lane name the threads and lanes one by one: T is at most 4, L at most 3"
#endif
#if T < P
#define WANTED T
#else
#define WANTED P
#endif
#define ALL_LANES ((1 << L) - 1)
#ifdef HOME_ONLY
#define NOT_OFFERED (ALL_LANES & ~(1 << _pid)) /* for L = T */
#else
#define NOT_OFFERED 0
#endif
#ifdef EARLY_PUBLISH
#define LAST 2
#else
#define LAST 1
#endif

byte batch = 0;
byte claimed[L];
byte unfinished = L;
byte sleeping = 0;
bool queued[4]; /* threads in the kernel's queue of the futex */

/* What the assertions look at, and no thread. */
byte begun[L]; /* batches for which lane l was begun … */
byte ended[L]; /* … and ended */

/* The promise of the end: at [publish] and before each lane. */
#define all_ended(batches) (ended[0] >= batches && ended[(L > 1 -> 1 : 0)] >= batches && \
                            ended[(L > 2 -> 2 : 0)] >= batches)
#define queue_length (queued[0] + queued[1] + queued[2] + queued[3])

/* A lane at which this thread has not looked in this batch. */
inline choose_lane() {
    if
    :: (looked & 1) == 0 -> l = 0
    :: L > 1 && (looked & 2) == 0 -> l = 1
    :: L > 2 && (looked & 4) == 0 -> l = 2
    fi;
    looked = looked | (1 << l)
}

/* A lane to look at and its [claim], one step, as choosing touches nothing that is shared. The load
 * before the exchange in the code only spares an exchange that would fail. */
inline claim() {
#ifdef PLAIN_CLAIM
    atomic { choose_lane(); mine = (claimed[l] == b) };
    if
    :: mine -> claimed[l] = b + 1
    :: else
    fi
#else
    atomic {
        choose_lane();
        mine = (claimed[l] == b);
        if
        :: mine -> claimed[l] = b + 1
        :: else
        fi
    }
#endif
}

/* The lane itself: never begun twice for a batch, never before all lanes of all earlier batches. */
inline run_lane() {
    d_step {
        assert(batch == b);
        assert(begun[l] == b);
        assert(all_ended(b));
        begun[l]++
    };
    ended[l]++
}

/* FUTEX_WAKE: up to n threads leave the queue, whichever the kernel likes. */
inline wake(n) {
    atomic {
        count = n;
        do
        :: count > 0 && queued[0] -> queued[0] = false; count--
        :: count > 0 && queued[1] -> queued[1] = false; count--
        :: count > 0 && queued[2] -> queued[2] = false; count--
        :: count > 0 && queued[3] -> queued[3] = false; count--
        :: count == 0 || queue_length == 0 -> break
        od;
        count = 0
    }
}

/* After [publish]; seen is what [wake.look] read. */
inline wake_sleepers() {
    if
    :: seen == 0
    :: seen > 0 && b + 1 == B ->
#ifdef WAKE_ONE
        wake(1)
#else
        wake(T)
#endif
    :: seen > 0 && b + 1 < B ->
#ifndef HALT
        if
        :: T - seen < WANTED -> wake(WANTED - (T - seen))
        :: else
        fi
#endif
    fi
}

inline finish() {
    d_step { left = unfinished; unfinished-- }; /* [finish] */
    if
    :: left == LAST ->
#ifndef LATE_REFILL
        unfinished = L; /* [refill] */
#endif
#ifdef LOOK_FIRST
        seen = sleeping;
#endif
        d_step { assert(all_ended(b + 1)); batch = b + 1 }; /* [publish] */
#ifdef LATE_REFILL
        unfinished = L;
#endif
#ifndef LOOK_FIRST
        d_step { seen = sleeping; assert(seen >= queue_length) }; /* [wake.look]: counts all asleep */
#endif
        wake_sleepers();
        published = true
    :: else
    fi;
    d_step { left = 0; seen = 0 }
}

inline try_lanes() {
    do
    :: looked == ALL_LANES || published -> break
#ifdef HALT
    :: _pid != 0 && !published -> goto halted
#endif
    :: looked != ALL_LANES && !published ->
        claim();
        if
        :: mine -> mine = false; run_lane(); finish()
        :: else
        fi
    od
}

inline sleep_once() {
    sleeping++; /* [sleep.count] */
    if
    :: batch != b /* [sleep.look] */
    :: batch == b ->
#ifdef BLIND_SLEEP
        queued[_pid] = true;
#else
        d_step { /* the kernel's look */
            if
            :: batch == b -> queued[_pid] = true
            :: else
            fi
        };
#endif
        if
        :: !queued[_pid]
        :: atomic { queued[_pid] && spurious < S -> queued[_pid] = false; spurious++ }
        fi
    fi;
    sleeping-- /* [sleep.uncount] */
}

inline wait_for_next() {
    do
    :: batch != b -> break /* [spin] */
#ifdef HALT
    :: batch == b && _pid != 0 -> goto halted
    :: batch == b && _pid != 0 -> sleep_once()
#else
    :: batch == b -> sleep_once()
#endif
    od
}

active [T] proctype thread() {
    byte b, l, looked, left, seen, count, spurious;
    bool mine, published;
    looked = NOT_OFFERED;
    do
    :: b = batch; /* [see] */
        if
        :: b == B -> break
        :: else
        fi;
        try_lanes();
        if
        :: published
        :: else -> wait_for_next()
        fi;
        atomic { looked = NOT_OFFERED; published = false; l = 0 }
    od;
    assert(batch == B && all_ended(B) && begun[0] == B && ended[0] == B);
#ifdef HALT
halted:
#endif
    skip
}
