/* json FILE [PATH]: is FILE exactly one JSON object, without repeated keys? With a path such as
 * epochs.0.loss the value there is printed; epochs.# is the number of elements. Exit 1 where not. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const json_t *at(const json_t *value, const char *key) {
    return json_is_array(value) ? json_array_get(value, (size_t)strtoul(key, NULL, 10))
                                : json_object_get(value, key);
}

int main(int argc, char **argv) {
    json_error_t error;
    json_t *root = argc > 1 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error) : NULL;
    if (!json_is_object(root)) {
        fprintf(stderr, "not one JSON object: %s\n", root ? "another value" : error.text);
        return 1;
    }
    const json_t *value = root;
    size_t elements = 0;
    int counted = 0;
    if (argc > 2)
        for (char *key = strtok(argv[2], "."); key && value; key = strtok(NULL, ".")) {
            counted = strcmp(key, "#") == 0;
            if (counted)
                elements = json_array_size(value);
            else
                value = at(value, key);
        }
    if (!value)
        return 1;
    if (counted)
        printf("%zu\n", elements);
    else if (json_is_string(value))
        printf("%s\n", json_string_value(value));
    else if (json_is_integer(value))
        printf("%lld\n", (long long)json_integer_value(value));
    else if (json_is_real(value))
        printf("%.17g\n", json_real_value(value));
    else if (argc > 2)
        printf("%s\n", json_is_true(value)    ? "true"
                       : json_is_false(value) ? "false"
                       : json_is_null(value)  ? "null"
                       : json_is_array(value) ? "array"
                                              : "object");
    json_decref(root);
    return 0;
}
