/* What the scripts of the pictures share. */
#ifndef SQI_CLI_BENCH_PLOTS_H
#define SQI_CLI_BENCH_PLOTS_H

#include "cli/bench.h"

/* Terminal, title, key and axes of the picture of that name. Sizes are in pixels of a picture that is
 * shown as large as it is. */
enum { BENCH_PLOT_WIDTH = 900, BENCH_PLOT_HEIGHT = 460 };
void bench_plot_begin(growing *g, const char *name, const char *title, size_t width, size_t height);

/* The colour of a contestant's mode and planner. */
const char *bench_plot_colour(const sqi_contestant *who);

/* Whether the row is the fastest of those with its mode (and, if so asked, number of threads). */
int bench_plot_best(const bench *b, size_t row, int at_its_threads);

/* "2 threads" */
void bench_plot_threads(growing *g, unsigned threads);

unsigned bench_plot_most_threads(const bench *b);

void bench_plot_spread(growing *g, const bench *b);

#endif
