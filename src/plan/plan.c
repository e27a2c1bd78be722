/* Planning an epoch: the choice of planner, then segment after segment. */
#include <string.h>

#include "base/alloc.h"
#include "plan/builder.h"

static const sqi_planner *const planners[] = {
    [SQ_PLANNER_AUTO] = NULL,
    [SQ_PLANNER_LANES] = &sqi_planner_lanes,
    [SQ_PLANNER_LEVELS] = &sqi_planner_levels,
    [SQ_PLANNER_COMPONENTS] = &sqi_planner_components,
};

const sqi_planner *sqi_planner_for(sq_planner planner, const sq_hypergraph *graph) {
    int pairs = planner == SQ_PLANNER_LANES && graph->arity == 2 && !graph->reads;
    return pairs ? &sqi_planner_pairs : planners[planner];
}

const char *sq_planner_name(sq_planner planner) {
    if ((unsigned)planner >= sizeof planners / sizeof *planners)
        return NULL;
    return planner == SQ_PLANNER_AUTO ? "auto" : planners[planner]->name;
}

int sq_planner_find(const char *name) {
    for (int i = 0; i < (int)(sizeof planners / sizeof *planners); i++)
        if (strcmp(name, sq_planner_name((sq_planner)i)) == 0)
            return i;
    return -1;
}

int sq_plan_build(sq_plan **plan, const sq_hypergraph *graph, const uint32_t *pi, size_t steps,
                  const sq_plan_options *options, sq_error *error) {
    *plan = NULL;
    sq_plan_options chosen = *options;
    int serial = 0;
    int status = sq_plan_choose(&chosen, &serial, graph, pi, steps, error);
    if (status != SQ_OK || serial)
        return status;
    const sqi_planner *planner = sqi_planner_for(chosen.planner, graph);
    void *work = NULL;
    sq_plan *built = sqi_plan_new(chosen.planner, chosen.lanes, steps, error);
    status = built ? planner->start(&work, graph, &chosen, error) : SQ_NO_MEMORY;
    for (size_t first = 0; first < steps && status == SQ_OK; first += chosen.segment) {
        size_t count = steps - first < chosen.segment ? steps - first : chosen.segment;
        status = planner->segment(work, built, &(sqi_segment){pi, first, count, 0}, error);
    }
    planner->finish(work);
    if (status == SQ_OK)
        *plan = built;
    else
        sq_plan_free(built);
    return status;
}
