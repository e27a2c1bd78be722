/* The cost model.
 *
 * A batch takes as long as its most expensive lane, and a boundary. A step takes fixed_ns and its
 * hyperedge's size in units that make the mean step step_ns long. */
#include "plan/predict.h"

#include "plan/edges.h"

void sqi_costs_complete(sq_plan_options *options) {
    if (!(options->step_ns > 0))
        options->step_ns = 20;
    if (!(options->boundary_ns > 0))
        options->boundary_ns = 300;
    if (options->epochs == 0)
        options->epochs = SQ_PLAN_EPOCHS;
    if (!(options->order_ns > 0))
        options->order_ns = 0;
    if (!(options->fixed_ns > 0))
        options->fixed_ns = 0;
    if (options->fixed_ns > options->step_ns)
        options->fixed_ns = options->step_ns;
}

static uint64_t lane_cost(const sq_plan *plan, const uint32_t *begin, const sq_hypergraph *graph,
                          const uint32_t *pi) {
    if (graph->arity)
        return (uint64_t)graph->arity * (begin[1] - begin[0]);
    uint64_t cost = 0;
    for (uint32_t i = begin[0]; i < begin[1]; i++)
        cost += sqi_edge_cost(sqi_edge_of(graph, sqi_sample(pi, plan->step[i])));
    return cost;
}

sqi_prediction sqi_plan_predict(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                                const sq_plan_options *options) {
    uint64_t total = 0;
    const size_t ranges = plan->batches * plan->lanes;
    for (size_t i = 0; i < ranges; i++)
        total += lane_cost(plan, plan->begin + i, graph, pi);
    double steps = (double)plan->steps, lanes = 0;
    double unit_ns = total ? (options->step_ns - options->fixed_ns) * steps / (double)total : 0;
    for (size_t b = 0; b < plan->batches; b++) {
        double longest = 0;
        for (uint32_t l = 0; l < plan->lanes; l++) {
            const uint32_t *begin = plan->begin + b * plan->lanes + l;
            double ns = options->fixed_ns * (double)(begin[1] - begin[0]) +
                        unit_ns * (double)lane_cost(plan, begin, graph, pi);
            longest = ns > longest ? ns : longest;
        }
        lanes += longest;
    }
    return (sqi_prediction){.serial = options->step_ns * steps,
                            .lanes = lanes,
                            .boundaries = options->boundary_ns * (double)plan->batches,
                            .cost = (double)total};
}

sq_speedup sq_plan_speedup(const sq_plan *plan, const sq_hypergraph *graph, const uint32_t *pi,
                           const sq_plan_options *options) {
    sq_plan_options costs = *options;
    sqi_costs_complete(&costs);
    sqi_prediction p = sqi_plan_predict(plan, graph, pi, &costs);
    if (!(p.lanes > 0))
        return (sq_speedup){1, 1};
    return (sq_speedup){p.serial / p.lanes, p.serial / (p.lanes + p.boundaries)};
}
