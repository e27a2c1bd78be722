/* verify/hash: each hash against the canonical bytes of doc/formats.md, put together here and
 * hashed in one go; and what must change it, and what must not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "sequent/hash.h"
#include "support/data_files.h"
#include "support/small_models.h"

/* Bytes that grow. */
typedef struct bytes {
    unsigned char *byte;
    size_t count, room;
} bytes;

static void put(bytes *b, uint64_t value, int size) {
    if (b->count + 8 > b->room)
        b->byte = realloc(b->byte, b->room = 2 * b->room + 64);
    for (int i = 0; i < size; i++)
        b->byte[b->count++] = (unsigned char)(value >> 8 * i);
}

static void put_float(bytes *b, float value) {
    uint32_t word;
    memcpy(&word, &value, 4);
    put(b, word, 4);
}

/* The hash of the bytes, high half first; forgets them. */
static sq_hash digest(bytes *b) {
    sq_hash hash;
    XXH128_hash_t value = XXH3_128bits(b->byte, b->count);
    snprintf(hash.hex, sizeof hash.hex, "%016llx%016llx", (unsigned long long)value.high64,
             (unsigned long long)value.low64);
    free(b->byte);
    *b = (bytes){0};
    return hash;
}

static int same(sq_hash a, sq_hash b) {
    return strcmp(a.hex, b.hex) == 0;
}

/* Count (8 bytes), width (4), names (4 each), parameters (4 each); users, then items. */
static sq_hash hash_of_model(const sq_model *model) {
    bytes b = {0};
    size_t block = 0;
    for (int side = 0; side < 2; side++) {
        size_t count = model->names[side].count;
        put(&b, count, 8);
        put(&b, model->width, 4);
        for (size_t i = 0; i < count; i++)
            put(&b, model->names[side].name[i], 4);
        for (size_t i = 0; i < count; i++, block++)
            for (uint32_t j = 0; j < model->width; j++)
                put_float(&b, model->x[block * model->stride + j]);
    }
    return digest(&b);
}

Test(hash, models) {
    sq_data *rows = small_rows(400, 300, 20, 1), *ratings = small_ratings(3000, 700, 300, 1);
    for (int kind = SQ_SVM; kind <= SQ_LEAST_SQUARES; kind++) {
        sq_model *model = new_model((sq_model_kind)kind, 0, rows);
        train_model(model, rows, (how){.mode = SQ_MODE_SERIAL});
        cr_assert(same(sq_model_hash(model), hash_of_model(model)));
        sq_model_free(model);
    }
    for (uint32_t rank = 1; rank <= 33; rank++) {
        sq_model *model = new_model(SQ_MATRIX_COMPLETION, rank, ratings);
        cr_assert(same(sq_model_hash(model), hash_of_model(model)), "rank %u", rank);
        sq_model_free(model);
    }
    sq_data_free(rows);
    sq_data_free(ratings);
}

Test(hash, parameters_of_any_problem) {
    static const uint32_t shapes[][3] = {
        {1, 1, 1}, {0, 3, 5}, {7, 2, 2}, {50, 5, 16}, {2000, 1, 3}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t blocks = shapes[s][0], width = shapes[s][1], stride = shapes[s][2];
        float *wide = malloc((blocks * stride + 1) * sizeof *wide);
        float *tight = malloc((blocks * width + 1) * sizeof *tight);
        bytes b = {0};
        put(&b, blocks, 8);
        put(&b, width, 4);
        for (size_t i = 0; i < blocks; i++)
            put(&b, i, 4);
        for (size_t i = 0; i < blocks * stride; i++) {
            wide[i] = (float)i * 0.37f - 5;
            if (i % stride >= width)
                continue;
            tight[i / stride * width + i % stride] = wide[i];
            put_float(&b, wide[i]);
        }
        sq_hash want = digest(&b);
        cr_assert(same(sq_parameters_hash(wide, blocks, (uint32_t)width, (uint32_t)stride), want));
        cr_assert(same(sq_parameters_hash(tight, blocks, (uint32_t)width, (uint32_t)width), want),
                  "the stride counts");
        for (size_t i = 0; i < blocks * stride; i++)
            wide[i] += i % stride >= width ? 1.0f : 0.0f;
        cr_assert(same(sq_parameters_hash(wide, blocks, (uint32_t)width, (uint32_t)stride), want),
                  "the padding counts");
        free(wide);
        free(tight);
    }
}

Test(hash, is_32_lower_case_digits) {
    float x[3] = {1, -0.0f, 3};
    sq_hash hash = sq_parameters_hash(x, 3, 1, 1);
    cr_assert(strlen(hash.hex) == 32 && strspn(hash.hex, "0123456789abcdef") == 32);
    x[1] = 0.0f;
    cr_assert(!same(sq_parameters_hash(x, 3, 1, 1), hash), "-0 and 0 have other bits");
}

Test(hash, every_bit_of_a_model_counts) {
    sq_data *ratings = small_ratings(40, 6, 5, 3);
    sq_model *model = new_model(SQ_MATRIX_COMPLETION, 3, ratings);
    sq_hash before = sq_model_hash(model);
    for (size_t block = 0; block < model->blocks; block++)
        for (uint32_t j = 0; j < 3; j++)
            for (int bit = 0; bit < 32; bit++) {
                uint32_t word;
                float *at = &model->x[block * model->stride + j], kept = *at;
                memcpy(&word, at, 4);
                word ^= UINT32_C(1) << bit;
                memcpy(at, &word, 4);
                cr_assert(!same(sq_model_hash(model), before), "block %zu, bit %d", block, bit);
                *at = kept;
            }
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < model->names[side].count; i++) {
            model->names[side].name[i] ^= 1;
            cr_assert(!same(sq_model_hash(model), before), "side %d, name %zu", side, i);
            model->names[side].name[i] ^= 1;
        }
    cr_assert(same(sq_model_hash(model), before));
    model->names[0].count--; /* the last user becomes the first item */
    model->names[1].count++;
    uint32_t *items = malloc(model->names[1].count * sizeof *items), *kept = model->names[1].name;
    items[0] = model->names[0].name[model->names[0].count];
    memcpy(items + 1, kept, (model->names[1].count - 1) * sizeof *items);
    model->names[1].name = items;
    cr_assert(!same(sq_model_hash(model), before), "users and items are told apart");
    free(items);
    model->names[1].name = kept;
    model->names[1].count--;
    model->names[0].count++;
    sq_model_free(model);
    sq_data_free(ratings);
}

/* Kind (4), samples (8), then of every row: label, count, (name, value) …; of every pair: names and
 * value. */
static sq_hash hash_of_data(const sq_data *data) {
    bytes b = {0};
    put(&b, data->kind, 4);
    put(&b, data->samples, 8);
    for (size_t i = 0; i < data->samples; i++) {
        if (data->kind == SQ_ROWS) {
            put_float(&b, data->label[i]);
            put(&b, data->row[i + 1] - data->row[i], 4);
            for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++) {
                put(&b, data->names[0].name[data->column[j]], 4);
                put_float(&b, data->value[j]);
            }
            continue;
        }
        uint32_t second = data->pair[2 * i + 1];
        put(&b, data->names[0].name[data->pair[2 * i]], 4);
        put(&b,
            data->kind == SQ_RATINGS ? data->names[1].name[second - data->names[0].count]
                                     : data->names[0].name[second],
            4);
        put_float(&b, data->value[i]);
    }
    return digest(&b);
}

static sq_hash hash_text(const char *text, sq_data_kind kind) {
    sq_data *data = data_of(text, kind);
    sq_hash hash = sq_data_hash(data);
    cr_assert(same(hash, hash_of_data(data)), "'%s'", text);
    sq_data_free(data);
    return hash;
}

Test(hash, data) {
    /* Rows longer than the buffers of the hashing. */
    sq_data *rows = small_rows(300, 2000, 1000, 4), *ratings = small_ratings(500, 50, 40, 4);
    sq_data *edges = data_of("1 2 0.5\n2 3\n7 1 -1\n", SQ_EDGES);
    cr_assert(same(sq_data_hash(rows), hash_of_data(rows)));
    cr_assert(same(sq_data_hash(ratings), hash_of_data(ratings)));
    cr_assert(same(sq_data_hash(edges), hash_of_data(edges)));
    sq_data_free(rows);
    sq_data_free(ratings);
    sq_data_free(edges);
}

Test(hash, data_of_lengths_around_the_buffers) {
    static const uint32_t lengths[] = {126, 127, 128, 129, 255, 256, 257, 385};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        char text[8192];
        int filled = snprintf(text, sizeof text, "1");
        for (uint32_t i = 0; i < lengths[l]; i++)
            filled += snprintf(text + filled, 40, " %u:%u.5", 3 * i, i);
        snprintf(text + filled, 40, "\n-1 0:1\n");
        hash_text(text, SQ_ROWS);
    }
}

Test(hash, data_by_content_not_by_syntax) {
    sq_hash rows = hash_text("+1 1:0.5 3:2\n-1 2:1\n", SQ_ROWS);
    cr_assert(same(
        rows, hash_text("# comment\n1.0 qid:4 3:2.0 1:5e-1 # late\r\n\n-1e0 2:1\r\n", SQ_ROWS)));
    sq_hash ratings = hash_text("1 2 3.5\n4 5 1\n", SQ_RATINGS);
    static const char *const others[] = {
        "1::2::3.5::978300760\n4::5::1::978302109\n", "user,item,rating\n1,2,3.50\n4,5,1\n",
        "1\t2\t3.5\n4\t5\t1.0\n",
        "%%MatrixMarket matrix coordinate real general\n4 5 2\n1 2 3.5\n4 5 1\n"};
    for (int i = 0; i < 4; i++)
        cr_assert(same(ratings, hash_text(others[i], SQ_RATINGS)), "%s", others[i]);
}

Test(hash, data_changes_with_its_content) {
    static const char *const texts[] = {
        "+1 1:0.5 3:2\n-1 2:1\n",        "-1 2:1\n+1 1:0.5 3:2\n",     "+1 1:0.5 3:2\n+1 2:1\n",
        "+1 1:0.5 4:2\n-1 2:1\n",        "+1 1:0.5 3:2\n-1 2:1\n-1\n", "+1 1:0.5\n-1 2:1 3:2\n",
        "+1 1:0.50000006 3:2\n-1 2:1\n", "+1 1:0.5 3:2 4:0\n-1 2:1\n", "+1 1:0.5 3:2\n-1 2:-1\n",
        "+1 1:0.5 3:2\n-1 2:1 3:-0\n",   "+1 1:0.5 3:2\n-1 2:1 3:0\n"};
    enum { TEXTS = sizeof texts / sizeof *texts };
    sq_hash hash[TEXTS];
    for (int i = 0; i < TEXTS; i++) {
        hash[i] = hash_text(texts[i], SQ_ROWS);
        for (int j = 0; j < i; j++)
            cr_assert(!same(hash[i], hash[j]), "%s and %s", texts[i], texts[j]);
    }
    cr_assert(!same(hash_text("1 2 3\n", SQ_RATINGS), hash_text("1 2 3\n", SQ_EDGES)));
    cr_assert(!same(hash_text("1 2 3\n", SQ_RATINGS), hash_text("2 1 3\n", SQ_RATINGS)));
}

/* A bias that was added is no content of the data. */
Test(hash, a_bias_does_not_count) {
    static const char text[] = "+1 1:0.5 3:2\n-1\n-1 2:1\n";
    sq_data *data = data_of(text, SQ_ROWS);
    cr_assert(sq_data_add_bias(data, NULL) == SQ_OK);
    cr_assert(same(sq_data_hash(data), hash_text(text, SQ_ROWS)));
    sq_data_free(data);
}

Test(hash, orders_of_all_epochs) {
    static const uint32_t pi[] = {3, 1, 2, 0, 4294967293u};
    sq_order_hasher *hasher = NULL;
    bytes b = {0};
    cr_assert(sq_order_hasher_new(&hasher, NULL) == SQ_OK);
    cr_assert(same(sq_order_hasher_hash(hasher), digest(&b)), "nothing yet");
    for (size_t epochs = 1; epochs <= 3; epochs++) {
        sq_order_hasher_add(hasher, pi, 5);
        for (size_t e = 0; e < epochs; e++) {
            put(&b, 5, 8);
            for (int i = 0; i < 5; i++)
                put(&b, pi[i], 4);
        }
        sq_hash got = sq_order_hasher_hash(hasher);
        cr_assert(same(got, digest(&b)), "%zu epochs", epochs);
        cr_assert(same(got, sq_order_hasher_hash(hasher)), "asking changes it");
    }
    cr_assert(sq_order_hasher_free(hasher) == NULL && sq_order_hasher_free(NULL) == NULL);
}

/* Where an epoch ends counts. */
Test(hash, orders_are_told_apart_by_their_ends) {
    static const uint32_t pi[] = {0, 1, 2, 3};
    sq_order_hasher *one = NULL, *two = NULL;
    cr_assert(sq_order_hasher_new(&one, NULL) == SQ_OK);
    cr_assert(sq_order_hasher_new(&two, NULL) == SQ_OK);
    sq_order_hasher_add(one, pi, 4);
    sq_order_hasher_add(two, pi, 2);
    sq_order_hasher_add(two, pi + 2, 2);
    cr_assert(!same(sq_order_hasher_hash(one), sq_order_hasher_hash(two)));
    sq_order_hasher_free(one);
    sq_order_hasher_free(two);
}

/* Kept by people: changing one of these is a change of the format. */
Test(hash, golden) {
    static const float x[] = {1, -0.5f, 0x1p-149f, 3.4e38f, 0, 2.25f};
    sq_hash data = hash_text("1 2 3.5\n4 5 1\n", SQ_RATINGS);
    sq_hash parameters = sq_parameters_hash(x, 3, 2, 2);
    cr_expect(strcmp(data.hex, "dcf57dd323efcf7b550ab6f0bba98da2") == 0, "%s", data.hex);
    cr_expect(strcmp(parameters.hex, "51f474d09e80c4029684dbb839aed171") == 0, "%s",
              parameters.hex);
}
