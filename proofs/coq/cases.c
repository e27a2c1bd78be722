/* Random planning problems and the plans that the C planner makes of them, as text, for compare.ml,
 * which makes the plans again with the function extracted from the proofs.
 *
 *     cases COUNT SEED [swap|late]
 *
 * A case is written as
 *
 *     case LANES BATCH DEFERRALS SEGMENT STEPS
 *     WRITTEN READ BLOCK ...                      a line a step: its hyperedge, written blocks
 * first plan BATCHES LENGTH STEP ...                             a line a lane, lanes of a batch
 * after each other
 *
 * and the last line is "end COUNT", so that a stream that was cut off is noticed. The third
 * argument plants a fault that the comparison must find: `swap` exchanges two steps of the last
 * plan that has two, `late` lets the C planner end its batches one step later than it is said to.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequent/plan.h"
#include "sequent/random.h"

enum { STEPS_MAX = 160, SAMPLES_MAX = 80, EDGE_MAX = 6 };

/* One case, and how it draws its numbers. */
typedef struct problem {
    uint64_t seed, drawn;
    uint32_t number;
    sq_plan_options options;
    sq_hypergraph graph;
    uint64_t begin[SAMPLES_MAX + 1];
    uint32_t block[SAMPLES_MAX * EDGE_MAX], reads[SAMPLES_MAX];
    uint32_t order[STEPS_MAX];
    const uint32_t *pi; /* order, or NULL: 0, 1, 2, ... */
    size_t steps;
} problem;

/* A number below bound, a function of seed, case and how many were drawn before. */
static uint32_t below(problem *p, uint32_t bound) {
    uint32_t word[4];
    sq_random(p->seed, SQ_STREAM_USER, p->number, p->drawn++, word);
    return word[0] % bound;
}

static uint32_t between(problem *p, uint32_t low, uint32_t high) {
    return low + below(p, high - low + 1);
}

/* Blocks are drawn evenly, or the lower ones far more often; a block may occur twice. */
static void draw_graph(problem *p) {
    uint32_t blocks = below(p, 3) == 0 ? between(p, 1, 8) : between(p, 8, 300);
    uint32_t arity = below(p, 2) ? between(p, 1, EDGE_MAX) : 0;
    int skewed = below(p, 3) == 0;
    int reading = below(p, 4) != 0;
    uint32_t samples = between(p, 1, SAMPLES_MAX);
    for (uint32_t i = 0; i < samples; i++) {
        uint32_t size = arity ? arity : below(p, EDGE_MAX + 1);
        for (uint32_t j = 0; j < size; j++)
            p->block[p->begin[i] + j] = below(p, skewed ? between(p, 1, blocks) : blocks);
        p->begin[i + 1] = p->begin[i] + size;
        p->reads[i] = below(p, size + 1);
    }
    p->graph = (sq_hypergraph){.samples = samples,
                               .blocks = blocks,
                               .arity = arity,
                               .begin = arity ? NULL : p->begin,
                               .block = p->block,
                               .reads = reading ? p->reads : NULL};
}

/* Orders draw samples with repeats, unless the samples come one after another. */
static void draw_order(problem *p) {
    if (below(p, 8) == 0) {
        p->pi = NULL;
        p->steps = p->graph.samples;
        return;
    }
    p->pi = p->order;
    p->steps = below(p, STEPS_MAX + 1);
    for (size_t k = 0; k < p->steps; k++)
        p->order[k] = below(p, (uint32_t)p->graph.samples);
}

static void draw(problem *p, uint64_t seed, uint32_t number) {
    memset(p, 0, sizeof *p);
    p->seed = seed;
    p->number = number;
    draw_graph(p);
    draw_order(p);
    p->options.planner = SQ_PLANNER_LANES;
    p->options.lanes = below(p, 10) ? between(p, 1, 16) : between(p, 17, 70);
    p->options.batch = between(p, 1, 50);
    p->options.deferrals = between(p, 1, 30);
    p->options.segment = below(p, 2) ? STEPS_MAX : between(p, 1, 60);
}

static void print_problem(const problem *p) {
    printf("case %u %u %u %u %zu\n", p->options.lanes, p->options.batch, p->options.deferrals,
           p->options.segment, p->steps);
    for (size_t k = 0; k < p->steps; k++) {
        size_t sample = p->pi ? p->pi[k] : k;
        uint32_t size = (uint32_t)(p->begin[sample + 1] - p->begin[sample]);
        uint32_t reads = p->graph.reads ? p->reads[sample] : 0;
        printf("%u %u", size - reads, reads);
        for (uint32_t j = 0; j < size; j++)
            printf(" %u", p->block[p->begin[sample] + j]);
        putchar('\n');
    }
}

static void print_plan(const sq_plan *plan) {
    printf("plan %zu\n", plan->batches);
    for (size_t lane = 0; lane < plan->batches * plan->lanes; lane++) {
        uint32_t first = plan->begin[lane], end = plan->begin[lane + 1];
        printf("%u", end - first);
        for (uint32_t i = first; i < end; i++)
            printf(" %u", plan->step[i]);
        putchar('\n');
    }
}

/* Plans and prints one case; *swap, if the plan has two steps, exchanges them and is cleared. */
static int run(problem *p, int late, int *swap) {
    sq_error error = {{0}};
    sq_plan *plan = NULL;
    print_problem(p);
    p->options.batch += late ? 1 : 0;
    if (sq_plan_build(&plan, &p->graph, p->pi, p->steps, &p->options, &error) != SQ_OK) {
        fprintf(stderr, "cases: case %u: %s\n", p->number, error.message);
        return 0;
    }
    if (*swap && plan->steps >= 2) {
        uint32_t step = plan->step[0];
        plan->step[0] = plan->step[plan->steps - 1];
        plan->step[plan->steps - 1] = step;
        *swap = 0;
    }
    print_plan(plan);
    sq_plan_free(plan);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "swap") && strcmp(argv[3], "late"))) {
        fprintf(stderr, "usage: cases COUNT SEED [swap|late]\n");
        return 2;
    }
    uint32_t count = (uint32_t)strtoul(argv[1], NULL, 10);
    uint64_t seed = strtoull(argv[2], NULL, 10);
    int late = argc == 4 && strcmp(argv[3], "late") == 0;
    int swap_wanted = argc == 4 && strcmp(argv[3], "swap") == 0;
    problem *p = malloc(sizeof *p);
    int good = p != NULL;
    for (uint32_t i = 0; good && i < count; i++) {
        int none = 0;
        draw(p, seed, i);
        good = run(p, late, swap_wanted && i >= count / 2 ? &swap_wanted : &none);
    }
    free(p);
    if (good)
        printf("end %u\n", count);
    return good && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 2;
}
