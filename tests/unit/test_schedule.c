/* opt/schedule: step sizes by their formula, and the same bits in every mode that promises them. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "opt/schedule.h"
#include "sequent/order.h"
#include "support/small_models.h"

Test(schedule, names) {
    for (int s = 0; sq_schedule_name((sq_schedule)s); s++)
        cr_assert(sq_schedule_find(sq_schedule_name((sq_schedule)s)) == s);
    cr_assert(sq_schedule_find("linear") < 0 && !sq_schedule_name((sq_schedule)99));
    cr_assert(sq_schedule_find("epoch-decay") == SQ_EPOCH_DECAY);
}

Test(schedule, step_sizes) {
    double gammas[8];
    cr_assert(same_double(sqi_schedule_begin(SQ_EPOCH_DECAY, 0.5, 0.125, 2), 0.125));
    cr_assert(same_double(sqi_schedule_begin(SQ_CONSTANT, 0.5, 0.125, 2), 0.5));
    cr_assert(same_double(sqi_schedule_begin(SQ_INVERSE, 0.5, 1, 3), 0.125));
    cr_assert(same_double(sqi_schedule_begin(SQ_INVERSE_SQRT, 0.5, 1, 3), 0.25));
    sqi_schedule_fill(SQ_INVERSE, 0.5, 2, gammas, 8);
    for (int k = 0; k < 8; k++)
        cr_assert(same_double(gammas[k], 0.5 / (3 + k / 8.0)));
    sqi_schedule_fill(SQ_INVERSE_SQRT, 0.5, 2, gammas, 8);
    for (int k = 0; k < 8; k++)
        cr_assert(same_double(gammas[k], 0.5 / sqrt(3 + k / 8.0)));
}

static const double STEP = 0.03125;

/* What the steps of a run do, by hand: the specification. */
static void by_hand(const sq_problem *p, float *x, const sq_order *order, sq_schedule schedule) {
    uint32_t *pi = NULL;
    cr_assert(sq_pi_new(&pi, order, NULL) == SQ_OK);
    for (uint64_t e = 0; e < 3; e++)
        for (size_t k = 0; k < order->steps; k++) {
            double s = (double)e + (double)k / (double)order->steps, gamma = STEP;
            gamma = schedule == SQ_INVERSE        ? gamma / (1 + s)
                    : schedule == SQ_INVERSE_SQRT ? gamma / sqrt(1 + s)
                                                  : gamma;
            p->step(p->context, x, &(sq_step){e, k, pi[k], gamma});
        }
    sq_pi_free(pi);
}

static void train(const sq_data *data, sq_model_kind kind, sq_schedule schedule) {
    sq_model *want = new_model(kind, 6, data);
    sq_problem *p = NULL;
    sq_order order;
    cr_assert(sq_model_problem(&p, want, data, 0, NULL) == SQ_OK);
    cr_assert(sq_order_init(&order, "shuffle", 1, data->samples, NULL) == SQ_OK);
    by_hand(p, want->x, &order, schedule);
    for (unsigned threads = 0; threads <= 3; threads++) {
        sq_model *got = new_model(kind, 6, data);
        const sq_train_options options = {.mode = threads ? SQ_MODE_PLANNED : SQ_MODE_SERIAL,
                                          .plan.planner = SQ_PLANNER_LANES,
                                          .threads = threads,
                                          .epochs = 3,
                                          .schedule = schedule,
                                          .step = STEP,
                                          .decay = 1};
        cr_assert(sq_train(p, got->x, &order, &options, NULL, NULL) == SQ_OK);
        cr_assert(same_floats(got->x, want->x, sq_problem_parameters(p)), "%s, %s, %u threads",
                  p->name, sq_schedule_name(schedule), threads);
        sq_model_free(got);
    }
    sq_order_fini(&order);
    sq_model_problem_free(p);
    sq_model_free(want);
}

Test(schedule, every_mode_follows_it) {
    sq_data *rows = small_rows(500, 200, 6, 1), *ratings = small_ratings(500, 60, 40, 1);
    for (int schedule = SQ_CONSTANT; schedule <= SQ_INVERSE_SQRT; schedule++) {
        train(rows, SQ_LOGISTIC, (sq_schedule)schedule);
        train(ratings, SQ_MATRIX_COMPLETION, (sq_schedule)schedule);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
}
