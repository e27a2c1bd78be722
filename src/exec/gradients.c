/* Gradients of many steps at one x: see gradients.h. */
#include "exec/gradients.h"

#include <string.h>

#include "base/alloc.h"
#include "num/float_env.h"

/* Numbers of a part's buffer, so that it stays in a processor's own cache; those of a batch without which
 * a further part is not worth its boundaries; the hyperedges that are looked at to share out the blocks. */
enum { BUFFER = 1 << 15, PART_LEAST = 512, LOOKS = 1 << 16 };

/* How many steps ahead the blocks of a hyperedge are asked for; of how many blocks and lines; and the
 * bytes of parameters that need no asking. */
enum { ROWS_AHEAD = 8, ROWS_MOST = 16, LINES_MOST = 4, LINE_NUMBERS = 16, NEAR = 1 << 18 };

int sqi_gradients_new(sqi_gradients **gradients, unsigned threads, unsigned processors,
                      sq_error *error) {
    sqi_gradients *g = *gradients = sqi_alloc(1, sizeof *g, error);
    if (!g)
        return SQ_NO_MEMORY;
    g->threads = threads;
    g->processors = processors;
    return SQ_OK;
}

static void free_rows(sqi_gradient_part *part) {
    part->gradient = sqi_free(part->gradient);
    part->block = sqi_free(part->block);
    part->row = sqi_free(part->row);
    part->room = 0;
}

sqi_gradients *sqi_gradients_free(sqi_gradients *gradients) {
    sqi_gradients *g = gradients;
    if (g) {
        for (unsigned p = 0; g->part && p < g->parts; p++) {
            free_rows(&g->part[p]);
            sqi_free(g->part[p].begin);
        }
        sqi_free(g->part);
        sqi_free(g->first);
        sqi_free(g->owner);
        sqi_boundary_free(g->boundary);
    }
    return sqi_free(g);
}

static sqi_edge edge_of(const sqi_gradient_task *t, size_t k) {
    return sqi_edge_of(t->graph, sqi_sample(t->edge, k));
}

/* Gives every owner a range of blocks with about the same share of the rows that are looked at. Ranges
 * begin at multiples of a line of binary64 numbers. count: rows of each block (size blocks). */
static void share_out(sqi_gradients *g, const uint32_t *count, uint64_t rows) {
    const size_t blocks = g->task.problem->blocks, unit = g->task.problem->width < 8 ? 8 : 1;
    const double all = 4 * (double)rows + (double)blocks;
    double before = 0;
    unsigned owner = 0;
    for (size_t b = 0; b < blocks; b++) {
        while (b % unit == 0 && owner + 1 < g->parts && before >= all * (owner + 1) / g->parts)
            g->first[++owner] = (uint32_t)b;
        g->owner[b] = (uint16_t)owner;
        before += 4.0 * count[b] + 1;
    }
    while (owner < g->parts)
        g->first[++owner] = (uint32_t)blocks;
}

/* Parts for batches of so many numbers. */
static unsigned parts_for(const sqi_gradients *g, double numbers) {
    double most = numbers / PART_LEAST;
    return most < 1 ? 1 : most < g->threads ? (unsigned)most : g->threads;
}

/* What there is of each part. */
static int make_parts(sqi_gradients *g, sq_error *error) {
    g->part = sqi_alloc(g->parts, sizeof *g->part, error);
    g->first = sqi_alloc((size_t)g->parts + 1, sizeof *g->first, error);
    g->owner = sqi_alloc(g->task.problem->blocks, sizeof *g->owner, error);
    if (!g->part || !g->first || !g->owner)
        return SQ_NO_MEMORY;
    for (unsigned p = 0; p < g->parts; p++) {
        g->part[p].begin = sqi_alloc((size_t)g->parts + 2, sizeof(uint32_t), error);
        if (!g->part[p].begin)
            return SQ_NO_MEMORY;
    }
    return g->parts == 1
               ? SQ_OK
               : sqi_boundary_new(&g->boundary, g->parts, g->threads, g->processors, error);
}

/* Decides on parts, owners and the length of pieces; nothing that a bit depends on. */
static int look(sqi_gradients *g, sq_error *error) {
    const sqi_gradient_task *t = &g->task;
    const size_t stride = t->steps / LOOKS + 1, batch = t->batch < t->steps ? t->batch : t->steps;
    uint32_t *count = sqi_alloc(t->problem->blocks, sizeof *count, error);
    if (!count)
        return SQ_NO_MEMORY;
    size_t looks = 0;
    uint64_t rows = 0;
    for (size_t k = 0; k < t->steps; k += stride, looks++) {
        sqi_edge edge = edge_of(t, k);
        rows += edge.written;
        for (size_t i = 0; i < edge.written; i++)
            count[edge.block[i]]++;
    }
    double numbers = looks ? (double)rows / (double)looks * t->problem->width : 0;
    g->parts = parts_for(g, numbers * (double)batch);
    g->piece = g->parts * (size_t)(numbers < 1 ? BUFFER : numbers < BUFFER ? BUFFER / numbers : 1);
    int status = make_parts(g, error);
    if (status == SQ_OK)
        share_out(g, count, rows);
    sqi_free(count);
    return status;
}

/* Steps of a piece: the batches of a segment have the same pieces, but for the last one. */
static size_t piece_steps(const sqi_gradients *g) {
    return g->piece < g->task.batch ? g->piece : g->task.batch;
}

static size_t up(size_t a, size_t b) {
    return (a + b - 1) / b;
}

size_t sqi_gradient_pieces(const sqi_gradients *gradients, size_t count) {
    const size_t batch = gradients->task.batch, piece = piece_steps(gradients);
    return count / batch * up(batch, piece) + up(count % batch, piece);
}

sqi_gradient_piece sqi_gradient_piece_at(const sqi_gradients *gradients, size_t first, size_t count,
                                         size_t i) {
    const size_t batch = gradients->task.batch, piece = piece_steps(gradients);
    const size_t each = up(batch, piece), begin = i / each * batch, skip = i % each * piece;
    const size_t size = count - begin < batch ? count - begin : batch;
    const size_t left = size - skip;
    return (sqi_gradient_piece){.first = first + begin + skip,
                                .count = left < piece ? left : piece,
                                .ends = left <= piece,
                                .batch_first = first + begin,
                                .batch_count = size};
}

/* Where the share of part p begins. */
static size_t share(const sqi_gradients *g, const sqi_gradient_piece *piece, unsigned p) {
    return piece->first + piece->count * p / g->parts;
}

/* The rows of the largest share. */
static size_t most_rows(const sqi_gradients *g) {
    const sqi_gradient_task *t = &g->task;
    if (t->graph->arity)
        return up(piece_steps(g), g->parts) * t->graph->arity;
    size_t most = 0;
    for (size_t first = 0; first < t->steps; first += t->segment) {
        size_t count = t->steps - first < t->segment ? t->steps - first : t->segment;
        for (size_t i = 0; i < sqi_gradient_pieces(g, count); i++) {
            sqi_gradient_piece piece = sqi_gradient_piece_at(g, first, count, i);
            for (unsigned p = 0; p < g->parts; p++) {
                size_t rows = 0;
                for (size_t k = share(g, &piece, p); k < share(g, &piece, p + 1); k++)
                    rows += edge_of(t, k).written;
                most = rows > most ? rows : most;
            }
        }
    }
    return most;
}

static int make_room(sqi_gradient_part *part, size_t rows, uint32_t width, sq_error *error) {
    if (part->gradient && rows <= part->room)
        return SQ_OK;
    free_rows(part);
    if (rows > UINT32_MAX)
        return sqi_fail(error, SQ_NO_MEMORY, "hyperedges of %zu blocks at once are too large",
                        rows);
    part->gradient = sqi_alloc(rows, width * sizeof *part->gradient, error);
    part->block = sqi_alloc(rows, sizeof *part->block, error);
    part->row = sqi_alloc(rows, sizeof *part->row, error);
    if (!part->gradient || !part->block || !part->row)
        return SQ_NO_MEMORY;
    part->room = rows;
    return SQ_OK;
}

int sqi_gradients_prepare(sqi_gradients *gradients, const sqi_gradient_task *task,
                          const char *asker, sq_error *error) {
    sqi_gradients *g = gradients;
    g->task = *task;
    if (!task->problem->gradient)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s needs a problem's gradient, which %s does not have", asker,
                        task->problem->name);
    int status = g->parts ? SQ_OK : look(g, error);
    size_t rows = status == SQ_OK ? most_rows(g) : 0;
    for (unsigned p = 0; p < g->parts && status == SQ_OK; p++)
        status = make_room(&g->part[p], rows, task->problem->width, error);
    return status;
}

/* Asks for what step k, if it is below end, will read. */
SQI_ASKS void ask_for(const sqi_gradient_task *t, const float *x, size_t k, size_t end) {
    const size_t stride = t->problem->stride;
    if (k >= end)
        return;
    sqi_edge edge = edge_of(t, k);
    for (size_t i = 0; i < edge.size && i < ROWS_MOST; i++)
        for (size_t j = 0; j < stride && j < (size_t)LINES_MOST * LINE_NUMBERS; j += LINE_NUMBERS)
            sqi_ask(x + edge.block[i] * stride + j);
}

/* Sorts a part's rows by owner, each owner's in the order of the steps. */
static void sort_rows(const sqi_gradients *g, sqi_gradient_part *part, size_t rows) {
    if (g->parts == 1) {
        for (size_t i = 0; i < rows; i++)
            part->row[i] = (sqi_gradient_row){part->block[i], (uint32_t)i};
        part->begin[1] = (uint32_t)rows;
        return;
    }
    uint32_t *next = part->begin + 1; /* of owner o, then the beginning of o + 1 */
    memset(part->begin, 0, ((size_t)g->parts + 2) * sizeof *part->begin);
    for (size_t i = 0; i < rows; i++)
        next[g->owner[part->block[i]] + 1]++;
    for (unsigned o = 0; o < g->parts; o++)
        next[o + 1] += next[o];
    for (size_t i = 0; i < rows; i++) {
        uint32_t b = part->block[i];
        part->row[next[g->owner[b]]++] = (sqi_gradient_row){b, (uint32_t)i};
    }
}

void sqi_gradients_list(const sqi_gradients *gradients, unsigned part,
                        const sqi_gradient_piece *piece) {
    const sqi_gradients *g = gradients;
    sqi_gradient_part *own = &g->part[part];
    size_t rows = 0;
    for (size_t k = share(g, piece, part); k < share(g, piece, part + 1); k++) {
        sqi_edge edge = edge_of(&g->task, k);
        for (size_t i = 0; i < edge.written; i++)
            own->block[rows++] = edge.block[i];
    }
    sort_rows(g, own, rows);
}

void sqi_gradients_compute(const sqi_gradients *gradients, unsigned part, const float *x,
                           const sqi_gradient_piece *piece) {
    const sqi_gradients *g = gradients;
    const sqi_gradient_task *t = &g->task;
    const sq_problem *problem = t->problem;
    sqi_gradient_part *own = &g->part[part];
    const size_t end = share(g, piece, part + 1);
    const int far = problem->blocks * problem->stride > NEAR / sizeof *x;
    const size_t begin = share(g, piece, part);
    size_t rows = 0;
    sqi_float_env was = sqi_float_env_enter();
    for (size_t k = begin; far && k < begin + ROWS_AHEAD; k++)
        ask_for(t, x, k, end);
    for (size_t k = begin; k < end; k++) {
        if (far) {
            sqi_edge_ask(t->graph, t->edge, k + SQI_EDGE_AHEAD, end);
            ask_for(t, x, k + ROWS_AHEAD, end);
        }
        sqi_edge edge = edge_of(t, k);
        const sq_step step = {.epoch = t->epoch, .position = k, .sample = sqi_sample(t->pi, k)};
        problem->gradient(problem->context, x, &step, own->gradient + rows * problem->width);
        for (size_t i = 0; i < edge.written; i++)
            own->block[rows++] = edge.block[i];
    }
    sort_rows(g, own, rows);
    sqi_float_env_leave(was);
}
