/* What -o, --html and --svg name: probed before anything is measured, written at the end. All pictures
 * are drawn before the first file is begun. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
#include "base/status.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/gnuplot.h"
#include "cli/places.h"

static void add_path(growing *path, const char *folder, const char *name) {
    growing_add(path, "%s/%s.svg", folder, name);
}

/* Makes the folder where there is none; *made says so. */
static int make_folder(const char *path, int *made, sq_error *error) {
    *made = mkdir(path, 0777) == 0;
    if (!*made && errno != EEXIST)
        return sqi_fail(error, SQ_IO, "%s: cannot create it: %s", path, strerror(errno));
    return SQ_OK;
}

static int probe_folder(const settings *s, sq_error *error) {
    int made = 0, status = places_check_also(s, s->arguments[0], "--svg", s->svg, error);
    if (status == SQ_OK)
        status = make_folder(s->svg, &made, error);
    for (int i = 0; i < BENCH_PLOTS && status == SQ_OK; i++) {
        growing path = {0};
        add_path(&path, s->svg, bench_plots[i].name);
        status = growing_check(&path, error);
        if (status == SQ_OK)
            status = places_check_also(s, s->arguments[0], "--svg", path.text, error);
        if (status == SQ_OK)
            status = sqi_output_probe(path.text, error);
        growing_free(&path);
    }
    if (made)
        (void)rmdir(s->svg);
    return status;
}

int bench_probe_files(const settings *s, sq_error *error) {
    const char *const files[] = {s->output, s->html};
    int status = s->html || s->svg ? gnuplot_check(error) : SQ_OK;
    signals_catch();
    for (int i = 0; i < 2 && status == SQ_OK; i++)
        if (files[i])
            status = sqi_output_probe(files[i], error);
    if (status == SQ_OK && s->svg)
        status = probe_folder(s, error);
    signals_release();
    return status == SQ_OK && signal_caught() ? sqi_fail(error, SQ_INTERRUPTED, "interrupted")
                                              : status;
}

/* --- the page --- */

static const char STYLE[] =
    "body{font:16px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1.5em 0;font-size:14px}"
    "th,td{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}"
    "th{border-bottom:2px solid #888}"
    "th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}"
    "td{font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}"
    "figure{margin:2em 0;max-width:900px}"
    "figure svg{width:100%;height:auto}";

static void add_table(growing *page, const bench *b, const bench_table *t) {
    char cell[BENCH_COLUMNS][64] = {{0}};
    growing_add(page, "<div class=\"scroll\"><table>\n<tr>");
    for (int k = 0; k < t->columns; k++)
        growing_add(page, "<th>%s</th>", t->head[k]);
    growing_add(page, "</tr>\n");
    for (size_t i = 0; i < b->count; i++) {
        t->fill(b, i, cell);
        growing_add(page, "<tr>");
        for (int k = 0; k < t->columns; k++)
            growing_add(page, "<td>%s</td>", cell[k]);
        growing_add(page, "</tr>\n");
    }
    growing_add(page, "</table></div>\n");
}

static void make_page(growing *page, const bench *b, const growing svg[BENCH_PLOTS]) {
    char text[1024];
    bench_describe(b, text, sizeof text);
    growing_add(page,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n"
                "<title>sequent bench</title>\n<style>%s</style>\n</head>\n<body>\n"
                "<h1>sequent bench</h1>\n<pre>file       ",
                STYLE);
    json_t *name = json_text(b->in.path);
    growing_add_escaped(page, name ? json_string_value(name) : "?");
    json_decref(name);
    growing_add(page, "\n");
    growing_add_escaped(page, text);
    growing_add(page, "version    %s, arithmetic %d; %u processors\n</pre>\n", sq_version(),
                sq_arithmetic_version(), sq_processors());
    for (int i = 0; i < BENCH_PLOTS; i++)
        growing_add(page, "<figure>\n%s</figure>\n", svg[i].text);
    for (int i = 0; i < BENCH_TABLES; i++)
        add_table(page, b, &bench_tables[i]);
    growing_add(page,
                "<p>Ratios are medians over the rounds (least … greatest), each taken within "
                "its round. The ceiling is what as many independent serial trainings at once "
                "gain over one. A handover is a cache line that one thread writes and another "
                "one, which waits for it, has seen.</p>\n</body>\n</html>\n");
}

/* --- files --- */

static int write_file(const char *path, const growing *text, sq_error *error) {
    sqi_output *output;
    int status = growing_check(text, error);
    if (status == SQ_OK)
        status = sqi_output_open(&output, path, error);
    if (status != SQ_OK)
        return status;
    status = sqi_output_write(output, text->text, text->length, error);
    if (status == SQ_OK)
        return sqi_output_commit(output, error);
    sqi_output_abandon(output);
    return status;
}

static int write_page(const bench *b, const growing svg[BENCH_PLOTS], sq_error *error) {
    growing page = {0};
    make_page(&page, b, svg);
    int status = write_file(b->s->html, &page, error);
    growing_free(&page);
    return status;
}

/* All of them or, where the first cannot be written, none and no folder. */
static int write_folder(const char *folder, const growing svg[BENCH_PLOTS], sq_error *error) {
    int made, status = make_folder(folder, &made, error);
    for (int i = 0; i < BENCH_PLOTS && status == SQ_OK; i++) {
        growing path = {0}, file = {0};
        add_path(&path, folder, bench_plots[i].name);
        growing_add(&file, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n%s", svg[i].text);
        status = growing_check(&path, error);
        if (status == SQ_OK)
            status = write_file(path.text, &file, error);
        growing_free(&file);
        growing_free(&path);
    }
    if (status != SQ_OK && made)
        (void)rmdir(folder);
    return status;
}

static int add_bytes(const char *bytes, size_t count, void *text) {
    growing_add(text, "%.*s", (int)count, bytes);
    return 0;
}

static int write_report(const bench *b, sq_error *error) {
    growing text = {0};
    json_t *report = bench_to_json(b);
    int failed = !report || json_dump_callback(report, add_bytes, &text, JSON_INDENT(2)) != 0;
    json_decref(report);
    growing_add(&text, "\n");
    int status = failed ? sqi_fail(error, SQ_NO_MEMORY, "out of memory for the JSON report")
                        : write_file(b->s->output, &text, error);
    growing_free(&text);
    return status;
}

static int draw_all(growing svg[BENCH_PLOTS], const bench *b, sq_error *error) {
    int status = SQ_OK;
    for (int i = 0; i < BENCH_PLOTS && status == SQ_OK; i++) {
        growing script = {0};
        bench_plots[i].script(&script, b);
        status = gnuplot_draw(&svg[i], &script, error);
        growing_free(&script);
    }
    return status;
}

int bench_write_files(const bench *b, sq_error *error) {
    const settings *s = b->s;
    growing svg[BENCH_PLOTS] = {{0}};
    int status = s->html || s->svg ? draw_all(svg, b, error) : SQ_OK;
    signals_catch();
    if (status == SQ_OK && s->output)
        status = write_report(b, error);
    if (status == SQ_OK && s->html)
        status = write_page(b, svg, error);
    if (status == SQ_OK && s->svg)
        status = write_folder(s->svg, svg, error);
    signals_release();
    if (status == SQ_OK && signal_caught())
        status = sqi_fail(error, SQ_INTERRUPTED, "interrupted; every file is written");
    for (int i = 0; i < BENCH_PLOTS; i++)
        growing_free(&svg[i]);
    return status;
}
