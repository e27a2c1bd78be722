/* The picture behind sequent generate image: regions with smooth boundaries, by integers alone. */
#ifndef SQI_DATA_PICTURE_H
#define SQI_DATA_PICTURE_H

#include <stddef.h>

#include "sequent/generate.h"

typedef struct sqi_picture {
    uint32_t width, height, labels;
    uint8_t *region; /* the label of each pixel, row after row (size width × height) */
    uint8_t *marked; /* whether it is a terminal */
    uint8_t *grey;   /* with noise */
} sqi_picture;

/* Draws all three. SQ_BAD_ARGUMENT where a region has no pixel. Released with sqi_picture_fini, also
 * after a failure. */
int sqi_picture_draw(sqi_picture *picture, const sq_generate_image *options, sq_error *error);
void sqi_picture_fini(sqi_picture *picture);

#endif
