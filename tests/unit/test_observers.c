/* exec/train: what observers see of a run, and how they end it. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/cases.h"
#include "support/mixer.h"
#include "support/training.h"

enum { SAMPLES = 3000 };

typedef struct seen {
    const training *training;
    uint64_t orders, epochs, last_epoch;
    size_t done, looks, chunk;
    double gamma, decay;
    int stop_order, stop_progress, stop_epoch, losses;
} seen;

static int see_order(void *context, uint64_t epoch, const uint32_t *pi, size_t steps) {
    seen *s = context;
    const sq_order *order = &s->training->order;
    uint32_t *want = calloc(steps, sizeof *want);
    cr_assert(epoch == s->orders++ && steps == order->steps);
    sq_order_fill(order, epoch, want);
    cr_assert(memcmp(pi, want, steps * sizeof *want) == 0);
    free(want);
    s->done = 0;
    return s->stop_order;
}

static int see_progress(void *context, uint64_t epoch, size_t done, size_t steps) {
    seen *s = context;
    cr_assert(epoch + 1 == s->orders && steps == s->training->order.steps);
    cr_assert(done > s->done && done <= steps);
    cr_assert(done == steps || s->chunk == 0 || done - s->done == s->chunk);
    s->done = done;
    s->looks++;
    return s->stop_progress;
}

static int see_epoch(void *context, const sq_epoch *epoch) {
    seen *s = context;
    cr_assert(epoch->epoch == s->epochs++ && s->epochs == s->orders);
    cr_assert(s->done == s->training->order.steps);
    cr_assert(epoch->gamma == s->gamma && epoch->seconds >= 0);
    cr_assert(isnan(epoch->loss) == !s->losses);
    cr_assert(epoch->x == s->training->model->x);
    s->gamma *= s->decay;
    return s->stop_epoch;
}

static int watch(seen *s, sq_train_options options, sq_train_report *report) {
    sq_observer observer = {
        .context = s, .order = see_order, .progress = see_progress, .epoch = see_epoch};
    options.observer = &observer;
    s->gamma = options.step;
    s->decay = options.decay;
    s->losses = options.losses;
    sq_error error = {""};
    int status = sq_train(s->training->problem, s->training->model->x, &s->training->order,
                          &options, report, &error);
    cr_assert((status == SQ_OK) == (error.message[0] == '\0'));
    return status;
}

static const sq_mode all_modes[] = {SQ_MODE_SERIAL, SQ_MODE_PLANNED, SQ_MODE_HOGWILD};

Test(observers, see_everything_in_order) {
    for (int i = 0; i < 6; i++) {
        training t =
            training_new(SQ_MATRIX_COMPLETION, SAMPLES, i % 2 ? "reshuffle" : "shuffle", 0);
        seen s = {.training = &t};
        sq_train_options options = training_options(all_modes[i / 2], 2);
        options.losses = i % 2;
        sq_train_report report;
        cr_assert(watch(&s, options, &report) == SQ_OK);
        cr_assert(s.orders == 3 && s.epochs == 3 && s.looks >= 3);
        cr_assert(report.epochs == 3 && report.steps == 3 * SAMPLES);
        cr_assert(report.train_seconds > 0 && report.plan_seconds >= 0);
        training_free(&t);
    }
}

/* With short segments a planned epoch is looked into every four of them, and what has been done
 * till then is exactly the order's beginning. */
typedef struct prefix {
    const mixer *m;
    const float *x;
    float *want;
    const uint32_t *pi;
    size_t done;
} prefix;

static int compare_prefix(void *context, uint64_t epoch, size_t done, size_t steps) {
    prefix *p = context;
    (void)steps;
    for (; p->done < done; p->done++) {
        sq_step step = {epoch, p->done, p->pi[p->done], 0.5};
        mixer_scatter(p->m, p->want, &step, mixer_gather(p->m, p->want, &step));
    }
    cr_assert(memcmp(p->x, p->want, mixer_bytes(p->m)) == 0, "after %zu steps", done);
    return 0;
}

Test(observers, progress_is_a_prefix_of_the_order) {
    size_t looks = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        planning_case c;
        case_init(&c, seed);
        mixer m;
        mixer_init(&m, MIXER_GRAPH, &c.graph, 1, 1, 1);
        prefix p = {&m, mixer_start(&m, 1), mixer_start(&m, 1), c.pi, 0};
        sq_observer observer = {.context = &p, .progress = compare_prefix};
        sq_train_options options = {.mode = SQ_MODE_PLANNED,
                                    .threads = 3,
                                    .epochs = 1,
                                    .step = 0.5,
                                    .decay = 1,
                                    .observer = &observer};
        options.plan = (sq_plan_options){.planner = SQ_PLANNER_LANES, .segment = 5};
        cr_assert(sq_train(&m.problem, (float *)(uintptr_t)p.x, &c.order, &options, NULL, NULL) ==
                  SQ_OK);
        cr_assert(p.done == c.order.steps);
        looks += (c.order.steps + 19) / 20;
        free((float *)(uintptr_t)p.x);
        free(p.want);
        case_fini(&c);
    }
    cr_assert(looks > 400);
}

Test(observers, look_every_four_segments) {
    training t = training_new(SQ_MATRIX_COMPLETION, SAMPLES, "shuffle", 0);
    seen s = {.training = &t, .chunk = 400};
    sq_train_options options = training_options(SQ_MODE_PLANNED, 2);
    options.plan.planner = SQ_PLANNER_LANES;
    options.plan.segment = 100;
    cr_assert(watch(&s, options, NULL) == SQ_OK);
    cr_assert(s.looks == 3 * ((SAMPLES + 399) / 400), "%zu looks", s.looks);
    training_free(&t);
}

Test(observers, interrupt) {
    for (int i = 0; i < 3; i++)
        for (int where = 0; where < 3; where++) {
            training t = training_new(SQ_MATRIX_COMPLETION, SAMPLES, "shuffle", 0);
            training untouched = training_new(SQ_MATRIX_COMPLETION, SAMPLES, "shuffle", 0);
            seen s = {.training = &t,
                      .stop_order = where == 0,
                      .stop_progress = where == 1,
                      .stop_epoch = where == 2};
            sq_train_report report;
            cr_assert(watch(&s, training_options(all_modes[i], 2), &report) == SQ_INTERRUPTED);
            cr_assert(s.orders == 1 && s.looks == (size_t)(where > 0) &&
                      s.epochs == (uint64_t)(where == 2));
            int same = memcmp(t.model->x, untouched.model->x,
                              t.model->blocks * t.model->stride * sizeof(float)) == 0;
            cr_assert(same == (where == 0), "mode %d, place %d", i, where);
            cr_assert(report.epochs == (uint64_t)(where == 2));
            training_free(&t);
            training_free(&untouched);
        }
}
