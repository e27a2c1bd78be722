/* Matrix completion by two factors.
 *
 * Given ratings M_uv, rows L_u of users and R_v of items, both of R numbers (the rank):
 *
 *     f_uv = (L_u·R_v - M_uv)² + μ_u ‖L_u‖² + μ_v ‖R_v‖²,   μ_u = λ/d_u, μ_v = λ/d_v
 *
 * with d the number of ratings of the user or item (Niu, Recht, Ré, Wright 2011, section 2). The
 * step, with the rows as they were before it on the right-hand sides:
 *
 *     e = L_u·R_v - M_uv,  c = -2γ e
 *     L_u ← (1 - 2γμ_u) L_u + c R_v,   R_v ← (1 - 2γμ_v) R_v + c L_u
 *
 * A row is stored in whole lines of 16 binary32 numbers, the last one filled up with zeros, which
 * stay zero. The dot product has 16 accumulators, one a place of the line, added as a tree of
 * halves: 16, 8, 4, 2, 1. e is binary64; c and the two factors are rounded to binary32 once. */
#include <math.h>

#include "base/alloc.h"
#include "base/random.h"
#include "model/completion.h"
#include "model/kind.h"
#include "num/coarse.h"
#include "num/float_env.h"
#include "num/isa.h"
#include "num/square_root.h"

#define SQI_VECTOR 4 /* what every processor with vectors has as one */
#include "model/rating_steps.h"

void sqi_rating_steps_baseline(const void *context, float *x, const sq_steps *list) {
    sqi_run_ratings_of_any_rank(context, x, list);
}

double sqi_rating_losses_baseline(const void *context, const float *x, size_t first, size_t count) {
    return sqi_sum_losses_of_any_rank(context, x, first, count);
}

static void step(const void *context, float *x, const sq_step *s) {
    const sqi_completion *m = context;
    const sqi_ratings r = sqi_ratings_of(m, x, m->lines);
    sqi_step_rating(&r, s->sample, s->gamma);
}

static float rating(const float *x, uint32_t user, uint32_t item, uint32_t lines) {
    const sqi_vector *rows = (const sqi_vector *)(const void *)x;
    size_t row = (size_t)lines * SQI_PARTS;
    const sqi_vector *left = rows + user * row, *right = rows + item * row;
    /* A loop of a length known to the compiler, for ranks up to 16. */
    return lines == 1 ? sqi_dot_rows(left, right, 1) : sqi_dot_rows(left, right, lines);
}

/* Numbers that are computed together, so that compilers make vectors of them. */
enum { EIGHT = 8 };

/* to = c × other, for a rank's numbers. */
static inline void scale_row(double *restrict to, double c, const float *other, size_t rank) {
    size_t j = 0;
    for (; j + EIGHT <= rank; j += EIGHT)
        for (size_t i = 0; i < EIGHT; i++)
            to[j + i] = c * (double)other[j + i];
    for (; j < rank; j++)
        to[j] = c * (double)other[j];
}

/* The gradient of the sum of squares: 2 e R_v + 2μ_u L_u, and the like for R_v. */
static void gradient(const void *context, const float *x, const sq_step *s, double *g) {
    const sqi_completion *m = context;
    const uint32_t *pair = m->data->pair + 2 * s->sample;
    const size_t row = (size_t)m->lines * SQI_LINE_NUMBERS;
    const float *left = x + pair[0] * row, *right = x + pair[1] * row;
    double e = (double)rating(x, pair[0], pair[1], m->lines) - (double)m->data->value[s->sample];
    scale_row(g, 2 * e, right, m->rank);
    scale_row(g + m->rank, 2 * e, left, m->rank);
    for (uint32_t j = 0; m->shrink && j < m->rank; j++) {
        g[j] += m->shrink[pair[0]] * (double)left[j];
        g[m->rank + j] += m->shrink[pair[1]] * (double)right[j];
    }
}

/* The squared norms of rows, each added up one number after another, several side by side. */
SQI_INLINED void add_squares(const sqi_completion *m, const float *x, const uint32_t *block,
                             double *sum, int rows) {
    const size_t numbers = (size_t)m->lines * SQI_LINE_NUMBERS;
    for (int r = 0; r < rows; r++)
        sum[r] = 0;
    for (size_t j = 0; j < numbers; j++) {
        SQI_UNROLLED
        for (int r = 0; r < rows; r++) {
            double number = (double)x[block[r] * numbers + j];
            sum[r] += number * number;
        }
    }
}

/* squares: of the sample's two rows, looked at with regularisation alone. */
SQI_INLINED double loss_with(const sqi_completion *m, const float *x, size_t sample,
                             const double squares[2]) {
    const uint32_t *pair = m->data->pair + 2 * sample;
    double e = (double)rating(x, pair[0], pair[1], m->lines) - (double)m->data->value[sample];
    double penalty = 0;
    for (int side = 0; m->shrink && side < 2; side++)
        penalty += m->shrink[pair[side]] * squares[side];
    return e * e + 0.5 * penalty;
}

static double loss(const void *context, const float *x, size_t sample) {
    const sqi_completion *m = context;
    double squares[2] = {0};
    if (m->shrink)
        add_squares(m, x, m->data->pair + 2 * sample, squares, 2);
    return loss_with(m, x, sample, squares);
}

/* Samples whose squares are added up side by side, and their rows. */
enum { SIDE_BY_SIDE = 4, THEIR_ROWS = 2 * SIDE_BY_SIDE };

static double regularised_losses(const void *context, const float *x, size_t first, size_t count) {
    const sqi_completion *m = context;
    const size_t end = first + count, numbers = (size_t)m->lines * SQI_LINE_NUMBERS;
    double sum = 0, squares[THEIR_ROWS];
    size_t i = first;
    for (; i + SIDE_BY_SIDE <= end; i += SIDE_BY_SIDE) {
        const uint32_t *block = m->data->pair + 2 * i;
        for (int r = 0; i + THEIR_ROWS <= end && r < THEIR_ROWS; r++) /* the next ones */
            sqi_ask(x + block[THEIR_ROWS + r] * numbers);
        add_squares(m, x, block, squares, THEIR_ROWS);
        for (size_t k = 0; k < SIDE_BY_SIDE; k++)
            sum += loss_with(m, x, i + k, squares + 2 * k);
    }
    for (; i < end; i++)
        sum += loss(context, x, i);
    return sum;
}

static void context_free(void *context) {
    sqi_completion *m = context;
    if (m)
        sqi_free(m->shrink);
    sqi_free(m);
}

static void look_at(sqi_completion *m, const sq_data *data, size_t blocks) {
    m->data = data;
    m->graph = (sq_hypergraph){
        .samples = data->samples, .blocks = blocks, .arity = 2, .block = data->pair};
}

static int view(void **view, const sq_hypergraph **graph, const void *context, const sq_data *data,
                sq_error *error) {
    sqi_completion *m = *view = *view ? *view : sqi_alloc(1, sizeof *m, error);
    if (!m)
        return SQ_NO_MEMORY;
    *m = *(const sqi_completion *)context;
    look_at(m, data, m->graph.blocks);
    *graph = &m->graph;
    return SQ_OK;
}

/* The kernels for a width of vectors, and what their steps take where the caches hold the rows: a fit to ranks
 * 16 to 128. */
typedef struct kernels {
    void (*steps)(const void *context, float *x, const sq_steps *list);
    double (*losses)(const void *context, const float *x, size_t first, size_t count);
    double step_ns, line_ns; /* a step, and each line of its rows */
} kernels;

static const kernels baseline = {sqi_rating_steps_baseline, sqi_rating_losses_baseline, 1, 4.6};

#if defined(__x86_64__)
static const kernels avx2 = {sqi_rating_steps_avx2, sqi_rating_losses_avx2, 2, 2.6};
static const kernels avx512 = {sqi_rating_steps_avx512, sqi_rating_losses_avx512, 1.5, 2.1};
#endif

/* The widest ones of this processor. */
static const kernels *choose_kernels(void) {
#if defined(__x86_64__)
    switch (sqi_isa()) {
    case SQI_ISA_AVX512:
        return &avx512;
    case SQI_ISA_AVX2:
        return &avx2;
    case SQI_ISA_BASELINE:
        break;
    }
#endif
    return &baseline;
}

static uint32_t rows_ahead(size_t rows, uint32_t lines) {
    if (rows >= SQI_FAR_ROWS && lines <= SQI_FAR_LINES)
        return SQI_ROWS_FAR;
    if (lines == 1)
        return SQI_ROWS_ONE;
    return lines >= SQI_SOME_LEAST && lines <= SQI_SOME_MOST ? SQI_ROWS_SOME : SQI_ROWS_MORE;
}

static int problem(sq_problem *p, void **context, const sq_model *model, const sq_data *data,
                   double l2, sq_error *error) {
    sqi_completion *m = *context = sqi_alloc(1, sizeof *m, error);
    if (!m)
        return SQ_NO_MEMORY;
    const kernels *k = choose_kernels();
    look_at(m, data, model->blocks);
    m->rank = model->width;
    m->lines = model->stride / SQI_LINE_NUMBERS;
    m->ahead = rows_ahead(model->blocks, m->lines);
    p->graph = &m->graph;
    p->alignment = SQI_LINE_NUMBERS * sizeof(float);
    p->step = step;
    p->gradient = gradient;
    p->loss = loss;
    p->steps = k->steps;
    p->loss_sum = k->losses;
    p->step_ns = k->step_ns + k->line_ns * m->lines;
    if (!(l2 > 0))
        return SQ_OK;
    p->loss_sum = regularised_losses;
    return sqi_shrink_new(&m->shrink, &m->graph, l2, error);
}

enum { RANK_MAX = 65536 };

static int shape(sq_model *model, const sq_model_options *options, const sq_data *data,
                 sq_error *error) {
    if (options->rank < 1 || options->rank > RANK_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "rank: found %u, expected 1 to %d", options->rank,
                        RANK_MAX);
    model->width = options->rank;
    double sum = 0;
    for (size_t i = 0; i < data->samples; i++)
        sum += (double)data->value[i];
    model->mean = sum / (double)data->samples;
    return SQ_OK;
}

static uint32_t stride(uint32_t width) {
    return (width + SQI_LINE_NUMBERS - 1) / SQI_LINE_NUMBERS * SQI_LINE_NUMBERS;
}

static int valid(const sq_model *model) {
    return model->width <= RANK_MAX && model->labels == 0 && model->layers == 0 &&
           isfinite(model->mean);
}

/* How far initial values are scattered, relative to 1/√rank. */
static const double SCATTER = 0.1;

/* Number j of a row: √(m/R) (for items with the mean's sign) + SCATTER/√R (2r - 1), with m the
 * coarsely rounded absolute mean of the ratings, r in [0, 1) from word j mod 4 of Philox with epoch 0
 * for users, 1 for items, and index name × ⌈R/4⌉ + j div 4. */
static void init(sq_model *model, uint64_t seed) {
    uint32_t rank = model->width, quads = (rank + 3) / 4;
    double mean = model->mean < 0 ? -model->mean : model->mean;
    double start = mean > 0 ? sqi_square_root(sqi_coarse(mean) / rank) : 0;
    double scatter = SCATTER / sqi_square_root(rank);
    for (uint32_t side = 0; side < 2; side++) {
        double centre = side == 1 && model->mean < 0 ? -start : start;
        for (size_t i = 0; i < model->names[side].count; i++) {
            float *row = model->x + (i + (side ? model->names[0].count : 0)) * model->stride;
            uint64_t index = (uint64_t)model->names[side].name[i] * quads;
            uint32_t word[4] = {0};
            for (uint32_t j = 0; j < rank; j++) {
                if (j % 4 == 0)
                    sqi_philox(seed, SQ_STREAM_INITIAL, side, index + j / 4, word);
                row[j] = (float)(centre + scatter * ((double)word[j % 4] * 0x1p-31 - 1));
            }
        }
    }
}

static void defaults(const sq_model *model, const sq_data *data, double *gamma, double *decay) {
    double squares = 0;
    for (size_t i = 0; i < data->samples; i++)
        squares += (double)data->value[i] * (double)data->value[i];
    double scale = sqi_square_root(squares / (double)data->samples);
    (void)model;
    *gamma = scale > 0 ? 0.02 / sqi_coarse(scale) : 0.02;
    *decay = 0.8;
}

static sq_prediction predict(const sq_evaluator *e, size_t sample, int *unseen) {
    const uint32_t *pair = e->data->pair + 2 * sample;
    uint32_t user = e->block[pair[0]], item = e->block[pair[1]];
    double value = e->model->mean;
    if (user == SQI_UNSEEN || item == SQI_UNSEEN)
        *unseen = 1;
    else
        value = (double)rating(e->model->x, user, item, e->model->stride / SQI_LINE_NUMBERS);
    return (sq_prediction){value, value};
}

static void judge(const sq_evaluator *e, size_t sample, sq_prediction p, double *sample_loss,
                  double *metric, int *unseen) {
    (void)unseen;
    double error = p.score - (double)e->data->value[sample];
    *sample_loss = *metric = error * error;
}

const sqi_model_kind sqi_matrix_completion = {.name = "matrix-completion",
                                              .data = SQ_RATINGS,
                                              .metric = "rmse",
                                              .finish = SQI_ROOT_OF_MEAN,
                                              .shape = shape,
                                              .stride = stride,
                                              .valid = valid,
                                              .init = init,
                                              .defaults = defaults,
                                              .problem = problem,
                                              .context_free = context_free,
                                              .view = view,
                                              .predict = predict,
                                              .judge = judge};
