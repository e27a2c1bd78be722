/* Synthetic images as graphs: the files of a picture that data/picture.c draws. */
#include <errno.h>

#include "base/alloc.h"
#include "data/picture.h"
#include "data/writer.h"
#include "num/float_env.h"

enum { SIDE_MAX = 16384, LABELS_MAX = 64, NOISE_MAX = 255 };

static int check(const sq_generate_image *options, sq_error *error) {
    if (options->width < 2 || options->width > SIDE_MAX || options->height < 2 ||
        options->height > SIDE_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "width and height must be from 2 to %d", SIDE_MAX);
    if (options->labels < 2 || options->labels > LABELS_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the number of labels must be from 2 to %d",
                        LABELS_MAX);
    if (!(options->noise >= 0 && options->noise <= NOISE_MAX))
        return sqi_fail(error, SQ_BAD_ARGUMENT, "the noise must be from 0 to %d", NOISE_MAX);
    return SQ_OK;
}

static void write_edge(const sqi_picture *p, size_t from, size_t to, double sigma,
                       sqi_writer *writer) {
    double distance = ((double)p->grey[from] - (double)p->grey[to]) / sigma;
    double weight = 1 / (1 + distance * distance);
    sqi_write_integer(writer, from, ' ');
    sqi_write_integer(writer, to, ' ');
    sqi_write_fixed(writer, (uint64_t)(1e6 * weight + 0.5), 6, '\n');
}

static void write_edges(const sqi_picture *p, double noise, sqi_writer *writer) {
    double sigma = noise < 1 ? 1 : noise;
    for (uint32_t r = 0; r < p->height && !writer->failed; r++)
        for (uint32_t c = 0; c < p->width; c++) {
            size_t pixel = (size_t)r * p->width + c;
            if (c + 1 < p->width)
                write_edge(p, pixel, pixel + 1, sigma, writer);
            if (r + 1 < p->height)
                write_edge(p, pixel, pixel + p->width, sigma, writer);
        }
}

/* The labels of all pixels, or of the marked ones. */
static void write_labels(const sqi_picture *p, int all, sqi_writer *writer) {
    for (size_t i = 0; i < (size_t)p->width * p->height && !writer->failed; i++)
        if (all || p->marked[i]) {
            sqi_write_integer(writer, i, ' ');
            sqi_write_integer(writer, p->region[i], '\n');
        }
}

static void write_grey(const sqi_picture *p, sqi_writer *writer) {
    size_t pixels = (size_t)p->width * p->height;
    sqi_write_text(writer, "P5\n");
    sqi_write_integer(writer, p->width, ' ');
    sqi_write_integer(writer, p->height, '\n');
    sqi_write_text(writer, "255\n");
    sqi_writer_flush(writer);
    errno = 0;
    if (!writer->failed && fwrite(p->grey, 1, pixels, writer->out) != pixels)
        writer->failed = errno ? errno : EIO;
}

enum { EDGES, TERMINALS, PICTURE, TRUTH, FILES };

static int write_file(const sqi_picture *p, double noise, int what, FILE *out, sq_error *error) {
    sqi_writer *writer = sqi_alloc(1, sizeof *writer, error);
    if (!writer)
        return SQ_NO_MEMORY;
    sqi_writer_init(writer, out);
    if (what == EDGES)
        write_edges(p, noise, writer);
    else if (what == PICTURE)
        write_grey(p, writer);
    else
        write_labels(p, what == TRUTH, writer);
    int status = sqi_writer_finish(writer, error);
    sqi_free(writer);
    return status;
}

int sq_generate_image_write(const sq_generate_image *options, const sq_image_files *files,
                            sq_error *error) {
    sqi_picture picture = {0};
    FILE *const outs[FILES] = {files->edges, files->terminals, files->picture, files->truth};
    sqi_float_env was = sqi_float_env_enter();
    int status = check(options, error);
    if (status == SQ_OK)
        status = sqi_picture_draw(&picture, options, error);
    for (int what = 0; what < FILES && status == SQ_OK; what++)
        if (outs[what])
            status = write_file(&picture, options->noise, what, outs[what], error);
    sqi_picture_fini(&picture);
    sqi_float_env_leave(was);
    return status;
}
