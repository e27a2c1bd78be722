/* Making and releasing trainings. */
#include "support/training.h"

#include <criterion/criterion.h>

#include "support/tables.h"

training training_new(sq_model_kind kind, size_t samples, const char *order, double l2) {
    training t = {.data = table_for(kind, samples, 11)};
    sq_model_options options = {.kind = kind, .rank = 5, .seed = 3};
    sq_error error = {""};
    cr_assert(sq_model_new(&t.model, &options, t.data, &error) == SQ_OK, "%s", error.message);
    cr_assert(sq_model_problem(&t.problem, t.model, t.data, l2, &error) == SQ_OK);
    cr_assert(sq_order_init(&t.order, order, 5, samples, &error) == SQ_OK, "%s", error.message);
    return t;
}

void training_free(training *t) {
    sq_order_fini(&t->order);
    sq_model_problem_free(t->problem);
    sq_model_free(t->model);
    sq_data_free(t->data);
}

sq_train_options training_options(sq_mode mode, unsigned threads) {
    return (sq_train_options){
        .mode = mode, .threads = threads, .epochs = 3, .step = 0.02, .decay = 0.8, .check_plan = 1};
}
