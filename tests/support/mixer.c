/* The mixing problem. */
#include "support/mixer.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/chance.h"

enum { EDGE_MAX = 8 };

static uint64_t blend(uint64_t mix, uint64_t value) {
    return chance_mix(mix * UINT64_C(0xD1342543DE82EF95) + value + 1);
}

/* 32 bits as a finite float: the exponent's top bit is cleared. */
static float finite(uint64_t bits) {
    uint32_t word = (uint32_t)bits & UINT32_C(0xBFFFFFFF);
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

size_t mixer_edge(const mixer *m, const sq_step *step) {
    if (m->kind != MIXER_VARY)
        return step->sample;
    uint64_t key = blend(blend(blend(1, step->epoch), step->position), step->sample);
    return (size_t)(key % m->pool->samples);
}

static const uint32_t *edge_of(const sq_hypergraph *g, size_t e, size_t *size, size_t *written) {
    uint64_t begin = g->arity ? (uint64_t)g->arity * e : g->begin[e];
    *size = g->arity ? g->arity : (size_t)(g->begin[e + 1] - begin);
    *written = *size - (g->reads ? g->reads[e] : 0);
    return g->block + begin;
}

static size_t hyperedge(const void *context, const sq_step *step, uint32_t *block,
                        uint32_t *reads) {
    const mixer *m = context;
    size_t size, written;
    const uint32_t *edge = edge_of(m->pool, mixer_edge(m, step), &size, &written);
    for (size_t i = 0; i < size; i++)
        block[i] = edge[i];
    *reads = (uint32_t)(size - written);
    return size;
}

uint64_t mixer_gather(const mixer *m, const float *x, const sq_step *step) {
    uint64_t gamma, mix = 1;
    memcpy(&gamma, &step->gamma, sizeof gamma);
    mix = blend(blend(blend(blend(mix, step->epoch), step->position), step->sample), gamma);
    size_t size, written;
    const uint32_t *edge = edge_of(m->pool, mixer_edge(m, step), &size, &written);
    for (size_t i = 0; i < size; i++)
        for (uint32_t j = 0; j < m->problem.width; j++)
            mix = blend(mix, bits_of(x[(size_t)edge[i] * m->problem.stride + j]));
    return mix;
}

void mixer_scatter(const mixer *m, float *x, const sq_step *step, uint64_t mix) {
    size_t size, written;
    const uint32_t *edge = edge_of(m->pool, mixer_edge(m, step), &size, &written);
    for (size_t i = 0; i < written; i++)
        for (uint32_t j = 0; j < m->problem.width; j++)
            x[(size_t)edge[i] * m->problem.stride + j] = finite(blend(mix, i * 1000 + j));
}

/* Nothing, a yield, a spin of up to some microseconds, or a short sleep. */
static void dawdle(const mixer *m, uint64_t key) {
    if (!m->delays)
        return;
    chance draw = {m->delays ^ chance_mix(key)};
    uint32_t what = chance_below(&draw, 64);
    if (what == 0) {
        struct timespec time = {0, 1000 * (long)chance_below(&draw, 60)};
        (void)nanosleep(&time, NULL);
    } else if (what < 8) {
        (void)sched_yield();
    } else if (what < 16) {
        for (volatile uint32_t i = chance_below(&draw, 4000); i > 0; i--)
            ;
    }
}

static void step_one(const void *context, float *x, const sq_step *step) {
    const mixer *m = context;
    dawdle(m, 3 * step->position);
    uint64_t mix = mixer_gather(m, x, step);
    dawdle(m, 3 * step->position + 1);
    mixer_scatter(m, x, step, mix);
}

/* A list is what a lane has in a batch: before it and after it is where the boundaries are. */
static void step_list(const void *context, float *x, const sq_steps *list) {
    const mixer *m = context;
    dawdle(m, list->count ? (uint64_t)list->count * 77 + list->epoch : 5);
    for (size_t i = 0; i < list->count; i++) {
        size_t k = list->position ? list->position[i] : list->first + i;
        step_one(m, x, &(sq_step){list->epoch, k, list->pi[k], list->gamma});
    }
    dawdle(m, list->count && list->position ? (uint64_t)list->position[0] * 3 + 2 : 7);
}

static double loss(const void *context, const float *x, size_t sample) {
    const mixer *m = context;
    uint64_t mix = mixer_gather(m, x, &(sq_step){.sample = sample});
    return (double)(mix >> 11) * 0x1p-53;
}

void mixer_init(mixer *m, mixer_kind kind, const sq_hypergraph *pool, uint32_t width,
                uint32_t stride, int with_steps) {
    *m = (mixer){.kind = kind, .pool = pool};
    m->problem = (sq_problem){.name = "mixer",
                              .context = m,
                              .samples = pool->samples,
                              .blocks = pool->blocks,
                              .width = width,
                              .stride = stride,
                              .graph = kind == MIXER_GRAPH ? pool : NULL,
                              .hyperedge = kind == MIXER_GRAPH ? NULL : hyperedge,
                              .edge_max = EDGE_MAX,
                              .edges_vary = kind == MIXER_VARY,
                              .step = step_one,
                              .steps = with_steps ? step_list : NULL,
                              .loss = loss};
}

size_t mixer_bytes(const mixer *m) {
    return sq_problem_parameters(&m->problem) * sizeof(float);
}

float *mixer_start(const mixer *m, uint64_t seed) {
    float *x = malloc(mixer_bytes(m) + 1);
    for (size_t i = 0; i < sq_problem_parameters(&m->problem); i++)
        x[i] = finite(blend(seed, i));
    return x;
}

void mixer_serial(const mixer *m, float *x, const uint32_t *pi, size_t steps, uint64_t epoch,
                  double gamma) {
    for (size_t k = 0; k < steps; k++) {
        sq_step step = {epoch, k, pi[k], gamma};
        mixer_scatter(m, x, &step, mixer_gather(m, x, &step));
    }
}
