/* data/generate_*: the very bytes, and that what the header promises can be found in them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "data/zipf.h"
#include "sequent/generate.h"
#include "support/data_files.h"

static const sq_generate_ratings RATINGS = {.samples = 50000,
                                            .seed = 1,
                                            .users = 3000,
                                            .items = 700,
                                            .rank = 5,
                                            .user_skew = 0.5,
                                            .item_skew = 1.0,
                                            .noise = 0.25};
static const sq_generate_linear LINEAR = {
    .samples = 4000, .seed = 1, .features = 500, .nonzeros = 20, .skew = 0.75, .flip = 0.0};
static const sq_generate_graph GRAPH = {.edges = 30010, .seed = 1, .nodes = 2000, .skew = 1.25};

/* What one of the three writes; the caller frees it. */
static char *text_of(const void *options, sq_data_kind kind, size_t *size) {
    char *text = NULL;
    sq_error error = {0};
    FILE *out = open_memstream(&text, size);
    int status = kind == SQ_ROWS      ? sq_generate_linear_write(options, out, &error)
                 : kind == SQ_RATINGS ? sq_generate_ratings_write(options, out, &error)
                                      : sq_generate_graph_write(options, out, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    cr_assert(fclose(out) == 0);
    return text;
}

static sq_data *data_from(const void *options, sq_data_kind kind) {
    size_t size;
    char *text = text_of(options, kind, &size);
    sq_data *data = data_of(text, kind);
    free(text);
    return data;
}

static void check_text(const void *options, sq_data_kind kind, const char *want) {
    size_t size;
    char *text = text_of(options, kind, &size);
    cr_assert_str_eq(text, want);
    free(text);
}

static void check_hash(const void *options, sq_data_kind kind, uint64_t high, uint64_t low) {
    size_t size;
    char *text = text_of(options, kind, &size);
    XXH128_hash_t hash = XXH3_128bits(text, size);
    cr_assert(hash.high64 == high && hash.low64 == low, "%016llx %016llx",
              (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    free(text);
}

/* Any change of these bytes changes every data set that somebody rebuilds from its options. */
Test(generate, small_texts) {
    sq_generate_ratings ratings = RATINGS;
    ratings.samples = 6;
    check_text(&ratings, SQ_RATINGS,
               "1324 140 4.0\n2068 661 4.0\n1557 622 3.5\n218 85 4.0\n769 56 3.5\n2584 434 3.5\n");
    sq_generate_linear linear = LINEAR;
    linear.samples = 3;
    linear.nonzeros = 4;
    linear.flip = 0.5;
    check_text(&linear, SQ_ROWS,
               "-1 13:0.350823 64:0.613941 100:0.613941 332:0.350823\n"
               "-1 77:0.144245 213:0.384653 407:0.897523 460:0.160272\n"
               "-1 13:0.425797 202:0.638696 239:0.425797 354:0.479022\n");
    sq_generate_graph graph = GRAPH;
    graph.edges = 7;
    graph.nodes = 5;
    check_text(&graph, SQ_EDGES, "0 3\n0 2\n3 0\n3 2\n1 3\n4 3\n2 0\n");
}

Test(generate, large_texts) {
    check_hash(&RATINGS, SQ_RATINGS, UINT64_C(0xf8d5ddb706bc5dcd), UINT64_C(0x19a9663ae3f65330));
    check_hash(&LINEAR, SQ_ROWS, UINT64_C(0xa23757bacef0fdda), UINT64_C(0x7e4876a31c8abf43));
    check_hash(&GRAPH, SQ_EDGES, UINT64_C(0xe9ca4bc34739a59f), UINT64_C(0xcb23e98f492355e1));
}

/* The alias tables hold exactly the law: places' shares summed by rank, against the definition. */
Test(generate, zipf_law) {
    for (int quarters = 0; quarters <= 16; quarters++) {
        enum { COUNT = 300 };
        sqi_zipf zipf;
        double got[COUNT] = {0}, sum = 0.0;
        char seen[COUNT] = {0};
        cr_assert(sqi_zipf_init(&zipf, COUNT, quarters / 4.0, 7, 0, NULL) == SQ_OK);
        for (uint32_t i = 0; i < COUNT; i++) {
            double kept = zipf.alias[i] == i ? 1.0 : zipf.threshold[i] / 4294967296.0;
            got[i] += kept;
            got[zipf.alias[i]] += 1.0 - kept;
            sum += __builtin_pow(i + 1.0, -quarters / 4.0);
            cr_assert(zipf.name[i] < COUNT && !seen[zipf.name[i]]++);
        }
        for (uint32_t i = 0; i < COUNT; i++) {
            double want = __builtin_pow(i + 1.0, -quarters / 4.0) / sum;
            double error = got[i] / COUNT - want;
            cr_assert(error > -1e-7 && error < 1e-7, "skew %d/4, rank %u", quarters, i);
        }
        sqi_zipf_fini(&zipf);
    }
}

/* Draws follow the tables: a quarter of a million draws, within five standard deviations. */
Test(generate, zipf_draws) {
    enum { COUNT = 50, DRAWS = 1 << 18 };
    sqi_zipf zipf;
    double count[COUNT] = {0}, sum = 0.0;
    sqi_words words = sqi_words_at(3, SQ_STREAM_USER, 0);
    cr_assert(sqi_zipf_init(&zipf, COUNT, 1.0, 7, 0, NULL) == SQ_OK);
    for (int i = 0; i < COUNT; i++)
        sum += 1.0 / (i + 1);
    for (int i = 0; i < DRAWS; i++)
        count[sqi_zipf_draw(&zipf, &words)]++;
    for (int i = 0; i < COUNT; i++) {
        double want = DRAWS / sum / (i + 1), off = count[i] - want;
        cr_assert(off * off < 25.0 * want, "rank %d: %g, not %g", i, count[i], want);
    }
    sqi_zipf_fini(&zipf);
}

/* With rank 1 and no noise the side of 3 on which a rating lies is sign(f_u) · sign(f_i): two
 * colours explain all ratings that are not 3. */
Test(generate, ratings_hold_the_planted_factors) {
    sq_generate_ratings options = RATINGS;
    options.rank = 1;
    options.noise = 0.0;
    sq_data *data = data_from(&options, SQ_RATINGS);
    size_t blocks = data->names[0].count + data->names[1].count;
    int *sign = calloc(blocks, sizeof *sign), explained = 0;
    sign[data->pair[0]] = 1;
    for (int pass = 0; pass < 50; pass++)
        for (size_t k = 0; k < data->samples; k++) {
            uint32_t user = data->pair[2 * k], item = data->pair[2 * k + 1];
            int side = (data->value[k] > 3.0f) - (data->value[k] < 3.0f);
            if (side && sign[user])
                sign[item] = sign[item] ? sign[item] : side * sign[user];
            else if (side && sign[item])
                sign[user] = side * sign[item];
        }
    for (size_t k = 0; k < data->samples; k++) {
        int side = (data->value[k] > 3.0f) - (data->value[k] < 3.0f);
        int product = sign[data->pair[2 * k]] * sign[data->pair[2 * k + 1]];
        cr_assert(side == 0 || product == 0 || side == product);
        explained += side != 0 && product == side;
    }
    cr_assert(explained > 20000);
    free(sign);
    sq_data_free(data);
}

/* Halves from 0.5 to 5; noise widens their spread as it should. */
Test(generate, ratings_values) {
    double variance[2];
    for (int noisy = 0; noisy < 2; noisy++) {
        sq_generate_ratings options = RATINGS;
        options.noise = noisy ? 0.5 : 0.0;
        sq_data *data = data_from(&options, SQ_RATINGS);
        double sum = 0.0, squares = 0.0, n = (double)data->samples;
        cr_assert(data->samples == options.samples);
        for (size_t k = 0; k < data->samples; k++) {
            double value = (double)data->value[k];
            cr_assert(value >= 0.5 && value <= 5.0 && 2.0 * value == (double)(int)(2.0 * value));
            sum += value;
            squares += value * value;
        }
        cr_assert(sum / n > 2.8 && sum / n < 3.2);
        variance[noisy] = squares / n - sum / n * (sum / n);
        sq_data_free(data);
    }
    cr_assert(variance[1] - variance[0] > 0.18 && variance[1] - variance[0] < 0.28, "%g",
              variance[1] - variance[0]);
}

Test(generate, linear_rows) {
    sq_data *data = data_from(&LINEAR, SQ_ROWS);
    size_t positive = 0;
    cr_assert(data->samples == LINEAR.samples);
    for (size_t i = 0; i < data->samples; i++) {
        double squares = 0.0;
        cr_assert(data->row[i + 1] - data->row[i] == LINEAR.nonzeros);
        for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++) {
            uint32_t name = data->names[0].name[data->column[j]];
            cr_assert(name >= 1 && name <= LINEAR.features && data->value[j] > 0.0f);
            squares += (double)data->value[j] * (double)data->value[j];
        }
        cr_assert(squares > 0.9999 && squares < 1.0001);
        cr_assert(data->label[i] == 1.0f || data->label[i] == -1.0f);
        positive += data->label[i] > 0.0f;
    }
    cr_assert(positive > data->samples / 4 && positive < data->samples * 3 / 4);
    sq_data_free(data);
}

/* Rosenblatt's perceptron ends where the labels are those of a separator, and nowhere near that
 * where a fifth of them is flipped. */
static size_t perceptron_errors(const sq_data *data) {
    double *weight = calloc(data->names[0].count, sizeof *weight);
    size_t errors = 1;
    for (int epoch = 0; epoch < 1000 && errors; epoch++) {
        errors = 0;
        for (size_t i = 0; i < data->samples; i++) {
            double margin = 0.0, y = (double)data->label[i];
            for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++)
                margin += weight[data->column[j]] * (double)data->value[j];
            if (margin * y > 0.0)
                continue;
            errors++;
            for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++)
                weight[data->column[j]] += y * (double)data->value[j];
        }
    }
    free(weight);
    return errors;
}

Test(generate, linear_labels_have_a_separator) {
    sq_generate_linear options = LINEAR;
    options.features = 60;
    options.nonzeros = 8;
    options.samples = 1000;
    sq_data *data = data_from(&options, SQ_ROWS);
    cr_assert(perceptron_errors(data) == 0);
    options.flip = 0.2;
    sq_data *flipped = data_from(&options, SQ_ROWS);
    size_t different = 0;
    for (size_t i = 0; i < data->samples; i++)
        different += data->label[i] != flipped->label[i];
    cr_assert(different > 150 && different < 250, "%zu", different);
    cr_assert(perceptron_errors(flipped) > 100);
    sq_data_free(flipped);
    sq_data_free(data);
}

/* Flipping changes a label to another one of all, each as often. */
Test(generate, linear_labels_of_several_kinds) {
    sq_generate_linear options = LINEAR;
    options.labels = 5;
    options.flip = 0;
    sq_data *data = data_from(&options, SQ_ROWS);
    options.flip = 0.2;
    sq_data *flipped = data_from(&options, SQ_ROWS);
    size_t met[5] = {0}, moved[5] = {0};
    for (size_t i = 0; i < data->samples; i++) {
        int a = (int)data->label[i], b = (int)flipped->label[i];
        cr_assert(a >= 0 && a < 5 && b >= 0 && b < 5 && (float)a == data->label[i]);
        met[a]++;
        moved[(b - a + 5) % 5]++;
    }
    for (int c = 0; c < 5; c++) {
        double share = (double)moved[c] / (double)data->samples;
        cr_assert(met[c] > 0 && fabs(share - (c ? 0.05 : 0.8)) < 0.03, "%d: %g", c, share);
    }
    sq_data_free(flipped);
    sq_data_free(data);
}

Test(generate, graph_edges) {
    sq_data *data = data_from(&GRAPH, SQ_EDGES);
    unsigned char *met = calloc((size_t)GRAPH.nodes * GRAPH.nodes, 1);
    uint32_t *out = calloc(GRAPH.nodes, sizeof *out);
    cr_assert(data->samples == GRAPH.edges);
    for (size_t k = 0; k < data->samples; k++) {
        uint32_t a = data->names[0].name[data->pair[2 * k]];
        uint32_t b = data->names[0].name[data->pair[2 * k + 1]];
        cr_assert(a < GRAPH.nodes && b < GRAPH.nodes && a != b);
        cr_assert(!met[(size_t)a * GRAPH.nodes + b]++);
        out[a]++;
    }
    for (uint32_t i = 0; i < GRAPH.nodes; i++)
        cr_assert(out[i] == GRAPH.edges / GRAPH.nodes || out[i] == GRAPH.edges / GRAPH.nodes + 1);
    free(met);
    free(out);
    sq_data_free(data);
}

/* As many edges, or non-zeros, as there is room for, by a law that hardly ever draws the last. */
Test(generate, steep_laws_end) {
    sq_generate_graph graph = {.edges = 300 * 299, .seed = 1, .nodes = 300, .skew = 4.0};
    sq_data_free(data_from(&graph, SQ_EDGES));
    sq_generate_linear linear = LINEAR;
    linear.nonzeros = linear.features;
    linear.skew = 4.0;
    linear.samples = 20;
    sq_data_free(data_from(&linear, SQ_ROWS));
}

Test(generate, refused_options) {
    sq_error error;
    FILE *out = fopen("/dev/null", "w");
#define REFUSE(kind, base, field, bad)                                                             \
    do {                                                                                           \
        sq_generate_##kind options = base;                                                         \
        options.field = bad;                                                                       \
        cr_assert(sq_generate_##kind##_write(&options, out, &error) == SQ_BAD_ARGUMENT, #field);   \
    } while (0)
    REFUSE(ratings, RATINGS, samples, 0);
    REFUSE(ratings, RATINGS, users, 0);
    REFUSE(ratings, RATINGS, items, UINT32_MAX);
    REFUSE(ratings, RATINGS, rank, 0);
    REFUSE(ratings, RATINGS, user_skew, 0.3);
    REFUSE(ratings, RATINGS, item_skew, 4.25);
    REFUSE(ratings, RATINGS, item_skew, -0.25);
    REFUSE(ratings, RATINGS, item_skew, __builtin_nan(""));
    REFUSE(ratings, RATINGS, noise, -1.0);
    REFUSE(ratings, RATINGS, noise, __builtin_nan(""));
    REFUSE(linear, LINEAR, samples, 0);
    REFUSE(linear, LINEAR, features, 0);
    REFUSE(linear, LINEAR, nonzeros, 0);
    REFUSE(linear, LINEAR, nonzeros, 501);
    REFUSE(linear, LINEAR, skew, 0.1);
    REFUSE(linear, LINEAR, flip, 1.5);
    REFUSE(linear, LINEAR, labels, 1);
    REFUSE(linear, LINEAR, labels, 1001);
    REFUSE(graph, GRAPH, edges, 0);
    REFUSE(graph, GRAPH, edges, 2000 * 1999 + 1);
    REFUSE(graph, GRAPH, nodes, 1);
    REFUSE(graph, GRAPH, skew, 5.0);
#undef REFUSE
    fclose(out);
}

/* A full device is noticed, whatever stdio buffers. */
Test(generate, a_full_device) {
    sq_error error;
    for (int kind = 0; kind < 6; kind++) {
        sq_generate_ratings ratings = RATINGS;
        sq_generate_linear linear = LINEAR;
        sq_generate_graph graph = GRAPH;
        ratings.samples = linear.samples = kind < 3 ? 1 : 50000;
        graph.edges = kind < 3 ? 1 : 50000;
        FILE *out = fopen("/dev/full", "w");
        int status = kind % 3 == 0   ? sq_generate_ratings_write(&ratings, out, &error)
                     : kind % 3 == 1 ? sq_generate_linear_write(&linear, out, &error)
                                     : sq_generate_graph_write(&graph, out, &error);
        cr_assert(status == SQ_IO);
        cr_assert(strstr(error.message, "No space left on device"), "%s", error.message);
        fclose(out);
    }
}

static int write_image(const sq_generate_image *options, char *text[4], size_t size[4],
                       sq_error *error) {
    FILE *out[4];
    for (int i = 0; i < 4; i++)
        out[i] = open_memstream(&text[i], &size[i]);
    const sq_image_files files = {out[0], out[1], out[2], out[3]};
    int status = sq_generate_image_write(options, &files, error);
    for (int i = 0; i < 4; i++)
        cr_assert(fclose(out[i]) == 0);
    return status;
}

/* Every pixel once in the truth, every terminal as there, every pair of neighbours once. */
Test(generate, images_hang_together) {
    for (uint32_t labels = 2; labels < 12; labels += 3) {
        sq_error error = {""};
        const sq_generate_image options = {7, 50, 40, labels, 10};
        char *text[4];
        size_t size[4];
        cr_assert(write_image(&options, text, size, &error) == SQ_OK, "%s", error.message);
        sq_data *edges = data_of(text[0], SQ_EDGES), *truth = data_of(text[3], SQ_EDGES);
        cr_assert(edges->samples == 2 * 50 * 40 - 50 - 40 && edges->names[0].count == 2000);
        cr_assert(truth->samples == 2000);
        for (size_t i = 0; i < edges->samples; i++) {
            uint32_t u = edges->pair[2 * i], v = edges->pair[2 * i + 1];
            cr_assert(v == u + 50 || (v == u + 1 && v % 50 != 0));
            cr_assert(edges->value[i] > 0 && edges->value[i] <= 1);
            double d = (double)(unsigned char)text[2][size[2] - 2000 + u] -
                       (double)(unsigned char)text[2][size[2] - 2000 + v];
            cr_assert(fabs((double)edges->value[i] - 100 / (100 + d * d)) < 6e-7);
        }
        for (char *line = strtok(text[1], "\n"); line; line = strtok(NULL, "\n")) {
            char whole[32];
            snprintf(whole, sizeof whole, "%s\n", line);
            cr_assert(strstr(text[3], whole));
        }
        sq_data_free(edges);
        sq_data_free(truth);
        for (int i = 0; i < 4; i++)
            free(text[i]);
    }
}

Test(generate, images_that_are_refused) {
    static const sq_generate_image bad[] = {
        {1, 1, 9, 2, 5},  {1, 16385, 9, 2, 5}, {1, 9, 0, 2, 5},   {1, 9, 9, 1, 5}, {1, 9, 9, 65, 5},
        {1, 9, 9, 2, -1}, {1, 9, 9, 2, 255.5}, {1, 9, 9, 2, NAN}, {1, 2, 2, 64, 5}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sq_error error = {""};
        char *text[4];
        size_t size[4];
        cr_assert(write_image(&bad[i], text, size, &error) == SQ_BAD_ARGUMENT && error.message[0],
                  "%zu", i);
        for (int f = 0; f < 4; f++) {
            cr_assert(size[f] == 0);
            free(text[f]);
        }
    }
}

Test(generate, an_image_that_cannot_be_written) {
    for (int i = 0; i < 4; i++) {
        FILE *full = fopen("/dev/full", "w"), *null = fopen("/dev/null", "w");
        const sq_generate_image options = {1, 50, 40, 3, 10};
        const sq_image_files files = {i == 0 ? full : null, i == 1 ? full : NULL,
                                      i == 2 ? full : NULL, i == 3 ? full : NULL};
        sq_error error = {""};
        cr_assert(sq_generate_image_write(&options, &files, &error) == SQ_IO && error.message[0]);
        fclose(full);
        fclose(null);
    }
}
