/* Synthetic data sets: the same bytes on every machine for the same options.
 *
 * They are written as text (the formats of data.h) from integer arithmetic, binary64 operations
 * that IEEE 754 rounds correctly and square roots alone, so no libm can change a byte. */
#ifndef SEQUENT_GENERATE_H
#define SEQUENT_GENERATE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sequent/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ratings with planted structure, "user item value" a line, numbered from 1: user and item of every
 * sample are drawn from Zipf laws (probability of the i-th most frequent, from 0, ∝ 1/(i+1)^skew;
 * names are scattered by a permutation), the value is
 *
 *     3 + a product of planted factors of that rank (standard deviation 0.8) + noise,
 *
 * held within 0.5 … 5 and rounded to halves. No prediction has a lower RMSE than about
 * √(noise² + 1/48), 1/48 being the rounding's part. A model needs one rank more than the factors,
 * for the 3. */
typedef struct sq_generate_ratings {
    uint64_t samples, seed;
    uint32_t users, items;       /* at most 2^32 - 2 each */
    uint32_t rank;               /* 1 to 4096 */
    double user_skew, item_skew; /* multiples of 0.25 in [0, 4] */
    double noise;                /* standard deviation, 0 to 100 */
} sq_generate_ratings;

/* Sparse rows with labels ±1 in svmlight's format, features numbered from 1. A row has distinct
 * features by a Zipf law, with small counts for values, in which frequent features weigh less,
 * scaled to length 1. The label is the side of a planted separator through the origin, then flipped
 * with probability `flip`: no classifier is right more often than 1 - flip, on average. More than two
 * labels are 0, 1, …: the one whose planted direction fits best, or by chance another one. */
typedef struct sq_generate_linear {
    uint64_t samples, seed;
    uint32_t features, nonzeros; /* nonzeros: of a row, at most features */
    double skew;                 /* a multiple of 0.25 in [0, 4] */
    double flip;                 /* in [0, 1] */
    uint32_t labels;             /* 2 (or 0, which means 2) to 1000 */
} sq_generate_linear;

/* A graph, "node node" a line, numbered from 0. Every node has edges / nodes edges (some have one
 * more) to other nodes that are drawn by a Zipf law, each at most once; (a, b) and (b, a) may both
 * occur. */
typedef struct sq_generate_graph {
    uint64_t edges, seed; /* edges: at most nodes · (nodes - 1) */
    uint32_t nodes;
    double skew; /* a multiple of 0.25 in [0, 4] */
} sq_generate_graph;

/* The pixel graph of a noisy picture with terminals, to be cut into its regions. The picture has
 * `labels` regions of evenly spaced grey levels from 48 to 208 with smooth boundaries: a background, 0,
 * ellipses in it and, where there are more than two labels, a ground below a wave. Noise is added, and
 * the result rounded to 0 … 255. Pixel (r, c) is node r · width + c, and has an edge to its right and
 * its lower neighbour with the weight 1 / (1 + (Δ/σ)²), Δ the difference of their grey levels, σ the
 * noise, at least 1. Terminals are the pixels of
 * short strokes, one in each part of the picture for each region that is there. */
typedef struct sq_generate_image {
    uint64_t seed;
    uint32_t width, height; /* 2 to 16,384 */
    uint32_t labels;        /* 2 to 64 */
    double noise;           /* standard deviation, 0 to 255 */
} sq_generate_image;

/* Where to write the parts of an image; NULL: nowhere. */
typedef struct sq_image_files {
    FILE *edges;     /* "node node weight" a line */
    FILE *terminals; /* "node label" a line */
    FILE *picture;   /* the noisy picture, as binary PGM */
    FILE *truth;     /* "node label" a line, of all pixels */
} sq_image_files;

/* Each writes to out, flushes it, and returns SQ_OK, SQ_BAD_ARGUMENT, SQ_NO_MEMORY or SQ_IO. Cost:
 * about 100 ns a rating or a row's entry or an edge; memory: 24 bytes a user, item, feature or
 * node, and 2 · rank bytes a user or item; 3 bytes a pixel. SQ_BAD_ARGUMENT also where a picture is too
 * small for its labels. */
SQ_API int sq_generate_ratings_write(const sq_generate_ratings *options, FILE *out,
                                     sq_error *error);
SQ_API int sq_generate_linear_write(const sq_generate_linear *options, FILE *out, sq_error *error);
SQ_API int sq_generate_graph_write(const sq_generate_graph *options, FILE *out, sq_error *error);
SQ_API int sq_generate_image_write(const sq_generate_image *options, const sq_image_files *files,
                                   sq_error *error);

#ifdef __cplusplus
}
#endif
#endif
