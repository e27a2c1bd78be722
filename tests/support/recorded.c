/* Runs with a recorder, and whatever else is asked for. */
#include "support/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "support/small_models.h"

static void set_defaults(sq_recipe *recipe) {
    recipe->data = recipe->data ? recipe->data : in_folder("data");
    recipe->order = recipe->order ? recipe->order : "shuffle";
    recipe->seed = recipe->seed ? recipe->seed : 1;
    recipe->epochs = recipe->epochs ? recipe->epochs : 3;
    recipe->decay = recipe->decay > 0 ? recipe->decay : 0.8;
    if (recipe->model == SQ_MATRIX_COMPLETION && recipe->rank == 0)
        recipe->rank = 5;
}

static void make_order(recorded *r, sq_error *error) {
    size_t samples = r->data->samples;
    if (r->listed) {
        r->order = (sq_order){SQ_ORDER_FILE, r->recipe.seed, samples, r->listed_steps, NULL};
        r->order.file = sqi_alloc(r->listed_steps, sizeof *r->listed, error);
        cr_assert(r->order.file);
        memcpy(r->order.file, r->listed, r->listed_steps * sizeof *r->listed);
        return;
    }
    cr_assert(sq_order_init(&r->order, r->recipe.order, r->recipe.seed, samples, error) == SQ_OK,
              "%s", error->message);
}

void recorded_begin(recorded *r) {
    sq_error error = {""};
    double step, decay;
    set_defaults(&r->recipe);
    r->recipe.mode = r->mode;
    if (r->mode == SQ_MODE_AVERAGE_RUNS)
        r->recipe.threads = r->threads ? r->threads : 1;
    if (r->mode == SQ_MODE_AVERAGE_GRADIENTS && r->recipe.minibatch == 0)
        r->recipe.minibatch = SQ_MINIBATCH;
    sq_model_options options = {.kind = r->recipe.model,
                                .rank = r->recipe.rank,
                                .seed = r->recipe.seed,
                                .layers = r->recipe.layers,
                                .keep = r->recipe.keep};
    memcpy(options.hidden, r->recipe.hidden, sizeof options.hidden);
    cr_assert(sq_model_new(&r->model, &options, r->data, &error) == SQ_OK, "%s", error.message);
    double l2 = r->recipe.l2_exact ? 0 : r->recipe.l2;
    cr_assert(sq_model_problem(&r->problem, r->model, r->data, l2, &error) == SQ_OK);
    sq_model_defaults(r->model, r->data, &step, &decay);
    r->recipe.step = r->recipe.step > 0 ? r->recipe.step : step;
    make_order(r, &error);
    sq_hash hash = sq_data_hash(r->data);
    cr_assert(sq_recorder_new(&r->recorder, &r->recipe, r->data, &r->order, r->model, &hash,
                              &error) == SQ_OK);
    if (r->trace)
        cr_assert(sq_trace_open(&r->writer, r->trace, recorded_lock(r),
                                r->own_graph ? r->own_graph : r->problem->graph, r->model->names,
                                &error) == SQ_OK,
                  "%s", error.message);
}

const sq_lock *recorded_lock(const recorded *r) {
    return sq_recorder_lock(r->recorder, r->model);
}

const char *recorded_checkpoint(const char *path, unsigned i) {
    static char text[4][500];
    static unsigned turn;
    char *place = text[turn++ % 4];
    snprintf(place, sizeof text[0], "%s.%u", path, i);
    return place;
}

/* done: the epoch that ends there, or NULL. */
static void put_checkpoint(recorded *r, uint64_t epoch, size_t step, const sq_epoch *done) {
    sq_error error = {""};
    if (!r->checkpoint)
        return;
    const char *path = recorded_checkpoint(r->checkpoint, r->checkpoints++);
    int status = done ? sq_checkpoint_write_memory(path, recorded_lock(r), epoch, r->model,
                                                   done->memory, done->memory_size, &error)
                      : sq_checkpoint_write(path, recorded_lock(r), epoch, step, r->model, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
}

static int see_order(void *context, uint64_t epoch, const uint32_t *pi, size_t steps) {
    recorded *r = context;
    (void)epoch;
    sq_recorder_order(r->recorder, pi, steps);
    return 0;
}

static int see_progress(void *context, uint64_t epoch, size_t done, size_t steps) {
    if (done < steps)
        put_checkpoint(context, epoch, done, NULL);
    return 0;
}

static int see_trace(void *context, uint64_t epoch, const uint32_t *pi, const sq_trace_step *step,
                     size_t steps) {
    recorded *r = context;
    double gamma = r->gamma;
    for (uint64_t e = 0; e < epoch; e++)
        gamma *= r->recipe.decay;
    cr_assert(sq_trace_add(r->writer, gamma, pi, step, steps, NULL) == SQ_OK);
    return 0;
}

static int see_epoch(void *context, const sq_epoch *done) {
    recorded *r = context;
    cr_assert(sq_recorder_epoch(r->recorder, r->model, NULL) == SQ_OK);
    put_checkpoint(r, done->epoch + 1, 0, done);
    return 0;
}

static void train(recorded *r, uint64_t first_epoch, size_t first_step, uint64_t epochs,
                  const sq_checkpoint *from) {
    sq_error error = {""};
    const sq_observer observer = {.context = r,
                                  .order = see_order,
                                  .progress = see_progress,
                                  .epoch = see_epoch,
                                  .trace = r->writer ? see_trace : NULL};
    const sq_train_options options = {.mode = r->mode,
                                      .threads = r->threads ? r->threads : 1,
                                      .epochs = epochs,
                                      .first_epoch = first_epoch,
                                      .first_step = first_step,
                                      .optimizer = r->recipe.optimizer,
                                      .l2_exact = r->recipe.l2_exact ? r->recipe.l2 : 0,
                                      .memory = from ? from->memory : NULL,
                                      .memory_size = from ? from->memory_size : 0,
                                      .step = r->gamma,
                                      .decay = r->recipe.decay,
                                      .minibatch = r->recipe.minibatch,
                                      .plan = {.planner = r->planner, .segment = r->segment},
                                      .observer = &observer};
    int status = sq_train(r->problem, r->model->x, &r->order, &options, &r->report, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
}

void recorded_train(recorded *r) {
    sq_error error = {""};
    uint64_t epoch = 0, step = 0;
    r->gamma = r->recipe.step;
    sq_checkpoint *from = NULL;
    if (r->resume) {
        cr_assert(sq_checkpoint_read(&from, r->resume, &error) == SQ_OK, "%s", error.message);
        cr_assert(sq_checkpoint_resume(from, r->recorder, r->model, &r->order, &error) == SQ_OK,
                  "%s", error.message);
        epoch = from->epoch;
        step = from->step;
    }
    if (r->change_epoch > epoch) {
        train(r, epoch, (size_t)step, r->change_epoch, NULL);
        epoch = r->change_epoch;
        r->gamma = r->changed_step > 0 ? r->changed_step : r->gamma;
        double l2 = r->changed_l2 > 0 ? r->changed_l2 : r->recipe.l2;
        sq_model_problem_free(r->problem);
        cr_assert(sq_model_problem(&r->problem, r->model, r->data, l2, &error) == SQ_OK);
    }
    train(r, epoch, (size_t)step, r->recipe.epochs, from);
    sq_checkpoint_free(from);
    if (r->writer)
        cr_assert(sq_trace_commit(r->writer, &error) == SQ_OK, "%s", error.message);
    r->writer = NULL;
}

void recorded_run(recorded *r) {
    recorded_begin(r);
    recorded_train(r);
}

char *recorded_lock_bytes(const recorded *r, const char *name) {
    sq_error error = {""};
    cr_assert(sq_lock_write(recorded_lock(r), in_folder(name), &error) == SQ_OK, "%s",
              error.message);
    return bytes_of(in_folder(name), NULL);
}

void recorded_free(recorded *r) {
    sq_trace_abandon(r->writer);
    sq_recorder_free(r->recorder);
    sq_order_fini(&r->order);
    sq_model_problem_free(r->problem);
    sq_model_free(r->model);
}

uint64_t own_step_hash(const float *x, uint32_t width, uint32_t stride, const uint32_t *block,
                       size_t count) {
    size_t numbers = 0;
    unsigned char *bytes = malloc(4 * (count * width + 1));
    for (size_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < width; j++, numbers++) {
            uint32_t word;
            memcpy(&word, x + (size_t)block[i] * stride + j, 4);
            for (int b = 0; b < 4; b++)
                bytes[4 * numbers + (size_t)b] = (unsigned char)(word >> 8 * b);
        }
    uint64_t hash = 0;
    size_t done = 0;
    for (; numbers - done >= 1024; done += 1024)
        hash = XXH3_64bits_withSeed(bytes + 4 * done, 4096, hash);
    hash = XXH3_64bits_withSeed(bytes + 4 * done, 4 * (numbers - done), hash);
    free(bytes);
    return hash;
}
