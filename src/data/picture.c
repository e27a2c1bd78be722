/* A picture of K regions: a background (0), ellipses (1 …) and, where K > 2, a ground below a wave
 * (K - 1); then strokes within each region, whose pixels are the terminals; then grey levels.
 *
 * Shapes are measured in half pixels, so that a pixel's centre has whole coordinates: (2 c + 1,
 * 2 r + 1) of 2 W × 2 H. The wave is made of parabolas: height h u (w - u) over a half wave of width
 * w, up and down by turns. */
#include "data/picture.h"

#include "base/alloc.h"
#include "data/gaussian.h"
#include "data/zipf.h"

enum {
    CELLS = 4,     /* of a stroke for each region, along the shorter side */
    ATTEMPTS = 16, /* for a stroke */
    MARGIN = 2,    /* pixels from a stroke to another region, at least */
    DARKEST = 48,
    LIGHTEST = 208,
    WHITE = 255
};

typedef struct ellipse {
    int64_t x, y, rx, ry; /* centre and half axes */
} ellipse;

/* --- regions --- */

static int inside(const ellipse *e, int64_t x, int64_t y) {
    int64_t dx = (x - e->x) * e->ry, dy = (y - e->y) * e->rx, most = e->rx * e->ry;
    return dx >= -most && dx <= most && dy >= -most && dy <= most &&
           dx * dx + dy * dy <= most * most;
}

/* Number i of count ellipses, each in a cell of its own of a width × height rectangle. */
static ellipse place(uint32_t i, uint32_t count, int64_t width, int64_t height, sqi_words *words) {
    int64_t columns = 1;
    while (columns < count && columns * columns * height < count * width)
        columns++;
    int64_t rows = (count + columns - 1) / columns, wide = width / columns, high = height / rows;
    int64_t rx = 2 * wide < 3 * high ? wide : 3 * high / 2; /* at most half as long again */
    int64_t ry = 2 * high < 3 * wide ? high : 3 * wide / 2;
    int64_t share = 32 + sqi_words_below(words, 9); /* of a hundred: the half axes */
    ellipse e = {.rx = rx * share / 100 + 1, .ry = ry * share / 100 + 1};
    int64_t free_x = wide / 10, free_y = high / 10; /* how far the centre may lie from the cell's */
    e.x =
        i % columns * wide + wide / 2 - free_x + sqi_words_below(words, (uint32_t)(2 * free_x) + 1);
    e.y =
        i / columns * high + high / 2 - free_y + sqi_words_below(words, (uint32_t)(2 * free_y) + 1);
    return e;
}

static void draw_ground(sqi_picture *p, sqi_words *words) {
    int64_t half = 2 * (int64_t)p->width / 3 + 1, rise = p->height / 5, base = 7 * p->height / 5;
    int64_t shift = sqi_words_below(words, (uint32_t)(2 * half));
    for (uint32_t c = 0; c < p->width; c++) {
        int64_t at = 2 * (int64_t)c + 1 + shift, u = at % half;
        int64_t bump = 4 * rise * u * (half - u) / (half * half);
        int64_t y = at / half % 2 ? base + bump : base - bump;
        for (uint32_t r = 0; r < p->height; r++)
            if (2 * (int64_t)r + 1 > y)
                p->region[(size_t)r * p->width + c] = (uint8_t)(p->labels - 1);
    }
}

static void draw_ellipse(sqi_picture *p, const ellipse *e, uint32_t label) {
    for (uint32_t r = 0; r < p->height; r++)
        for (uint32_t c = 0; c < p->width; c++)
            if (inside(e, 2 * (int64_t)c + 1, 2 * (int64_t)r + 1))
                p->region[(size_t)r * p->width + c] = (uint8_t)label;
}

static void draw_regions(sqi_picture *p, uint64_t seed) {
    sqi_words words = sqi_words_at(seed, SQI_GENERATE_FACTORS, 0);
    int ground = p->labels > 2;
    uint32_t count = p->labels - 1 - (uint32_t)ground;
    int64_t height = ground ? 6 * p->height / 5 : 2 * p->height; /* above the ground */
    if (ground)
        draw_ground(p, &words);
    for (uint32_t i = 0; i < count; i++) {
        ellipse e = place(i, count, 2 * (int64_t)p->width, height, &words);
        draw_ellipse(p, &e, i + 1);
    }
}

/* --- terminals --- */

/* Whether the pixel and those around it, as far as there are any, have the label. */
static int within(const sqi_picture *p, int64_t r, int64_t c, uint32_t label) {
    if (r < 0 || c < 0 || r >= p->height || c >= p->width)
        return 0;
    for (int64_t y = r - MARGIN; y <= r + MARGIN; y++)
        for (int64_t x = c - MARGIN; x <= c + MARGIN; x++)
            if (y >= 0 && x >= 0 && y < p->height && x < p->width &&
                p->region[y * p->width + x] != label)
                return 0;
    return 1;
}

/* A stroke: from a pixel in one of four directions. */
typedef struct stroke {
    int64_t r, c, length;
    uint32_t way;
} stroke;

/* Marks the stroke's pixels; 0: it would leave the region, and nothing is marked. */
static int draw_stroke(sqi_picture *p, const stroke *s, uint32_t label) {
    static const int down[] = {0, 1, 1, 1}, right[] = {1, 0, 1, -1};
    for (int64_t i = 0; i < s->length; i++)
        if (!within(p, s->r + i * down[s->way], s->c + i * right[s->way], label))
            return 0;
    for (int64_t i = 0; i < s->length; i++)
        p->marked[(s->r + i * down[s->way]) * p->width + s->c + i * right[s->way]] = 1;
    return 1;
}

/* One stroke that begins in the cell of `side` pixels at (top, left), if one is found. */
static int draw_in_cell(sqi_picture *p, uint32_t top, uint32_t left, uint32_t side, uint32_t label,
                        sqi_words *words) {
    uint32_t high = p->height - top < side ? p->height - top : side;
    uint32_t wide = p->width - left < side ? p->width - left : side;
    for (int i = 0; i < ATTEMPTS; i++) {
        stroke s = {.length = side / 3 > 2 ? side / 3 : 2};
        s.r = top + sqi_words_below(words, high);
        s.c = left + sqi_words_below(words, wide);
        s.way = sqi_words_below(words, 4);
        if (draw_stroke(p, &s, label))
            return 1;
    }
    return 0;
}

/* Marks the middle one of the region's pixels; 0: it has none. */
static int mark_middle(sqi_picture *p, uint32_t label) {
    size_t pixels = (size_t)p->width * p->height, area = 0, i = 0;
    for (size_t k = 0; k < pixels; k++)
        area += p->region[k] == label;
    if (area == 0)
        return 0;
    for (size_t left = area / 2; p->region[i] != label || left-- > 0; i++)
        ;
    p->marked[i] = 1;
    return 1;
}

static int draw_strokes(sqi_picture *p, uint64_t seed, sq_error *error) {
    sqi_words words = sqi_words_at(seed, SQI_GENERATE_NAMES, 0);
    uint32_t least = p->width < p->height ? p->width : p->height;
    uint32_t side = least / CELLS > 0 ? least / CELLS : 1;
    for (uint32_t label = 0; label < p->labels; label++) {
        int drawn = 0;
        for (uint32_t top = 0; top < p->height; top += side)
            for (uint32_t left = 0; left < p->width; left += side)
                drawn |= draw_in_cell(p, top, left, side, label, &words);
        if (!drawn && !mark_middle(p, label))
            return sqi_fail(error, SQ_BAD_ARGUMENT,
                            "a picture of %u × %u pixels has no room for %u labels", p->width,
                            p->height, p->labels);
    }
    return SQ_OK;
}

/* --- grey levels --- */

static void draw_grey(sqi_picture *p, uint64_t seed, double noise) {
    sqi_words words = sqi_words_at(seed, SQI_GENERATE_DRAWS, 0);
    uint32_t steps = p->labels > 1 ? p->labels - 1 : 1;
    for (size_t i = 0; i < (size_t)p->width * p->height; i++) {
        uint32_t level = DARKEST + (LIGHTEST - DARKEST) * p->region[i] / steps;
        double grey = (double)level + noise * sqi_gaussian(&words);
        p->grey[i] = (uint8_t)(grey < 0 ? 0 : grey > WHITE ? WHITE : grey + 0.5);
    }
}

int sqi_picture_draw(sqi_picture *picture, const sq_generate_image *options, sq_error *error) {
    size_t pixels = (size_t)options->width * options->height;
    *picture = (sqi_picture){
        .width = options->width, .height = options->height, .labels = options->labels};
    picture->region = sqi_alloc(pixels, 1, error);
    picture->marked = picture->region ? sqi_alloc(pixels, 1, error) : NULL;
    picture->grey = picture->marked ? sqi_alloc(pixels, 1, error) : NULL;
    if (!picture->grey)
        return SQ_NO_MEMORY;
    draw_regions(picture, options->seed);
    draw_grey(picture, options->seed, options->noise);
    return draw_strokes(picture, options->seed, error);
}

void sqi_picture_fini(sqi_picture *picture) {
    sqi_free(picture->region);
    sqi_free(picture->marked);
    sqi_free(picture->grey);
}
