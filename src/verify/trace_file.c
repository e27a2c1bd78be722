/* Writing trace files. */
#include "verify/trace_file.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/edges.h"
#include "verify/lock.h"

struct sq_trace_writer {
    sqi_out out;
};

static int put_facts(sqi_out *out, const sq_lock *facts, const char *path, sq_error *error) {
    char *text;
    int status = sqi_lock_text(&text, facts, path, error);
    if (status != SQ_OK)
        return status;
    status = sqi_out_bytes(out, SQI_TRACE_MAGIC, sizeof SQI_TRACE_MAGIC, error);
    if (status == SQ_OK)
        status = sqi_out_u32(out, SQI_TRACE_FORMAT, error);
    if (status == SQ_OK)
        status = sqi_out_u32(out, (uint32_t)strlen(text), error);
    if (status == SQ_OK)
        status = sqi_out_bytes(out, text, strlen(text), error);
    sqi_free(text);
    return status;
}

static int put_edges(sqi_out *out, const sq_hypergraph *graph, sq_error *error) {
    size_t count = graph ? graph->samples : 0;
    int status = sqi_out_u64(out, count, error);
    for (size_t i = 0; i < count && status == SQ_OK; i++)
        status = sqi_out_u32(out, (uint32_t)sqi_edge_of(graph, i).size, error);
    for (size_t i = 0; i < count && status == SQ_OK; i++) {
        sqi_edge edge = sqi_edge_of(graph, i);
        status = sqi_out_words(out, edge.block, edge.size, error);
    }
    return status;
}

int sq_trace_open(sq_trace_writer **writer, const char *path, const sq_lock *facts,
                  const sq_hypergraph *graph, const sq_names names[2], sq_error *error) {
    sq_trace_writer *w = *writer = sqi_alloc(1, sizeof *w, error);
    if (!w)
        return SQ_NO_MEMORY;
    int status = sqi_out_open(&w->out, path, error);
    if (status == SQ_OK)
        status = put_facts(&w->out, facts, path, error);
    if (status == SQ_OK)
        status = sqi_out_u32(&w->out, (uint32_t)sq_model_data(facts->recipe.model), error);
    for (int side = 0; side < 2 && status == SQ_OK; side++) {
        size_t count = names ? names[side].count : 0;
        status = sqi_out_u64(&w->out, count, error);
        if (status == SQ_OK && count)
            status = sqi_out_words(&w->out, names[side].name, count, error);
    }
    if (status == SQ_OK)
        status = put_edges(&w->out, graph, error);
    if (status != SQ_OK)
        *writer = sq_trace_abandon(w);
    return status;
}

int sq_trace_add(sq_trace_writer *writer, double gamma, const uint32_t *pi,
                 const sq_trace_step *step, size_t steps, sq_error *error) {
    uint64_t bits;
    memcpy(&bits, &gamma, sizeof bits);
    sqi_out *out = &writer->out;
    int status = sqi_out_u32(out, SQI_TRACE_EPOCH, error);
    if (status == SQ_OK)
        status = sqi_out_u64(out, bits, error);
    if (status == SQ_OK)
        status = sqi_out_u64(out, steps, error);
    if (status == SQ_OK)
        status = sqi_out_words(out, pi, steps, error);
    _Static_assert(sizeof *step == 2 * sizeof(uint64_t), "a trace step is two hashes");
    return status == SQ_OK ? sqi_out_wides(out, &step->read, 2 * steps, error) : status;
}

int sq_trace_commit(sq_trace_writer *writer, sq_error *error) {
    int status = sqi_out_u32(&writer->out, SQI_TRACE_END, error);
    if (status == SQ_OK)
        status = sqi_out_sum(&writer->out, error);
    status = sqi_out_close(&writer->out, status, error);
    sqi_free(writer);
    return status;
}

sq_trace_writer *sq_trace_abandon(sq_trace_writer *writer) {
    if (writer)
        sqi_output_abandon(writer->out.output);
    return sqi_free(writer);
}
