/* sequent hash */
#include <stdio.h>

#include "base/status.h"
#include "cli/commands.h"

static const char USAGE[] = "Usage: sequent hash [OPTIONS] MODEL…\n\n"
                            "Prints the model hash of each file, HASH  FILE a line.";

static int hash_file(const char *path, json_t *list, sq_error *error) {
    sq_model *model = NULL;
    int status = sq_model_read(&model, path, error);
    if (status != SQ_OK)
        return status;
    sq_hash hash = sq_model_hash(model);
    sq_model_free(model);
    if (!list) {
        (void)printf("%s  %s\n", hash.hex, path);
        return SQ_OK;
    }
    json_t *row = json_pack("{s:s, s:s}", "file", path, "model_hash", hash.hex);
    return json_array_append_new(list, row) == 0
               ? SQ_OK
               : sqi_fail(error, SQ_NO_MEMORY,
                          "no memory for the JSON report, or '%s' is not UTF-8", path);
}

int command_hash(int argc, char **argv) {
    settings s;
    int early = begin(&s, argc, argv, OPTIONS_REPORT, USAGE);
    if (early >= 0)
        return early;
    sq_error error = {0};
    int status = settings_arguments(&s, 1, 1 << 30, "MODEL…", &error);
    json_t *list = s.json ? json_array() : NULL;
    for (int i = 0; i < s.count && status == SQ_OK; i++)
        status = hash_file(s.arguments[i], list, &error);
    if (status == SQ_OK && s.json)
        status = print_json(json_pack("{s:O}", "models", list), &error);
    json_decref(list);
    return end(status, &error);
}
