/* The golden program: trains every model in every order and prints a hash of each result, a line
 * "NAME HASH" each. tests/golden/hashes holds what every build must print.
 *
 * It is compiled together with the numeric core of the library and needs nothing besides the C
 * library and xxHash's header, so that it can be built for any processor. Every training is run
 * serially, which gives the hash, and in every other way that promises the same bits; exit 1 where
 * one breaks its promise, 2 where something fails.
 *
 *     core                 the hashes
 *     core texts FOLDER    writes the data sets as files
 *     core commands        "NAME OPTIONS DATA" a line: what `sequent train` needs for the same hash
 *     core isa             the version of the kernels that would run
 *
 * A new model, option or order is a line in trainings[] or orders[]; a new mode with the serial bits
 * is a line in ways[]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/numbers.h"
#include "golden/texts.h"
#include "num/float_env.h"
#include "num/isa.h"
#include "num/self_check.h"
#include "sequent/train.h"

enum { SEED = 7, EPOCHS = 3, SEGMENT = 250 };

static const struct training {
    const char *name;
    sq_model_kind kind;
    const char *text;
    uint32_t rank;
    double l2;
    int bias;
} trainings[] = {
    {"svm", SQ_SVM, "labels", 0, 0, 0},
    {"svm-l2", SQ_SVM, "labels", 0, 0.3, 0},
    {"svm-bias", SQ_SVM, "labels", 0, 0, 1},
    {"logistic", SQ_LOGISTIC, "labels", 0, 0, 0},
    {"logistic-l2", SQ_LOGISTIC, "labels", 0, 0.3, 0},
    {"logistic-bias", SQ_LOGISTIC, "labels", 0, 0, 1},
    {"least-squares", SQ_LEAST_SQUARES, "values", 0, 0, 0},
    {"least-squares-l2", SQ_LEAST_SQUARES, "values", 0, 0.3, 0},
    {"least-squares-bias-l2", SQ_LEAST_SQUARES, "values", 0, 0.3, 1},
    {"completion-1", SQ_MATRIX_COMPLETION, "ratings", 1, 0, 0},
    {"completion-1-l2", SQ_MATRIX_COMPLETION, "ratings", 1, 0.3, 0},
    {"completion-13", SQ_MATRIX_COMPLETION, "ratings", 13, 0, 0},
    {"completion-13-l2", SQ_MATRIX_COMPLETION, "negative", 13, 0.3, 0},
    {"completion-16", SQ_MATRIX_COMPLETION, "negative", 16, 0, 0},
    {"completion-16-l2", SQ_MATRIX_COMPLETION, "ratings", 16, 0.3, 0},
    {"completion-33", SQ_MATRIX_COMPLETION, "ratings", 33, 0, 0},
    {"completion-33-l2", SQ_MATRIX_COMPLETION, "ratings", 33, 0.3, 0},
    {"completion-70-l2", SQ_MATRIX_COMPLETION, "ratings", 70, 0.3, 0},
    {"mlp-40", SQ_MLP, "classes", 0, 0, 0},
    {"mlp-9-all", SQ_MLP, "labels", 0, 0, 0},
    {"mlp-20-33", SQ_MLP, "classes", 0, 0, 0},
    {"mlp-12-5-8", SQ_MLP, "classes", 0, 0, 0},
};

/* The layers of the networks among them. */
static const struct network {
    const char *name;
    uint32_t layers, hidden[SQ_LAYERS_MAX];
    double keep;
} networks[] = {
    {"mlp-40", 1, {40}, 0.05},
    {"mlp-9-all", 1, {9}, 1},
    {"mlp-20-33", 2, {20, 33}, 0.3},
    {"mlp-12-5-8", 3, {12, 5, 8}, 0.5},
};

static const char *const orders[] = {"shuffle", "reshuffle", "sequential", "replacement",
                                     "file:order"};

/* Ways of running with the same bits; the first is the specification. */
static const struct way {
    const char *name;
    sq_mode mode;
    sq_planner planner;
    unsigned threads;
    int traced; /* each step alone, through the problem's `step` */
} ways[] = {
    {"serial", SQ_MODE_SERIAL, SQ_PLANNER_AUTO, 1, 0},
    {"traced", SQ_MODE_SERIAL, SQ_PLANNER_AUTO, 1, 1},
    {"lanes, 2 threads", SQ_MODE_PLANNED, SQ_PLANNER_LANES, 2, 0},
    {"lanes, 3 threads", SQ_MODE_PLANNED, SQ_PLANNER_LANES, 3, 0},
    {"levels, 2 threads", SQ_MODE_PLANNED, SQ_PLANNER_LEVELS, 2, 0},
    {"levels, 3 threads", SQ_MODE_PLANNED, SQ_PLANNER_LEVELS, 3, 0},
    {"components, 2 threads", SQ_MODE_PLANNED, SQ_PLANNER_COMPONENTS, 2, 0},
    {"components, 3 threads", SQ_MODE_PLANNED, SQ_PLANNER_COMPONENTS, 3, 0},
    {"auto, 2 threads", SQ_MODE_PLANNED, SQ_PLANNER_AUTO, 2, 0},
    {"hogwild, 1 thread", SQ_MODE_HOGWILD, SQ_PLANNER_AUTO, 1, 0},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Ends the program after a failure. */
static void must(int status, const char *name, const sq_error *error) {
    if (status == SQ_OK)
        return;
    fprintf(stderr, "golden: %s: %s\n", name, error->message);
    exit(2);
}

static void add(sqi_digest *digest, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    sqi_digest_u64(digest, bits);
}

/* NULL: not a network. */
static const struct network *network_of(const struct training *t) {
    for (size_t i = 0; i < COUNT(networks); i++)
        if (strcmp(networks[i].name, t->name) == 0)
            return &networks[i];
    return NULL;
}

static sq_data *read_data(const struct training *t) {
    sq_error error = {0};
    sq_data *data = NULL;
    must(sq_data_read(&data, t->text, sq_model_data(t->kind), SQ_FORMAT_AUTO, &error), t->text,
         &error);
    if (t->bias)
        must(sq_data_add_bias(data, &error), t->text, &error);
    return data;
}

static sq_model *new_model(const struct training *t, const sq_data *data) {
    sq_error error = {0};
    sq_model *model = NULL;
    sq_model_options options = {.kind = t->kind, .rank = t->rank, .seed = SEED};
    const struct network *network = network_of(t);
    if (network) {
        options.layers = network->layers;
        options.keep = network->keep;
        memcpy(options.hidden, network->hidden, sizeof options.hidden);
    }
    must(sq_model_new(&model, &options, data, &error), t->name, &error);
    return model;
}

static int see_epoch(void *context, const sq_epoch *done) {
    add(context, done->loss);
    return 0;
}

static int see_trace(void *context, uint64_t epoch, const uint32_t *pi, const sq_trace_step *step,
                     size_t steps) {
    (void)context, (void)epoch, (void)pi, (void)step, (void)steps;
    return 0;
}

typedef struct outcome {
    sq_hash model;
    sq_hash losses; /* and metric, and a prediction for every sample */
} outcome;

static outcome train(const struct training *t, const sq_data *data, const sq_order *order,
                     const struct way *way) {
    sq_error error = {0};
    sq_model *model = new_model(t, data);
    sq_problem *problem = NULL;
    sq_evaluator *evaluator = NULL;
    sqi_digest losses;
    sqi_digest_begin(&losses);
    const sq_observer observer = {
        .context = &losses, .epoch = see_epoch, .trace = way->traced ? see_trace : NULL};
    sq_train_options options = {.mode = way->mode,
                                .threads = way->threads,
                                .epochs = EPOCHS,
                                .plan = {.planner = way->planner, .segment = SEGMENT},
                                .check_plan = 1,
                                .losses = 1,
                                .observer = &observer};
    sq_model_defaults(model, data, &options.step, &options.decay);
    must(sq_model_problem(&problem, model, data, t->l2, &error), t->name, &error);
    must(sq_train(problem, model->x, order, &options, NULL, &error), t->name, &error);
    sq_model_problem_free(problem);
    must(sq_evaluator_new(&evaluator, model, data, &error), t->name, &error);
    sq_evaluation evaluation = sq_evaluator_run(evaluator);
    add(&losses, evaluation.loss);
    add(&losses, evaluation.metric);
    for (size_t i = 0; i < data->samples; i++)
        add(&losses, sq_evaluator_predict(evaluator, i).score);
    sq_evaluator_free(evaluator);
    outcome result = {sq_model_hash(model), sqi_digest_hex(&losses)};
    sq_model_free(model);
    return result;
}

/* The number of ways that broke their promise. */
static int train_all_ways(const struct training *t, const sq_data *data, const char *spec) {
    sq_error error = {0};
    sq_order order;
    must(sq_order_init(&order, spec, SEED, data->samples, &error), spec, &error);
    const char *name = sq_order_name(order.kind);
    outcome serial = train(t, data, &order, &ways[0]);
    printf("model/%s/%s %s\nloss/%s/%s %s\n", t->name, name, serial.model.hex, t->name, name,
           serial.losses.hex);
    int broken = 0;
    for (size_t i = 1; i < COUNT(ways); i++) {
        outcome other = train(t, data, &order, &ways[i]);
        if (strcmp(serial.model.hex, other.model.hex) == 0 &&
            strcmp(serial.losses.hex, other.losses.hex) == 0)
            continue;
        fprintf(stderr, "golden: %s/%s: %s has not the serial bits: model %s, losses %s\n", t->name,
                name, ways[i].name, other.model.hex, other.losses.hex);
        broken++;
    }
    sq_order_fini(&order);
    return broken;
}

/* Initial values and the default step and decay. */
static void print_start(const struct training *t, const sq_data *data) {
    sq_model *model = new_model(t, data);
    sqi_digest digest;
    double step, decay;
    sq_model_defaults(model, data, &step, &decay);
    sqi_digest_begin(&digest);
    add(&digest, step);
    add(&digest, decay);
    for (size_t i = 0; i < model->blocks; i++)
        sqi_digest_words(&digest, model->x + i * model->stride, model->width);
    printf("start/%s %s\n", t->name, sqi_digest_hex(&digest).hex);
    sq_model_free(model);
}

static void print_order(const char *spec) {
    sq_error error = {0};
    sq_order order;
    sq_order_hasher *hasher;
    uint32_t *pi;
    must(sq_order_init(&order, spec, SEED, GOLDEN_SAMPLES, &error), spec, &error);
    must(sq_order_hasher_new(&hasher, &error), spec, &error);
    must(sq_pi_new(&pi, &order, &error), spec, &error);
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        sq_order_fill(&order, epoch, pi);
        sq_order_hasher_add(hasher, pi, order.steps);
    }
    printf("order/%s %s\n", sq_order_name(order.kind), sq_order_hasher_hash(hasher).hex);
    sq_pi_free(pi);
    sq_order_hasher_free(hasher);
    sq_order_fini(&order);
}

static int print_hashes(void) {
    sq_error error = {0};
    sqi_float_env was = sqi_float_env_enter();
    must(sqi_self_check(&error), "self-check", &error);
    printf("arithmetic %d\n", sq_arithmetic_version());
    for (const golden_number *n = golden_numbers; n->name; n++) {
        sqi_digest digest;
        sqi_digest_begin(&digest);
        n->hash(&digest);
        printf("%s %s\n", n->name, sqi_digest_hex(&digest).hex);
    }
    sqi_float_env_leave(was);
    for (size_t i = 0; i < COUNT(orders); i++)
        print_order(orders[i]);
    int broken = 0;
    for (size_t i = 0; i < COUNT(trainings); i++) {
        const struct training *t = &trainings[i];
        sq_data *data = read_data(t);
        printf("data/%s %s\n", t->name, sq_data_hash(data).hex);
        print_start(t, data);
        for (size_t j = 0; j < COUNT(orders); j++)
            broken += train_all_ways(t, data, orders[j]);
        sq_data_free(data);
    }
    return broken > 0;
}

static int write_texts(const char *folder) {
    for (size_t i = 0; golden_text_at(i); i++) {
        const golden_text *text = golden_text_at(i);
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder, text->name);
        FILE *out = fopen(path, "wb");
        if (!out || fwrite(text->bytes, 1, text->size, out) != text->size || fclose(out) != 0) {
            perror(path);
            return 2;
        }
    }
    return 0;
}

static void print_commands(void) {
    for (size_t i = 0; i < COUNT(trainings); i++)
        for (size_t j = 0; j < COUNT(orders); j++) {
            const struct training *t = &trainings[i];
            int file = strncmp(orders[j], "file:", 5) == 0;
            printf("model/%s/%s --model %s --order %s --seed %d --epochs %d --l2 %.17g", t->name,
                   file ? "file" : orders[j], sq_model_name(t->kind), orders[j], SEED, EPOCHS,
                   t->l2);
            if (t->bias)
                printf(" --bias");
            if (t->rank)
                printf(" --rank %u", t->rank);
            const struct network *network = network_of(t);
            for (uint32_t l = 0; network && l < network->layers; l++)
                printf("%s%u", l ? "," : " --hidden ", network->hidden[l]);
            if (network)
                printf(" --keep %.17g", network->keep);
            printf(" %s\n", t->text);
        }
}

static void print_isa(void) {
    static const char *const names[] = {
        [SQI_ISA_BASELINE] = "baseline", [SQI_ISA_AVX2] = "avx2", [SQI_ISA_AVX512] = "avx512"};
    puts(names[sqi_isa()]);
}

int main(int argc, char **argv) {
    int status = 0;
    golden_texts_make();
    if (argc == 3 && strcmp(argv[1], "texts") == 0)
        status = write_texts(argv[2]);
    else if (argc == 2 && strcmp(argv[1], "commands") == 0)
        print_commands();
    else if (argc == 2 && strcmp(argv[1], "isa") == 0)
        print_isa();
    else
        status = print_hashes();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("golden: standard output");
        return 2;
    }
    return status;
}
