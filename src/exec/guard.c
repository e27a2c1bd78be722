/* sq_problem_check: does a problem keep the promises that plans rest on?
 *
 * Every step is run five times from the same state: twice as it is (the second time through the
 * problem's `steps`, where it has one), which must give the same bits and touch nothing that its
 * hyperedge does not list as written; and on guarded copies, in which every block outside the
 * hyperedge holds something else (all bits flipped, then other finite numbers, then NaN), which must
 * give the same written blocks and leave the guards as they were. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "exec/run.h"
#include "num/float_env.h"
#include "plan/edges.h"

enum { OUTSIDE = 0, READ, WRITTEN };

typedef struct guard {
    const sq_problem *problem;
    const uint32_t *pi;
    size_t parameters;
    float *state, *after, *again, *guarded; /* (size parameters) */
    unsigned char *role; /* of each block in the step's hyperedge (size blocks) */
} guard;

static int accuse(const guard *g, const sq_step *step, const char *what, size_t block,
                  sq_error *error) {
    return sqi_fail(error, SQ_INVALID, "%s: step %zu (epoch %llu, sample %zu) %s block %zu",
                    g->problem->name, step->position, (unsigned long long)step->epoch, step->sample,
                    what, block);
}

static void run(const guard *g, float *x, const sq_step *step) {
    g->problem->step(g->problem->context, x, step);
}

/* Whether block b differs in two states, bit for bit. */
static int differs(const guard *g, const float *one, const float *other, size_t b) {
    size_t at = b * g->problem->stride;
    return memcmp(one + at, other + at, g->problem->stride * sizeof *one) != 0;
}

/* The same through the list function. */
static void run_again(const guard *g, float *x, const sq_step *step) {
    if (!g->problem->steps) {
        run(g, x, step);
        return;
    }
    g->problem->steps(g->problem->context, x,
                      &(sq_steps){.pi = g->pi,
                                  .first = step->position,
                                  .count = 1,
                                  .epoch = step->epoch,
                                  .gamma = step->gamma});
}

/* The step as it is: repeatable, and no write that is not listed. */
static int check_writes(guard *g, const sq_step *step, sq_error *error) {
    size_t bytes = g->parameters * sizeof *g->state;
    memcpy(g->after, g->state, bytes);
    memcpy(g->again, g->state, bytes);
    run(g, g->after, step);
    run_again(g, g->again, step);
    for (size_t b = 0; b < g->problem->blocks; b++) {
        if (g->role[b] != WRITTEN && differs(g, g->after, g->state, b))
            return accuse(g, step,
                          g->role[b] == READ ? "writes what its hyperedge lists as only read:"
                                             : "writes outside its hyperedge:",
                          b, error);
        if (differs(g, g->after, g->again, b))
            return accuse(g, step, "does not repeat: run twice, it gives different values to", b,
                          error);
    }
    return SQ_OK;
}

enum { FLIPPED, FINITE, NOT_A_NUMBER, ROUNDS };

/* What guards a number outside the hyperedge in this round. */
static float guard_for(float number, const sq_step *step, size_t at, int round) {
    uint32_t bits, word[4];
    if (round == NOT_A_NUMBER)
        return NAN;
    if (round == FINITE) {
        sqi_philox(step->position, SQ_STREAM_INITIAL, (uint32_t)step->epoch, at, word);
        return (float)((double)word[0] * 0x1p-31 - 1) + number;
    }
    memcpy(&bits, &number, sizeof bits);
    bits = ~bits;
    memcpy(&number, &bits, sizeof bits);
    return number;
}

/* The step among guards. */
static int check_reads(guard *g, const sq_step *step, int round, sq_error *error) {
    const uint32_t stride = g->problem->stride;
    for (size_t b = 0; b < g->problem->blocks; b++)
        for (uint32_t j = 0; j < stride; j++) {
            size_t at = b * stride + j;
            float number = g->state[at];
            if (g->role[b] == OUTSIDE)
                number = guard_for(number, step, at, round);
            g->again[at] = g->guarded[at] = number;
        }
    run(g, g->guarded, step);
    for (size_t b = 0; b < g->problem->blocks; b++) {
        if (g->role[b] == OUTSIDE && differs(g, g->guarded, g->again, b))
            return accuse(g, step, "writes outside its hyperedge:", b, error);
        if (g->role[b] != OUTSIDE && differs(g, g->guarded, g->after, b))
            return accuse(g, step, "reads outside its hyperedge: what lies there decides", b,
                          error);
    }
    return SQ_OK;
}

static void assign_roles(guard *g, sqi_edge edge) {
    memset(g->role, OUTSIDE, g->problem->blocks);
    for (size_t i = edge.size; i-- > 0;)
        g->role[edge.block[i]] = i < edge.written ? WRITTEN : READ;
}

static int check_steps(guard *g, const sq_hypergraph *graph, const uint32_t *pi, size_t steps,
                       double gamma, uint64_t epoch, sq_error *error) {
    int status = SQ_OK;
    for (size_t k = 0; k < steps && status == SQ_OK; k++) {
        sq_step step = {epoch, k, pi[k], gamma};
        assign_roles(g, sqi_edge_of(graph, g->problem->edges_vary ? k : pi[k]));
        status = check_writes(g, &step, error);
        for (int round = 0; round < ROUNDS && status == SQ_OK; round++)
            status = check_reads(g, &step, round, error);
        float *state = g->state;
        g->state = g->after;
        g->after = state;
    }
    return status;
}

int sq_problem_check(const sq_problem *problem, const float *x, const uint32_t *pi, size_t steps,
                     double gamma, uint64_t epoch, sq_error *error) {
    sqi_float_env was = sqi_float_env_enter();
    guard g = {.problem = problem, .pi = pi, .parameters = sq_problem_parameters(problem)};
    sq_hypergraph *graph = NULL;
    int status = sq_problem_hypergraph(&graph, problem, epoch, pi, steps, error);
    g.state = sqi_alloc(g.parameters, sizeof *g.state, error);
    g.after = sqi_alloc(g.parameters, sizeof *g.after, error);
    g.again = sqi_alloc(g.parameters, sizeof *g.again, error);
    g.guarded = sqi_alloc(g.parameters, sizeof *g.guarded, error);
    g.role = sqi_alloc(problem->blocks, 1, error);
    if (status == SQ_OK && !(g.state && g.after && g.again && g.guarded && g.role))
        status = SQ_NO_MEMORY;
    if (status == SQ_OK) {
        memcpy(g.state, x, g.parameters * sizeof *x);
        status = check_steps(&g, graph, pi, steps, gamma, epoch, error);
    }
    sq_hypergraph_free(graph);
    sqi_free(g.state);
    sqi_free(g.after);
    sqi_free(g.again);
    sqi_free(g.guarded);
    sqi_free(g.role);
    sqi_float_env_leave(was);
    return status;
}
