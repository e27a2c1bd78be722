/* Data, model, problem and order by the settings. */
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/status.h"
#include "cli/commands.h"

static int check_layers(const settings *s, sq_error *error) {
    const char *given = s->hidden.layers ? "--hidden" : "--keep";
    if ((s->hidden.layers || s->keep >= 0) && s->model != SQ_MLP)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "%s is for mlp", given);
    if (s->keep == 0 || s->keep > 1)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--keep: found %g, expected a number above 0, at most 1", s->keep);
    if (s->l2 > 0 && s->model == SQ_MLP)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--l2 is not for mlp: it is shared out by how many samples touch a weight, "
                        "and the units that a step touches are drawn anew each time");
    return SQ_OK;
}

static int check_settings(const settings *s, sq_error *error) {
    if (!s->model)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--model is required: svm, logistic, least-squares, matrix-completion, "
                        "graph-cut or mlp");
    if (s->bias && s->model == SQ_MLP)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--bias is for linear models: every unit of mlp has a bias of its own");
    if (s->bias && sq_model_data((sq_model_kind)s->model) != SQ_ROWS)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--bias is for linear models");
    if (s->rank && s->model != SQ_MATRIX_COMPLETION)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--rank is for matrix-completion");
    if (s->terminals && s->model != SQ_GRAPH_CUT)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--terminals is for graph-cut");
    if (!s->terminals && s->model == SQ_GRAPH_CUT)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--terminals is required for graph-cut: the nodes whose label is given");
    if (s->l2 > 0 && s->model == SQ_GRAPH_CUT)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--l2 is not for graph-cut: every row stays on the simplex as it is");
    if (s->decay >= 0 && s->schedule > SQ_EPOCH_DECAY)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--step-decay is for --schedule epoch-decay");
    if (s->theory > 0 && (s->optimizer != SQ_SGD || !s->l2_form || !(s->l2 > 0)))
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "--step theory:E is for --optimizer sgd with --l2-form exact and an --l2 above "
            "0: it rests on strong convexity");
    return check_layers(s, error);
}

static void set_layers(sq_model_options *options, const settings *s) {
    static const layer_list usual = {1, {1024}};
    const layer_list *list = s->hidden.layers ? &s->hidden : &usual;
    options->layers = list->layers;
    memcpy(options->hidden, list->hidden, sizeof options->hidden);
    options->keep = s->keep > 0 ? s->keep : 0.05;
}

/* What else would be read from standard input, if the terminals are. */
static const char *other_input(const settings *s, const char *path) {
    return strcmp(path, "-") == 0                     ? "the data"
           : s->test && strcmp(s->test, "-") == 0     ? "--test"
           : strcmp(s->order, "file:-") == 0          ? "--order"
           : s->resume && strcmp(s->resume, "-") == 0 ? "--resume"
                                                      : NULL;
}

static int read_terminals(session *in, const settings *s, sq_error *error) {
    const char *other = strcmp(s->terminals, "-") == 0 ? other_input(s, in->path) : NULL;
    if (other)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--terminals and %s cannot both be standard input",
                        other);
    int status = sq_terminals_read(&in->terminals, s->terminals, error);
    if (status == SQ_OK)
        in->terminals_hash = sq_terminals_hash(in->terminals);
    return status;
}

static void warn_of_strangers(const session *in, const settings *s) {
    size_t strangers = 0;
    for (size_t i = 0; in->terminals && i < in->terminals->count; i++)
        strangers += sq_names_find(&in->data->names[0], in->terminals->node[i]) == SIZE_MAX;
    if (strangers)
        warn(s, "%zu of %zu terminals are nodes without an edge: they are ignored", strangers,
             in->terminals->count);
}

/* Step sizes: as given, or by a formula. Theory's stays as it is. */
static int choose_steps(session *in, const settings *s, sq_error *error) {
    double step, decay;
    sq_model_defaults(in->model, in->data, &step, &decay);
    in->schedule = s->schedule < 0 ? SQ_EPOCH_DECAY : (sq_schedule)s->schedule;
    if (in->schedule != SQ_EPOCH_DECAY || s->theory > 0)
        decay = 1;
    in->decay = s->decay >= 0 ? s->decay : decay;
    in->step = s->step >= 0 ? s->step : step;
    return s->theory > 0
               ? sq_model_theory_step(in->model, in->data, s->l2, s->theory, &in->step, error)
               : SQ_OK;
}

int session_open(session *in, const settings *s, const char *path, sq_error *error) {
    *in = (session){.path = path, .l2_exact = s->l2_form ? s->l2 : 0};
    const double begin = sqi_seconds();
    int status = check_settings(s, error);
    if (status == SQ_OK && s->terminals)
        status = read_terminals(in, s, error);
    if (status == SQ_OK)
        status = sq_data_read(&in->data, path, sq_model_data((sq_model_kind)s->model),
                              (sq_format)s->format, error);
    if (status != SQ_OK)
        return status;
    note(s, "%s: read in %.3f s", path, sqi_seconds() - begin);
    in->data_hash = sq_data_hash(in->data);
    if (s->bias)
        status = sq_data_add_bias(in->data, error);
    warn_of_strangers(in, s);
    sq_model_options options = {.kind = (sq_model_kind)s->model,
                                .rank = s->rank ? s->rank : 16,
                                .seed = s->seed,
                                .terminals = in->terminals};
    set_layers(&options, s);
    if (status == SQ_OK)
        status = sq_model_new(&in->model, &options, in->data, error);
    if (status == SQ_OK)
        status = sq_model_problem(&in->problem, in->model, in->data, s->l2_form ? 0 : s->l2, error);
    if (status == SQ_OK)
        status = sq_order_init(&in->order, s->order, s->seed, in->data->samples, error);
    if (status == SQ_OK)
        status = choose_steps(in, s, error);
    if (status == SQ_OK)
        note(s, "step size %.9g, schedule %s, decay %.9g", in->step, sq_schedule_name(in->schedule),
             in->decay);
    return status;
}

void session_close(session *in) {
    sq_order_fini(&in->order);
    sq_model_problem_free(in->problem);
    sq_model_free(in->model);
    sq_data_free(in->data);
    sq_terminals_free(in->terminals);
}

void session_describe(const session *in, char *text, size_t size) {
    const sq_data *d = in->data;
    grouped samples = group_digits(d->samples), first = group_digits(d->names[0].count),
            second = group_digits(d->names[1].count), nonzeros = group_digits(d->nonzeros);
    if (d->kind == SQ_ROWS)
        (void)snprintf(text, size, "%s rows, %s features, %s non-zeros", samples.text, first.text,
                       nonzeros.text);
    else if (d->kind == SQ_EDGES)
        (void)snprintf(text, size, "%s edges, %s nodes, %u labels", samples.text, first.text,
                       in->model->labels);
    else
        (void)snprintf(text, size, "%s ratings, %s users, %s items", samples.text, first.text,
                       second.text);
    if (d->kind == SQ_ROWS && in->model->labels > 2)
        (void)snprintf(text + strlen(text), size - strlen(text), ", %u labels", in->model->labels);
}
