/* model/models: names, what fits what, and the weights of the regularisation. */
#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/kind.h"
#include "support/data_files.h"
#include "support/small_models.h"

Test(models, names) {
    static const char *const names[] = {"svm", "logistic", "least-squares", "matrix-completion"};
    for (int i = 0; i < 4; i++) {
        cr_assert(sq_model_find(names[i]) == i + 1);
        cr_assert(strcmp(sq_model_name((sq_model_kind)(i + 1)), names[i]) == 0);
        cr_assert(sq_model_data((sq_model_kind)(i + 1)) == (i < 3 ? SQ_ROWS : SQ_RATINGS));
    }
    cr_assert(sq_model_find("") < 0 && sq_model_find("SVM") < 0 && sq_model_find("sv") < 0 &&
              sq_model_find("svm ") < 0);
}

static const int no_kinds[] = {0, 7, 1000, INT_MAX, -1, INT_MIN};

Test(models, unknown_kinds) {
    for (int i = 0; i < 6; i++)
        cr_assert(sqi_model_kind_of((sq_model_kind)no_kinds[i]) == NULL, "%d", no_kinds[i]);
}

/* Options that a caller forgot to fill in, above all. */
Test(models, unknown_kinds_are_refused) {
    sq_data *data = small_rows(5, 3, 2, 1);
    for (int i = 0; i < 6; i++) {
        sq_model *model = NULL;
        const sq_model_options options = {.kind = (sq_model_kind)no_kinds[i]};
        cr_assert(sq_model_new(&model, &options, data, NULL) == SQ_BAD_ARGUMENT && !model);
    }
    sq_data_free(data);
}

Test(models, data_of_another_kind_is_refused) {
    sq_data *rows = small_rows(20, 8, 3, 1), *ratings = small_ratings(20, 5, 5, 1);
    sq_model *model = (sq_model *)rows, *fits = new_model(SQ_SVM, 0, rows);
    sq_problem *problem = (sq_problem *)rows;
    sq_evaluator *evaluator = (sq_evaluator *)rows;
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        sq_error error = {0};
        const sq_model_options options = {.kind = (sq_model_kind)kind, .rank = 4, .seed = 1};
        const sq_data *wrong = kind == SQ_MATRIX_COMPLETION ? rows : ratings;
        cr_assert(sq_model_new(&model, &options, wrong, &error) == SQ_BAD_ARGUMENT && !model);
        cr_assert(strstr(error.message, sq_model_name(options.kind)), "%s", error.message);
    }
    cr_assert(sq_model_problem(&problem, fits, ratings, 0, NULL) == SQ_BAD_ARGUMENT && !problem);
    cr_assert(sq_evaluator_new(&evaluator, fits, ratings, NULL) == SQ_BAD_ARGUMENT && !evaluator);
    sq_model_free(fits);
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* A problem indexes the model by the data's dense ids: other data must not pass for them. */
Test(models, other_data_are_refused) {
    sq_data *data = data_of("+1 1:1 2:1\n-1 3:1\n", SQ_ROWS);
    sq_data *fewer = data_of("+1 1:1\n-1 3:1\n", SQ_ROWS);
    sq_data *renamed = data_of("+1 1:1 2:1\n-1 4:1\n", SQ_ROWS);
    sq_model *model = new_model(SQ_SVM, 0, data);
    sq_problem *problem = NULL;
    cr_assert(sq_model_problem(&problem, model, fewer, 0, NULL) == SQ_BAD_ARGUMENT && !problem);
    int status = sq_model_problem(&problem, model, renamed, 0, NULL);
    cr_assert(status == SQ_BAD_ARGUMENT && !problem, "as many features, but others");
    sq_model_free(model);
    sq_data_free(data);
    sq_data_free(fewer);
    sq_data_free(renamed);
}

Test(models, negative_or_infinite_l2_is_no_weight) {
    sq_data *data = small_rows(20, 8, 3, 1);
    sq_model *model = new_model(SQ_SVM, 0, data);
    static const double weights[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        sq_problem *problem = NULL;
        sq_error error = {0};
        int status = sq_model_problem(&problem, model, data, weights[i], &error);
        cr_assert(status == SQ_BAD_ARGUMENT && !problem, "l2 %g is taken", weights[i]);
    }
    sq_model_free(model);
    sq_data_free(data);
}

static void check_shrink(const sq_hypergraph *graph, size_t incidences, double l2) {
    double *shrink = NULL;
    cr_assert(sqi_shrink_new(&shrink, graph, l2, NULL) == SQ_OK);
    for (size_t b = 0; b < graph->blocks; b++) {
        double degree = 0;
        for (size_t i = 0; i < incidences; i++)
            degree += graph->block[i] == b;
        double want = degree > 0 ? 2 * l2 / degree : 0;
        cr_assert(same_double(shrink[b], want), "block %zu: %g, not %g", b, shrink[b], want);
    }
    sqi_free(shrink);
}

/* 2λ divided by the number of samples that have the coordinate; a repeated pair counts twice. */
Test(models, regularisation_by_degree) {
    sq_data *rows = small_rows(200, 30, 6, 2), *ratings = small_ratings(150, 12, 9, 2);
    const sq_hypergraph sparse = {.samples = rows->samples,
                                  .blocks = rows->names[0].count + 2, /* two that never occur */
                                  .begin = rows->row,
                                  .block = rows->column};
    const sq_hypergraph pairs = {.samples = ratings->samples,
                                 .blocks = ratings->names[0].count + ratings->names[1].count,
                                 .arity = 2,
                                 .block = ratings->pair};
    check_shrink(&sparse, rows->nonzeros, 0.3);
    check_shrink(&pairs, 2 * ratings->samples, 1e-4);
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* Over all samples the penalties add up to λ times the sum of squares. */
Test(models, penalties_add_up_to_lambda_times_the_squares) {
    sq_data *rows = small_rows(300, 30, 6, 3), *ratings = small_ratings(300, 12, 9, 3);
    const double l2 = 0.25;
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        const sq_data *data = kind == SQ_MATRIX_COMPLETION ? ratings : rows;
        sq_model *model = new_model((sq_model_kind)kind, 6, data);
        train_model(model, data, (how){.mode = SQ_MODE_SERIAL});
        sq_problem *with = NULL, *without = NULL;
        cr_assert(sq_model_problem(&with, model, data, l2, NULL) == SQ_OK);
        cr_assert(sq_model_problem(&without, model, data, 0, NULL) == SQ_OK);
        double penalty = 0, squares = 0;
        for (size_t i = 0; i < data->samples; i++)
            penalty += with->loss(with->context, model->x, i) -
                       without->loss(without->context, model->x, i);
        for (size_t i = 0; i < model->blocks * model->stride; i++)
            squares += (double)model->x[i] * (double)model->x[i];
        cr_assert(squares > 0.01 && fabs(penalty - l2 * squares) < 1e-9 * squares, "%s: %g, %g",
                  with->name, penalty, l2 * squares);
        sq_model_problem_free(with);
        sq_model_problem_free(without);
        sq_model_free(model);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* What the problems promise in problem.h, by the library's own check. */
Test(models, keep_the_promises_of_a_problem) {
    sq_data *rows = small_rows(60, 20, 6, 4), *ratings = small_ratings(60, 12, 9, 4);
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++)
        for (int regularised = 0; regularised < 2; regularised++) {
            const sq_data *data = kind == SQ_MATRIX_COMPLETION ? ratings : rows;
            sq_model *model = new_model((sq_model_kind)kind, 6, data);
            sq_problem *problem = NULL;
            uint32_t pi[60];
            sq_error error = {0};
            for (uint32_t i = 0; i < 60; i++)
                pi[i] = i * 7 % 60;
            cr_assert(sq_model_problem(&problem, model, data, regularised ? 0.1 : 0, NULL) ==
                      SQ_OK);
            int status = sq_problem_check(problem, model->x, pi, 60, 0.1, 0, &error);
            cr_assert(status == SQ_OK, "%s", error.message);
            cr_assert(sq_problem_parameters(problem) == model->blocks * model->stride);
            sq_model_problem_free(problem);
            sq_model_free(model);
        }
    sq_data_free(rows);
    sq_data_free(ratings);
}

/* Models never meet NaN or infinity: the reader takes none. */
Test(models, data_are_finite) {
    static const char *const rows[] = {"+1 1:nan\n", "+1 1:inf\n",  "nan 1:1\n",
                                       "inf 1:1\n",  "+1 1:1e39\n", "+1 1:-1e400\n"};
    static const char *const ratings[] = {"1 1 nan\n", "1 1 inf\n", "1 1 -inf\n", "1 1 3.5e38\n"};
    for (int i = 0; i < 6; i++)
        refuse(rows[i], SQ_ROWS, "1:");
    for (int i = 0; i < 4; i++)
        refuse(ratings[i], SQ_RATINGS, "1:");
}

Test(models, freeing_nothing) {
    cr_assert(sq_model_free(NULL) == NULL && sq_model_problem_free(NULL) == NULL &&
              sq_evaluator_free(NULL) == NULL);
}
