/* The pictures of sequent bench, as scripts for gnuplot. Nothing that a user wrote gets into them:
 * names of modes and planners, and numbers. */
#include <math.h>
#include <stdio.h>

#include "cli/bench_plots.h"

/* Colours that differ in lightness too. Modes beyond the table take turns. */
static const char *const colours[] = {"#1f77b4", "#555555", "#d95f02", "#2ca02c",
                                      "#9467bd", "#8c564b", "#e377c2"};
static const char *const planner_colours[] = {"#1f77b4", "#08306b", "#17a2b8", "#6baed6"};
enum { COLOURS = sizeof colours / sizeof *colours };

const char *bench_plot_colour(const sqi_contestant *who) {
    if (who->mode == SQ_MODE_PLANNED)
        return planner_colours[(unsigned)who->planner % 4];
    return colours[(unsigned)who->mode % COLOURS];
}

void bench_plot_begin(growing *g, const char *name, const char *title, size_t width,
                      size_t height) {
    growing_add(
        g,
        "set terminal svg size %zu,%zu dynamic noenhanced font 'sans-serif,15' linewidth 1.5 "
        "background '#ffffff' name '%s'\n"
        "set encoding utf8\nset border 3\nset tics nomirror out\n"
        "set grid ytics lc rgb '#dddddd' lt 1 lw 0.7\n"
        "set title '%s' offset 0,0.3\nset key outside right top Left reverse samplen 2 spacing 1.3 "
        "width -5\n",
        width, height, name, title);
}

/* Seconds of a run with its planning. */
static double whole(const bench *b, size_t row) {
    const sqi_standing *s = &b->standing[row];
    return s->epoch.median * (double)b->contest->epochs + s->planning.median;
}

/* Whether the row is the fastest of those with its mode (and, if so asked, number of threads). */
int bench_plot_best(const bench *b, size_t row, int at_its_threads) {
    for (size_t i = 0; i < b->count; i++)
        if (i != row && b->who[i].mode == b->who[row].mode &&
            (!at_its_threads || b->who[i].threads == b->who[row].threads) &&
            (whole(b, i) < whole(b, row) || (i < row && !(whole(b, row) < whole(b, i)))))
            return 0;
    return 1;
}

void bench_plot_threads(growing *g, unsigned threads) {
    growing_add(g, "%u thread%s", threads, threads == 1 ? "" : "s");
}

/* --- loss over time --- */

static void add_curve(growing *g, const bench *b, size_t row, double unit) {
    const sqi_standing *s = &b->standing[row];
    const sqi_runs *r = &b->contest->runs[row];
    double epochs = (double)b->contest->epochs, planning = s->planning.median;
    /* One plan serves all epochs, or each epoch waits for its own. */
    double once = sq_order_fixed(&b->in.order) ? planning : planning / epochs;
    double each = sq_order_fixed(&b->in.order) ? 0 : planning / epochs;
    growing_add(g, "$loss%zu << END\n%.9g %.17g\n", row, once * unit, b->contest->initial_loss);
    for (uint64_t e = 0; e < b->contest->epochs; e++)
        growing_add(g, "%.9g %.17g\n",
                    unit * (once + (double)e * each + (double)(e + 1) * s->epoch.median),
                    r->curve[e]);
    growing_add(g, "END\n");
}

static void script_loss(growing *g, const bench *b) {
    double longest = 0, least = b->contest->initial_loss;
    for (size_t i = 0; i < b->count; i++) {
        longest = bench_plot_best(b, i, 0) && whole(b, i) > longest ? whole(b, i) : longest;
        least = fmin(least, b->standing[i].loss.least);
    }
    int in_ms = longest < 1;
    uint64_t points = 1 + b->contest->epochs / 15;
    bench_plot_begin(g, "loss", "Loss over time, each mode at its fastest", BENCH_PLOT_WIDTH,
                     BENCH_PLOT_HEIGHT);
    growing_add(g,
                "set xlabel 'time in steps and planning, %s'\nset ylabel 'loss (mean over the "
                "samples)'\nset xrange [0:*]\nset offsets 0, graph 0.03, graph 0.05, graph 0.05\n",
                in_ms ? "milliseconds" : "seconds");
    if (least > 0 && b->contest->initial_loss / least > 20)
        growing_add(g, "set logscale y\n");
    for (size_t i = 0; i < b->count; i++)
        if (bench_plot_best(b, i, 0))
            add_curve(g, b, i, in_ms ? 1e3 : 1);
    growing_add(g, "plot ");
    for (size_t i = 0, n = 0; i < b->count; i++)
        if (bench_plot_best(b, i, 0)) {
            growing_add(g,
                        "%s$loss%zu using 1:2 with linespoints lc rgb '%s' pt %zu ps 0.8 pi %llu "
                        "title '%s, ",
                        n ? ", " : "", i, bench_plot_colour(&b->who[i]), 4 + 2 * n % 11,
                        (unsigned long long)points, sq_mode_name(b->who[i].mode));
            bench_plot_threads(g, b->who[i].threads);
            growing_add(g, "'");
            n++;
        }
    growing_add(g, "\n");
}

/* --- speed-up over threads --- */

static int same_series(const sqi_contestant *a, const sqi_contestant *b) {
    return a->mode == b->mode && (a->mode != SQ_MODE_PLANNED || a->planner == b->planner);
}

static int is_first_of_series(const bench *b, size_t row) {
    for (size_t i = 0; i < row; i++)
        if (same_series(&b->who[i], &b->who[row]))
            return 0;
    return 1;
}

unsigned bench_plot_most_threads(const bench *b) {
    unsigned most = 1;
    for (size_t i = 0; i < b->count; i++)
        most = b->who[i].threads > most ? b->who[i].threads : most;
    return most;
}

/* Beyond this the axis of threads is logarithmic. */
enum { LINEAR = 4 };

/* Where the n-th series stands at a number of threads: beside it, so that bars do not cover each
 * other. */
static double beside(unsigned threads, size_t n, unsigned most) {
    return most > LINEAR ? threads * (1 + 0.015 * (double)n)
                         : threads + 0.012 * (double)most * (double)n;
}

/* Lines "threads median least greatest planned-in" of a series, in the order of the threads. */
static void add_series(growing *g, const bench *b, size_t row, size_t n, unsigned most) {
    growing_add(g, "$series%zu << END\n", row);
    for (unsigned threads = 1; threads <= SQ_LANES_MAX; threads++)
        for (size_t i = row; i < b->count; i++)
            if (b->who[i].threads == threads && same_series(&b->who[i], &b->who[row])) {
                const sqi_standing *s = &b->standing[i];
                growing_add(g, "%.6g %.6g %.6g %.6g %.6g\n", beside(threads, n, most),
                            s->speedup.median, s->speedup.least, s->speedup.greatest,
                            s->speedup_whole.median);
            }
    growing_add(g, "END\n");
}

/* The ceilings, from the rows that have them. */
static void add_ceilings(growing *g, const bench *b) {
    growing_add(g, "$ceiling << END\n");
    for (unsigned threads = 1; threads <= SQ_LANES_MAX; threads++)
        for (size_t i = 0; i < b->count; i++)
            if (b->who[i].threads == threads) {
                sqi_spread c = b->standing[i].ceiling;
                growing_add(g, "%u %.6g %.6g %.6g\n", threads, c.median, c.least, c.greatest);
                break;
            }
    growing_add(g, "END\n");
}

static void add_thread_axis(growing *g, const bench *b) {
    unsigned most = bench_plot_most_threads(b);
    growing_add(g, "set xtics (");
    for (size_t i = 0; i < b->count; i++)
        growing_add(g, "%s'%u' %u", i ? ", " : "", b->who[i].threads, b->who[i].threads);
    growing_add(g, ")\n");
    if (most > LINEAR)
        growing_add(g, "set logscale x 2\nset xrange [0.9:%g]\n", 1.2 * most);
    else
        growing_add(g, "set xrange [0.8:%g]\n", most + 0.35);
}

static void add_series_plots(growing *g, const bench *b, size_t row, size_t number) {
    const char *mode = sq_mode_name(b->who[row].mode), *colour = bench_plot_colour(&b->who[row]);
    int planned = b->who[row].mode == SQ_MODE_PLANNED;
    const char *planner = planned ? sq_planner_name(b->who[row].planner) : "";
    growing_add(g,
                ", $series%zu using 1:2:3:4 with yerrorlines lc rgb '%s' pt %zu ps 0.8 title "
                "'%s%s%s'",
                row, colour, 4 + 2 * number % 11, mode, planned ? ", " : "", planner);
    if (planned)
        growing_add(g,
                    ", $series%zu using 1:5 with linespoints lc rgb '%s' dt 3 pt %zu ps 0.5 title "
                    "'%s, %s, with planning'",
                    row, colour, 4 + 2 * number % 11, mode, planner);
}

/* So that the key has one column. */
static size_t speedup_height(const bench *b) {
    size_t entries = 2;
    for (size_t i = 1; i < b->count; i++)
        if (is_first_of_series(b, i))
            entries += b->who[i].mode == SQ_MODE_PLANNED ? 2 : 1;
    size_t height = 180 + 30 * entries;
    return height > BENCH_PLOT_HEIGHT ? height : BENCH_PLOT_HEIGHT;
}

static void script_speedup(growing *g, const bench *b) {
    bench_plot_begin(g, "speedup", "Speed-up over threads: median, least and greatest",
                     BENCH_PLOT_WIDTH, speedup_height(b));
    add_ceilings(g, b);
    size_t number = 0;
    for (size_t i = 1; i < b->count; i++)
        if (is_first_of_series(b, i))
            add_series(g, b, i, ++number, bench_plot_most_threads(b));
    growing_add(g, "set xlabel 'threads'\n"
                   "set ylabel 'speed-up against serial'\n"
                   "set yrange [0:*]\nset offsets 0, 0, graph 0.05, 0\n");
    add_thread_axis(g, b);
    growing_add(g, "plot 1 with lines lc rgb '#999999' dt 2 title 'serial', "
                   "$ceiling using 1:2:3:4 with yerrorlines lc rgb '#000000' lw 1.6 pt 1 ps 0.8 "
                   "title 'ceiling'");
    number = 0;
    for (size_t i = 1; i < b->count; i++)
        if (is_first_of_series(b, i))
            add_series_plots(g, b, i, number++);
    growing_add(g, "\n");
}

const bench_plot bench_plots[BENCH_PLOTS] = {
    {"loss", script_loss}, {"speedup", script_speedup}, {"spread", bench_plot_spread}};
