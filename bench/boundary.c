/* What does a batch boundary cost?
 *
 * usage: boundary [ROUNDS]            (default 7)
 *
 * One lane a thread, each lane spinning for 0, 1, 5 or 20 µs of work, ±25 % drawn per batch and
 * lane; 1, 2, 4 and 8 threads; without and with one process that hogs a core. Printed: nanoseconds
 * per batch beyond the ideal, the median over the rounds, for
 *   claimed   sync/boundary.h
 *   spin      a sense-reversing barrier that only spins, one lane a thread
 *   pthread   pthread_barrier_wait, one lane a thread
 * The ideal of a batch is max(longest lane, all lanes / min(threads, processors)), from the lengths
 * drawn and from the speed of one thread measured in the same round. In each round the three take
 * turns; a measurement runs as many batches as fill about 20 ms. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyze/spread.h"
#include "base/clock.h"
#include "base/random.h"
#include "support.h"
#include "sync/atomics.h"
#include "sync/boundary.h"
#include "sync/futex.h"
#include "sync/processors.h"
#include "sync/team.h"

enum { KINDS = 3, MAX_ROUNDS = 99, MAX_BATCHES = 1 << 16 };
static const char *const kind_names[KINDS] = {"claimed", "spin", "pthread"};

/* A chain of dependent multiplications: `length` links, about a nanosecond each. */
static void work(uint32_t length) {
    uint64_t x = length;
    for (uint32_t i = 0; i < length; i++) {
        x = x * 6364136223846793005u + 1;
        __asm__ volatile("" : "+r"(x));
    }
}

/* Links of work of a lane: mean ± 25 %. */
static uint32_t length_of(uint32_t mean, uint32_t batch, unsigned lane) {
    uint32_t words[4];
    if (mean == 0)
        return 0;
    sqi_philox(1, lane, 0, batch, words);
    return mean - mean / 4 + words[0] % (mean / 2 + 1);
}

typedef struct setting {
    unsigned threads, processors;
    uint32_t mean, batches;
    const uint32_t *lengths; /* [batch × threads + lane] */
    sqi_boundary *boundary;
    pthread_barrier_t barrier;
    _Alignas(SQI_LINE) sqi_word arrived;
    _Alignas(SQI_LINE) sqi_word sense;
} setting;

static void lane(void *context, uint32_t batch, unsigned l) {
    const setting *s = context;
    work(s->lengths[batch * s->threads + l]);
}

static void run_claimed(void *context, unsigned thread) {
    setting *s = context;
    sqi_boundary_run(s->boundary, thread, s->batches, lane, s);
}

static void run_spin(void *context, unsigned thread) {
    setting *s = context;
    for (uint32_t b = 0; b < s->batches; b++) {
        lane(s, b, thread);
        uint32_t sense = sqi_load_relaxed(&s->sense);
        /* acq_rel: each arrival hands its writes to the last one; release and acquire on the sense
         * hand them to all. */
        if (sqi_sub_acq_rel(&s->arrived, 1) == 1) {
            sqi_store_relaxed(&s->arrived, s->threads);
            sqi_store_release(&s->sense, sense ^ 1);
        } else {
            while (sqi_load_acquire(&s->sense) == sense)
                sqi_pause();
        }
    }
}

static void run_pthread(void *context, unsigned thread) {
    setting *s = context;
    for (uint32_t b = 0; b < s->batches; b++) {
        lane(s, b, thread);
        (void)pthread_barrier_wait(&s->barrier);
    }
}

static double run_once(sqi_team *team, setting *s, int kind) {
    static void (*const runs[KINDS])(void *, unsigned) = {run_claimed, run_spin, run_pthread};
    sqi_boundary_reset(s->boundary);
    double start = sqi_seconds();
    sqi_team_run(team, runs[kind], s);
    return (sqi_seconds() - start) * 1e9;
}

/* Nanoseconds per batch; the number of batches grows until they fill about 20 ms. */
static double measure(sqi_team *team, setting *s, int kind) {
    s->batches = 8;
    for (;;) {
        double took = run_once(team, s, kind);
        if (took > 1e7 || s->batches >= MAX_BATCHES / 2)
            return took / s->batches;
        double grown = (double)s->batches * 2e7 / (took + 1);
        uint32_t next = grown > MAX_BATCHES ? MAX_BATCHES : (uint32_t)grown;
        s->batches = next < 2 * s->batches ? 2 * s->batches : next;
    }
}

/* Nanoseconds of one link of work, now. */
static double link_time(void) {
    double start = sqi_seconds();
    work(2000000);
    return (sqi_seconds() - start) * 1e9 / 2000000;
}

/* The mean ideal length of a batch, in links. */
static double ideal(const setting *s) {
    const uint32_t *length = s->lengths;
    unsigned useful = s->threads < s->processors ? s->threads : s->processors;
    double total = 0;
    for (uint32_t b = 0; b < MAX_BATCHES; b++) {
        double sum = 0, longest = 0;
        for (unsigned l = 0; l < s->threads; l++, length++) {
            sum += *length;
            longest = *length > longest ? *length : longest;
        }
        total += sum / useful > longest ? sum / useful : longest;
    }
    return total / MAX_BATCHES;
}

static pid_t hog(void) {
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "while :; do :; done", (char *)NULL);
        _exit(127);
    }
    must(child > 0, "no process for the hog");
    return child;
}

static void measure_row(unsigned threads, uint32_t mean, int rounds, bool hogged) {
    setting s = {.threads = threads, .processors = sqi_processors(), .mean = mean};
    uint32_t *lengths = malloc(sizeof *lengths * MAX_BATCHES * threads);
    sqi_team *team;
    must(lengths != NULL, "out of memory");
    for (uint32_t b = 0; b < MAX_BATCHES; b++)
        for (unsigned l = 0; l < threads; l++)
            lengths[b * threads + l] = length_of(mean, b, l);
    s.lengths = lengths;
    sqi_word_init(&s.arrived, threads);
    sqi_word_init(&s.sense, 0);
    must(sqi_boundary_new(&s.boundary, threads, threads, s.processors, NULL) == SQ_OK &&
             sqi_team_new(&team, threads, NULL) == SQ_OK &&
             pthread_barrier_init(&s.barrier, NULL, threads) == 0,
         "no threads");

    double extra[KINDS][MAX_ROUNDS], links = ideal(&s), work_ns[MAX_ROUNDS];
    pid_t child = hogged ? hog() : 0;
    for (int r = 0; r < rounds; r++) {
        work_ns[r] = links * link_time();
        for (int k = 0; k < KINDS; k++)
            extra[k][r] = measure(team, &s, k);
    }
    if (child) {
        kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    /* The hog also slows the one thread of link_time, so its fastest round is the ideal. */
    sqi_spread work = sqi_spread_sort(work_ns, (size_t)rounds);
    double base = hogged ? work.least : work.median;
    printf("%-4s %7u %11.0f", hogged ? "yes" : "no", threads, base);
    for (int k = 0; k < KINDS; k++)
        printf(" %11.0f", sqi_spread_sort(extra[k], (size_t)rounds).median - base);
    printf("\n");
    (void)fflush(stdout);
    sqi_team_free(team);
    sqi_boundary_free(s.boundary);
    pthread_barrier_destroy(&s.barrier);
    free(lengths);
}

int main(int argc, char **argv) {
    static const unsigned threads[] = {1, 2, 4, 8};
    static const uint32_t means[] = {0, 1000, 5000, 20000}; /* nanoseconds */
    long given = argc > 1 ? strtol(argv[1], NULL, 10) : 7;
    must(given >= 1 && given <= MAX_ROUNDS, "ROUNDS is 1 to 99");
    int rounds = (int)given;
    printf("# ns per batch beyond the ideal, median of %d rounds\n", rounds);
    printf("%-4s %7s %11s", "hog", "threads", "ideal_ns");
    for (int k = 0; k < KINDS; k++)
        printf(" %11s", kind_names[k]);
    printf("\n");
    double link = link_time();
    for (int hogged = 0; hogged < 2; hogged++)
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
            for (size_t m = 0; m < sizeof means / sizeof *means; m++)
                measure_row(threads[t], (uint32_t)((double)means[m] / link), rounds, hogged);
    return 0;
}
