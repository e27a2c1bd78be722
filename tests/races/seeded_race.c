/* Runs a model's kernel under a plan that was made for other hyperedges: lanes then touch the same
 * parameters at once. ThreadSanitizer must report it, or it would not see a wrong plan either.
 *
 * usage: seeded_race MODEL [LABELS] */
#include <stdio.h>
#include <stdlib.h>

#include <sequent.h>

enum { SAMPLES = 4000 };

static const char *generate(int kind) {
    static char path[] = "/tmp/seeded-race-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *out = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!out)
        exit(3);
    const sq_generate_ratings ratings = {
        .samples = SAMPLES, .seed = 1, .users = 40, .items = 30, .rank = 2, .noise = 0.5};
    const sq_generate_linear linear = {
        .samples = SAMPLES, .seed = 1, .features = 60, .nonzeros = 5, .flip = 0.05};
    const sq_generate_graph graph = {.edges = SAMPLES, .seed = 1, .nodes = 80, .skew = 0.5};
    int status = kind == SQ_MATRIX_COMPLETION ? sq_generate_ratings_write(&ratings, out, NULL)
                 : kind == SQ_GRAPH_CUT       ? sq_generate_graph_write(&graph, out, NULL)
                                              : sq_generate_linear_write(&linear, out, NULL);
    if (fclose(out) != 0 || status != SQ_OK)
        exit(3);
    return path;
}

int main(int argc, char **argv) {
    int kind = argc >= 2 ? sq_model_find(argv[1]) : -1, labels = argc == 3 ? atoi(argv[2]) : 0;
    if (kind < 0)
        return 3;
    const char *path = generate(kind);
    sq_error error = {""};
    sq_data *data = NULL;
    sq_model *model = NULL;
    sq_problem *problem = NULL;
    sq_order order = {0};
    static uint32_t node[] = {0, 1};
    static float label[] = {0, 1};
    const sq_terminals terminals = {2, node, label};
    const sq_model_options options = {.kind = (sq_model_kind)kind,
                                      .rank = 16,
                                      .seed = 1,
                                      .layers = kind == SQ_MLP,
                                      .hidden = {30},
                                      .keep = 0.2,
                                      .terminals = kind == SQ_GRAPH_CUT ? &terminals : NULL};
    int status =
        sq_data_read(&data, path, sq_model_data((sq_model_kind)kind), SQ_FORMAT_AUTO, &error);
    (void)remove(path);
    for (size_t i = 0; status == SQ_OK && labels > 0 && i < data->samples; i++)
        data->label[i] = (float)(i % (size_t)labels);
    if (status == SQ_OK)
        status = sq_model_new(&model, &options, data, &error);
    if (status == SQ_OK)
        status = sq_model_problem(&problem, model, data, 0, &error);
    if (status == SQ_OK)
        status = sq_order_init(&order, "sequential", 1, data->samples, &error);
    if (status != SQ_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 3;
    }
    /* The lie: sample i touches block i mod blocks alone. */
    static uint32_t block[SAMPLES];
    for (uint32_t i = 0; i < SAMPLES; i++)
        block[i] = i % (uint32_t)problem->blocks;
    const sq_hypergraph lie = {
        .samples = SAMPLES, .blocks = problem->blocks, .arity = 1, .block = block};
    sq_problem wrong = *problem;
    wrong.graph = &lie;
    wrong.hyperedge = NULL;
    wrong.edges_vary = 0;
    wrong.arranger = NULL;
    const sq_train_options how = {.mode = SQ_MODE_PLANNED,
                                  .threads = 2,
                                  .epochs = 20,
                                  .step = 0.001,
                                  .decay = 1,
                                  .plan = {.planner = SQ_PLANNER_LANES, .batch = 1000}};
    status = sq_train(&wrong, model->x, &order, &how, NULL, &error);
    sq_model_problem_free(problem);
    sq_model_free(model);
    sq_data_free(data);
    return status == SQ_OK ? 0 : 3;
}
