/* Synthetic graphs: every node has edges / nodes edges to others (the most popular ones have one
 * more, where that leaves a rest), whose far ends are drawn by a Zipf law. */
#include <stdbool.h>

#include "base/alloc.h"
#include "data/number.h"
#include "data/writer.h"
#include "data/zipf.h"
#include "num/float_env.h"
#include "sequent/generate.h"

static int check(const sq_generate_graph *options, sq_error *error) {
    uint64_t nodes = options->nodes;
    if (options->edges == 0)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the number of edges must be at least 1");
    if (nodes < 2 || nodes > SQI_NAME_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the number of nodes must be from 2 to 4294967294");
    if (options->edges > nodes * (nodes - 1))
        return sqi_fail(
            error, SQ_BAD_ARGUMENT,
            "%llu nodes have room for %llu edges without loops and repeats, and no more",
            (unsigned long long)nodes, (unsigned long long)nodes * (nodes - 1));
    return SQ_OK;
}

/* The edges of the node with this rank. drawn: workspace (size edges / nodes + 1). */
static void write_node(const sq_generate_graph *options, const sqi_zipf *node, uint32_t rank,
                       sqi_words *words, unsigned char *taken, uint32_t *drawn,
                       sqi_writer *writer) {
    uint64_t degree = options->edges / options->nodes + (rank < options->edges % options->nodes);
    uint32_t lowest = 0;
    taken[rank] = 1; /* no loops */
    for (uint64_t i = 0; i < degree; i++) {
        drawn[i] = sqi_zipf_draw_distinct(node, words, taken, &lowest);
        sqi_write_integer(writer, node->name[rank], ' ');
        sqi_write_integer(writer, node->name[drawn[i]], '\n');
    }
    taken[rank] = 0;
    for (uint64_t i = 0; i < degree; i++)
        taken[drawn[i]] = 0;
}

int sq_generate_graph_write(const sq_generate_graph *options, FILE *out, sq_error *error) {
    sqi_zipf node = {0};
    unsigned char *taken = NULL;
    uint32_t *drawn = NULL;
    sqi_writer *writer = NULL;
    sqi_float_env was = sqi_float_env_enter();
    int status = check(options, error);
    if (status == SQ_OK)
        status = sqi_zipf_init(&node, options->nodes, options->skew, options->seed, 0, error);
    if (status != SQ_OK)
        goto done;
    taken = sqi_alloc(options->nodes, 1, error);
    drawn = taken ? sqi_alloc(options->edges / options->nodes + 1, sizeof *drawn, error) : NULL;
    writer = drawn ? sqi_alloc(1, sizeof *writer, error) : NULL;
    if (!writer) {
        status = SQ_NO_MEMORY;
        goto done;
    }
    sqi_writer_init(writer, out);
    sqi_words words = sqi_words_at(options->seed, SQI_GENERATE_DRAWS, 0);
    for (uint32_t rank = 0; rank < options->nodes && !writer->failed; rank++)
        write_node(options, &node, rank, &words, taken, drawn, writer);
    status = sqi_writer_finish(writer, error);
done:
    sqi_free(writer);
    sqi_free(drawn);
    sqi_free(taken);
    sqi_zipf_fini(&node);
    sqi_float_env_leave(was);
    return status;
}
