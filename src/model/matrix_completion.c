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
#include "model/kind.h"
#include "num/coarse.h"
#include "num/float_env.h"
#include "num/square_root.h"

enum { LINE = 16 };

/* How many steps ahead a rating, and the rows that it names, are asked for. */
enum { RATING_AHEAD = 32, ROWS_AHEAD = 8 };

/* A quarter of a line: what every processor with vectors has as one. */
typedef float quarter __attribute__((vector_size(16), may_alias));
enum { QUARTERS = 4 };

typedef struct completion {
    const sq_data *data;
    double *shrink; /* 2μ of each block; NULL: λ = 0 */
    uint32_t lines; /* of a row */
    sq_hypergraph graph;
} completion;

/* The dot product of two rows of `lines` lines; place j of the line is number j mod 4 of quarter
 * j div 4. */
static inline float dot(const quarter *left, const quarter *right, uint32_t lines) {
    quarter s0 = left[0] * right[0], s1 = left[1] * right[1];
    quarter s2 = left[2] * right[2], s3 = left[3] * right[3];
    for (uint32_t i = QUARTERS; i < lines * QUARTERS; i += QUARTERS) {
        s0 += left[i] * right[i];
        s1 += left[i + 1] * right[i + 1];
        s2 += left[i + 2] * right[i + 2];
        s3 += left[i + 3] * right[i + 3];
    }
    quarter four = (s0 + s2) + (s1 + s3);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

static inline quarter all(float number) {
    return (quarter){number, number, number, number};
}

static inline void step_rating(const completion *m, float *x, size_t sample, double gamma,
                               uint32_t lines) {
    uint32_t user = m->data->pair[2 * sample], item = m->data->pair[2 * sample + 1];
    quarter *left = (quarter *)(void *)x + (size_t)user * lines * QUARTERS;
    quarter *right = (quarter *)(void *)x + (size_t)item * lines * QUARTERS;
    double e = (double)dot(left, right, lines) - (double)m->data->value[sample];
    quarter c = all((float)(-2 * gamma * e));
    if (m->shrink) {
        quarter keep_left = all((float)(1 - gamma * m->shrink[user]));
        quarter keep_right = all((float)(1 - gamma * m->shrink[item]));
        for (uint32_t i = 0; i < lines * QUARTERS; i++) {
            quarter l = left[i], r = right[i];
            left[i] = keep_left * l + c * r;
            right[i] = keep_right * r + c * l;
        }
    } else {
        for (uint32_t i = 0; i < lines * QUARTERS; i++) {
            quarter l = left[i], r = right[i];
            left[i] = l + c * r;
            right[i] = r + c * l;
        }
    }
}

static inline size_t sample_at(const sq_steps *list, size_t i) {
    return list->pi[list->position ? list->position[i] : list->first + i];
}

static inline void ask_for_row(const float *x, uint32_t block, uint32_t lines) {
    for (uint32_t i = 0; i < lines && i < 4; i++) /* the processor follows a longer row itself */
        __builtin_prefetch(x + ((size_t)block * lines + i) * LINE, 1);
}

static inline void ask_ahead(const completion *m, const float *x, const sq_steps *list, size_t i,
                             uint32_t lines) {
    if (i + RATING_AHEAD < list->count) {
        size_t later = sample_at(list, i + RATING_AHEAD);
        __builtin_prefetch(m->data->pair + 2 * later);
        __builtin_prefetch(m->data->value + later);
    }
    if (i + ROWS_AHEAD < list->count) {
        const uint32_t *pair = m->data->pair + 2 * sample_at(list, i + ROWS_AHEAD);
        ask_for_row(x, pair[0], lines);
        ask_for_row(x, pair[1], lines);
    }
}

static inline void run_steps(const completion *m, float *x, const sq_steps *list, uint32_t lines) {
    for (size_t i = 0; i < list->count; i++) {
        ask_ahead(m, x, list, i, lines);
        step_rating(m, x, sample_at(list, i), list->gamma, lines);
    }
}

static void steps(const void *context, float *x, const sq_steps *list) {
    const completion *m = context;
    switch (m->lines) { /* ranks up to 64 get loops of a length known to the compiler */
    case 1:
        run_steps(m, x, list, 1);
        break;
    case 2:
        run_steps(m, x, list, 2);
        break;
    case 3:
        run_steps(m, x, list, 3);
        break;
    case 4:
        run_steps(m, x, list, 4);
        break;
    default:
        run_steps(m, x, list, m->lines);
    }
}

static void step(const void *context, float *x, const sq_step *s) {
    const completion *m = context;
    step_rating(m, x, s->sample, s->gamma, m->lines);
}

static float rating(const float *x, uint32_t user, uint32_t item, uint32_t lines) {
    const quarter *rows = (const quarter *)(const void *)x;
    size_t row = (size_t)lines * QUARTERS;
    return dot(rows + user * row, rows + item * row, lines);
}

static double loss(const void *context, const float *x, size_t sample) {
    const completion *m = context;
    const uint32_t *pair = m->data->pair + 2 * sample;
    double e = (double)rating(x, pair[0], pair[1], m->lines) - (double)m->data->value[sample];
    double penalty = 0;
    for (int side = 0; m->shrink && side < 2; side++) {
        double squares = 0;
        for (uint32_t j = 0; j < m->lines * LINE; j++) {
            double number = (double)x[(size_t)pair[side] * m->lines * LINE + j];
            squares += number * number;
        }
        penalty += m->shrink[pair[side]] * squares;
    }
    return e * e + 0.5 * penalty;
}

static void context_free(void *context) {
    completion *m = context;
    if (m)
        sqi_free(m->shrink);
    sqi_free(m);
}

static int problem(sq_problem *p, void **context, const sq_model *model, const sq_data *data,
                   double l2, sq_error *error) {
    completion *m = *context = sqi_alloc(1, sizeof *m, error);
    if (!m)
        return SQ_NO_MEMORY;
    m->data = data;
    m->lines = model->stride / LINE;
    m->graph = (sq_hypergraph){
        .samples = data->samples, .blocks = model->blocks, .arity = 2, .block = data->pair};
    p->graph = &m->graph;
    p->step = step;
    p->steps = steps;
    p->loss = loss;
    p->step_ns = 15 + 5 * m->lines;
    return l2 > 0 ? sqi_shrink_new(&m->shrink, &m->graph, l2, error) : SQ_OK;
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
    return (width + LINE - 1) / LINE * LINE;
}

static int valid(const sq_model *model) {
    return model->width <= RANK_MAX && isfinite(model->mean);
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
        value = (double)rating(e->model->x, user, item, e->model->stride / LINE);
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
                                              .shape = shape,
                                              .stride = stride,
                                              .valid = valid,
                                              .init = init,
                                              .defaults = defaults,
                                              .problem = problem,
                                              .context_free = context_free,
                                              .predict = predict,
                                              .judge = judge};
