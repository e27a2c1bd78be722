/* The report of sequent bench as JSON. */
#include <stdio.h>

#include "cli/bench.h"
#include "cli/commands.h"

/* Sets a member; *failed stays set once something found no memory. */
static void put(json_t *object, int *failed, const char *key, json_t *value) {
    *failed |= json_object_set_new(object, key, value) != 0;
}

/* key: the median; key_min, key_max: the least and the greatest. */
static void put_spread(json_t *object, int *failed, const char *key, sqi_spread s) {
    char name[64];
    put(object, failed, key, json_number(s.median));
    (void)snprintf(name, sizeof name, "%s_min", key);
    put(object, failed, name, json_number(s.least));
    (void)snprintf(name, sizeof name, "%s_max", key);
    put(object, failed, name, json_number(s.greatest));
}

static void put_list(json_t *object, int *failed, const char *key, const double *values,
                     size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        *failed |= json_array_append_new(list, json_number(values[i])) != 0;
    put(object, failed, key, list);
}

static void put_runs(json_t *row, int *failed, const sqi_contest *c, const sqi_runs *r) {
    size_t all = (size_t)c->rounds * c->laps;
    put_list(row, failed, "round_seconds", r->round, c->rounds);
    put_list(row, failed, "run_seconds", r->seconds, all);
    put_list(row, failed, "run_plan_seconds", r->planning, all);
    put_list(row, failed, "run_losses", r->loss, all);
    put_list(row, failed, "run_distances", r->distance, all);
    put_list(row, failed, "epoch_losses", r->curve, (size_t)c->epochs);
}

static json_t *row_to_json(const bench *b, size_t i, int *failed) {
    const sqi_standing *s = &b->standing[i];
    const sqi_runs *r = &b->contest->runs[i];
    int planned = r->who.mode == SQ_MODE_PLANNED;
    json_t *row = json_object();
    put(row, failed, "mode", json_string(sq_mode_name(r->who.mode)));
    put(row, failed, "planner", json_string(planned ? sq_planner_name(r->who.planner) : "none"));
    put(row, failed, "planner_used",
        json_string(r->report.planned ? sq_planner_name(r->report.plan.planner) : "none"));
    put(row, failed, "threads", json_integer(r->who.threads));
    put(row, failed, "threads_used", json_integer(r->report.threads));
    put_spread(row, failed, "seconds_per_epoch", s->epoch);
    put(row, failed, "plan_seconds", json_number(s->planning.median));
    put(row, failed, "steps_per_second", json_number(bench_steps(b) / s->epoch.median));
    put(row, failed, "ns_per_step", json_number(1e9 * s->epoch.median / bench_steps(b)));
    put(row, failed, "ns_per_nonzero", json_number(1e9 * s->epoch.median / bench_nonzeros(b)));
    put_spread(row, failed, "speedup", s->speedup);
    put_spread(row, failed, "speedup_with_planning", s->speedup_whole);
    put_spread(row, failed, "vs_hogwild", s->vs_hogwild);
    put_spread(row, failed, "ceiling", s->ceiling);
    put_spread(row, failed, "of_ceiling", s->of_ceiling);
    put(row, failed, "same_bits", json_boolean(r->same_bits));
    put(row, failed, "loss", json_number(bench_last_loss(b, i)));
    put(row, failed, "loss_min", json_number(s->loss.least));
    put(row, failed, "loss_max", json_number(s->loss.greatest));
    put_spread(row, failed, "distance", s->distance);
    put(row, failed, "model_hash", json_string(b->hash[i].hex));
    put_runs(row, failed, b->contest, r);
    return row;
}

/* What the user has given, or null where the planner chooses. */
static json_t *json_chosen(uint32_t given) {
    return given ? json_integer((json_int_t)given) : json_null();
}

json_t *bench_to_json(const bench *b) {
    int failed = 0;
    json_t *all = json_object(), *rows = json_array();
    put(all, &failed, "model", json_string(sq_model_name(b->in.model->kind)));
    put(all, &failed, "data_hash", json_string(b->in.data_hash.hex));
    put(all, &failed, "samples", json_integer((json_int_t)b->in.data->samples));
    put(all, &failed, "steps", json_integer((json_int_t)b->in.order.steps));
    put(all, &failed, "parameters",
        json_integer((json_int_t)b->in.model->blocks * (json_int_t)b->in.model->width));
    put(all, &failed, "width", json_integer(b->in.model->width));
    put(all, &failed, "order", json_text(b->s->order));
    put(all, &failed, "seed", json_wide(b->s->seed));
    put(all, &failed, "step", json_number(b->in.step));
    put(all, &failed, "schedule", json_string(sq_schedule_name(b->in.schedule)));
    put(all, &failed, "step_decay", json_number(b->in.decay));
    put(all, &failed, "l2", json_number(b->s->l2));
    put(all, &failed, "l2_form", json_string(b->s->l2_form ? "exact" : "degree"));
    put(all, &failed, "optimizer", json_string(sq_optimizer_name((sq_optimizer)b->s->optimizer)));
    put(all, &failed, "minibatch", json_integer((json_int_t)settings_minibatch(b->s)));
    put(all, &failed, "average_every", json_string(settings_period(b->s)));
    put(all, &failed, "batch", json_chosen(b->s->batch));
    put(all, &failed, "deferrals", json_chosen(b->s->deferrals));
    put(all, &failed, "processors", json_integer(sq_processors()));
    put(all, &failed, "processor", json_processor());
    put(all, &failed, "compiler", json_string(compiler()));
    put(all, &failed, "arithmetic", json_integer(sq_arithmetic_version()));
    put(all, &failed, "initial_loss", json_number(b->contest->initial_loss));
    put(all, &failed, "epochs", json_integer((json_int_t)b->s->epochs));
    put(all, &failed, "rounds", json_integer(b->contest->rounds));
    put(all, &failed, "runs_per_round", json_integer(b->contest->laps));
    put_spread(all, &failed, "handover_ns", sqi_contest_handover(b->contest));
    put_list(all, &failed, "run_handover_ns", b->contest->handover, b->contest->turns);
    for (size_t i = 0; i < b->count; i++)
        failed |= json_array_append_new(rows, row_to_json(b, i, &failed)) != 0;
    put(all, &failed, "rows", rows);
    if (failed) {
        json_decref(all);
        return NULL;
    }
    return all;
}
