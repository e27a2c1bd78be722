/* The spread of repeated runs: losses and weights beside serial's. */
#include <math.h>
#include <string.h>

#include "cli/bench_plots.h"

/* Rows that are shown: the best of each mode and number of threads; of several threads, if any. */
static int is_shown(const bench *b, size_t row) {
    return row > 0 && bench_plot_best(b, row, 1) &&
           (bench_plot_most_threads(b) == 1 || b->who[row].threads > 1);
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

/* A range that holds all values with room above and below; all zero, or one infinite: any. */
static void add_range(growing *g, double low, double high) {
    double room = 0.12 * (high - low);
    if (room > 0 && isfinite(room))
        growing_add(g, "set yrange [%.9g:%.9g]\n", low - room, high + room);
    else
        growing_add(g, "set yrange [-1:1]\n");
}

static void add_panel(growing *g, const bench *b, int column) {
    growing_add(g, "plot 0 with lines lc rgb '#999999' lw 0.8 notitle");
    for (size_t i = 0; i < b->count; i++)
        if (is_shown(b, i))
            growing_add(g, ", $runs%zu using 1:%d with points lc rgb '%s' pt 6 ps 0.6 notitle", i,
                        column, bench_plot_colour(&b->who[i]));
    growing_add(g, "\n");
}

/* A mode's name in two lines, parted at its hyphen if it has one. */
static void add_name(growing *g, const char *name) {
    size_t first = strcspn(name, "-");
    if (name[first])
        growing_add(g, "%.*s-\\n%s\\n", (int)first, name, name + first + 1);
    else
        growing_add(g, "%s\\n\\n", name);
}

static void add_places(growing *g, const bench *b) {
    size_t place = 0;
    growing_add(g, "set xtics (");
    for (size_t i = 0; i < b->count; i++)
        if (is_shown(b, i)) {
            size_t different = different_results(b, &b->contest->runs[i]);
            growing_add(g, "%s\"", place ? ", " : "");
            add_name(g, sq_mode_name(b->who[i].mode));
            bench_plot_threads(g, b->who[i].threads);
            growing_add(g, "\\n%zu run%s:\\n%zu result%s\" %zu", runs_of(b),
                        runs_of(b) == 1 ? "" : "s", different, different == 1 ? "" : "s", place);
            place++;
        }
    growing_add(g, ") scale 0\n");
}

void bench_plot_spread(growing *g, const bench *b) {
    double low = 0, high = 0, far = 0;
    size_t places = 0;
    for (size_t i = 0; i < b->count; i++)
        places += (size_t)is_shown(b, i);
    size_t width = 130 + 85 * places;
    bench_plot_begin(g, "spread", "The same training again and again",
                     width > BENCH_PLOT_WIDTH ? width : BENCH_PLOT_WIDTH, 700);
    places = 0;
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
    growing_add(g, "unset title\nset size 1,0.54\nset origin 0,0\nset bmargin 6\nset tmargin 1\n"
                   "set ylabel 'weights: ‖x - s‖ / ‖s‖, s serial''s'\n"
                   "set format x\n");
    add_places(g, b);
    add_range(g, 0, far);
    add_panel(g, b, 3);
    growing_add(g, "unset multiplot\n");
}
