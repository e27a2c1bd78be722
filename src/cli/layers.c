/* Parsing lists of layers. What a model makes of them is its own matter. */
#include "cli/layers.h"

#include <ctype.h>

enum { UNITS_MAX = 16384 };

int layers_parse(layer_list *list, const char *text) {
    *list = (layer_list){0};
    for (;; text++) {
        uint32_t units = 0;
        if (list->layers == SQ_LAYERS_MAX || !isdigit((unsigned char)*text))
            return -1;
        for (; isdigit((unsigned char)*text) && units <= UNITS_MAX; text++)
            units = 10 * units + (uint32_t)(*text - '0');
        if (units < 1 || units > UNITS_MAX)
            return -1;
        list->hidden[list->layers++] = units;
        if (*text != ',')
            return *text ? -1 : 0;
    }
}
