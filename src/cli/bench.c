/* sequent bench: modes side by side on this machine. */
#include "cli/bench.h"

#include <stdio.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/alloc.h"
#include "base/status.h"
#include "cli/commands.h"
#include "cli/places.h"

static const char USAGE[] =
    "Usage: sequent bench --model NAME [OPTIONS] DATA\n\n"
    "Trains the same model in every way that --modes, --planners and --threads name, by turns, "
    "round\n"
    "after round, and prints how long each takes in steps and in planning, its speed-up against\n"
    "serial, its time against hogwild's at equal threads, and whether it has serial's bits. The\n"
    "ceiling is what as many independent serial trainings at once gain over one, in the same "
    "rounds:\n"
    "no mode can be expected to gain more on this machine. The handover is what a line of memory\n"
    "takes from one processor to another: whatever shares parameters slows down with it. Ratios "
    "are\n"
    "taken round by round; shown are their median and, in parentheses, the least and the "
    "greatest.\n"
    "Exit status: 0, or 1 where a mode that promises serial's bits has others. -o FILE writes "
    "what\n"
    "--json prints.";

/* Rounds and seconds of a run below which the figures are told to be shaky. */
enum { FEW_ROUNDS = 7 };
static const double SHORT_RUN = 0.001;

static void see(void *context, unsigned round, size_t row) {
    bench *b = context;
    b->hash[row] = sq_model_hash(b->in.model);
    if (!b->terminal)
        return;
    (void)fprintf(stderr, "\r");
    if (round == 0)
        (void)fprintf(stderr, "warming up");
    else
        (void)fprintf(stderr, "round %u of %u", round, b->s->rounds);
    (void)fprintf(stderr, ", %s, %u thread%s\033[K", sq_mode_name(b->who[row].mode),
                  b->who[row].threads, b->who[row].threads == 1 ? "" : "s");
}

/* What a run releases stays with the process for the next one. Else runs would pay for fresh pages, or
 * not, depending on how large the arrays are that were released last. */
static void keep_memory(void) {
#if defined(__GLIBC__)
    (void)mallopt(M_TRIM_THRESHOLD, -1);
    (void)mallopt(M_MMAP_MAX, 0);
#endif
}

static int run_contest(bench *b, sq_error *error) {
    keep_memory();
    const sqi_contest_options options = {
        .problem = b->in.problem,
        .order = &b->in.order,
        .x = b->in.model->x,
        .train = {.epochs = b->s->epochs,
                  .schedule = b->in.schedule,
                  .step = b->in.step,
                  .decay = b->in.decay,
                  .minibatch = b->s->batch,
                  .average_run = b->s->average_every == AVERAGE_RUN,
                  .optimizer = (sq_optimizer)b->s->optimizer,
                  .l2_exact = b->in.l2_exact,
                  .plan = {.batch = b->s->batch, .deferrals = b->s->deferrals}},
        .who = b->who,
        .count = b->count,
        .rounds = b->s->rounds,
        .seen = see,
        .context = b};
    b->hash = sqi_alloc(b->count, sizeof *b->hash, error);
    b->standing = sqi_alloc(b->count, sizeof *b->standing, error);
    if (!b->hash || !b->standing)
        return SQ_NO_MEMORY;
    int status = sqi_contest_run(&b->contest, &options, error);
    if (b->terminal)
        (void)fputs("\r\033[K", stderr);
    for (size_t row = 0; status == SQ_OK && row < b->count; row++)
        b->standing[row] = sqi_contest_standing(b->contest, row);
    return status;
}

static void warn_of_noise(const bench *b) {
    double run = b->standing[0].epoch.median * (double)b->s->epochs;
    if (b->s->rounds < FEW_ROUNDS)
        warn(b->s, "%u round%s: figures of fewer than %d are shaky", b->s->rounds,
             b->s->rounds == 1 ? "" : "s", FEW_ROUNDS);
    if (run < SHORT_RUN)
        warn(b->s, "a serial run takes %.2g ms: more --epochs would give steadier figures",
             1000 * run);
}

/* The promise; EXIT_DIFFERENT where it is broken. */
static int check_bits(const bench *b) {
    int status = EXIT_DONE;
    for (size_t i = 0; i < b->count; i++)
        if (!b->contest->runs[i].same_bits && sq_mode_serial_bits(b->who[i].mode)) {
            (void)fprintf(stderr, "sequent: %s, planner %s, %u threads: other bits than serial\n",
                          sq_mode_name(b->who[i].mode), bench_planner(&b->contest->runs[i]).text,
                          b->who[i].threads);
            status = EXIT_DIFFERENT;
        }
    return status;
}

static int run(bench *b, sq_error *error) {
    const settings *s = b->s;
    int status = settings_arguments(s, 1, 1, "DATA", error);
    if (status == SQ_OK)
        status = bench_contestants(&b->who, &b->count, s, error);
    if (status == SQ_OK)
        status = places_check(s, s->arguments[0], error);
    if (status == SQ_OK)
        status = bench_probe_files(s, error);
    if (status == SQ_OK)
        status = session_open(&b->in, s, s->arguments[0], error);
    if (status == SQ_OK)
        status = run_contest(b, error);
    if (status != SQ_OK)
        return status;
    warn_of_noise(b);
    status = bench_write_files(b, error);
    if (signal_caught())
        return status;
    /* What was measured is not lost with a file that could not be written. */
    sq_error unsaid = {""};
    sq_error *why = status == SQ_OK ? error : &unsaid;
    int printed = s->json ? print_json(bench_to_json(b), why) : bench_print(b, why);
    return status == SQ_OK ? printed : status;
}

int command_bench(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv,
                      OPTIONS_MODEL | OPTIONS_BENCH | OPTIONS_OUTPUT | OPTIONS_REPORT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    bench b = {.s = &s, .terminal = !s.quiet && isatty(STDERR_FILENO)};
    int exit_status = end(run(&b, &error), &error);
    if (signal_caught())
        exit_status = 128 + signal_caught();
    else if (exit_status == EXIT_DONE)
        exit_status = check_bits(&b);
    sqi_contest_free(b.contest);
    sqi_free(b.standing);
    sqi_free(b.hash);
    sqi_free(b.who);
    session_close(&b.in);
    return exit_status;
}
