/* Levels of the dependence graph: 1 + the highest level among earlier conflicting steps.
 *
 * A block remembers the level of its last write and the highest level that read it since. */
#ifndef SQI_PLAN_WAVEFRONT_H
#define SQI_PLAN_WAVEFRONT_H

#include "base/alloc.h"
#include "plan/edges.h"

typedef struct sqi_wavefront {
    uint32_t *written, *read; /* levels (size blocks); read is NULL where nothing is only read */
    uint32_t base;            /* levels up to base belong to the past and bind nobody */
} sqi_wavefront;

static inline int sqi_wavefront_init(sqi_wavefront *front, const sq_hypergraph *graph,
                                     sq_error *error) {
    front->base = 0;
    front->written = sqi_alloc(graph->blocks, sizeof *front->written, error);
    front->read = graph->reads ? sqi_alloc(graph->blocks, sizeof *front->read, error) : NULL;
    return front->written && (front->read || !graph->reads) ? SQ_OK : SQ_NO_MEMORY;
}

static inline void sqi_wavefront_fini(sqi_wavefront *front) {
    sqi_free(front->written);
    sqi_free(front->read);
}

/* The level of the next step of the order, above base. */
static inline uint32_t sqi_wavefront_step(sqi_wavefront *front, sqi_edge edge) {
    uint32_t level = front->base;
    for (size_t i = 0; i < edge.size; i++) {
        uint32_t block = edge.block[i];
        if (front->written[block] > level)
            level = front->written[block];
        if (i < edge.written && front->read && front->read[block] > level)
            level = front->read[block];
    }
    level++;
    for (size_t i = 0; i < edge.written; i++)
        front->written[edge.block[i]] = level;
    for (size_t i = edge.written; i < edge.size; i++)
        if (front->read[edge.block[i]] < level)
            front->read[edge.block[i]] = level;
    return level;
}

#endif
