/* The phases of gradients.h on a team, and the sum of all gradients. */
#include <string.h>

#include "exec/gradient_rows.h"
#include "exec/gradients.h"
#include "num/float_env.h"

/* What the threads of a run share. */
typedef struct running {
    const sqi_gradients *gradients;
    uint32_t phases;
    void (*phase)(void *context, uint32_t p, unsigned lane);
    void *context;
} running;

static void run_phases(void *context, unsigned thread) {
    const running *r = context;
    sqi_boundary_run(r->gradients->boundary, thread, r->phases, r->phase, r->context);
}

void sqi_gradients_run(const sqi_gradients *gradients, sqi_team *team, size_t phases,
                       void (*phase)(void *context, uint32_t p, unsigned lane), void *context) {
    running r = {gradients, (uint32_t)phases, phase, context};
    if (gradients->parts == 1) {
        for (uint32_t p = 0; p < r.phases; p++)
            phase(context, p, 0);
        return;
    }
    sqi_boundary_reset(gradients->boundary);
    sqi_team_run(team, run_phases, &r);
}

/* What the phases of a sum share: phase 0 clears, then computing and adding alternate. */
typedef struct summing {
    const sqi_gradients *gradients;
    const float *x;
    double *sum;
} summing;

static void add_rows(const sqi_gradients *g, unsigned owner, double *sum) {
    const size_t width = g->task.problem->width;
    sqi_float_env was = sqi_float_env_enter();
    for (unsigned p = 0; p < g->parts; p++) {
        const sqi_gradient_part *part = &g->part[p];
        for (uint32_t i = part->begin[owner]; i < part->begin[owner + 1]; i++) {
            const sqi_gradient_row row = part->row[i];
            sqi_gradient_add(sum + row.block * width, part->gradient + row.at * width, width);
        }
    }
    sqi_float_env_leave(was);
}

static void sum_phase(void *context, uint32_t phase, unsigned lane) {
    const summing *s = context;
    const sqi_gradients *g = s->gradients;
    const size_t width = g->task.problem->width;
    if (phase == 0) {
        memset(s->sum + g->first[lane] * width, 0,
               (g->first[lane + 1] - g->first[lane]) * width * sizeof *s->sum);
    } else if (phase % 2 == 1) {
        const sqi_gradient_piece piece =
            sqi_gradient_piece_at(g, 0, g->task.steps, (phase - 1) / 2);
        sqi_gradients_compute(g, lane, s->x, &piece);
    } else {
        add_rows(g, lane, s->sum);
    }
}

void sqi_gradient_sum(const sqi_gradients *gradients, sqi_team *team, const float *x, double *sum) {
    summing s = {gradients, x, sum};
    size_t pieces = sqi_gradient_pieces(gradients, gradients->task.steps);
    sqi_gradients_run(gradients, team, 1 + 2 * pieces, sum_phase, &s);
}
