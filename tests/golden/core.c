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
 * is a line in ways[], one with repeatable bits of its own in schemes[]. */
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
    sq_optimizer optimizer;
    int exact; /* the form of L2 */
} trainings[] = {
    {"svm", SQ_SVM, "labels", 0, 0, 0, SQ_SGD, 0},
    {"svm-l2", SQ_SVM, "labels", 0, 0.3, 0, SQ_SGD, 0},
    {"svm-bias", SQ_SVM, "labels", 0, 0, 1, SQ_SGD, 0},
    {"logistic", SQ_LOGISTIC, "labels", 0, 0, 0, SQ_SGD, 0},
    {"logistic-l2", SQ_LOGISTIC, "labels", 0, 0.3, 0, SQ_SGD, 0},
    {"logistic-bias", SQ_LOGISTIC, "labels", 0, 0, 1, SQ_SGD, 0},
    {"svm-6", SQ_SVM, "classes", 0, 0, 0, SQ_SGD, 0},
    {"svm-6-bias-l2", SQ_SVM, "classes", 0, 0.3, 1, SQ_SGD, 0},
    {"svm-21", SQ_SVM, "many-classes", 0, 0, 0, SQ_SGD, 0},
    {"logistic-6", SQ_LOGISTIC, "classes", 0, 0, 0, SQ_SGD, 0},
    {"logistic-6-bias-l2", SQ_LOGISTIC, "classes", 0, 0.3, 1, SQ_SGD, 0},
    {"logistic-21", SQ_LOGISTIC, "many-classes", 0, 0, 0, SQ_SGD, 0},
    {"least-squares", SQ_LEAST_SQUARES, "values", 0, 0, 0, SQ_SGD, 0},
    {"least-squares-l2", SQ_LEAST_SQUARES, "values", 0, 0.3, 0, SQ_SGD, 0},
    {"least-squares-bias-l2", SQ_LEAST_SQUARES, "values", 0, 0.3, 1, SQ_SGD, 0},
    {"completion-1", SQ_MATRIX_COMPLETION, "ratings", 1, 0, 0, SQ_SGD, 0},
    {"completion-1-l2", SQ_MATRIX_COMPLETION, "ratings", 1, 0.3, 0, SQ_SGD, 0},
    {"completion-13", SQ_MATRIX_COMPLETION, "ratings", 13, 0, 0, SQ_SGD, 0},
    {"completion-13-l2", SQ_MATRIX_COMPLETION, "negative", 13, 0.3, 0, SQ_SGD, 0},
    {"completion-16", SQ_MATRIX_COMPLETION, "negative", 16, 0, 0, SQ_SGD, 0},
    {"completion-16-l2", SQ_MATRIX_COMPLETION, "ratings", 16, 0.3, 0, SQ_SGD, 0},
    {"completion-33", SQ_MATRIX_COMPLETION, "ratings", 33, 0, 0, SQ_SGD, 0},
    {"completion-33-l2", SQ_MATRIX_COMPLETION, "ratings", 33, 0.3, 0, SQ_SGD, 0},
    {"completion-70-l2", SQ_MATRIX_COMPLETION, "ratings", 70, 0.3, 0, SQ_SGD, 0},
    {"cut-2", SQ_GRAPH_CUT, "two", 0, 0, 0, SQ_SGD, 0}, /* terminals: two.terminals */
    {"cut-5", SQ_GRAPH_CUT, "five", 0, 0, 0, SQ_SGD, 0},
    {"svm-exact", SQ_SVM, "labels", 0, 0.3, 0, SQ_SGD, 1},
    {"svm-svrg", SQ_SVM, "labels", 0, 0, 0, SQ_SVRG, 0},
    {"svm-svrg-l2", SQ_SVM, "labels", 0, 0.3, 0, SQ_SVRG, 0},
    {"svm-svrg-exact", SQ_SVM, "labels", 0, 0.3, 0, SQ_SVRG, 1},
    {"svm-saga", SQ_SVM, "labels", 0, 0, 0, SQ_SAGA, 0},
    {"svm-saga-l2", SQ_SVM, "labels", 0, 0.3, 0, SQ_SAGA, 0},
    {"svm-saga-exact", SQ_SVM, "labels", 0, 0.3, 0, SQ_SAGA, 1},
    {"logistic-exact", SQ_LOGISTIC, "labels", 0, 0.3, 0, SQ_SGD, 1},
    {"logistic-svrg", SQ_LOGISTIC, "labels", 0, 0, 0, SQ_SVRG, 0},
    {"logistic-svrg-l2", SQ_LOGISTIC, "labels", 0, 0.3, 0, SQ_SVRG, 0},
    {"logistic-svrg-exact", SQ_LOGISTIC, "labels", 0, 0.3, 0, SQ_SVRG, 1},
    {"logistic-saga", SQ_LOGISTIC, "labels", 0, 0, 0, SQ_SAGA, 0},
    {"logistic-saga-l2", SQ_LOGISTIC, "labels", 0, 0.3, 0, SQ_SAGA, 0},
    {"logistic-saga-exact", SQ_LOGISTIC, "labels", 0, 0.3, 0, SQ_SAGA, 1},
    {"least-squares-exact", SQ_LEAST_SQUARES, "values", 0, 0.3, 0, SQ_SGD, 1},
    {"least-squares-svrg", SQ_LEAST_SQUARES, "values", 0, 0, 0, SQ_SVRG, 0},
    {"least-squares-svrg-l2", SQ_LEAST_SQUARES, "values", 0, 0.3, 0, SQ_SVRG, 0},
    {"least-squares-svrg-exact", SQ_LEAST_SQUARES, "values", 0, 0.3, 0, SQ_SVRG, 1},
    {"least-squares-saga", SQ_LEAST_SQUARES, "values", 0, 0, 0, SQ_SAGA, 0},
    {"least-squares-saga-l2", SQ_LEAST_SQUARES, "values", 0, 0.3, 0, SQ_SAGA, 0},
    {"least-squares-saga-exact", SQ_LEAST_SQUARES, "values", 0, 0.3, 0, SQ_SAGA, 1},
    {"completion-13-exact", SQ_MATRIX_COMPLETION, "ratings", 13, 0.3, 0, SQ_SGD, 1},
    {"completion-13-svrg", SQ_MATRIX_COMPLETION, "ratings", 13, 0, 0, SQ_SVRG, 0},
    {"completion-13-svrg-l2", SQ_MATRIX_COMPLETION, "ratings", 13, 0.3, 0, SQ_SVRG, 0},
    {"completion-13-svrg-exact", SQ_MATRIX_COMPLETION, "ratings", 13, 0.3, 0, SQ_SVRG, 1},
    {"completion-13-saga", SQ_MATRIX_COMPLETION, "ratings", 13, 0, 0, SQ_SAGA, 0},
    {"completion-13-saga-l2", SQ_MATRIX_COMPLETION, "ratings", 13, 0.3, 0, SQ_SAGA, 0},
    {"completion-13-saga-exact", SQ_MATRIX_COMPLETION, "ratings", 13, 0.3, 0, SQ_SAGA, 1},
    {"svm-6-exact", SQ_SVM, "classes", 0, 0.3, 0, SQ_SGD, 1},
    {"svm-6-svrg", SQ_SVM, "classes", 0, 0, 0, SQ_SVRG, 0},
    {"svm-6-svrg-exact", SQ_SVM, "classes", 0, 0.3, 0, SQ_SVRG, 1},
    {"svm-6-saga", SQ_SVM, "classes", 0, 0, 0, SQ_SAGA, 0},
    {"svm-6-saga-exact", SQ_SVM, "classes", 0, 0.3, 0, SQ_SAGA, 1},
    {"logistic-6-exact", SQ_LOGISTIC, "classes", 0, 0.3, 0, SQ_SGD, 1},
    {"logistic-6-svrg", SQ_LOGISTIC, "classes", 0, 0, 0, SQ_SVRG, 0},
    {"logistic-6-svrg-exact", SQ_LOGISTIC, "classes", 0, 0.3, 0, SQ_SVRG, 1},
    {"logistic-6-saga", SQ_LOGISTIC, "classes", 0, 0, 0, SQ_SAGA, 0},
    {"logistic-6-saga-exact", SQ_LOGISTIC, "classes", 0, 0.3, 0, SQ_SAGA, 1},
    {"cut-2-svrg", SQ_GRAPH_CUT, "two", 0, 0, 0, SQ_SVRG, 0},
    {"cut-2-saga", SQ_GRAPH_CUT, "two", 0, 0, 0, SQ_SAGA, 0},
    {"cut-5-svrg", SQ_GRAPH_CUT, "five", 0, 0, 0, SQ_SVRG, 0},
    {"cut-5-saga", SQ_GRAPH_CUT, "five", 0, 0, 0, SQ_SAGA, 0},
    {"mlp-40", SQ_MLP, "classes", 0, 0, 0, SQ_SGD, 0},
    {"mlp-9-all", SQ_MLP, "labels", 0, 0, 0, SQ_SGD, 0},
    {"mlp-20-33", SQ_MLP, "classes", 0, 0, 0, SQ_SGD, 0},
    {"mlp-12-5-8", SQ_MLP, "classes", 0, 0, 0, SQ_SGD, 0},
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

/* So that every build has its results in time, trainings with an optimiser or exact L2, of several labels,
 * of graphs and of networks run in two of them: reshuffle, and the file with repeats. */
static int is_plain(const struct training *t) {
    return t->optimizer == SQ_SGD && !t->exact && !strstr(t->text, "classes") &&
           t->kind != SQ_GRAPH_CUT && t->kind != SQ_MLP;
}

static int runs_in(const struct training *t, const char *order) {
    return is_plain(t) || strcmp(order, "reshuffle") == 0 || strcmp(order, "file:order") == 0;
}

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
    {"locked, 1 thread", SQ_MODE_LOCKED, SQ_PLANNER_AUTO, 1, 0},
    {"average-runs, 1 thread", SQ_MODE_AVERAGE_RUNS, SQ_PLANNER_AUTO, 1, 0},
};

enum { OPTIMIZER_WAYS = 4 }; /* of ways[], from the first, in which svrg and saga run */

/* Modes with bits of their own; a hash of each, which the other numbers of threads must give too. */
enum { MINIBATCH = 32 };
static const struct scheme {
    const char *name, *options;
    struct way way;
    unsigned others[3]; /* numbers of threads with the same bits; 0: none */
} schemes[] = {
    {"average-runs-2",
     "--mode average-runs --threads 2",
     {"average-runs, 2 threads", SQ_MODE_AVERAGE_RUNS, SQ_PLANNER_AUTO, 2, 0},
     {0}},
    {"average-runs-3",
     "--mode average-runs --threads 3",
     {"average-runs, 3 threads", SQ_MODE_AVERAGE_RUNS, SQ_PLANNER_AUTO, 3, 0},
     {0}},
    {"average-gradients",
     "--mode average-gradients --batch 32",
     {"average-gradients", SQ_MODE_AVERAGE_GRADIENTS, SQ_PLANNER_AUTO, 1, 0},
     {2, 3}},
    {"round-robin-1",
     "--mode round-robin --threads 1",
     {"round-robin, 1 thread", SQ_MODE_ROUND_ROBIN, SQ_PLANNER_AUTO, 1, 0},
     {0}},
};
enum { SCHEME_ORDERS = 2 }; /* of orders[], from the first */

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

static sq_terminals *read_terminals(const struct training *t) {
    char name[64];
    sq_error error = {0};
    sq_terminals *terminals = NULL;
    if (t->kind != SQ_GRAPH_CUT)
        return NULL;
    (void)snprintf(name, sizeof name, "%s.terminals", t->text);
    must(sq_terminals_read(&terminals, name, &error), t->text, &error);
    return terminals;
}

static sq_model *new_model(const struct training *t, const sq_data *data) {
    sq_error error = {0};
    sq_model *model = NULL;
    sq_terminals *terminals = read_terminals(t);
    sq_model_options options = {
        .kind = t->kind, .rank = t->rank, .seed = SEED, .terminals = terminals};
    const struct network *network = network_of(t);
    if (network) {
        options.layers = network->layers;
        options.keep = network->keep;
        memcpy(options.hidden, network->hidden, sizeof options.hidden);
    }
    must(sq_model_new(&model, &options, data, &error), t->name, &error);
    sq_terminals_free(terminals);
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
    sq_hash losses; /* and metric, and the scores of every sample */
} outcome;

static void add_scores(sqi_digest *digest, const sq_evaluator *evaluator, size_t samples,
                       const char *name) {
    double score[64];
    if (sq_evaluator_scores(evaluator, 0, NULL) > COUNT(score))
        must(SQ_INVALID, name, &(sq_error){.message = "too many classes"});
    for (size_t i = 0; i < samples; i++) {
        size_t count = sq_evaluator_scores(evaluator, i, score);
        for (size_t c = 0; c < count; c++)
            add(digest, score[c]);
    }
}

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
                                .optimizer = t->optimizer,
                                .l2_exact = t->exact ? t->l2 : 0,
                                .minibatch = MINIBATCH,
                                .plan = {.planner = way->planner, .segment = SEGMENT},
                                .check_plan = 1,
                                .losses = 1,
                                .observer = &observer};
    sq_model_defaults(model, data, &options.step, &options.decay);
    must(sq_model_problem(&problem, model, data, t->exact ? 0 : t->l2, &error), t->name, &error);
    must(sq_train(problem, model->x, order, &options, NULL, &error), t->name, &error);
    sq_model_problem_free(problem);
    must(sq_evaluator_new(&evaluator, model, data, &error), t->name, &error);
    sq_evaluation evaluation = sq_evaluator_run(evaluator);
    add(&losses, evaluation.loss);
    add(&losses, evaluation.metric);
    add_scores(&losses, evaluator, data->samples, t->name);
    sq_evaluator_free(evaluator);
    outcome result = {sq_model_hash(model), sqi_digest_hex(&losses)};
    sq_model_free(model);
    return result;
}

static int same_outcome(const outcome *a, const outcome *b) {
    return strcmp(a->model.hex, b->model.hex) == 0 && strcmp(a->losses.hex, b->losses.hex) == 0;
}

/* Whether the schemes take its steps: they are of sgd alone. */
static int has_schemes(const struct training *t) {
    return t->optimizer == SQ_SGD;
}

/* The number of schemes that broke their promise. */
static int train_schemes(const struct training *t, const sq_data *data, const sq_order *order) {
    int broken = 0;
    for (size_t i = 0; i < COUNT(schemes); i++) {
        struct way way = schemes[i].way;
        outcome first = train(t, data, order, &way);
        printf("%s/%s/%s %s\n", schemes[i].name, t->name, sq_order_name(order->kind),
               first.model.hex);
        for (size_t k = 0; k < COUNT(schemes[i].others) && schemes[i].others[k]; k++) {
            way.threads = schemes[i].others[k];
            outcome other = train(t, data, order, &way);
            if (same_outcome(&first, &other))
                continue;
            fprintf(stderr, "golden: %s/%s: %s has other bits on %u threads\n", t->name,
                    sq_order_name(order->kind), schemes[i].name, way.threads);
            broken++;
        }
    }
    return broken;
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
        if (ways[i].mode == SQ_MODE_HOGWILD && t->optimizer != SQ_SGD)
            continue; /* steps of its own, which are others on one thread, too */
        if (!sq_mode_optimizes(ways[i].mode) && !has_schemes(t))
            continue; /* refused */
        if (t->optimizer != SQ_SGD && i >= OPTIMIZER_WAYS)
            continue;
        outcome other = train(t, data, &order, &ways[i]);
        if (same_outcome(&serial, &other))
            continue;
        fprintf(stderr, "golden: %s/%s: %s has not the serial bits: model %s, losses %s\n", t->name,
                name, ways[i].name, other.model.hex, other.losses.hex);
        broken++;
    }
    for (size_t i = 0; i < SCHEME_ORDERS && has_schemes(t); i++)
        if (strcmp(spec, orders[i]) == 0)
            broken += train_schemes(t, data, &order);
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
            if (runs_in(t, orders[j]))
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

static void print_command(const char *kind, const struct training *t, const char *order,
                          const char *options) {
    int file = strncmp(order, "file:", 5) == 0;
    printf("%s/%s/%s --model %s --order %s --seed %d --epochs %d --l2 %.17g", kind, t->name,
           file ? "file" : order, sq_model_name(t->kind), order, SEED, EPOCHS, t->l2);
    if (t->bias)
        printf(" --bias");
    if (t->rank)
        printf(" --rank %u", t->rank);
    if (t->optimizer != SQ_SGD)
        printf(" --optimizer %s", sq_optimizer_name(t->optimizer));
    if (t->exact)
        printf(" --l2-form exact");
    const struct network *network = network_of(t);
    for (uint32_t l = 0; network && l < network->layers; l++)
        printf("%s%u", l ? "," : " --hidden ", network->hidden[l]);
    if (network)
        printf(" --keep %.17g", network->keep);
    if (t->kind == SQ_GRAPH_CUT)
        printf(" --terminals %s.terminals", t->text);
    printf(" %s %s\n", options, t->text);
}

static void print_commands(void) {
    for (size_t i = 0; i < COUNT(trainings); i++)
        for (size_t j = 0; j < COUNT(orders); j++) {
            if (!runs_in(&trainings[i], orders[j]))
                continue;
            print_command("model", &trainings[i], orders[j], "");
            for (size_t k = 0;
                 k < COUNT(schemes) && j < SCHEME_ORDERS && has_schemes(&trainings[i]); k++)
                print_command(schemes[k].name, &trainings[i], orders[j], schemes[k].options);
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
