/* A model with its data, problem and order, as tests of training need them. */
#ifndef TEST_TRAINING_H
#define TEST_TRAINING_H

#include "sequent/model.h"
#include "sequent/train.h"

/* What one training needs; released together. */
typedef struct training {
    sq_data *data;
    sq_model *model;
    sq_problem *problem;
    sq_order order;
} training;

/* Random data of so many samples, rank 5; order as for sq_order_init. */
training training_new(sq_model_kind kind, size_t samples, const char *order, double l2);
void training_free(training *t);

/* Three epochs of small steps, every plan checked. */
sq_train_options training_options(sq_mode mode, unsigned threads);

#endif
