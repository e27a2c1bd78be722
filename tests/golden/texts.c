/* Texts and the in-memory seam of base/input.h. */
#include "golden/texts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/input.h"
#include "base/random.h"

enum { SEED = 2011, TEXTS = 6 };

static golden_text texts[TEXTS];

/* A value of about ±1 with 1 to 18 digits; one in 32 is subnormal in binary32. */
static void write_value(FILE *out, sqi_words *words) {
    const char *sign = sqi_words_below(words, 2) ? "-" : "";
    uint32_t digits = 1 + sqi_words_below(words, 18), rare = sqi_words_below(words, 32);
    fprintf(out, "%s%u.", rare == 0 ? "" : sign, sqi_words_below(words, 2));
    for (uint32_t i = 0; i < digits; i++)
        fprintf(out, "%u", sqi_words_below(words, 10));
    if (rare == 0)
        fprintf(out, "e-%u", 38 + sqi_words_below(words, 7));
}

/* Rows of 0 to 23 features with ascending numbers, small ones in most rows; labels ±1, or values. */
static void write_rows(FILE *out, sqi_words *words, int values) {
    for (int i = 0; i < GOLDEN_SAMPLES; i++) {
        if (values)
            write_value(out, words);
        else
            fputs(sqi_words_below(words, 2) ? "-1" : "+1", out);
        uint32_t count = sqi_words_below(words, 24), feature = 0;
        for (uint32_t j = 0; j < count; j++) {
            feature += 1 + sqi_words_below(words, 2 + feature / 2);
            fprintf(out, " %u:", feature);
            write_value(out, words);
        }
        fputc('\n', out);
    }
}

static void write_labels(FILE *out, sqi_words *words) {
    write_rows(out, words, 0);
}

static void write_values(FILE *out, sqi_words *words) {
    write_rows(out, words, 1);
}

/* Ratings by 50 users of 40 items with scattered numbers, some of both frequent. */
static void write_ratings_of(FILE *out, sqi_words *words, const char *sign) {
    for (int i = 0; i < GOLDEN_SAMPLES; i++) {
        uint32_t user = sqi_words_below(words, 1 + sqi_words_below(words, 50));
        uint32_t item = sqi_words_below(words, 1 + sqi_words_below(words, 40));
        fprintf(out, "%u %u ", 7919 * user + 3, UINT32_C(104729000) * item);
        fprintf(out, "%s%u.", sign, sqi_words_below(words, 5));
        fprintf(out, "%u\n", sqi_words_below(words, 10000));
    }
}

static void write_ratings(FILE *out, sqi_words *words) {
    write_ratings_of(out, words, "");
}

static void write_negative(FILE *out, sqi_words *words) {
    write_ratings_of(out, words, "-");
}

/* Rows as above with the labels -1, 0.5, 2, 3.5. */
static void write_classes(FILE *out, sqi_words *words) {
    for (int i = 0; i < GOLDEN_SAMPLES; i++) {
        fprintf(out, "%g", 1.5 * sqi_words_below(words, 4) - 1);
        uint32_t count = sqi_words_below(words, 24), feature = 0;
        for (uint32_t j = 0; j < count; j++) {
            feature += 1 + sqi_words_below(words, 2 + feature / 2);
            fprintf(out, " %u:", feature);
            write_value(out, words);
        }
        fputc('\n', out);
    }
}

/* Longer than the data, with repeats. */
static void write_order(FILE *out, sqi_words *words) {
    for (int i = 0; i < GOLDEN_SAMPLES * 4 / 3; i++)
        fprintf(out, "%u\n", sqi_words_below(words, GOLDEN_SAMPLES));
}

static const struct {
    const char *name;
    void (*write)(FILE *out, sqi_words *words);
} kinds[TEXTS] = {{"labels", write_labels},   {"values", write_values},
                  {"ratings", write_ratings}, {"negative", write_negative},
                  {"order", write_order},     {"classes", write_classes}};

void golden_texts_make(void) {
    for (uint32_t i = 0; i < TEXTS; i++) {
        sqi_words words = sqi_words_at(SEED, SQ_STREAM_USER, i);
        FILE *out = open_memstream(&texts[i].bytes, &texts[i].size);
        if (out)
            kinds[i].write(out, &words);
        if (!out || fclose(out) != 0) {
            perror("golden: texts");
            exit(2);
        }
        texts[i].name = kinds[i].name;
    }
}

const golden_text *golden_text_at(size_t i) {
    return i < TEXTS ? &texts[i] : NULL;
}

struct sqi_input {
    const golden_text *text;
    size_t read;
};

int sqi_input_open(sqi_input **input, const char *path, sq_error *error) {
    *input = sqi_alloc(1, sizeof **input, error);
    if (!*input)
        return SQ_NO_MEMORY;
    for (size_t i = 0; i < TEXTS; i++)
        if (strcmp(texts[i].name, path) == 0) {
            (*input)->text = &texts[i];
            return SQ_OK;
        }
    *input = sqi_input_close(*input);
    return sqi_fail(error, SQ_IO, "%s: there is no such text", path);
}

/* In pieces of odd sizes, so that lines are cut. */
int sqi_input_read(sqi_input *input, void *into, size_t size, size_t *count, sq_error *error) {
    (void)error;
    size_t left = input->text->size - input->read;
    size = size < 1237 ? size : 1237;
    *count = left < size ? left : size;
    memcpy(into, input->text->bytes + input->read, *count);
    input->read += *count;
    return SQ_OK;
}

sqi_input *sqi_input_close(sqi_input *input) {
    return sqi_free(input);
}

const char *sqi_input_name(const char *path) {
    return path;
}
