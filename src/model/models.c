/* The table of built-in models and what they share: names, memory, regularisation weights. */
#include <float.h>
#include <string.h>

#include "base/alloc.h"
#include "data/arranged.h"
#include "model/kind.h"
#include "num/float_env.h"

static const sqi_model_kind *const kinds[] = {
    [SQ_SVM] = &sqi_svm,
    [SQ_LOGISTIC] = &sqi_logistic,
    [SQ_LEAST_SQUARES] = &sqi_least_squares,
    [SQ_MATRIX_COMPLETION] = &sqi_matrix_completion,
    [SQ_GRAPH_CUT] = &sqi_graph_cut,
    [SQ_MLP] = &sqi_mlp,
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const sqi_model_kind *sqi_model_kind_of(sq_model_kind kind) {
    return (unsigned)kind >= 1 && (unsigned)kind < (unsigned)KINDS ? kinds[kind] : NULL;
}

const char *sq_model_name(sq_model_kind kind) {
    return sqi_model_kind_of(kind) ? kinds[kind]->name : NULL;
}

int sq_model_find(const char *name) {
    for (int kind = 1; kind < KINDS; kind++)
        if (kinds[kind] && strcmp(name, kinds[kind]->name) == 0)
            return kind;
    return -1;
}

sq_data_kind sq_model_data(sq_model_kind kind) {
    return kinds[kind]->data;
}

static int copy_names(sq_names *names, const sq_names *from, sq_error *error) {
    names->name = sqi_alloc(from->count, sizeof *names->name, error);
    if (!names->name)
        return SQ_NO_MEMORY;
    memcpy(names->name, from->name, from->count * sizeof *names->name);
    names->count = from->count;
    return SQ_OK;
}

size_t sqi_model_blocks(const sq_model *model) {
    size_t blocks = model->names[0].count + model->names[1].count;
    for (uint32_t layer = 0; layer < model->layers; layer++)
        blocks = (layer ? blocks : 0) + model->hidden[layer];
    return blocks;
}

static int build(sq_model *model, const sq_model_options *options, const sq_data *data,
                 sq_error *error) {
    const sqi_model_kind *kind = kinds[options->kind];
    model->kind = options->kind;
    model->seed = options->seed;
    if (data->kind != kind->data)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "%s is not trained on this kind of data",
                        kind->name);
    int status = kind->shape(model, options, data, error);
    model->stride = kind->stride(model->width);
    for (int side = 0; side < 2 && status == SQ_OK; side++)
        if (data->names[side].count)
            status = copy_names(&model->names[side], &data->names[side], error);
    if (status != SQ_OK)
        return status;
    model->blocks = sqi_model_blocks(model);
    if (model->blocks >= UINT32_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "too many users and items: %zu, expected < 2^32 - 1", model->blocks);
    model->x = sqi_alloc(model->blocks, model->stride * sizeof *model->x, error);
    if (!model->x)
        return SQ_NO_MEMORY;
    if (kind->init)
        kind->init(model, options->seed);
    if (kind->pin)
        kind->pin(model, options->terminals);
    return SQ_OK;
}

int sq_model_new(sq_model **model, const sq_model_options *options, const sq_data *data,
                 sq_error *error) {
    *model = NULL;
    if (!sqi_model_kind_of(options->kind))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "no model of kind %d", (int)options->kind);
    sq_model *made = sqi_alloc(1, sizeof *made, error);
    if (!made)
        return SQ_NO_MEMORY;
    sqi_float_env was = sqi_float_env_enter();
    int status = build(made, options, data, error);
    sqi_float_env_leave(was);
    if (status == SQ_OK)
        *model = made;
    else
        sq_model_free(made);
    return status;
}

sq_model *sq_model_free(sq_model *model) {
    if (model) {
        sqi_free(model->names[0].name);
        sqi_free(model->names[1].name);
        sqi_free(model->label);
        sqi_free(model->pinned);
        sqi_free(model->x);
    }
    return sqi_free(model);
}

void sq_model_defaults(const sq_model *model, const sq_data *data, double *step, double *decay) {
    sqi_float_env was = sqi_float_env_enter();
    kinds[model->kind]->defaults(model, data, step, decay);
    sqi_float_env_leave(was);
}

/* A built-in problem with the context that it owns. */
typedef struct owned_problem {
    sq_problem problem; /* first, so that a pointer to it is a pointer to the whole */
    const sqi_model_kind *kind;
    const sq_data *data; /* its samples … */
    void *context;
    sq_data *arranged;  /* … which an arranged problem owns */
    sqi_packed *packed; /* to copy them from, of a problem that is not arranged; NULL: none */
} owned_problem;

static sq_problem *arranged_free(sq_problem *arranged) {
    owned_problem *a = (owned_problem *)arranged;
    if (a) {
        sqi_data_arranged_free(a->arranged);
        sqi_free(a->context);
    }
    return sqi_free(a);
}

static int arrange(sq_problem **arranged, const sq_problem *problem, const uint32_t *pi,
                   size_t steps, sq_error *error) {
    const owned_problem *p = (const owned_problem *)problem;
    owned_problem *a = (owned_problem *)*arranged;
    if (!a) {
        a = sqi_alloc(1, sizeof *a, error);
        if (!a)
            return SQ_NO_MEMORY;
        *arranged = &a->problem;
    }
    a->kind = p->kind;
    int status = sqi_data_arrange(&a->arranged, p->data, pi, steps, error);
    a->data = a->arranged;
    a->problem = *problem;
    a->problem.samples = steps;
    if (status == SQ_OK)
        status = p->kind->view(&a->context, &a->problem.graph, p->context, a->arranged, error);
    a->problem.context = a->context;
    return status;
}

static void fill(sq_problem *arranged, const sq_problem *problem, const uint32_t *pi, size_t first,
                 size_t count) {
    const owned_problem *a = (owned_problem *)arranged, *p = (const owned_problem *)problem;
    sqi_data_arrange_part(a->arranged, p->data, p->packed, pi, first, count);
}

static const sq_arranger arranger = {arrange, fill, arranged_free};

static int same_names(const sq_names *a, const sq_names *b) {
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->name, b->name, a->count * sizeof *a->name) == 0);
}

int sq_model_problem(sq_problem **problem, const sq_model *model, const sq_data *data, double l2,
                     sq_error *error) {
    const sqi_model_kind *kind = kinds[model->kind];
    *problem = NULL;
    if (data->kind != kind->data || !same_names(&data->names[0], &model->names[0]) ||
        !same_names(&data->names[1], &model->names[1]))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the model was made for other data");
    if (!(l2 >= 0 && l2 <= DBL_MAX))
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "l2: found %g, expected a finite number, not negative", l2);
    owned_problem *p = sqi_alloc(1, sizeof *p, error);
    if (!p)
        return SQ_NO_MEMORY;
    p->kind = kind;
    p->data = data;
    p->problem = (sq_problem){.name = kind->name,
                              .samples = data->samples,
                              .blocks = model->blocks,
                              .width = model->width,
                              .stride = model->stride,
                              .arranger = kind->view ? &arranger : NULL};
    sqi_float_env was = sqi_float_env_enter();
    int status = kind->problem(&p->problem, &p->context, model, data, l2, error);
    sqi_float_env_leave(was);
    p->problem.context = p->context;
    if (status == SQ_OK && kind->view && data->kind != SQ_ROWS)
        status = sqi_pack(&p->packed, data, error);
    if (status == SQ_OK)
        *problem = &p->problem;
    else
        sq_model_problem_free(&p->problem);
    return status;
}

sq_problem *sq_model_problem_free(sq_problem *problem) {
    owned_problem *p = (owned_problem *)problem;
    if (p) {
        p->kind->context_free(p->context);
        sqi_packed_free(p->packed);
    }
    return sqi_free(p);
}

size_t sq_problem_parameters(const sq_problem *problem) {
    return problem->blocks * problem->stride;
}

int sqi_shrink_new(double **shrink, const sq_hypergraph *graph, double l2, sq_error *error) {
    *shrink = sqi_alloc(graph->blocks, sizeof **shrink, error);
    if (!*shrink)
        return SQ_NO_MEMORY;
    uint64_t incidences =
        graph->arity ? graph->arity * graph->samples : graph->begin[graph->samples];
    for (uint64_t i = 0; i < incidences; i++)
        (*shrink)[graph->block[i]]++;
    for (size_t b = 0; b < graph->blocks; b++)
        if ((*shrink)[b] > 0)
            (*shrink)[b] = 2 * l2 / (*shrink)[b];
    return SQ_OK;
}
