/* exec/guard: sq_problem_check names the step that breaks a promise, and lets the others pass.
 *
 * The problem has 6 blocks of 2 numbers (and one of padding); sample s writes blocks s and s + 1 and
 * reads block s + 2. One sample has a fault. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/train.h"
#include "support/cases.h"
#include "support/mixer.h"

typedef enum fault_kind {
    NO_FAULT,
    WRITES_BELOW,     /* the block before its own */
    WRITES_FAR,       /* the last block */
    WRITES_READ_ONLY, /* the block that it only reads */
    WRITES_PADDING,   /* what lies between two blocks, of another block */
    READS_FAR,        /* the last block decides */
    READS_A_LITTLE,   /* … by its last bit, in one of its numbers */
    READS_SIGN,       /* … by whether it is above 0 */
    COUNTS,           /* a number that grows with every call */
    WRITES_READS_FAR, /* adds to the last block: a write outside, which comes first */
    LIST_DIFFERS,     /* the list function does something else than step */
    FAULTS
} fault_kind;

enum { BLOCKS = 6, SAMPLES = 4, STRIDE = 3, FAULTY = 2 };

typedef struct planted {
    fault_kind kind;
    sq_hypergraph graph;
    int calls;
} planted;

static const uint32_t edges[3 * SAMPLES] = {0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5};
static const uint32_t one_read[SAMPLES] = {1, 1, 1, 1};

static float *at(float *x, size_t block) {
    return x + block * STRIDE;
}

static void honest(float *x, const sq_step *step) {
    size_t s = step->sample;
    float *a = at(x, s), *b = at(x, s + 1), *c = at(x, s + 2);
    float sum = a[0] + a[1] + b[0] + c[1];
    a[0] += (float)step->gamma * sum;
    a[1] = b[1] - sum;
    b[0] = 0.5f * b[0] + c[0];
    b[1] = (float)step->position;
}

static void break_promise(planted *p, float *x, size_t s) {
    float *own = at(x, s), *far = at(x, BLOCKS - 1);
    switch (p->kind) {
    case WRITES_BELOW:
        at(x, s - 1)[1] += 1;
        break;
    case WRITES_FAR:
        far[0] = 3;
        break;
    case WRITES_READ_ONLY:
        at(x, s + 2)[0] = 1;
        break;
    case WRITES_PADDING:
        far[2] = 1;
        break;
    case READS_FAR:
        own[0] += far[1];
        break;
    case READS_A_LITTLE: {
        uint32_t bits;
        memcpy(&bits, &far[1], sizeof bits);
        own[0] += (float)(bits & 1);
        break;
    }
    case READS_SIGN:
        own[0] += far[0] > 0 ? 1 : 0;
        break;
    case COUNTS:
        own[0] += (float)p->calls++;
        break;
    case WRITES_READS_FAR:
        far[0] += own[0];
        break;
    default:
        break;
    }
}

static void step(const void *context, float *x, const sq_step *step) {
    planted *p = (planted *)(uintptr_t)context;
    honest(x, step);
    if (step->sample == FAULTY && p->kind != LIST_DIFFERS)
        break_promise(p, x, step->sample);
}

static void list(const void *context, float *x, const sq_steps *list) {
    for (size_t i = 0; i < list->count; i++) {
        size_t k = list->position ? list->position[i] : list->first + i;
        sq_step one = {list->epoch, k, list->pi[k], list->gamma};
        step(context, x, &one);
        if (one.sample == FAULTY)
            at(x, one.sample)[0] += 1;
    }
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return 0;
}

static int check(fault_kind kind, const uint32_t *pi, size_t steps, sq_error *error) {
    planted p = {
        .kind = kind,
        .graph = {
            .samples = SAMPLES, .blocks = BLOCKS, .arity = 3, .block = edges, .reads = one_read}};
    sq_problem problem = {.name = "planted",
                          .context = &p,
                          .samples = SAMPLES,
                          .blocks = BLOCKS,
                          .width = 2,
                          .stride = STRIDE,
                          .graph = &p.graph,
                          .step = step,
                          .steps = kind == LIST_DIFFERS ? list : NULL,
                          .loss = no_loss};
    float x[BLOCKS * STRIDE], before[BLOCKS * STRIDE];
    for (size_t i = 0; i < BLOCKS * STRIDE; i++)
        x[i] = before[i] = (float)i / 7 - 1;
    *error = (sq_error){""};
    int status = sq_problem_check(&problem, x, pi, steps, 0.5, 9, error);
    cr_assert(memcmp(x, before, sizeof x) == 0, "the parameters were changed");
    return status;
}

/* The faulty sample is at positions 3 and 5: the first is named, with its epoch and sample. */
Test(problem_check, faults_are_named) {
    static const uint32_t pi[] = {0, 1, 3, 2, 0, 2};
    static const char *const word[FAULTS] = {
        [WRITES_BELOW] = "writes outside its hyperedge: block 1",
        [WRITES_FAR] = "writes outside its hyperedge: block 5",
        [WRITES_READ_ONLY] = "only read: block 4",
        [WRITES_PADDING] = "writes outside its hyperedge: block 5",
        [READS_FAR] = "reads outside its hyperedge",
        [READS_A_LITTLE] = "reads outside its hyperedge",
        [READS_SIGN] = "reads outside its hyperedge",
        [COUNTS] = "does not repeat",
        [WRITES_READS_FAR] = "writes outside its hyperedge: block 5",
        [LIST_DIFFERS] = "block 2"};
    for (int kind = NO_FAULT + 1; kind < FAULTS; kind++) {
        sq_error error;
        cr_assert(check((fault_kind)kind, pi, 6, &error) == SQ_INVALID, "fault %d", kind);
        cr_assert(strstr(error.message, "planted: step 3 (epoch 9, sample 2)"), "fault %d: %s",
                  kind, error.message);
        cr_assert(strstr(error.message, word[kind]), "fault %d: '%s' lacks '%s'", kind,
                  error.message, word[kind]);
        cr_assert(check((fault_kind)kind, pi, 3, &error) == SQ_OK, "fault %d comes later", kind);
    }
}

Test(problem_check, an_honest_problem_passes) {
    static const uint32_t pi[] = {0, 1, 3, 2, 0, 2};
    sq_error error;
    cr_assert(check(NO_FAULT, pi, 6, &error) == SQ_OK, "%s", error.message);
    cr_assert(check(NO_FAULT, pi, 0, &error) == SQ_OK);
}

/* Everything that a hyperedge may be, given as a hypergraph, by function and by step. */
Test(problem_check, the_mixer_passes) {
    for (uint64_t seed = 0; seed < 60; seed++)
        for (int kind = MIXER_GRAPH; kind <= MIXER_VARY; kind++) {
            planning_case c;
            case_init(&c, seed);
            mixer m;
            mixer_init(&m, (mixer_kind)kind, &c.graph, 2, 3, seed % 2);
            float *x = mixer_start(&m, 1);
            sq_error error = {""};
            cr_assert(sq_problem_check(&m.problem, x, c.pi, c.order.steps, 0.5, seed, &error) ==
                          SQ_OK,
                      "%s: %s", case_name(&c), error.message);
            free(x);
            case_fini(&c);
        }
}

/* A mixer whose declared hyperedges lack one block that its steps use. */
static size_t short_edge(const void *context, const sq_step *step, uint32_t *block,
                         uint32_t *reads) {
    const mixer *m = context;
    mixer whole;
    mixer_init(&whole, MIXER_FUNCTION, m->pool, 1, 1, 0);
    size_t size = whole.problem.hyperedge(&whole, step, block, reads);
    *reads = *reads > 0 ? *reads - 1 : 0;
    return size > 0 ? size - 1 : 0;
}

/* Whether the last block of the sample's hyperedge is there only once, so that leaving it out is a
 * fault; and one that shows, as the step writes something. */
static int needs_its_last(const sq_hypergraph *g, size_t e) {
    uint64_t begin = g->arity ? (uint64_t)g->arity * e : g->begin[e];
    uint64_t end = g->arity ? (uint64_t)g->arity * (e + 1) : g->begin[e + 1];
    if (begin == end || (g->reads && g->reads[e] == end - begin))
        return 0;
    for (uint64_t i = begin; i + 1 < end; i++)
        if (g->block[i] == g->block[end - 1])
            return 0;
    return 1;
}

Test(problem_check, undeclared_blocks_are_found) {
    size_t found = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        planning_case c;
        case_init(&c, seed);
        mixer m;
        mixer_init(&m, MIXER_FUNCTION, &c.graph, 1, 1, 0);
        m.problem.hyperedge = short_edge;
        size_t first = 0;
        while (first < c.order.steps && !needs_its_last(&c.graph, c.pi[first]))
            first++;
        float *x = mixer_start(&m, 1);
        sq_error error = {""};
        char place[64];
        int status = sq_problem_check(&m.problem, x, c.pi, c.order.steps, 0.5, 0, &error);
        (void)snprintf(place, sizeof place, "step %zu (", first);
        if (first == c.order.steps) {
            cr_assert(status == SQ_OK, "%s: %s", case_name(&c), error.message);
        } else {
            cr_assert(status == SQ_INVALID, "%s", case_name(&c));
            cr_assert(strstr(error.message, place), "%s: '%s' lacks '%s'", case_name(&c),
                      error.message, place);
            found++;
        }
        free(x);
        case_fini(&c);
    }
    cr_assert(found > 100, "%zu", found);
}
