/* num/float_env: that the environment is set, told and restored, and that nothing the library
 * computes depends on the one it is called in. */
#include <criterion/criterion.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "num/float_env.h"
#include "sequent.h"
#include "support/data_files.h"
#include "support/small_models.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
enum { FLUSH_TO_ZERO = 0x8000, SUBNORMALS_ARE_ZERO = 0x0040, CONTROL = 0xFFC0 };

static void flush(unsigned bits) {
    _mm_setcsr(_mm_getcsr() | bits);
}

static unsigned control(void) {
    return _mm_getcsr() & CONTROL;
}
#else
enum { FLUSH_TO_ZERO = 0, SUBNORMALS_ARE_ZERO = 0 };

static void flush(unsigned bits) {
    (void)bits;
}

static unsigned control(void) {
    return (unsigned)fegetround();
}
#endif

/* Whatever a fast-math library may leave behind, and the directions. */
static const struct {
    int direction;
    unsigned flags;
} poisons[] = {
    {FE_UPWARD, 0},
    {FE_DOWNWARD, 0},
    {FE_TOWARDZERO, 0},
    {FE_TONEAREST, FLUSH_TO_ZERO},
    {FE_TONEAREST, SUBNORMALS_ARE_ZERO},
    {FE_TONEAREST, FLUSH_TO_ZERO | SUBNORMALS_ARE_ZERO},
    {FE_UPWARD, FLUSH_TO_ZERO | SUBNORMALS_ARE_ZERO},
};

enum { POISONS = sizeof poisons / sizeof *poisons };

static void take(size_t poison) {
    fesetround(poisons[poison].direction);
    flush(poisons[poison].flags);
}

static int poisonous(size_t poison) {
    return poisons[poison].direction != FE_TONEAREST || poisons[poison].flags != 0;
}

Test(float_env, the_usual_one_passes) {
    sq_error error = {0};
    unsigned before = control();
    cr_assert(sqi_float_env_check(&error) == SQ_OK, "%s", error.message);
    sqi_float_env_leave(sqi_float_env_enter());
    cr_assert(control() == before);
}

Test(float_env, enter_cures_and_leave_restores) {
    unsigned usual = control();
    for (size_t i = 0; i < POISONS; i++) {
        take(i);
        unsigned poisoned = control();
        sqi_float_env was = sqi_float_env_enter();
        sq_error error = {0};
        int inside = sqi_float_env_check(&error);
        volatile double one = 1, three = 3, tiny = 0x1p-1022, half = 0.5;
        double third = one / three, below = -one / three, subnormal = tiny * half;
        unsigned entered = control();
        sqi_float_env_leave(was);
        unsigned left = control();
        fesetenv(FE_DFL_ENV);
        cr_assert(inside == SQ_OK, "poison %zu: %s", i, error.message);
        cr_assert(third == 0x1.5555555555555p-2 && below == -third && subnormal == 0x1p-1023);
        cr_assert(entered == usual && left == poisoned, "poison %zu", i);
    }
}

Test(float_env, check_names_what_is_wrong) {
    for (size_t i = 0; i < POISONS; i++) {
        sq_error error = {0};
        take(i);
        int status = sqi_float_env_check(&error), quiet = sqi_float_env_check(NULL);
        fesetenv(FE_DFL_ENV);
        int wanted = poisonous(i) ? SQ_INVALID : SQ_OK;
        cr_assert(status == wanted && quiet == wanted, "poison %zu", i);
        if (poisons[i].direction != FE_TONEAREST)
            cr_assert(strstr(error.message, "round"), "'%s'", error.message);
        else if (poisons[i].flags)
            cr_assert(strstr(error.message, "subnormal"), "'%s'", error.message);
    }
}

/* Everything the library computes from data, in one record of bits. */
typedef struct result {
    sq_hash data, initial, trained, planned;
    double step, decay, loss, planned_loss, score;
    sq_evaluation evaluation;
} result;

static result all_of(const sq_data *data, sq_model_kind kind) {
    result r;
    memset(&r, 0, sizeof r); /* padding too: results are compared by memcmp */
    const how serial = {.mode = SQ_MODE_SERIAL, .l2 = 0.01};
    const how planned = {.planner = SQ_PLANNER_LANES, .threads = 4, .l2 = 0.01};
    r.data = sq_data_hash(data);
    sq_model *model = new_model(kind, 5, data);
    r.initial = sq_model_hash(model);
    sq_model_defaults(model, data, &r.step, &r.decay);
    r.loss = train_model(model, data, serial);
    r.trained = sq_model_hash(model);
    sq_evaluator *evaluator = NULL;
    cr_assert(sq_evaluator_new(&evaluator, model, data, NULL) == SQ_OK);
    sq_evaluation e = sq_evaluator_run(evaluator);
    r.evaluation.loss = e.loss;
    r.evaluation.metric = e.metric;
    r.score = sq_evaluator_predict(evaluator, 1).score;
    sq_evaluator_free(evaluator);
    sq_model_free(model);
    model = new_model(kind, 5, data);
    r.planned_loss = train_model(model, data, planned);
    r.planned = sq_model_hash(model);
    sq_model_free(model);
    return r;
}

static void same_under_poison(const char *text, sq_model_kind kind) {
    sq_data *data = data_of(text, sq_model_data(kind));
    result usual = all_of(data, kind);
    cr_assert(strcmp(usual.trained.hex, usual.initial.hex) != 0);
    cr_assert(strcmp(usual.trained.hex, usual.planned.hex) == 0);
    for (size_t i = 0; i < POISONS; i++) {
        take(i);
        unsigned before = control();
        result r = all_of(data, kind);
        unsigned after = control();
        fesetenv(FE_DFL_ENV);
        cr_assert(strcmp(r.data.hex, usual.data.hex) == 0, "poison %zu: data", i);
        cr_assert(strcmp(r.initial.hex, usual.initial.hex) == 0, "poison %zu: initial values", i);
        cr_assert(same_double(r.step, usual.step), "poison %zu: step", i);
        cr_assert(strcmp(r.trained.hex, usual.trained.hex) == 0, "poison %zu: serial", i);
        cr_assert(strcmp(r.planned.hex, usual.planned.hex) == 0, "poison %zu: planned", i);
        cr_assert(memcmp(&r, &usual, sizeof r) == 0, "poison %zu: loss, metric or score", i);
        cr_assert(before == after, "poison %zu: the caller's environment was changed", i);
    }
    sq_data_free(data);
}

/* Numbers that are subnormal in binary32, or that round. */
static const char ROWS[] = "+1 1:0.1 2:1e-40 3:-0.7\n-1 1:0.3 4:3e-39\n+1 2:0.123456789 5:7e-45\n"
                           "-1 3:1e-38 5:2.2 6:1e-3\n+1 1:-0.9 6:0.33\n";
static const char RATINGS[] =
    "1 1 4.1\n1 2 1e-40\n2 1 3.3\n3 2 0.7\n3 3 -1.1\n2 3 1e-39\n4 4 2.9\n";

/* Numbers of every length, read in every environment. */
Test(float_env, reading_does_not_depend_on_it) {
    char text[16384];
    int filled = 0;
    sqi_words words = sqi_words_at(5, SQ_STREAM_USER, 9);
    for (int i = 0; i < 300; i++) {
        double number = sqi_words_unit(&words) * (sqi_words_below(&words, 2) ? 1 : 1e-36);
        int digits = 1 + (int)sqi_words_below(&words, 17);
        filled += snprintf(text + filled, 40, "-1 1:%.*g\n", digits, number);
    }
    sq_data *usual = data_of(text, SQ_ROWS);
    for (size_t i = 0; i < POISONS; i++) {
        take(i);
        sq_data *data = data_of(text, SQ_ROWS);
        fesetenv(FE_DFL_ENV);
        size_t wrong = 0;
        for (size_t j = 0; j < data->nonzeros; j++)
            wrong += !same_floats(&data->value[j], &usual->value[j], 1);
        cr_expect(wrong == 0, "poison %zu: %zu of %zu numbers", i, wrong, data->nonzeros);
        sq_data_free(data);
    }
    sq_data_free(usual);
}

Test(float_env, nothing_depends_on_the_callers) {
    same_under_poison(ROWS, SQ_SVM);
    same_under_poison(ROWS, SQ_LOGISTIC);
    same_under_poison(ROWS, SQ_LEAST_SQUARES);
    same_under_poison(RATINGS, SQ_MATRIX_COMPLETION);
}

static char *generated(size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    const sq_generate_ratings ratings = {300, 1, 40, 30, 3, 0.75, 0.75, 0.5};
    const sq_generate_linear linear = {200, 1, 500, 6, 1, 0.05, 3};
    const sq_generate_graph graph = {300, 1, 50, 0.5};
    cr_assert(sq_generate_ratings_write(&ratings, out, NULL) == SQ_OK);
    cr_assert(sq_generate_linear_write(&linear, out, NULL) == SQ_OK);
    cr_assert(sq_generate_graph_write(&graph, out, NULL) == SQ_OK);
    fclose(out);
    return text;
}

Test(float_env, generated_bytes_do_not_depend_on_it) {
    size_t size, poisoned_size;
    char *usual = generated(&size);
    for (size_t i = 0; i < POISONS; i++) {
        take(i);
        char *text = generated(&poisoned_size);
        fesetenv(FE_DFL_ENV);
        cr_assert(size == poisoned_size && memcmp(usual, text, size) == 0, "poison %zu", i);
        free(text);
    }
    free(usual);
}

enum { EPOCHS = 12 };

/* What an observer sees: loss and step size of each epoch. */
typedef struct seen {
    double loss[EPOCHS], gamma[EPOCHS];
} seen;

static int see_epoch(void *context, const sq_epoch *done) {
    seen *s = context;
    s->loss[done->epoch] = done->loss;
    s->gamma[done->epoch] = done->gamma;
    return 0;
}

/* One that leaves the environment changed, as an observer does that loads a fast-math library. */
static int poison_epoch(void *context, const sq_epoch *done) {
    see_epoch(context, done);
    take(POISONS - 1);
    return 0;
}

static int poison_order(void *context, uint64_t epoch, const uint32_t *pi, size_t steps) {
    (void)context, (void)epoch, (void)pi, (void)steps;
    take(POISONS - 1);
    return 0;
}

static int poison_progress(void *context, uint64_t epoch, size_t done, size_t steps) {
    return poison_order(context, epoch + done, NULL, steps);
}

static sq_hash observed(const sq_data *data, sq_mode mode, int poisoned, seen *s) {
    sq_observer observer = {.context = s, .epoch = see_epoch};
    if (poisoned)
        observer = (sq_observer){.context = s,
                                 .order = poison_order,
                                 .progress = poison_progress,
                                 .epoch = poison_epoch};
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 5, data);
    train_model(model, data,
                (how){.mode = mode,
                      .planner = SQ_PLANNER_LANES,
                      .threads = 3,
                      .epochs = EPOCHS,
                      .observer = &observer});
    fesetenv(FE_DFL_ENV);
    sq_hash hash = sq_model_hash(model);
    sq_model_free(model);
    return hash;
}

Test(float_env, an_observer_may_change_it) {
    sq_data *data = small_ratings(9000, 60, 40, 3);
    static const sq_mode modes[] = {SQ_MODE_SERIAL, SQ_MODE_PLANNED};
    for (int i = 0; i < 2; i++) {
        seen usual, poisoned;
        const char *name = sq_mode_name(modes[i]);
        sq_hash want = observed(data, modes[i], 0, &usual);
        sq_hash got = observed(data, modes[i], 1, &poisoned);
        cr_expect(strcmp(want.hex, got.hex) == 0, "%s: model", name);
        cr_expect(memcmp(usual.loss, poisoned.loss, sizeof usual.loss) == 0, "%s: losses", name);
        cr_expect(memcmp(usual.gamma, poisoned.gamma, sizeof usual.gamma) == 0, "%s: steps", name);
    }
    sq_data_free(data);
}

/* A problem whose step tells whether the thread that runs it has the right environment. */
static void telling_step(const void *context, float *x, const sq_step *step) {
    (void)context;
    x[step->sample] += sqi_float_env_check(NULL) == SQ_OK ? 1 : 1000;
}

static double no_loss(const void *context, const float *x, size_t sample) {
    (void)context, (void)x, (void)sample;
    return sqi_float_env_check(NULL) == SQ_OK ? 0 : 1;
}

Test(float_env, every_thread_has_it) {
    enum { STEPS = 4000 };
    static uint32_t block[STEPS];
    static float x[STEPS];
    for (uint32_t i = 0; i < STEPS; i++)
        block[i] = i;
    const sq_hypergraph graph = {.samples = STEPS, .blocks = STEPS, .arity = 1, .block = block};
    const sq_problem problem = {.name = "telling",
                                .samples = STEPS,
                                .blocks = STEPS,
                                .width = 1,
                                .stride = 1,
                                .graph = &graph,
                                .step = telling_step,
                                .loss = no_loss};
    static const sq_mode modes[] = {SQ_MODE_SERIAL, SQ_MODE_PLANNED, SQ_MODE_HOGWILD};
    for (int mode = 0; mode < 3; mode++)
        for (size_t poison = 0; poison < POISONS; poison++) {
            sq_order order;
            seen s = {{1, 1}, {0}};
            const sq_observer observer = {.context = &s, .epoch = see_epoch};
            const sq_train_options options = {.mode = modes[mode],
                                              .threads = 4,
                                              .epochs = 2,
                                              .step = 1,
                                              .decay = 1,
                                              .plan = {.planner = SQ_PLANNER_LANES},
                                              .losses = 1,
                                              .observer = &observer};
            memset(x, 0, sizeof x);
            cr_assert(sq_order_init(&order, "shuffle", 1, STEPS, NULL) == SQ_OK);
            take(poison);
            int status = sq_train(&problem, x, &order, &options, NULL, NULL);
            fesetenv(FE_DFL_ENV);
            cr_assert(status == SQ_OK);
            size_t wrong = 0;
            for (size_t i = 0; i < STEPS; i++)
                wrong += x[i] != 2;
            cr_assert(wrong == 0 && s.loss[0] == 0 && s.loss[1] == 0, "%s, poison %zu: %zu of %d",
                      sq_mode_name(modes[mode]), poison, wrong, STEPS);
            sq_order_fini(&order);
        }
}
