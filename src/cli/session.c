/* Data, model, problem and order by the settings. */
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "cli/commands.h"

static int check_settings(const settings *s, sq_error *error) {
    if (!s->model)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "--model is required: svm, logistic, least-squares or matrix-completion");
    if (s->bias && sq_model_data((sq_model_kind)s->model) != SQ_ROWS)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--bias is for linear models");
    if (s->rank && s->model != SQ_MATRIX_COMPLETION)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--rank is for matrix-completion");
    if (s->decay >= 0 && s->schedule > SQ_EPOCH_DECAY)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "--step-decay is for --schedule epoch-decay");
    return SQ_OK;
}

int session_open(session *in, const settings *s, const char *path, sq_error *error) {
    *in = (session){.path = path};
    int status = check_settings(s, error);
    if (status == SQ_OK)
        status = sq_data_read(&in->data, path, sq_model_data((sq_model_kind)s->model),
                              (sq_format)s->format, error);
    if (status != SQ_OK)
        return status;
    in->data_hash = sq_data_hash(in->data);
    if (s->bias)
        status = sq_data_add_bias(in->data, error);
    const sq_model_options options = {
        .kind = (sq_model_kind)s->model, .rank = s->rank ? s->rank : 16, .seed = s->seed};
    if (status == SQ_OK)
        status = sq_model_new(&in->model, &options, in->data, error);
    if (status == SQ_OK)
        status = sq_model_problem(&in->problem, in->model, in->data, s->l2, error);
    if (status == SQ_OK)
        status = sq_order_init(&in->order, s->order, s->seed, in->data->samples, error);
    if (status != SQ_OK)
        return status;
    sq_model_defaults(in->model, in->data, &in->step, &in->decay);
    in->schedule = s->schedule < 0 ? SQ_EPOCH_DECAY : (sq_schedule)s->schedule;
    in->step = s->step >= 0 ? s->step : in->step;
    in->decay = s->decay >= 0 ? s->decay : in->schedule == SQ_EPOCH_DECAY ? in->decay : 1;
    return SQ_OK;
}

void session_close(session *in) {
    sq_order_fini(&in->order);
    sq_model_problem_free(in->problem);
    sq_model_free(in->model);
    sq_data_free(in->data);
}

void session_describe(const session *in, char *text, size_t size) {
    const sq_data *d = in->data;
    grouped samples = group_digits(d->samples), first = group_digits(d->names[0].count),
            second = group_digits(d->names[1].count), nonzeros = group_digits(d->nonzeros);
    if (d->kind == SQ_ROWS)
        (void)snprintf(text, size, "%s rows, %s features, %s non-zeros", samples.text, first.text,
                       nonzeros.text);
    else
        (void)snprintf(text, size, "%s ratings, %s users, %s items", samples.text, first.text,
                       second.text);
    if (d->kind == SQ_ROWS && in->model->labels > 2)
        (void)snprintf(text + strlen(text), size - strlen(text), ", %u labels", in->model->labels);
}
