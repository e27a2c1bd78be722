/* exec/copies: each of several trainings at once has serial's bits; errors; the loss of any x. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "sequent/bench.h"
#include "support/cases.h"
#include "support/training.h"

enum { SAMPLES = 2000, MOST = 9 };

/* Copies that start from different values each end where serial training from those values ends. */
static void compare(sq_model_kind kind, const char *order, unsigned copies) {
    training t = training_new(kind, SAMPLES, order, 0.01);
    const sq_train_options options = training_options(SQ_MODE_SERIAL, 1);
    size_t parameters = sq_problem_parameters(t.problem), bytes = parameters * sizeof(float);
    float *x[MOST] = {NULL}, *serial = sqi_alloc(bytes, 1, NULL);
    for (unsigned c = 0; c < copies; c++) {
        x[c] = sqi_alloc(bytes, 1, NULL);
        memcpy(x[c], t.model->x, bytes);
        x[c][c % t.model->width] += 0.25F * (float)c;
    }
    float *begun[MOST] = {NULL};
    for (unsigned c = 0; c < copies; c++) {
        begun[c] = sqi_alloc(bytes, 1, NULL);
        memcpy(begun[c], x[c], bytes);
    }
    double seconds = -1;
    sq_error error = {""};
    int status = sq_train_copies(t.problem, x, copies, &t.order, &options, &seconds, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    cr_assert(isfinite(seconds) && seconds > 0);
    for (unsigned c = 0; c < copies; c++) {
        memcpy(serial, begun[c], bytes);
        cr_assert(sq_train(t.problem, serial, &t.order, &options, NULL, NULL) == SQ_OK);
        cr_assert(memcmp(serial, x[c], bytes) == 0, "%s, order %s, copy %u of %u",
                  sq_model_name(kind), order, c, copies);
        sqi_free(x[c]);
        sqi_free(begun[c]);
    }
    sqi_free(serial);
    training_free(&t);
}

Test(copies, have_serials_bits) {
    static const unsigned copies[] = {1, 2, 3, MOST};
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
            compare((sq_model_kind)kind, "shuffle", copies[i]);
        compare(SQ_MATRIX_COMPLETION, "reshuffle", copies[i]);
        compare(SQ_SVM, "replacement", copies[i]);
    }
}

Test(copies, errors) {
    training t = training_new(SQ_MATRIX_COMPLETION, 100, "shuffle", 0);
    sq_train_options options = training_options(SQ_MODE_SERIAL, 1);
    float *x[1] = {t.model->x};
    double seconds;
    sq_error error = {""};
    static const unsigned wrong[] = {0, SQ_LANES_MAX + 1};
    for (size_t i = 0; i < 2; i++) {
        cr_assert(sq_train_copies(t.problem, x, wrong[i], &t.order, &options, &seconds, &error) ==
                  SQ_BAD_ARGUMENT);
        cr_assert(strstr(error.message, "copies: found "), "%s", error.message);
    }
    options.step = 1e30;
    cr_assert(sq_train_copies(t.problem, x, 1, &t.order, &options, &seconds, &error) ==
              SQ_DIVERGED);
    options.epochs = 0;
    cr_assert(sq_train_copies(t.problem, x, 1, &t.order, &options, &seconds, &error) == SQ_OK);
    cr_assert(seconds == 0);
    training_free(&t);
}

static int keep_loss(void *context, const sq_epoch *epoch) {
    *(double *)context = epoch->loss;
    return 0;
}

Test(copies, loss_is_that_of_training) {
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        training t = training_new((sq_model_kind)kind, SAMPLES + 37, "shuffle", 0.01);
        double trained = -1, loss = -2;
        const sq_observer observer = {.context = &trained, .epoch = keep_loss};
        sq_train_options options = training_options(SQ_MODE_SERIAL, 1);
        options.losses = 1;
        options.observer = &observer;
        cr_assert(sq_train(t.problem, t.model->x, &t.order, &options, NULL, NULL) == SQ_OK);
        cr_assert(sq_problem_loss(t.problem, t.model->x, 0, &loss, NULL) == SQ_OK);
        cr_assert(memcmp(&loss, &trained, sizeof loss) == 0, "%.17g, not %.17g", loss, trained);
        training_free(&t);
    }
}
