/* Checkpoints: doc/formats.md, "Checkpoints". */
#include "sequent/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "verify/lock.h"
#include "verify/model_file.h"

/* magic; format; the lock's JSON (4 bytes of length, text); epoch, step (8 bytes each); the mode (as
 * the JSON); saga alone: the remembered gradients (8 bytes of count, binary32); then the bytes of a
 * model file, whose checksum covers all. */
static const char MAGIC[8] = "sqcheck\n";
enum { FORMAT = 2 };

/* What an optimiser goes on from besides the parameters. */
typedef struct memory {
    const float *number; /* (size count) */
    size_t count;
} memory;

/* The mode whose bits a run has: serial, wherever a mode has the serial ones. */
static sq_mode bits_of(sq_mode mode) {
    return sq_mode_serial_bits(mode) ? SQ_MODE_SERIAL : mode;
}

/* What else these bits depend on, a number from 1; NULL: nothing. */
static uint32_t *number_of(sq_recipe *recipe) {
    return recipe->mode == SQ_MODE_AVERAGE_RUNS        ? &recipe->threads
           : recipe->mode == SQ_MODE_AVERAGE_GRADIENTS ? &recipe->minibatch
                                                       : NULL;
}

/* A mode and its number as text: "serial", "average-runs 2". */
enum { MODE_TEXT = 32 };

static void write_mode(char text[MODE_TEXT], const sq_recipe *recipe) {
    sq_recipe r = *recipe;
    const char *name = sq_mode_name(bits_of(r.mode));
    const uint32_t *number = number_of(&r);
    if (number)
        (void)snprintf(text, MODE_TEXT, "%s %u", name, *number);
    else
        (void)snprintf(text, MODE_TEXT, "%s", name);
}

/* The reverse; whether the text is what write_mode makes. */
static int parse_mode(sq_recipe *recipe, const char *text) {
    char name[MODE_TEXT], again[MODE_TEXT];
    const char *space = strchr(text, ' ');
    size_t length = space ? (size_t)(space - text) : strlen(text);
    memcpy(name, text, length);
    name[length] = '\0';
    int mode = sq_mode_find(name);
    if (mode < 0 || bits_of((sq_mode)mode) != (sq_mode)mode)
        return 0;
    recipe->mode = (sq_mode)mode;
    uint32_t *number = number_of(recipe);
    if (number) /* whatever else it is, it is not written like this again */
        *number = space ? (uint32_t)strtoull(space, NULL, 10) : 0;
    write_mode(again, recipe);
    return strcmp(again, text) == 0 && !(number && *number == 0);
}

static int put_text(sqi_out *out, const char *text, sq_error *error) {
    int status = sqi_out_u32(out, (uint32_t)strlen(text), error);
    return status == SQ_OK ? sqi_out_bytes(out, text, strlen(text), error) : status;
}

static int put(sqi_out *out, const char *text, uint64_t epoch, uint64_t step,
               const sq_recipe *recipe, const memory *remembered, const sq_model *model,
               sq_error *error) {
    char mode[MODE_TEXT];
    write_mode(mode, recipe);
    int status = sqi_out_bytes(out, MAGIC, sizeof MAGIC, error);
    if (status == SQ_OK)
        status = sqi_out_u32(out, FORMAT, error);
    if (status == SQ_OK)
        status = put_text(out, text, error);
    if (status == SQ_OK)
        status = sqi_out_u64(out, epoch, error);
    if (status == SQ_OK)
        status = sqi_out_u64(out, step, error);
    if (status == SQ_OK)
        status = put_text(out, mode, error);
    if (status == SQ_OK && remembered)
        status = sqi_out_u64(out, remembered->count, error);
    if (status == SQ_OK && remembered)
        status = sqi_out_words(out, remembered->number, remembered->count, error);
    return status == SQ_OK ? sqi_model_put(out, model, error) : status;
}

static int write(const char *path, const sq_lock *facts, uint64_t epoch, uint64_t step,
                 const memory *remembered, const sq_model *model, sq_error *error) {
    sqi_out out;
    char *text;
    sq_recipe recipe = facts->recipe;
    if (number_of(&recipe) && *number_of(&recipe) == 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "%s: the recipe lacks the number of threads or the mini-batch of %s", path,
                        sq_mode_name(recipe.mode));
    int status = sqi_lock_text(&text, facts, path, error);
    if (status == SQ_OK)
        status = sqi_out_open(&out, path, error);
    if (status == SQ_OK) {
        status = put(&out, text, epoch, step, &recipe, remembered, model, error);
        status = sqi_out_close(&out, status, error);
    }
    sqi_free(text);
    return status;
}

int sq_checkpoint_write(const char *path, const sq_lock *facts, uint64_t epoch, uint64_t step,
                        const sq_model *model, sq_error *error) {
    return facts->recipe.optimizer == SQ_SAGA
               ? sqi_fail(error, SQ_BAD_ARGUMENT,
                          "%s: saga goes on from what it remembers, which is not given", path)
               : write(path, facts, epoch, step, NULL, model, error);
}

int sq_checkpoint_write_memory(const char *path, const sq_lock *facts, uint64_t epoch,
                               const sq_model *model, const float *memory_numbers,
                               size_t memory_size, sq_error *error) {
    const memory remembered = {memory_numbers, memory_size};
    return write(path, facts, epoch, 0, facts->recipe.optimizer == SQ_SAGA ? &remembered : NULL,
                 model, error);
}

static int get_mode(sqi_in *in, sq_recipe *recipe, sq_error *error) {
    char text[MODE_TEXT] = ""; /* longer ones are none */
    uint32_t length = 0;
    int status = sqi_in_u32(in, &length, error);
    if (status == SQ_OK && length < sizeof text)
        status = sqi_in_bytes(in, text, length, error);
    if (status == SQ_OK && (strlen(text) != length || !parse_mode(recipe, text)))
        return sqi_in_bad(in, "of an unknown mode", error);
    return status;
}

static int get_facts(sqi_in *in, sq_lock **facts, sq_error *error) {
    uint32_t length = 0;
    void *text = NULL;
    int status = sqi_in_u32(in, &length, error);
    if (status == SQ_OK)
        status = sqi_in_text(in, &text, length, error);
    if (status == SQ_OK)
        status = sqi_lock_parse(facts, text, length, in->path, error);
    sqi_free(text);
    return status;
}

static int get_memory(sqi_in *in, sq_checkpoint *c, sq_error *error) {
    uint64_t count = 0;
    void *words = NULL;
    int status = sqi_in_u64(in, &count, error);
    if (status == SQ_OK)
        status = sqi_in_words(in, &words, count, error);
    c->memory = words;
    c->memory_size = status == SQ_OK ? (size_t)count : 0;
    for (size_t i = 0; i < c->memory_size; i++)
        if (!isfinite(c->memory[i]))
            return sqi_in_bad(in, "with a remembered number that is not finite", error);
    return status;
}

/* Whether a run can be within an epoch. */
static int stops_within(const sq_recipe *recipe) {
    return sq_train_resumes_within(
        &(sq_train_options){.mode = recipe->mode,
                            .optimizer = recipe->optimizer,
                            .l2_exact = recipe->l2_exact ? recipe->l2 : 0});
}

static int get(sqi_in *in, sq_checkpoint *c, sq_error *error) {
    char magic[sizeof MAGIC];
    uint32_t format = 0;
    int status = sqi_in_bytes(in, magic, sizeof magic, error);
    if (status == SQ_OK && memcmp(magic, MAGIC, sizeof magic) != 0)
        return sqi_fail(error, SQ_BAD_INPUT, "%s: not a checkpoint of sequent",
                        sqi_input_name(in->path));
    if (status == SQ_OK)
        status = sqi_in_u32(in, &format, error);
    if (status == SQ_OK && format != FORMAT)
        return sqi_in_bad(in, "of another format version", error);
    if (status == SQ_OK)
        status = get_facts(in, &c->facts, error);
    if (status == SQ_OK)
        status = sqi_in_u64(in, &c->epoch, error);
    if (status == SQ_OK)
        status = sqi_in_u64(in, &c->step, error);
    if (status == SQ_OK)
        status = get_mode(in, &c->facts->recipe, error);
    if (status == SQ_OK && c->facts->recipe.optimizer == SQ_SAGA)
        status = get_memory(in, c, error);
    if (status == SQ_OK)
        status = sqi_model_get(in, &c->model, error);
    if (status == SQ_OK)
        status = sqi_in_end(in, error);
    if (status == SQ_OK &&
        (c->facts->epochs != c->epoch || c->step > c->facts->steps ||
         c->step % SQ_PLAN_SEGMENT != 0 || (c->step > 0 && !stops_within(&c->facts->recipe)) ||
         c->model->kind != c->facts->recipe.model))
        status = sqi_in_bad(in, "that contradicts itself", error);
    return status;
}

int sq_checkpoint_read(sq_checkpoint **checkpoint, const char *path, sq_error *error) {
    sqi_in in;
    *checkpoint = NULL;
    sq_checkpoint *made = sqi_alloc(1, sizeof *made, error);
    if (!made)
        return SQ_NO_MEMORY;
    int status = sqi_in_open(&in, path, "checkpoint", error);
    if (status == SQ_OK)
        status = get(&in, made, error);
    sqi_in_close(&in);
    if (status == SQ_OK)
        *checkpoint = made;
    else
        sq_checkpoint_free(made);
    return status;
}

sq_checkpoint *sq_checkpoint_free(sq_checkpoint *checkpoint) {
    if (checkpoint) {
        sq_lock_free(checkpoint->facts);
        sq_model_free(checkpoint->model);
        sqi_free(checkpoint->memory);
    }
    return sqi_free(checkpoint);
}

static int contradicts(const char *what, sq_error *error) {
    return sqi_fail(error, SQ_BAD_ARGUMENT, "the checkpoint is of another run: %s differ%s", what,
                    what[0] == '-' ? "s" : "");
}

/* The order's specification without the place of a file. */
static size_t order_kind_length(const char *order) {
    return strncmp(order, "file:", 5) == 0 ? 5 : strlen(order) + 1;
}

static int check(const sq_checkpoint *c, const sq_lock *begun, const sq_model *model,
                 sq_error *error) {
    const sq_recipe *then = &c->facts->recipe, *now = &begun->recipe;
    if (c->facts->arithmetic != begun->arithmetic)
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "the checkpoint is of arithmetic version %d, this program's is %d",
                        c->facts->arithmetic, begun->arithmetic);
    if (bits_of(then->mode) != bits_of(now->mode))
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "the checkpoint is of another run: --mode differs: its bits are those of "
                        "%s, not of %s",
                        sq_mode_name(then->mode), sq_mode_name(now->mode));
    if (then->minibatch != now->minibatch)
        return contradicts("--batch", error);
    if (then->threads != now->threads)
        return contradicts("--threads", error);
    if (then->model != now->model)
        return contradicts("--model", error);
    if (strcmp(c->facts->data_hash.hex, begun->data_hash.hex) != 0)
        return contradicts("the data", error);
    if (strcmp(c->facts->terminals_hash.hex, begun->terminals_hash.hex) != 0)
        return contradicts("--terminals", error);
    if (then->rank != now->rank)
        return contradicts("--rank", error);
    if (then->bias != now->bias)
        return contradicts("--bias", error);
    if (then->layers != now->layers || memcmp(then->hidden, now->hidden, sizeof then->hidden) != 0)
        return contradicts("--hidden", error);
    if (then->keep != now->keep)
        return contradicts("--keep", error);
    if (then->optimizer != now->optimizer)
        return contradicts("--optimizer", error);
    if (then->schedule != now->schedule)
        return contradicts("--schedule", error);
    if (then->l2 != now->l2)
        return contradicts("--l2", error);
    if (then->l2_exact != now->l2_exact)
        return contradicts("--l2-form", error);
    if (then->step != now->step)
        return contradicts("--step", error);
    if (then->decay != now->decay)
        return contradicts("--step-decay", error);
    if (then->seed != now->seed)
        return contradicts("--seed", error);
    if (strncmp(then->order, now->order, order_kind_length(now->order)) != 0 ||
        c->facts->steps != begun->steps)
        return contradicts("--order", error);
    if (strcmp(c->facts->initial_hash.hex, begun->initial_hash.hex) != 0 ||
        c->model->blocks != model->blocks || c->model->width != model->width)
        return contradicts("the initial values", error);
    if (c->epoch > now->epochs || (c->epoch == now->epochs && c->step > 0))
        return sqi_fail(error, SQ_BAD_ARGUMENT,
                        "the checkpoint is %llu epochs on, beyond --epochs %llu",
                        (unsigned long long)c->epoch, (unsigned long long)now->epochs);
    return SQ_OK;
}

int sq_checkpoint_resume(const sq_checkpoint *checkpoint, sq_recorder *recorder, sq_model *model,
                         const sq_order *order, sq_error *error) {
    const sq_lock *begun = sq_recorder_lock(recorder, model);
    int status = check(checkpoint, begun, model, error);
    uint32_t *pi = NULL;
    sqi_digest seen; /* the orders of all epochs that the checkpoint's run has begun */
    sqi_digest_begin(&seen);
    if (status == SQ_OK)
        status = sqi_recorder_go_on(recorder, checkpoint->facts, error);
    if (status == SQ_OK)
        status = sq_pi_new(&pi, order, error);
    uint64_t begun_epochs = checkpoint->epoch + (checkpoint->step > 0);
    for (uint64_t e = 0; e < begun_epochs && status == SQ_OK; e++) {
        if (e > 0 && !sq_order_fixed(order))
            sq_order_fill(order, e, pi);
        sqi_digest_order(&seen, pi, order->steps);
        if (e < checkpoint->epoch)
            sq_recorder_order(recorder, pi, order->steps);
    }
    sq_pi_free(pi);
    if (status == SQ_OK &&
        strcmp(sqi_digest_hex(&seen).hex, checkpoint->facts->order_hash.hex) != 0)
        status = contradicts("--order", error);
    if (status == SQ_OK)
        memcpy(model->x, checkpoint->model->x, model->blocks * model->stride * sizeof *model->x);
    return status;
}
