/* sweep [-v] [-s] [-e EVERY] -n NAME -k KINDS FOLDER -- PROGRAM ARGUMENT…
 *
 * Runs PROGRAM, built with the faulty seams, in a copy of FOLDER: once as it is, then once for every
 * K and every kind (separated by blanks; KIND+ makes all later calls fail too) with the K-th call
 * failing, until there are no more such calls; and judges each run (verdict.c). Prints a line a
 * kind; exit 1 where anything was lost. -s: the kinds are seeded losses, and a run that is judged
 * good is the failure. -v: tells which calls were harmless, and which were struck where something was
 * lost, at some cost. -e: for programs that do the same again and again, behind the first calls
 * only every EVERY-th one fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults/sweep/verdict.h"

enum { SHOWN = 4, FIRST_CALLS = 40 };

typedef struct sweep {
    const char *name;
    int seeded, verbose;
    unsigned long every;
    char root[64], work[80], notes[80], keep[96];
    command command;
    expectation expected;
    unsigned long injected, harmless, lost;
} sweep;

static void make_folder(const char *path) {
    if (mkdir(path, 0777) != 0) {
        perror(path);
        exit(2);
    }
}

static void prepare(sweep *s, const char *from) {
    const char *place = getenv("TMPDIR");
    folder nothing = {0};
    (void)snprintf(s->root, sizeof s->root, "%.40s/faults.XXXXXX", place ? place : "/tmp");
    must(mkdtemp(s->root));
    (void)snprintf(s->work, sizeof s->work, "%s/work", s->root);
    (void)snprintf(s->notes, sizeof s->notes, "%s/notes", s->root);
    (void)snprintf(s->keep, sizeof s->keep, "%s/keep", s->notes);
    make_folder(s->work);
    make_folder(s->notes);
    make_folder(s->keep);
    s->expected.before = folder_read(from);
    folder_restore(s->work, &nothing, &s->expected.before);
    s->command.work = s->work;
    s->command.notes = s->notes;
}

static void tidy_up(sweep *s) {
    folder nothing = {0}, is = folder_read(s->keep);
    folder_restore(s->keep, &is, &nothing);
    (void)rmdir(s->keep);
    folder_free(&is);
    is = folder_read(s->notes);
    folder_restore(s->notes, &is, &nothing);
    (void)rmdir(s->notes);
    folder_free(&is);
    folder_restore(s->work, &s->expected.before, &nothing);
    (void)rmdir(s->work);
    (void)rmdir(s->root);
    folder_free(&s->expected.before);
    folder_free(&s->expected.kept);
    outcome_free(&s->expected.clean);
}

/* The run without a fault is what the others are measured by; it must be in order itself. */
static void run_clean(sweep *s) {
    s->expected.clean = outcome_of(&s->command, "", "alloc", 1);
    outcome *o = &s->expected.clean;
    s->expected.kept = folder_read(s->keep);
    folder_restore(s->work, &o->after, &s->expected.before);
    verdict v = judge_leftovers(&s->expected, o);
    if ((o->status != 0 && o->status != 1) || v.loss[0] || strstr(o->err.bytes, "Sanitizer")) {
        (void)printf("lost: %s, without a fault: exit %d, %s\n%s", s->name, o->status, v.loss,
                     o->err.bytes);
        exit(1);
    }
}

static void show(const sweep *s, const char *fault, const outcome *o, const char *what) {
    if (s->lost <= SHOWN)
        (void)printf("lost: %s, %s, in %s: %s\n%.*s", s->name, fault, o->seen.caller, what, 2000,
                     o->err.bytes);
}

/* One run; returns whether the fault struck. */
static int inject(sweep *s, const fault_kind *kind, unsigned long k, int later) {
    char fault[64];
    (void)snprintf(fault, sizeof fault, "%s:%lu%s", kind->name, k, later ? "+" : "");
    outcome o = outcome_of(&s->command, fault, kind->name, 0);
    verdict v = judge(&s->expected, kind, &o);
    /* One that ended without a report was ended by the fault. */
    int struck = !o.seen.told || o.seen.struck > 0;
    int bad = s->seeded && struck ? !v.loss[0] : v.loss[0] != '\0';
    s->injected += (unsigned)struck;
    s->harmless += (unsigned)v.harmless;
    s->lost += (unsigned)bad;
    if (bad)
        show(s, fault, &o, s->seeded && struck ? "this seeded loss went unseen" : v.loss);
    if (s->verbose && v.harmless)
        (void)printf("harmless: %s, %s, in %s\n", s->name, fault, o.seen.caller);
    folder_restore(s->work, &o.after, &s->expected.before);
    outcome_free(&o);
    return struck;
}

static void run_kind(sweep *s, const char *name) {
    char plain[32];
    size_t length = strlen(name);
    int later = length > 0 && name[length - 1] == '+';
    (void)snprintf(plain, sizeof plain, "%.*s", (int)length - later, name);
    const fault_kind *kind = fault_kind_find(plain);
    if (!kind) {
        (void)fprintf(stderr, "sweep: no kind '%s'\n", plain);
        exit(2);
    }
    outcome clean = outcome_of(&s->command, "", plain, 0);
    folder_restore(s->work, &clean.after, &s->expected.before);
    unsigned long calls = (unsigned long)clean.seen.calls;
    outcome_free(&clean);
    s->injected = s->harmless = s->lost = 0;
    /* Threads may divide work differently, so that a run has fewer calls, or more. */
    for (unsigned long k = 1; inject(s, kind, k, later) || k <= calls;)
        k += k < FIRST_CALLS ? 1 : s->every;
    (void)printf("faults: %s %s: %lu injected, %lu harmless, %lu lost\n", s->name, name,
                 s->injected, s->harmless, s->lost);
    (void)fflush(stdout);
}

static int usage(void) {
    (void)fprintf(
        stderr, "usage: sweep [-v] [-s] [-e EVERY] -n NAME -k KINDS FOLDER -- PROGRAM ARGUMENT…\n");
    return 2;
}

int main(int argc, char **argv) {
    sweep s = {.name = "?", .every = 1};
    char *kinds = NULL;
    for (int code; (code = getopt(argc, argv, "+vse:n:k:")) != -1;) {
        if (code == 'v')
            s.verbose = setenv("SEQUENT_FAULT_WHERE", "1", 1) == 0;
        s.seeded |= code == 's';
        s.name = code == 'n' ? optarg : s.name;
        kinds = code == 'k' ? optarg : kinds;
        if (code == 'e')
            s.every = strtoul(optarg, NULL, 10);
        if (code == '?' || s.every < 1)
            return usage();
    }
    if (!kinds || argc - optind < 3 || strcmp(argv[optind + 1], "--") != 0)
        return usage();
    prepare(&s, argv[optind]);
    s.command.argv = argv + optind + 2;
    command_start(&s.command);
    run_clean(&s);
    unsigned long lost = 0;
    for (char *kind = strtok(kinds, " "); kind; kind = strtok(NULL, " ")) {
        run_kind(&s, kind);
        lost += s.lost;
    }
    command_stop(&s.command);
    tidy_up(&s);
    return lost != 0;
}
