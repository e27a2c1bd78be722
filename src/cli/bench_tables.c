/* The tables of sequent bench, cell by cell, and as text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/bench.h"
#include "cli/commands.h"

double bench_steps(const bench *b) {
    return (double)b->in.order.steps;
}

double bench_nonzeros(const bench *b) {
    const sq_data *d = b->in.data;
    double each = d->kind == SQ_ROWS ? (double)d->nonzeros / (double)d->samples : 1;
    return bench_steps(b) * each;
}

double bench_last_loss(const bench *b, size_t row) {
    return b->contest->runs[row].loss[(size_t)b->contest->rounds * b->contest->laps - 1];
}

planner_text bench_planner(const sqi_runs *runs) {
    planner_text out = {"-"};
    if (runs->who.mode != SQ_MODE_PLANNED)
        return out;
    const char *asked = sq_planner_name(runs->who.planner);
    const char *used = runs->report.planned ? sq_planner_name(runs->report.plan.planner) : "serial";
    if (runs->who.planner == SQ_PLANNER_AUTO)
        (void)snprintf(out.text, sizeof out.text, "%s: %s", asked, used);
    else
        (void)snprintf(out.text, sizeof out.text, "%s", asked);
    return out;
}

enum { CELL = 64 };

/* A number, or a dash where nothing was measured. */
static void number(char cell[CELL], int digits, double value) {
    if (!isfinite(value))
        (void)snprintf(cell, CELL, "-");
    else
        (void)snprintf(cell, CELL, "%.*f", digits, value);
}

static void spread(char cell[CELL], sqi_spread s) {
    if (isnan(s.median))
        (void)snprintf(cell, CELL, "-");
    else
        (void)snprintf(cell, CELL, "%.3f (%.3f … %.3f)", s.median, s.least, s.greatest);
}

/* The first three columns of each table. */
static void who(const bench *b, size_t row, char cell[][CELL]) {
    (void)snprintf(cell[0], CELL, "%s", sq_mode_name(b->who[row].mode));
    (void)snprintf(cell[1], CELL, "%s", bench_planner(&b->contest->runs[row]).text);
    (void)snprintf(cell[2], CELL, "%u", b->who[row].threads);
}

static void fill_times(const bench *b, size_t row, char cell[][CELL]) {
    const sqi_standing *s = &b->standing[row];
    double steps = bench_steps(b), ns = 1e9 * s->epoch.median;
    who(b, row, cell);
    number(cell[3], 3, 1e3 * s->epoch.median);
    number(cell[4], 3, 1e3 * s->epoch.least);
    number(cell[5], 2, ns / steps);
    number(cell[6], 3, ns / bench_nonzeros(b));
    number(cell[7], 2, 1e3 * steps / ns);
    number(cell[8], 3, 1e3 * s->planning.median);
}

static void fill_ratios(const bench *b, size_t row, char cell[][CELL]) {
    const sqi_standing *s = &b->standing[row];
    who(b, row, cell);
    spread(cell[3], s->speedup);
    number(cell[4], 3, s->speedup_whole.median);
    number(cell[5], 3, s->ceiling.median);
    number(cell[6], 3, s->of_ceiling.median);
    spread(cell[7], s->vs_hogwild);
}

static void fill_results(const bench *b, size_t row, char cell[][CELL]) {
    who(b, row, cell);
    (void)snprintf(cell[3], CELL, "%s", b->contest->runs[row].same_bits ? "yes" : "no");
    (void)snprintf(cell[4], CELL, "%.9g", bench_last_loss(b, row));
    (void)snprintf(cell[5], CELL, "%.3g", b->standing[row].distance.median);
    (void)snprintf(cell[6], CELL, "%s", b->hash[row].hex);
}

const bench_table bench_tables[BENCH_TABLES] = {
    {9,
     0,
     {"mode", "planner", "threads", "ms/epoch", "least", "ns/step", "ns/nonzero", "Msteps/s",
      "planning ms"},
     fill_times},
    {8,
     0,
     {"mode", "planner", "threads", "speed-up", "with planning", "ceiling", "of it",
      "time / hogwild's"},
     fill_ratios},
    {7,
     1,
     {"mode", "planner", "threads", "same bits", "loss", "distance", "model hash"},
     fill_results},
};

void bench_describe(const bench *b, char *text, size_t size) {
    const sqi_contest *c = b->contest;
    sqi_spread handover = sqi_contest_handover(c);
    char data[160], apart[160] = "";
    session_describe(&b->in, data, sizeof data);
    if (c->turns > 0)
        (void)snprintf(apart, sizeof apart,
                       "handover   %.0f ns (%.0f … %.0f) from one processor to another\n",
                       handover.median, handover.least, handover.greatest);
    (void)snprintf(text, size,
                   "model      %s, %s parameters\n"
                   "data       %s\n"
                   "order      %s, seed %llu, %s steps an epoch\n"
                   "rounds     %u of %u run%s of %llu epoch%s, after one run to warm up\n%s",
                   sq_model_name(b->in.model->kind),
                   group_digits((uint64_t)b->in.model->blocks * b->in.model->width).text, data,
                   b->in.order.kind == SQ_ORDER_FILE ? "of a file" : b->s->order,
                   (unsigned long long)b->s->seed, group_digits(b->in.order.steps).text, c->rounds,
                   c->laps, c->laps == 1 ? "" : "s", (unsigned long long)c->epochs,
                   c->epochs == 1 ? "" : "s", apart);
}

/* --- as text --- */

/* Characters, of UTF-8. */
static int width(const char *text) {
    int n = 0;
    for (; *text; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

/* Words stand left, numbers right. */
static void add_cell(growing *g, const bench_table *t, int column, int room, const char *text) {
    int pad = room - width(text), last = column == t->columns - 1;
    int left = column < 2 || (last && t->words_last);
    growing_add(g, "%s%*s%s%*s", column ? "  " : "", left ? 0 : pad, "", text,
                left && !last ? pad : 0, "");
}

static void add_table(growing *g, const bench *b, const bench_table *t) {
    char cell[BENCH_COLUMNS][CELL] = {{0}};
    int room[BENCH_COLUMNS] = {0};
    for (int k = 0; k < t->columns; k++)
        room[k] = width(t->head[k]);
    for (size_t i = 0; i < b->count; i++) {
        t->fill(b, i, cell);
        for (int k = 0; k < t->columns; k++)
            room[k] = width(cell[k]) > room[k] ? width(cell[k]) : room[k];
    }
    growing_add(g, "\n");
    for (int k = 0; k < t->columns; k++)
        add_cell(g, t, k, room[k], t->head[k]);
    growing_add(g, "\n");
    for (size_t i = 0; i < b->count; i++) {
        t->fill(b, i, cell);
        for (int k = 0; k < t->columns; k++)
            add_cell(g, t, k, room[k], cell[k]);
        growing_add(g, "\n");
    }
}

int bench_print(const bench *b, sq_error *error) {
    char head[1024];
    growing text = {0};
    bench_describe(b, head, sizeof head);
    for (int i = 0; i < BENCH_TABLES; i++)
        add_table(&text, b, &bench_tables[i]);
    int status = growing_check(&text, error);
    if (status == SQ_OK)
        (void)printf("file       %s\n%s%s", b->in.path, head, text.text);
    growing_free(&text);
    return status;
}
