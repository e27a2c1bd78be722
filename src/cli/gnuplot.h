/* gnuplot as a program that draws pictures. */
#ifndef SQI_CLI_GNUPLOT_H
#define SQI_CLI_GNUPLOT_H

#include "cli/growing.h"

/* Whether there is a gnuplot that runs: SQ_OK, or SQ_IO with what to do. */
int gnuplot_check(sq_error *error);

/* Draws a script, which sets a terminal that writes SVG and no output file. The picture is added to
 * svg from its <svg> on. No shell and no file of a name is used, and no settings of the user's.
 * Errors: SQ_IO with gnuplot's own words, SQ_NO_MEMORY. */
int gnuplot_draw(growing *svg, const growing *script, sq_error *error);

#endif
