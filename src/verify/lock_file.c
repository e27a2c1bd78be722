/* Lock files: JSON with sorted keys, by jansson. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/input.h"
#include "base/output.h"
#include "num/hexfloat.h"
#include "verify/json_text.h"
#include "verify/lock.h"

enum { SCHEMA = 1, TEXT_MOST = 1 << 28 };

static const char GENERATOR[] = "philox4x32-10";

static const char *const formats[] = {"auto", "svmlight", "triplets", "matrix-market", "edges"};

/* --- writing --- */

static json_t *hex(double number) {
    return json_string(sqi_hexfloat_of(number).text);
}

/* 64 bits as text: JSON's numbers are not wide enough everywhere. */
static json_t *wide(uint64_t number) {
    return json_sprintf("%llu", (unsigned long long)number);
}

static json_t *hashes(const sq_lock *lock) {
    json_t *list = json_array();
    for (uint64_t e = 0; e < lock->epochs; e++)
        if (json_array_append_new(list, json_string(lock->epoch_hash[e].hex)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *layers(const sq_recipe *r) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < r->layers; i++)
        if (json_array_append_new(list, json_integer(r->hidden[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* What is there only where it is not the default. Non-zero: no memory. */
static int add_options(json_t *object, const sq_recipe *r) {
    int failed = 0;
    if (r->layers > 0)
        failed |= json_object_set_new(object, "hidden", layers(r)) |
                  json_object_set_new(object, "keep", hex(r->keep));
    if (r->schedule != SQ_EPOCH_DECAY)
        failed |=
            json_object_set_new(object, "schedule", json_string(sq_schedule_name(r->schedule)));
    if (r->l2_exact)
        failed |= json_object_set_new(object, "l2_form", json_string("exact"));
    return failed;
}

/* What is there only where the model has terminals. */
static int add_terminals(json_t *object, const sq_lock *lock, const char *path) {
    return json_object_set_new(object, "terminals", json_string(path)) |
           json_object_set_new(object, "terminals_hash", json_string(lock->terminals_hash.hex));
}

static json_t *to_json(const sq_lock *lock, const char *data, const char *order,
                       const char *terminals) {
    const sq_recipe *r = &lock->recipe;
    json_t *object = json_pack(
        "{s:i, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:s, s:i, s:b, s:o, s:o, "
        "s:o, s:s, s:o, s:s, s:o, s:s, s:s}",
        "schema", SCHEMA, "arithmetic", lock->arithmetic, "data", data, "data_format",
        formats[r->format], "data_hash", lock->data_hash.hex, "samples", wide(lock->samples),
        "nonzeros", wide(lock->nonzeros), "steps", wide(lock->steps), "order", order,
        "order_generator", GENERATOR, "order_hash", lock->order_hash.hex, "seed", wide(r->seed),
        "model", sq_model_name(r->model), "rank", (int)r->rank, "bias", r->bias, "l2", hex(r->l2),
        "step", hex(r->step), "step_decay", hex(r->decay), "optimizer",
        sq_optimizer_name(r->optimizer), "epochs", wide(r->epochs), "initial_hash",
        lock->initial_hash.hex, "epoch_hashes", hashes(lock), "model_hash", lock->model_hash.hex,
        "model_sha256", lock->sha256);
    if (object && (add_options(object, r) != 0 ||
                   (terminals && add_terminals(object, lock, terminals) != 0))) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int sqi_lock_text(char **text, const sq_lock *lock, const char *path, sq_error *error) {
    char *data = NULL, *order = NULL, *terminals = NULL;
    *text = NULL;
    int status = sqi_path_relative(&data, lock->recipe.data, path, error);
    if (status == SQ_OK)
        status = sqi_order_relative(&order, lock->recipe.order, path, error);
    if (status == SQ_OK && lock->recipe.terminals)
        status = sqi_path_relative(&terminals, lock->recipe.terminals, path, error);
    if (status == SQ_OK) {
        json_t *object = to_json(lock, data, order, terminals);
        status = sqi_json_dump(text, object, error);
        json_decref(object);
    }
    sqi_free(data);
    sqi_free(order);
    sqi_free(terminals);
    return status;
}

int sqi_lock_check_mode(sq_mode mode, const char *option, sq_error *error) {
    return sq_mode_serial_bits(mode)
               ? SQ_OK
               : sqi_fail(error, SQ_BAD_ARGUMENT,
                          "%s: %s does not train to the bits of a serial run, which a lock "
                          "promises",
                          option, sq_mode_name(mode));
}

int sq_lock_write(const sq_lock *lock, const char *path, sq_error *error) {
    char *text;
    sqi_output *output = NULL;
    int status = sqi_lock_check_mode(lock->recipe.mode, "--lock", error);
    if (status == SQ_OK)
        status = sqi_lock_text(&text, lock, path, error);
    if (status != SQ_OK)
        return status;
    status = sqi_output_open(&output, path, error);
    if (status == SQ_OK)
        status = sqi_output_write(output, text, strlen(text), error);
    if (status == SQ_OK)
        status = sqi_output_write(output, "\n", 1, error);
    sqi_free(text);
    if (status == SQ_OK)
        return sqi_output_commit(output, error);
    sqi_output_abandon(output);
    return status;
}

/* --- reading --- */

typedef struct lock_reader {
    json_t *object;
    const char *path;
    sq_error *error;
    int status; /* of the first value that was wrong */
} lock_reader;

static void wrong(lock_reader *r, const char *key, const char *expected) {
    if (r->status == SQ_OK)
        r->status = sqi_fail(r->error, SQ_BAD_INPUT, "%s: \"%s\": expected %s",
                             sqi_input_name(r->path), key, expected);
}

static int has(const lock_reader *r, const char *key) {
    return json_object_get(r->object, key) != NULL;
}

static const char *get_text(lock_reader *r, const char *key) {
    const char *text = json_string_value(json_object_get(r->object, key));
    if (!text)
        wrong(r, key, "a string");
    return text ? text : "";
}

static uint64_t get_wide(lock_reader *r, const char *key) {
    const char *text = get_text(r, key), *p = text;
    uint64_t number = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (number > (UINT64_MAX - digit) / 10)
            break;
        number = 10 * number + digit;
    }
    if (p == text || *p)
        wrong(r, key, "a whole number below 2^64, as a string");
    return number;
}

static int get_small(lock_reader *r, const char *key, int most) {
    json_t *value = json_object_get(r->object, key);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > most)
        wrong(r, key, "a small whole number");
    return (int)number;
}

static double get_hex(lock_reader *r, const char *key) {
    double number = 0;
    if (sqi_hexfloat_read(get_text(r, key), &number) != 0 || !(number - number == 0))
        wrong(r, key, "a finite hexadecimal number such as \"0x1.8p+1\"");
    return number;
}

static void check_digits(lock_reader *r, const char *key, const char *text, size_t count) {
    if (strlen(text) != count || strspn(text, "0123456789abcdef") != count)
        wrong(r, key,
              count == 32 ? "32 lower-case hexadecimal digits"
                          : "64 lower-case hexadecimal digits");
}

static sq_hash to_hash(lock_reader *r, const char *key, const char *text) {
    sq_hash hash = {""};
    check_digits(r, key, text, 32);
    if (r->status == SQ_OK)
        memcpy(hash.hex, text, sizeof hash.hex);
    return hash;
}

static sq_hash get_hash(lock_reader *r, const char *key) {
    return to_hash(r, key, get_text(r, key));
}

static void get_epochs(lock_reader *r, sq_lock *lock) {
    static const char key[] = "epoch_hashes";
    json_t *list = json_object_get(r->object, key);
    if (!json_is_array(list) || json_array_size(list) > lock->recipe.epochs) {
        wrong(r, key, "a list of at most as many hashes as epochs");
        return;
    }
    lock->epochs = json_array_size(list);
    lock->epoch_hash = sqi_alloc((size_t)lock->epochs, sizeof *lock->epoch_hash, r->error);
    if (!lock->epoch_hash) {
        r->status = r->status == SQ_OK ? SQ_NO_MEMORY : r->status;
        return;
    }
    for (size_t e = 0; e < lock->epochs; e++) {
        const char *text = json_string_value(json_array_get(list, e));
        lock->epoch_hash[e] = to_hash(r, key, text ? text : "");
    }
}

static void get_names(lock_reader *r, sq_recipe *recipe) {
    const char *format = get_text(r, "data_format");
    int model = sq_model_find(get_text(r, "model")), found = -1;
    for (int f = 0; f < (int)(sizeof formats / sizeof *formats); f++)
        found = strcmp(format, formats[f]) == 0 ? f : found;
    if (found < 0)
        wrong(r, "data_format", "the name of a format");
    if (model < 0)
        wrong(r, "model", "the name of a model");
    int optimizer = sq_optimizer_find(get_text(r, "optimizer"));
    int schedule = has(r, "schedule") ? sq_schedule_find(get_text(r, "schedule")) : SQ_EPOCH_DECAY;
    if (optimizer < 0)
        wrong(r, "optimizer", "the name of an optimizer");
    if (schedule < 0)
        wrong(r, "schedule", "the name of a schedule");
    if (strcmp(get_text(r, "order_generator"), GENERATOR) != 0)
        wrong(r, "order_generator", "\"philox4x32-10\"");
    recipe->format = found < 0 ? SQ_FORMAT_AUTO : (sq_format)found;
    recipe->model = model < 0 ? SQ_SVM : (sq_model_kind)model;
    recipe->optimizer = optimizer < 0 ? SQ_SGD : (sq_optimizer)optimizer;
    recipe->schedule = schedule < 0 ? SQ_EPOCH_DECAY : (sq_schedule)schedule;
}

static void get_layers(lock_reader *r, sq_recipe *recipe) {
    static const char key[] = "hidden";
    json_t *list = json_object_get(r->object, key);
    if (!list)
        return;
    size_t layers = json_array_size(list);
    if (layers < 1 || layers > SQ_LAYERS_MAX) {
        wrong(r, key, "a list of 1 to 8 numbers of units");
        return;
    }
    recipe->layers = (uint32_t)layers;
    for (size_t i = 0; i < layers; i++) {
        json_int_t units = json_integer_value(json_array_get(list, i));
        if (units < 1 || units > INT32_MAX)
            wrong(r, key, "numbers of units");
        recipe->hidden[i] = (uint32_t)units;
    }
    recipe->keep = get_hex(r, "keep");
}

static void get_terminals(lock_reader *r, sq_lock *lock) {
    if (lock->recipe.model != SQ_GRAPH_CUT)
        return;
    const char *stored = get_text(r, "terminals");
    lock->terminals_hash = get_hash(r, "terminals_hash");
    if (r->status == SQ_OK)
        r->status = sqi_path_resolve(&lock->terminals, stored, r->path, r->error);
    lock->recipe.terminals = lock->terminals;
}

static void get_paths(lock_reader *r, sq_lock *lock) {
    char *data = NULL, *order = NULL;
    const char *stored[2] = {get_text(r, "data"), get_text(r, "order")};
    if (r->status == SQ_OK)
        r->status = sqi_path_resolve(&data, stored[0], r->path, r->error);
    if (r->status == SQ_OK)
        r->status = sqi_order_resolve(&order, stored[1], r->path, r->error);
    (void)sqi_lock_take(lock, data, order);
}

static void get_lock(lock_reader *r, sq_lock *lock) {
    sq_recipe *recipe = &lock->recipe;
    if (get_small(r, "schema", 1 << 30) != SCHEMA)
        wrong(r, "schema", "1");
    if (!json_is_boolean(json_object_get(r->object, "bias")))
        wrong(r, "bias", "true or false");
    lock->arithmetic = get_small(r, "arithmetic", 1 << 30);
    lock->samples = get_wide(r, "samples");
    lock->nonzeros = get_wide(r, "nonzeros");
    lock->steps = get_wide(r, "steps");
    lock->data_hash = get_hash(r, "data_hash");
    lock->order_hash = get_hash(r, "order_hash");
    lock->initial_hash = get_hash(r, "initial_hash");
    lock->model_hash = get_hash(r, "model_hash");
    const char *sha256 = get_text(r, "model_sha256");
    check_digits(r, "model_sha256", sha256, 64);
    if (r->status == SQ_OK)
        memcpy(lock->sha256, sha256, sizeof lock->sha256);
    recipe->bias = json_is_true(json_object_get(r->object, "bias"));
    recipe->rank = (uint32_t)get_small(r, "rank", 65536);
    recipe->seed = get_wide(r, "seed");
    recipe->epochs = get_wide(r, "epochs");
    recipe->l2 = get_hex(r, "l2");
    recipe->l2_exact = has(r, "l2_form");
    if (recipe->l2_exact && strcmp(get_text(r, "l2_form"), "exact") != 0)
        wrong(r, "l2_form", "\"exact\", or none");
    recipe->step = get_hex(r, "step");
    recipe->decay = get_hex(r, "step_decay");
    get_names(r, recipe);
    get_layers(r, recipe);
    get_paths(r, lock);
    get_terminals(r, lock);
    get_epochs(r, lock);
}

int sqi_lock_parse(sq_lock **lock, const char *text, size_t size, const char *path,
                   sq_error *error) {
    json_error_t where;
    *lock = NULL;
    lock_reader r = {.path = path, .error = error};
    r.status = sqi_json_load(&r.object, text, size, &where, error);
    if (r.status != SQ_OK)
        return r.status;
    if (!json_is_object(r.object)) {
        json_decref(r.object);
        for (char *c = where.text; *c; c++) /* it repeats what it found, whatever that is */
            if (*c < ' ' || *c > '~')
                *c = '?';
        return sqi_fail(error, SQ_BAD_INPUT, "%s:%d:%d: not a lock: %s", sqi_input_name(path),
                        r.object ? 1 : where.line, r.object || where.column < 1 ? 1 : where.column,
                        r.object ? "expected a JSON object" : where.text);
    }
    sq_lock *made = sqi_alloc(1, sizeof *made, error);
    if (made)
        get_lock(&r, made);
    else
        r.status = SQ_NO_MEMORY;
    json_decref(r.object);
    if (r.status == SQ_OK)
        *lock = made;
    else
        sq_lock_free(made);
    return r.status;
}

int sq_lock_read(sq_lock **lock, const char *path, sq_error *error) {
    *lock = NULL;
    sqi_input *input;
    int status = sqi_input_open(&input, path, error);
    if (status != SQ_OK)
        return status;
    void *text = NULL;
    size_t size = 0, got = 1;
    while (status == SQ_OK && got > 0 && size < TEXT_MOST) {
        const size_t piece = 1 << 16;
        status = sqi_resize(&text, size + piece, 1, error);
        if (status == SQ_OK)
            status = sqi_input_read(input, (char *)text + size, piece, &got, error);
        size += status == SQ_OK ? got : 0;
    }
    sqi_input_close(input);
    if (status == SQ_OK)
        status = sqi_lock_parse(lock, text, size, path, error);
    sqi_free(text);
    return status;
}

sq_lock *sq_lock_free(sq_lock *lock) {
    if (lock)
        sqi_lock_fini(lock);
    return sqi_free(lock);
}
