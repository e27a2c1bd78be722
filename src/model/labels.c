/* Ascending labels: search and insertion. */
#include "model/labels.h"

#include <string.h>

/* Of the first label that is not below `of`. */
static uint32_t place_of(const float *label, uint32_t labels, float of) {
    uint32_t low = 0, high = labels;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (label[middle] < of)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t sqi_label_find(const float *label, uint32_t labels, float of) {
    uint32_t at = place_of(label, labels, of);
    return at < labels && label[at] == of ? at : labels;
}

int sqi_label_add(float *label, uint32_t *labels, uint32_t most, float of) {
    uint32_t at = place_of(label, *labels, of);
    if (at < *labels && label[at] == of)
        return 1;
    if (*labels == most)
        return 0;
    memmove(label + at + 1, label + at, (*labels - at) * sizeof *label);
    label[at] = of;
    ++*labels;
    return 1;
}
