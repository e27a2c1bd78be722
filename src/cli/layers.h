/* Lists of layers, such as "1024,512". */
#ifndef SQI_CLI_LAYERS_H
#define SQI_CLI_LAYERS_H

#include "sequent.h"

/* Hidden layers as the user gives them. */
typedef struct layer_list {
    uint32_t layers; /* 0: not given */
    uint32_t hidden[SQ_LAYERS_MAX];
} layer_list;

/* Parses a list: 0, or -1 where the text is none. */
int layers_parse(layer_list *list, const char *text);

#endif
