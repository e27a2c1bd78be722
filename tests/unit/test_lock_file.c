/* verify/lock_file: the bytes of a lock, and what its reader refuses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/data_files.h"
#include "support/recorded.h"
#include "support/small_models.h"
#include "verify/lock.h"

static void begin(void) {
    new_folder();
}
TestSuite(lock_file, .init = begin, .fini = remove_folder);

/* The example of doc/formats.md, "Lock files". */
static const char EXAMPLE[] =
    "{\n  \"arithmetic\": 1,\n  \"bias\": false,\n  \"data\": \"three.txt\",\n"
    "  \"data_format\": \"auto\",\n  \"data_hash\": \"231dd476b5ac4e22f44c2028160fba86\",\n"
    "  \"epoch_hashes\": [\n    \"9a4b35d5d29c442808290d043990129b\"\n  ],\n  \"epochs\": \"1\",\n"
    "  \"initial_hash\": \"f7b413e63de9f0cedea4fde3a2dd6f9c\",\n  \"l2\": \"0x0p+0\",\n"
    "  \"model\": \"matrix-completion\",\n"
    "  \"model_hash\": \"b44c80039f429a04d268de2065d07a6f\",\n"
    "  \"model_sha256\": \"a5776dae4dd5b307593041e499e9a996db7ce1eb60ae1c4b2278446123e3620a\",\n"
    "  \"nonzeros\": \"0\",\n  \"optimizer\": \"sgd\",\n  \"order\": \"shuffle\",\n"
    "  \"order_generator\": \"philox4x32-10\",\n"
    "  \"order_hash\": \"6169217052e1d6f7127635745c029e79\",\n  \"rank\": 2,\n"
    "  \"samples\": \"3\",\n  \"schema\": 1,\n  \"seed\": \"1\",\n"
    "  \"step\": \"0x1.999999999999ap-4\",\n  \"step_decay\": \"0x1.999999999999ap-1\",\n"
    "  \"steps\": \"3\"\n}\n";

static sq_data *three(void) {
    return data_of("1 10 4\n2 10 2.5\n1 30 1\n", SQ_RATINGS);
}

static const sq_recipe recipe = {
    .model = SQ_MATRIX_COMPLETION, .rank = 2, .epochs = 1, .step = 0.1};

Test(lock_file, the_bytes) {
    sq_data *data = three();
    recorded r = {.data = data, .recipe = recipe};
    r.recipe.data = in_folder("three.txt");
    recorded_run(&r);
    char *bytes = recorded_lock_bytes(&r, "lock");
    cr_assert(strcmp(bytes, EXAMPLE) == 0, "%s", bytes);
    free(bytes);
    recorded_free(&r);
    sq_data_free(data);
}

static sq_lock *parse(const char *text) {
    sq_error error = {""};
    sq_lock *lock;
    int status = sqi_lock_parse(&lock, text, strlen(text), in_folder("lock"), &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    return lock;
}

/* Every field is read back: written again it gives the same bytes. */
static void expect_round_trip(const char *text) {
    put_file(in_folder("lock"), text, strlen(text));
    sq_lock *lock;
    sq_error error = {""};
    cr_assert(sq_lock_read(&lock, in_folder("lock"), &error) == SQ_OK, "%s", error.message);
    cr_assert(sq_lock_write(lock, in_folder("again"), &error) == SQ_OK, "%s", error.message);
    char *again = bytes_of(in_folder("again"), NULL);
    cr_assert(strcmp(again, text) == 0, "%s", again);
    free(again);
    sq_lock_free(lock);
}

/* EXAMPLE with the first `from` replaced; to be freed. */
static char *edited(const char *from, const char *to) {
    const char *at = strstr(EXAMPLE, from);
    cr_assert(at, "%s", from);
    char *text = malloc(sizeof EXAMPLE + strlen(to));
    memcpy(text, EXAMPLE, (size_t)(at - EXAMPLE));
    strcpy(text + (at - EXAMPLE), to);
    strcat(text, at + strlen(from));
    return text;
}

Test(lock_file, every_field_survives) {
    static const char *const edits[][2] = {
        {"\"arithmetic\": 1", "\"arithmetic\": 77"},
        {"\"bias\": false", "\"bias\": true"},
        {"three.txt", "../x"},
        {"three.txt", "-"},
        {"three.txt", "a \\\"b\\\" \\\\ \\u00E9\\uD83D\\uDE00\\t"},
        {"\"auto\"", "\"svmlight\""},
        {"\"auto\"", "\"triplets\""},
        {"\"auto\"", "\"matrix-market\""},
        {"\"auto\"", "\"edges\""},
        {"231dd476", "00000000"},
        {"9a4b35d5d29c442808290d043990129b\"",
         "9a4b35d5d29c442808290d043990129b\",\n    \"ffffffffffffffffffffffffffffffff\""},
        {"[\n    \"9a4b35d5d29c442808290d043990129b\"\n  ]", "[]"},
        {"f7b413e6", "00000000"},
        {"\"l2\": \"0x0p+0\"", "\"l2\": \"0x0.0000000000001p-1022\""},
        {"matrix-completion", "svm"},
        {"matrix-completion", "logistic"},
        {"matrix-completion", "least-squares"},
        {"b44c8003", "00000000"},
        {"a5776dae", "00000000"},
        {"\"nonzeros\": \"0\"", "\"nonzeros\": \"18446744073709551615\""},
        {"\"shuffle\"", "\"reshuffle\""},
        {"\"shuffle\"", "\"file:../pi\""},
        {"\"shuffle\"", "\"file:-\""},
        {"61692170", "00000000"},
        {"\"rank\": 2", "\"rank\": 65536"},
        {"\"rank\": 2", "\"rank\": 0"},
        {"\"samples\": \"3\"", "\"samples\": \"4294967294\""},
        {"\"seed\": \"1\"", "\"seed\": \"18446744073709551615\""},
        {"0x1.999999999999ap-4", "0x1.fffffffffffffp+1023"},
        {"0x1.999999999999ap-4", "-0x0p+0"},
        {"0x1.999999999999ap-1", "0x1p+0"},
        {"\"steps\": \"3\"", "\"steps\": \"18446744073709551614\""},
        {"\"sgd\"", "\"svrg\""},
        {"\"sgd\"", "\"saga\""},
        {"\"l2\": \"0x0p+0\"", "\"l2\": \"0x1p+0\",\n  \"l2_form\": \"exact\""},
    };
    expect_round_trip(EXAMPLE);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char *text = edited(edits[i][0], edits[i][1]);
        if (strstr(edits[i][1], "ffff\"")) { /* two epochs' hashes need two epochs */
            char *at = strstr(text, "\"epochs\": \"1\"");
            at[strlen("\"epochs\": \"")] = '2';
        }
        expect_round_trip(text);
        free(text);
    }
}

Test(lock_file, what_is_read) {
    sq_lock *lock = parse(EXAMPLE);
    cr_expect(lock->arithmetic == 1 && !lock->recipe.bias && lock->recipe.rank == 2);
    cr_expect(strcmp(lock->recipe.data, in_folder("three.txt")) == 0, "%s", lock->recipe.data);
    cr_expect(strcmp(lock->recipe.order, "shuffle") == 0);
    cr_expect(lock->recipe.model == SQ_MATRIX_COMPLETION && lock->recipe.format == SQ_FORMAT_AUTO);
    cr_expect(lock->recipe.step == 0.1 && lock->recipe.decay == 0.8 && lock->recipe.l2 == 0);
    cr_expect(lock->recipe.seed == 1 && lock->recipe.epochs == 1 && lock->epochs == 1);
    cr_expect(lock->samples == 3 && lock->steps == 3 && lock->nonzeros == 0);
    cr_expect(strcmp(lock->epoch_hash[0].hex, "9a4b35d5d29c442808290d043990129b") == 0);
    cr_expect(strlen(lock->sha256) == 64);
    sq_lock_free(lock);
}

/* The message names file and member. */
static void expect_refused(const char *text, const char *want) {
    sq_error error = {""};
    sq_lock *lock = (sq_lock *)&error; /* must be overwritten */
    int status = sqi_lock_parse(&lock, text, strlen(text), "dir/lock", &error);
    cr_expect(status == SQ_BAD_INPUT && !lock, "status %d of %s", status, want);
    cr_expect(strncmp(error.message, "dir/lock:", 9) == 0 && strstr(error.message, want),
              "expected %s, found %s", want, error.message);
}

static const char *const keys[] = {"arithmetic", "bias",         "data",       "data_format",
                                   "data_hash",  "epoch_hashes", "epochs",     "initial_hash",
                                   "l2",         "model",        "model_hash", "model_sha256",
                                   "nonzeros",   "optimizer",    "order",      "order_generator",
                                   "order_hash", "rank",         "samples",    "schema",
                                   "seed",       "step",         "step_decay", "steps"};
enum { KEYS = sizeof keys / sizeof *keys };

/* What stands behind a member's name, up to the comma: EXAMPLE with another value there. */
static char *with_value(const char *key, const char *value) {
    char name[40];
    snprintf(name, sizeof name, "\"%s\": ", key);
    const char *at = strstr(EXAMPLE, name);
    cr_assert(at, "%s", key);
    at += strlen(name);
    const char *end = *at == '[' ? strchr(at, ']') + 1 : at + strcspn(at, ",\n");
    char *text = malloc(sizeof EXAMPLE + strlen(value));
    memcpy(text, EXAMPLE, (size_t)(at - EXAMPLE));
    strcpy(text + (at - EXAMPLE), value);
    strcat(text, end);
    return text;
}

Test(lock_file, members_in_ascending_order_and_no_others) {
    const char *at = EXAMPLE;
    for (int k = 0; k < KEYS; k++) {
        char line[40];
        snprintf(line, sizeof line, "\n  \"%s\": ", keys[k]);
        const char *found = strstr(EXAMPLE, line);
        cr_assert(found && found >= at, "%s", keys[k]);
        cr_assert(k == 0 || strcmp(keys[k - 1], keys[k]) < 0);
        at = found;
    }
    size_t members = 0;
    for (const char *p = EXAMPLE; (p = strstr(p, "\": ")); p++)
        members++;
    cr_assert(members == KEYS, "nothing else, such as threads or time");
    cr_assert(!strchr(EXAMPLE, '\r') && !strchr(EXAMPLE, '\t'));
}

Test(lock_file, a_missing_member_is_named) {
    for (int k = 0; k < KEYS; k++) {
        char name[40], other[40], want[40];
        snprintf(name, sizeof name, "\"%s\":", keys[k]);
        snprintf(other, sizeof other, "\"x_%s\":", keys[k]);
        snprintf(want, sizeof want, "\"%s\": expected ", keys[k]);
        char *text = edited(name, other);
        expect_refused(text, want);
        free(text);
    }
}

Test(lock_file, a_member_of_another_type_is_named) {
    static const char *const values[] = {"null",         "{}",    "[3]",     "-1",   "1.5",  "\"\"",
                                         "\"\\u0000x\"", "1e400", "\"nan\"", "[[]]", "\"x\""};
    for (int k = 0; k < KEYS; k++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            /* Any text may be a path, or an order: that is found out when it is used. */
            int text_is_fine = strcmp(keys[k], "data") == 0 || strcmp(keys[k], "order") == 0;
            if ((text_is_fine && values[v][0] == '"') || strcmp(values[v], "1e400") == 0 ||
                strstr(values[v], "u0000"))
                continue; /* the last two: no JSON that is taken */
            char *text = with_value(keys[k], values[v]), want[40];
            snprintf(want, sizeof want, "\"%s\": expected ", keys[k]);
            expect_refused(text, want);
            free(text);
        }
}

Test(lock_file, malformed_values_are_named) {
    static const char *const cases[][2] = {
        {"schema", "2"},
        {"schema", "0"},
        {"schema", "4294967297"},
        {"arithmetic", "-1"},
        {"arithmetic", "4294967297"},
        {"rank", "65537"},
        {"rank", "4294967298"},
        {"bias", "0"},
        {"seed", "1"},
        {"seed", "\"-1\""},
        {"seed", "\"+1\""},
        {"seed", "\" 1\""},
        {"seed", "\"1 \""},
        {"seed", "\"0x1\""},
        {"seed", "\"18446744073709551616\""},
        {"seed", "\"99999999999999999999999\""},
        {"epochs", "\"1e3\""},
        {"samples", "3"},
        {"step", "0.1"},
        {"step", "\"0.1\""},
        {"step", "\"inf\""},
        {"step", "\"0x1p+1024\""},
        {"step", "\"0x1.0p+0\""},
        {"l2", "\"0x0\""},
        {"step_decay", "\"0X1p+0\""},
        {"data_hash", "\"231DD476b5ac4e22f44c2028160fba86\""},
        {"data_hash", "\"231dd476b5ac4e22f44c2028160fba8\""},
        {"data_hash", "\"231dd476b5ac4e22f44c2028160fba860\""},
        {"data_hash", "\"231dd476b5ac4e22f44c2028160fba8g\""},
        {"order_hash", "\"\""},
        {"initial_hash", "\"f7b413e63de9f0cedea4fde3a2dd6f9 \""},
        {"model_sha256", "\"a5776dae4dd5b307593041e499e9a996\""},
        {"model_sha256", "\"b44c80039f429a04d268de2065d07a6f\""},
        {"epoch_hashes", "[1]"},
        {"epoch_hashes", "[\"9a4b35d5d29c442808290d043990129\"]"},
        {"epoch_hashes", "{}"},
        {"epoch_hashes", "[\"9a4b35d5d29c442808290d043990129b\", "
                         "\"9a4b35d5d29c442808290d043990129b\"]"},
        {"model", "\"SVM\""},
        {"data_format", "\"csv\""},
        {"optimizer", "\"adam\""},
        {"order_generator", "\"mt19937\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = with_value(cases[i][0], cases[i][1]), want[40];
        snprintf(want, sizeof want, "\"%s\": expected ", cases[i][0]);
        expect_refused(text, want);
        free(text);
    }
}

Test(lock_file, what_is_no_lock) {
    static const char *const texts[] = {"", "x", "[]", "1", "null", "\"x\"", "{} {}", "{}x", "{,}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refused(texts[i], "not a lock");
    expect_refused("{}", "expected ");
    expect_refused("{\n  \"a\": 1,\n  \"a\": 2\n}", "dir/lock:3:");
    char *twice = edited("\"bias\": false", "\"bias\": false,\n  \"bias\": true");
    expect_refused(twice, "not a lock");
    free(twice);
    char *deep = calloc(1, 100001);
    memset(deep, '[', 100000);
    expect_refused(deep, "not a lock");
    free(deep);
    sq_lock *lock;
    sq_error error = {""};
    cr_assert(sqi_lock_parse(&lock, EXAMPLE, sizeof EXAMPLE, "f", &error) == SQ_BAD_INPUT);
    cr_assert(sq_lock_read(&lock, in_folder("none"), &error) == SQ_IO && !lock);
}

Test(lock_file, every_cut_is_refused) {
    for (size_t n = 0; n + 2 < sizeof EXAMPLE; n++) { /* but the last line feed */
        sq_lock *lock;
        sq_error error = {""};
        int status = sqi_lock_parse(&lock, EXAMPLE, n, "f", &error);
        cr_assert(status == SQ_BAD_INPUT, "%zu bytes", n);
    }
}

Test(lock_file, other_members_are_ignored) {
    char *text = edited("\"bias\"", "\"annotation\": [1, {}],\n  \"bias\"");
    sq_lock_free(parse(text));
    free(text);
}

/* How it ran is not in it. */
Test(lock_file, the_same_bytes_however_it_ran) {
    sq_data *ratings = small_ratings(3000, 200, 150, 1), *rows = small_rows(1000, 300, 6, 2);
    static const struct {
        sq_mode mode;
        sq_planner planner;
        unsigned threads;
    } hows[] = {{SQ_MODE_PLANNED, SQ_PLANNER_LANES, 2},
                {SQ_MODE_PLANNED, SQ_PLANNER_LEVELS, 3},
                {SQ_MODE_PLANNED, SQ_PLANNER_COMPONENTS, 8},
                {SQ_MODE_PLANNED, SQ_PLANNER_AUTO, 2}};
    for (int kind = SQ_SVM; kind <= SQ_MATRIX_COMPLETION; kind++) {
        sq_recipe wanted = {
            .model = (sq_model_kind)kind, .order = "reshuffle", .seed = 9, .l2 = .1};
        recorded serial = {.data = kind == SQ_MATRIX_COMPLETION ? ratings : rows, .recipe = wanted};
        recorded_run(&serial);
        char *want = recorded_lock_bytes(&serial, "lock");
        for (size_t h = 0; h < sizeof hows / sizeof *hows; h++) {
            recorded r = {.data = serial.data,
                          .recipe = wanted,
                          .mode = hows[h].mode,
                          .planner = hows[h].planner,
                          .threads = hows[h].threads};
            recorded_run(&r);
            char *bytes = recorded_lock_bytes(&r, "lock");
            cr_assert(strcmp(bytes, want) == 0, "%s", bytes);
            free(bytes);
            recorded_free(&r);
        }
        free(want);
        recorded_free(&serial);
    }
    sq_data_free(ratings);
    sq_data_free(rows);
}

/* A lock that has moved with its data finds them. */
Test(lock_file, moved_together) {
    sq_data *data = three();
    cr_assert(mkdir(in_folder("here"), 0700) == 0);
    recorded r = {.data = data, .recipe = recipe};
    r.recipe.data = in_folder("here/three.txt");
    recorded_run(&r);
    free(recorded_lock_bytes(&r, "here/lock"));
    cr_assert(rename(in_folder("here"), in_folder("there")) == 0);
    sq_lock *lock;
    cr_assert(sq_lock_read(&lock, in_folder("there/lock"), NULL) == SQ_OK);
    cr_assert(strcmp(lock->recipe.data, in_folder("there/three.txt")) == 0);
    sq_lock_free(lock);
    cr_assert(remove(in_folder("there/lock")) == 0);
    recorded_free(&r);
    sq_data_free(data);
}

/* What could never be verified is not written. */
Test(lock_file, hogwild_has_none) {
    sq_data *data = three();
    recorded r = {.data = data, .recipe = recipe, .mode = SQ_MODE_HOGWILD};
    sq_error error = {""};
    recorded_run(&r);
    put_file(in_folder("lock"), "earlier", 7);
    cr_assert(sq_lock_write(recorded_lock(&r), in_folder("lock"), &error) == SQ_BAD_ARGUMENT);
    cr_assert(strstr(error.message, "--lock: hogwild does not train to the bits"), "%s",
              error.message);
    char *bytes = bytes_of(in_folder("lock"), NULL);
    cr_assert(strcmp(bytes, "earlier") == 0);
    free(bytes);
    recorded_free(&r);
    sq_data_free(data);
}

Test(lock_file, failures_leave_the_earlier_file) {
    sq_data *data = three();
    recorded r = {.data = data, .recipe = recipe};
    recorded_run(&r);
    free(recorded_lock_bytes(&r, "lock"));
    sq_lock lock = *recorded_lock(&r);
    sq_error error = {""};
    put_file(in_folder("lock"), "old", 3);
    lock.recipe.data = "/no such folder/x";
    cr_assert(sq_lock_write(&lock, in_folder("lock"), &error) == SQ_IO);
    lock.recipe.data = "/tmp/\xff";
    cr_assert(sq_lock_write(&lock, in_folder("lock"), &error) == SQ_NO_MEMORY);
    cr_assert(strstr(error.message, "UTF-8"), "%s", error.message);
    cr_assert(sq_lock_write(recorded_lock(&r), in_folder("none/lock"), &error) == SQ_IO);
    char *bytes = bytes_of(in_folder("lock"), NULL);
    cr_assert(strcmp(bytes, "old") == 0 && folder_count() == 1);
    free(bytes);
    recorded_free(&r);
    sq_data_free(data);
}
