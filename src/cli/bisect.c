/* sequent bisect: the first step at which two traces differ. */
#include <stdio.h>

#include "cli/commands.h"

static const char USAGE[] =
    "Usage: sequent bisect [OPTIONS] TRACE_A TRACE_B\n\n"
    "Names the first step at which two runs differ, from the files that `sequent train --trace`\n"
    "wrote. Steps and samples count from 0, epochs from 1. Exit status: 0 no difference, 1 a\n"
    "difference, 2 trouble.";

static const char *meaning(const sq_bisection *r) {
    switch (r->parting) {
    case SQ_SAME:
        return "the runs are the same";
    case SQ_OTHER_LENGTH:
        return "other length: one run, or its epoch, ends here";
    case SQ_OTHER_ORDER:
        return "other order: the step processes another sample";
    case SQ_OTHER_STEP:
        return "other step size: a hyperparameter differs";
    case SQ_OTHER_READS:
        return r->edge      ? "other reads: the step touches other parameters, the data differ"
               : r->initial ? "other reads: the initial values differ"
                            : "other reads: an earlier write is missing, or of another step";
    case SQ_OTHER_WRITES:
        break;
    }
    return r->data     ? "same reads, other writes: the data differ"
           : r->recipe ? "same reads, other writes: model or hyperparameters differ"
                       : "same reads, other writes: arithmetic or data";
}

static void print_text(const sq_bisection *r) {
    if (r->data)
        (void)printf("the data hashes differ\n");
    if (r->recipe)
        (void)printf("model or hyperparameters differ\n");
    if (r->initial)
        (void)printf("the initial values differ\n");
    if (r->parting == SQ_SAME) {
        (void)printf("%s, step by step\n", meaning(r));
        return;
    }
    (void)printf("first difference: epoch %llu, step %llu", (unsigned long long)r->epoch + 1,
                 (unsigned long long)r->step);
    if (r->parting != SQ_OTHER_LENGTH)
        (void)printf(", sample %u", r->sample[0]);
    if (r->blocks[0])
        (void)printf(" (%s)", r->blocks);
    if (r->parting != SQ_OTHER_LENGTH && r->sample[0] != r->sample[1])
        (void)printf(", in the other run sample %u", r->sample[1]);
    (void)printf("\n%s\n", meaning(r));
}

static json_t *to_json(const sq_bisection *r) {
    json_t *object = json_pack("{s:b, s:b, s:b, s:b, s:s}", "same", r->parting == SQ_SAME,
                               "data_differs", r->data, "recipe_differs", r->recipe,
                               "initial_differs", r->initial, "meaning", meaning(r));
    if (!object || r->parting == SQ_SAME)
        return object;
    json_t *samples = r->parting == SQ_OTHER_LENGTH
                          ? json_null()
                          : json_pack("[I, I]", (json_int_t)r->sample[0], (json_int_t)r->sample[1]);
    json_t *place = json_pack("{s:I, s:I, s:o, s:s}", "epoch", (json_int_t)r->epoch + 1, "step",
                              (json_int_t)r->step, "samples", samples, "blocks", r->blocks);
    if (!place || json_object_update(object, place) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(place);
    return object;
}

int command_bisect(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv, OPTIONS_REPORT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    sq_bisection result = {0};
    int status = settings_arguments(&s, 2, 2, "TRACE_A TRACE_B", &error);
    if (status == SQ_OK)
        status = sq_bisect(&result, s.arguments[0], s.arguments[1], &error);
    if (status == SQ_OK && s.json)
        status = print_json(to_json(&result), &error);
    else if (status == SQ_OK)
        print_text(&result);
    int exit_status = end(status, &error);
    return exit_status == EXIT_DONE && result.parting != SQ_SAME ? EXIT_DIFFERENT : exit_status;
}
