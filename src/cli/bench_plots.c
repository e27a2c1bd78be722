/* The pictures of sequent bench, as scripts for gnuplot. Nothing that a user wrote gets into them:
 * names of modes and planners, and numbers. */
#include <math.h>
#include <stdio.h>

#include "cli/bench.h"

/* Colours that differ in lightness too. Modes beyond the table take turns. */
static const char *const colours[] = {"#1f77b4", "#555555", "#d95f02", "#2ca02c",
                                      "#9467bd", "#8c564b", "#e377c2"};
static const char *const planner_colours[] = {"#1f77b4", "#08306b", "#17a2b8", "#6baed6"};
enum { COLOURS = sizeof colours / sizeof *colours };

static const char *colour_of(const sqi_contestant *who) {
    if (who->mode == SQ_MODE_PLANNED)
        return planner_colours[(unsigned)who->planner % 4];
    return colours[(unsigned)who->mode % COLOURS];
}

static void begin(growing *g, const char *name, const char *title, int height) {
    growing_add(
        g,
        "set terminal svg size 900,%d dynamic noenhanced font 'sans-serif,15' linewidth 1.5 "
        "background '#ffffff' name '%s'\n"
        "set encoding utf8\nset border 3\nset tics nomirror out\n"
        "set grid ytics lc rgb '#dddddd' lt 1 lw 0.7\n"
        "set title '%s' offset 0,0.3\nset key outside right top Left reverse samplen 2 spacing 1.3 "
        "width -5\n",
        height, name, title);
}

/* Seconds of a run with its planning. */
static double whole(const bench *b, size_t row) {
    const sqi_standing *s = &b->standing[row];
    return s->epoch.median * (double)b->contest->epochs + s->planning.median;
}

/* Whether the row is the fastest of those with its mode (and, if so asked, number of threads). */
static int is_best(const bench *b, size_t row, int at_its_threads) {
    for (size_t i = 0; i < b->count; i++)
        if (i != row && b->who[i].mode == b->who[row].mode &&
            (!at_its_threads || b->who[i].threads == b->who[row].threads) &&
            (whole(b, i) < whole(b, row) || (i < row && !(whole(b, row) < whole(b, i)))))
            return 0;
    return 1;
}

static void add_threads(growing *g, unsigned threads) {
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
        longest = is_best(b, i, 0) && whole(b, i) > longest ? whole(b, i) : longest;
        least = fmin(least, b->standing[i].loss.least);
    }
    int in_ms = longest < 1;
    uint64_t points = 1 + b->contest->epochs / 15;
    begin(g, "loss", "Loss over time, each mode at its fastest", 460);
    growing_add(g,
                "set xlabel 'time in steps and planning, %s'\nset ylabel 'loss (mean over the "
                "samples)'\nset xrange [0:*]\nset offsets 0, graph 0.03, graph 0.05, graph 0.05\n",
                in_ms ? "milliseconds" : "seconds");
    if (least > 0 && b->contest->initial_loss / least > 20)
        growing_add(g, "set logscale y\n");
    for (size_t i = 0; i < b->count; i++)
        if (is_best(b, i, 0))
            add_curve(g, b, i, in_ms ? 1e3 : 1);
    growing_add(g, "plot ");
    for (size_t i = 0, n = 0; i < b->count; i++)
        if (is_best(b, i, 0)) {
            growing_add(g,
                        "%s$loss%zu using 1:2 with linespoints lc rgb '%s' pt %zu ps 0.8 pi %llu "
                        "title '%s, ",
                        n ? ", " : "", i, colour_of(&b->who[i]), 4 + 2 * n % 11,
                        (unsigned long long)points, sq_mode_name(b->who[i].mode));
            add_threads(g, b->who[i].threads);
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

static unsigned most_threads(const bench *b) {
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
    unsigned most = most_threads(b);
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
    const char *mode = sq_mode_name(b->who[row].mode), *colour = colour_of(&b->who[row]);
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

static void script_speedup(growing *g, const bench *b) {
    begin(g, "speedup", "Speed-up over threads: median, least and greatest", 460);
    add_ceilings(g, b);
    size_t number = 0;
    for (size_t i = 1; i < b->count; i++)
        if (is_first_of_series(b, i))
            add_series(g, b, i, ++number, most_threads(b));
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

/* --- the spread of repeated runs --- */

/* Rows that are shown: the best of each mode and number of threads; of several threads, if any. */
static int is_shown(const bench *b, size_t row) {
    return row > 0 && is_best(b, row, 1) && (most_threads(b) == 1 || b->who[row].threads > 1);
}

static size_t runs_of(const bench *b) {
    return (size_t)b->contest->rounds * b->contest->laps;
}

/* The loss's difference from serial's in percent of it; where that is 0, the difference. */
static double strayed(const bench *b, double loss) {
    double serial = b->contest->runs[0].loss[0];
    return serial != 0 ? 100 * (loss - serial) / fabs(serial) : loss - serial;
}

static size_t different_results(const bench *b, const sqi_runs *r) {
    size_t different = 0;
    for (size_t i = 0; i < runs_of(b); i++) {
        int met = 0;
        for (size_t k = 0; k < i && !met; k++)
            met = r->loss[k] == r->loss[i] && r->distance[k] == r->distance[i];
        different += !met;
    }
    return different;
}

/* "place loss distance" of every run: the runs of a row side by side, in their sequence. */
static void add_runs(growing *g, const bench *b, size_t row, size_t place) {
    const sqi_runs *r = &b->contest->runs[row];
    growing_add(g, "$runs%zu << END\n", row);
    for (size_t i = 0; i < runs_of(b); i++)
        growing_add(g, "%.6g %.9g %.9g\n",
                    (double)place + 0.5 * (((double)i + 0.5) / (double)runs_of(b) - 0.5),
                    strayed(b, r->loss[i]), r->distance[i]);
    growing_add(g, "END\n");
}

/* A range that holds all values with room above and below; all zero: any. */
static void add_range(growing *g, double low, double high) {
    double room = 0.12 * (high - low);
    if (room > 0)
        growing_add(g, "set yrange [%.9g:%.9g]\n", low - room, high + room);
    else
        growing_add(g, "set yrange [-1:1]\n");
}

static void add_panel(growing *g, const bench *b, int column) {
    growing_add(g, "plot 0 with lines lc rgb '#999999' lw 0.8 notitle");
    for (size_t i = 0; i < b->count; i++)
        if (is_shown(b, i))
            growing_add(g, ", $runs%zu using 1:%d with points lc rgb '%s' pt 6 ps 0.6 notitle", i,
                        column, colour_of(&b->who[i]));
    growing_add(g, "\n");
}

static void add_places(growing *g, const bench *b) {
    size_t place = 0;
    growing_add(g, "set xtics (");
    for (size_t i = 0; i < b->count; i++)
        if (is_shown(b, i)) {
            size_t different = different_results(b, &b->contest->runs[i]);
            growing_add(g, "%s\"%s\\n", place ? ", " : "", sq_mode_name(b->who[i].mode));
            add_threads(g, b->who[i].threads);
            growing_add(g, "\\n%zu run%s:\\n%zu result%s\" %zu", runs_of(b),
                        runs_of(b) == 1 ? "" : "s", different, different == 1 ? "" : "s", place);
            place++;
        }
    growing_add(g, ") scale 0\n");
}

static void script_spread(growing *g, const bench *b) {
    double low = 0, high = 0, far = 0;
    size_t places = 0;
    begin(g, "spread", "The same training again and again", 680);
    for (size_t i = 0; i < b->count; i++)
        if (is_shown(b, i)) {
            add_runs(g, b, i, places++);
            low = fmin(low, strayed(b, b->standing[i].loss.least));
            high = fmax(high, strayed(b, b->standing[i].loss.greatest));
            far = fmax(far, b->standing[i].distance.greatest);
        }
    growing_add(g,
                "set multiplot\nset lmargin 13\nset rmargin 2\nset xrange [-0.6:%g]\n"
                "set format y '%%.4g'\nset size 1,0.46\nset origin 0,0.54\nset bmargin 1\n"
                "set format x ''\nset xtics scale 0\nset ylabel 'loss: %s'\n",
                (double)places - 0.4,
                b->contest->runs[0].loss[0] != 0 ? "% from serial''s"
                                                 : "difference from serial''s");
    add_range(g, low, high);
    add_panel(g, b, 2);
    growing_add(g, "unset title\nset size 1,0.54\nset origin 0,0\nset bmargin 5\nset tmargin 1\n"
                   "set ylabel 'weights: ‖x - s‖ / ‖s‖, s serial''s'\n"
                   "set format x\n");
    add_places(g, b);
    add_range(g, 0, far);
    add_panel(g, b, 3);
    growing_add(g, "unset multiplot\n");
}

const bench_plot bench_plots[BENCH_PLOTS] = {
    {"loss", script_loss}, {"speedup", script_speedup}, {"spread", script_spread}};
