/* Serial stochastic gradient descent: the specification of every other mode's result.
 *
 *     for each epoch e:
 *         for k = 0, 1, …, |π| - 1:
 *             x ← step(x, sample π(k), γ_e)
 *
 * The loop over epochs is in train.c, the loop over k in a model's own `steps` or, for a model that
 * has none, below. */
#include "exec/run.h"
#include "model/steps.h"
#include "num/float_env.h"

void sqi_run_steps_on(const sqi_run *run, unsigned thread, const uint32_t *position, size_t first,
                      size_t count) {
    const sq_problem *problem = sqi_run_problem(run);
    sqi_float_env was = sqi_float_env_enter();
    const sq_steps list = {.pi = sqi_run_pi(run),
                           .position = position,
                           .first = first,
                           .count = count,
                           .streamed = run->streamed,
                           .epoch = run->epoch,
                           .gamma = run->gamma,
                           .gammas = run->gammas};
    if (run->trace) {
        sqi_run_traced(run, thread, position, first, count);
    } else if (run->optimizing) {
        sqi_optimizing_steps(run, thread, &list);
    } else if (problem->steps) {
        problem->steps(problem->context, run->x, &list);
    } else {
        for (size_t i = 0; i < count; i++) {
            size_t k = position ? position[i] : first + i;
            problem->step(
                problem->context, run->x,
                &(sq_step){run->epoch, k, sqi_sample_at(&list, i), sqi_gamma_at(&list, i)});
        }
    }
    sqi_float_env_leave(was);
}

void sqi_run_steps(const sqi_run *run, const uint32_t *position, size_t first, size_t count) {
    sqi_run_steps_on(run, 0, position, first, count);
}

static void segment(sqi_run *run, size_t first, size_t count) {
    sqi_run_steps(run, NULL, first, count);
}

const sqi_mode sqi_mode_serial = {
    .name = "serial", .serial_bits = 1, .repeats = 1, .optimizes = 1, .segment = segment};
