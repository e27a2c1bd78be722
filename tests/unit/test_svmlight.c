/* data/svmlight: literal files, random files in every legal spelling, malformed and cut ones. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "support/data_files.h"

static void check_row(const sq_data *data, size_t row, float label, size_t count,
                      const uint32_t *name, const float *value) {
    cr_assert(data->label[row] == label);
    cr_assert(data->row[row + 1] - data->row[row] == count);
    for (size_t i = 0; i < count; i++) {
        uint64_t at = data->row[row] + i;
        cr_assert(data->names[0].name[data->column[at]] == name[i]);
        cr_assert(memcmp(&data->value[at], &value[i], sizeof *value) == 0);
    }
}

Test(svmlight, a_small_file) {
    sq_data *data = data_of("\xEF\xBB\xBF# all that is allowed\n"
                            "+1 qid:7 3:0.5 1:-2e-1\t9:0 # the rest: 1:1 is not read\n"
                            "\r\n"
                            "  \t \n"
                            "-1\n"
                            " 0.5\t4294967294:1e1 0:.25 \t\r\n"
                            "-1#1:1\n"
                            "2 3:1#c\n"
                            "1e2 qid:0\n"
                            "7 1:1",
                            SQ_ROWS);
    cr_assert(data->samples == 7 && data->nonzeros == 7 && data->kind == SQ_ROWS);
    same_names(&data->names[0], 5, (uint32_t[]){0, 1, 3, 9, 4294967294});
    cr_assert(data->names[1].count == 0 && !data->pair);
    check_row(data, 0, 1.0f, 3, (uint32_t[]){1, 3, 9}, (float[]){-0.2f, 0.5f, 0.0f});
    check_row(data, 1, -1.0f, 0, NULL, NULL);
    check_row(data, 2, 0.5f, 2, (uint32_t[]){0, 4294967294}, (float[]){0.25f, 10.0f});
    check_row(data, 3, -1.0f, 0, NULL, NULL);
    check_row(data, 4, 2.0f, 1, (uint32_t[]){3}, (float[]){1.0f});
    check_row(data, 5, 100.0f, 0, NULL, NULL);
    check_row(data, 6, 7.0f, 1, (uint32_t[]){1}, (float[]){1.0f});
    cr_assert(sq_data_free(data) == NULL && sq_data_free(NULL) == NULL);
}

Test(svmlight, labels_alone) {
    sq_data *data = data_of("1\n-1\n", SQ_ROWS);
    cr_assert(data->samples == 2 && data->nonzeros == 0 && data->names[0].count == 0);
    sq_data_free(data);
}

Test(svmlight, malformed) {
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"", "1:1: found the end of the file, expected at least one sample"},
        {"\n\n# nothing\n", "4:1: found the end of the file, expected at least one sample"},
        {"hello world\nfoo\n", "1:1: found 'hello', expected a label (a finite number)"},
        {"1:1 2:2\n", "1:1: found '1:1', expected a label"},
        {"+1 1:1\n1,3 1:1\n", "2:1: found '1', expected a label"},
        {"nan 1:1\n", "1:1: found 'nan', expected a label"},
        {"1e99 1:1\n", "1:1: found '1e99', expected a number of at most 3.4028234e38"},
        {"+1 1:0.5 2:\n", "1:12: found the end of the line, expected the feature's value"},
        {"+1 1:0.5 2:", "1:12: found the end of the file, expected the feature's value"},
        {"+1 1:0.5 2: 3:1\n", "1:12: found ' 3:1', expected the feature's value"},
        {"+1 1:nan\n", "1:6: found 'nan', expected the feature's value (a finite number)"},
        {"+1 1:1\n+1 1:-inf\n", "2:6: found '-inf', expected the feature's value"},
        {"+1 1:0x10\n", "1:6: found '0x10', expected the feature's value"},
        {"+1 1:1,5\n", "1:6: found '1', expected the feature's value"},
        {"+1 1:3.5e38\n", "1:6: found '3.5e38', expected a number of at most 3.4028234e38"},
        {"+1 3:1 3:2\n", "1:8: found '3:2', expected an index that is not yet in this row"},
        {"+1 qid:3 5:1\t3:1  4:1 3:2 5:1\n", "1:23: found '3:2', expected an index that is not"},
        {"+1 9:1 8:1 9:3 8:1\n", "1:12: found '9:3', expected an index that is not yet"},
        {"+1 -3:1\n", "1:4: found '-3:1', expected a feature's index (a whole number from 0 to"},
        {"+1 +3:1\n", "1:4: found '+3:1', expected a feature's index"},
        {"+1 1.5:1\n", "1:4: found '1.5:1', expected a feature's index"},
        {"+1 4294967295:1\n", "1:4: found '4294967295:1', expected a feature's index"},
        {"+1 99999999999:1\n", "1:4: found '99999999999:1', expected a feature's index"},
        {"+1 x:1\n", "1:4: found 'x:1', expected a feature's index"},
        {"+1 7\n", "1:4: found '7', expected a feature's index"},
        {"+1 7 :1\n", "1:4: found '7', expected a feature's index"},
        {"+1 1:1 qid:3\n", "1:8: found 'qid:3', expected a feature's index"},
        {"+1 qid:x 1:1\n", "1:8: found 'x', expected a query's number (a whole number)"},
        {"+1 1:1 2:\xC3\xA4\x1B\n", "1:10: found '\\xC3\\xA4\\x1B', expected the feature's value"},
        {"+1 1:1\r2:1\n", "1:6: found '1\\x0D2:1', expected the feature's value"},
        {"+1 1:123456789x123456789y123456789\n",
         "1:6: found '123456789x123456789y1234...', expected the feature's value"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(bad[i].text, SQ_ROWS, bad[i].want);
}

Test(svmlight, nul_bytes) {
    static const char value[] = "+1 1:1\0\n-1 2:1\n", comment[] = "+1 1:1\n-1 2:1 # x\0y\n",
                      line[] = "1 1:1\n\0\0";
    refuse_bytes(value, sizeof value - 1, SQ_ROWS, "1:6: found '1\\x00', expected");
    refuse_bytes(comment, sizeof comment - 1, SQ_ROWS, "2:11: found '\\x00y', expected text");
    refuse_bytes(line, sizeof line - 1, SQ_ROWS, "2:1: found '\\x00\\x00', expected a label");
    refuse_bytes("\0", 1, SQ_ROWS, "1:1: found '\\x00', expected a label");
}

/* A device of zeros has no line's end: the reader must not wait for one. */
Test(svmlight, endless_zeros) {
    sq_data *data;
    sq_error error;
    cr_assert(sq_data_read(&data, "/dev/zero", SQ_ROWS, SQ_FORMAT_AUTO, &error) == SQ_BAD_INPUT);
    cr_assert(strncmp(error.message, "/dev/zero:1:1: found '\\x00", 26) == 0, "%s", error.message);
}

Test(svmlight, cut_anywhere) {
    cut_everywhere("# c\r\n+1 qid:12 10:0.5e-1 2:-2 # x\r\n-1\n\n+0.5 7:1\t4294967294:12.5\n",
                   SQ_ROWS);
}

/* A row, in memory and spelt in some legal way. */
typedef struct spelling {
    sqi_words words;
    char *text;
    size_t used;
} spelling;

static unsigned chance(spelling *s, unsigned bound) {
    return sqi_words_below(&s->words, bound);
}

static void put(spelling *s, const char *text) {
    s->used += (size_t)sprintf(s->text + s->used, "%s", text);
}

static void put_blanks(spelling *s, unsigned least) {
    for (unsigned n = least + chance(s, 8) / 6; n > 0; n--)
        put(s, chance(s, 4) ? " " : "\t");
}

static float put_number(spelling *s) {
    static const char *const format[] = {"%.9g", "%+.9g", "%.9e", "%.12f", "0%.9g", "%.17g"};
    int32_t units = (int32_t)sqi_words_next(&s->words);
    float value = (float)units / (float)(1u << chance(s, 32));
    unsigned how = chance(s, 6);
    value = how == 4 && value < 0.0f ? -value : how == 3 ? (float)(units % 4096) / 4096.0f : value;
    s->used += (size_t)sprintf(s->text + s->used, format[how], (double)value);
    return value;
}

static void put_line_end(spelling *s) {
    put_blanks(s, 0);
    put(s, chance(s, 10) ? "" : "# a comment: 1:2");
    put(s, chance(s, 3) ? "\n" : "\r\n");
    while (chance(s, 8) == 0)
        put(s, chance(s, 2) ? "\n" : " # 3:4 \r\n");
}

/* Makes random rows of up to `most` entries over names below `bound`, writes them in random
 * spellings, reads them and compares each entry; the rows are sorted here by a slow insertion. */
static void round_trip(uint64_t seed, size_t rows, unsigned most, uint32_t bound, int packed) {
    spelling s = {sqi_words_at(seed, SQ_STREAM_USER, 0), malloc(rows * (60 * most + 200)), 0};
    size_t *begin = calloc(rows + 1, sizeof *begin), count = 0;
    uint32_t *name = malloc((rows * most + 1) * sizeof *name);
    float *value = malloc((rows * most + 1) * sizeof *value), *label = malloc(rows * sizeof *label);
    for (size_t i = 0; i < rows; i++) {
        put_blanks(&s, 0);
        label[i] = put_number(&s);
        if (chance(&s, 5) == 0)
            put(&s, " qid:0012");
        for (unsigned n = chance(&s, most + 1); n > 0; n--) {
            uint32_t fresh = chance(&s, bound);
            size_t at = count, j = begin[i];
            while (j < count && name[j] != fresh)
                j++;
            if (j < count)
                continue;
            put_blanks(&s, 1);
            s.used += (size_t)sprintf(s.text + s.used, chance(&s, 9) ? "%u:" : "00%u:", fresh);
            float number = put_number(&s);
            for (; at > begin[i] && name[at - 1] > fresh; at--) {
                name[at] = name[at - 1];
                value[at] = value[at - 1];
            }
            name[at] = fresh;
            value[at] = number;
            count++;
        }
        begin[i + 1] = count;
        put_line_end(&s);
    }
    const char *path = data_file(s.text, s.used, packed);
    sq_error error;
    sq_data *data;
    cr_assert(sq_data_read(&data, path, SQ_ROWS, SQ_FORMAT_SVMLIGHT, &error) == SQ_OK, "%s",
              error.message);
    remove(path);
    check_data(data);
    cr_assert(data->samples == rows && data->nonzeros == count);
    for (size_t i = 0; i < rows; i++)
        check_row(data, i, label[i], begin[i + 1] - begin[i], name + begin[i], value + begin[i]);
    sq_data_free(data);
    free(s.text);
    free(begin);
    free(name);
    free(value);
    free(label);
}

Test(svmlight, random_files) {
    for (uint64_t seed = 0; seed < 200; seed++)
        round_trip(seed, 1 + seed, 1 + (unsigned)seed % 40, seed % 3 ? 50 : 4294967295, seed % 2);
    round_trip(1000, 30000, 12, 3000, 0); /* beyond one buffer and many batches of names */
    round_trip(1001, 3, 3000, 4294967295, 1);
}

/* One row that is longer than the buffer. */
Test(svmlight, a_long_row) {
    enum { COUNT = 400000 };
    char *text = malloc(20 * COUNT), *p = text + sprintf(text, "+1");
    for (uint32_t i = COUNT; i > 0; i--)
        p += sprintf(p, " %u:%u", 3 * i, i);
    sq_data *data = data_of(text, SQ_ROWS);
    cr_assert(data->samples == 1 && data->nonzeros == COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        cr_assert(data->names[0].name[i] == 3 * (i + 1) && data->value[i] == (float)(i + 1));
    sq_data_free(data);
    sprintf(p, " 900000:1");
    char want[64];
    snprintf(want, sizeof want, "1:%zu: found '900000:1', expected an index",
             (size_t)(p - text) + 2);
    refuse(text, SQ_ROWS, want);
    free(text);
}

Test(svmlight, standard_input) {
    const char *path = data_file("1 1:1\n1 x\n", 10, 0);
    int descriptor = open(path, O_RDONLY);
    cr_assert(dup2(descriptor, STDIN_FILENO) == STDIN_FILENO);
    remove(path);
    sq_data *data;
    sq_error error;
    cr_assert(sq_data_read(&data, "-", SQ_ROWS, SQ_FORMAT_AUTO, &error) == SQ_BAD_INPUT && !data);
    cr_assert(strncmp(error.message, "standard input:2:3: found 'x', expected", 39) == 0);
}

Test(svmlight, messages_of_long_paths) {
    char path[400] = "/tmp/", *p = path + 5;
    for (int i = 0; i < 60; i++)
        p += sprintf(p, "%s", "./././");
    sprintf(p, "%s", strrchr(data_file("x\n", 2, 0), '/') + 1);
    sq_data *data;
    sq_error error;
    cr_assert(sq_data_read(&data, path, SQ_ROWS, SQ_FORMAT_AUTO, &error) == SQ_BAD_INPUT);
    remove(path);
    cr_assert(strncmp(error.message, "...", 3) == 0);
    cr_assert(strstr(error.message, ":1:1: found 'x', expected a label (a finite number)"));
}

Test(svmlight, formats_of_kinds) {
    const char *path = data_file("1 1:1\n", 6, 0);
    static const int fits[5] = {1, 1, 0, 0, 0}; /* auto, svmlight, … */
    sq_data *data;
    sq_error error;
    for (int format = 0; format < 5; format++) {
        int status = sq_data_read(&data, path, SQ_ROWS, (sq_format)format, &error);
        cr_assert(status == (fits[format] ? SQ_OK : SQ_BAD_ARGUMENT));
        sq_data_free(data);
    }
    cr_assert(sq_data_read(&data, path, (sq_data_kind)9, SQ_FORMAT_AUTO, &error) ==
              SQ_BAD_ARGUMENT);
    cr_assert(sq_data_read(&data, path, SQ_RATINGS, SQ_FORMAT_EDGES, &error) == SQ_BAD_ARGUMENT);
    cr_assert(sq_data_read(&data, path, SQ_EDGES, SQ_FORMAT_TRIPLETS, &error) == SQ_BAD_ARGUMENT);
    cr_assert(!data);
    remove(path);
}

Test(svmlight, bias) {
    sq_data *data = data_of("1 5:2 7:3\n-1\n1 6:4\n", SQ_ROWS);
    sq_error error;
    cr_assert(sq_data_add_bias(data, &error) == SQ_OK);
    check_data(data);
    same_names(&data->names[0], 4, (uint32_t[]){5, 6, 7, SQ_BIAS_NAME});
    cr_assert(data->samples == 3 && data->nonzeros == 6);
    check_row(data, 0, 1.0f, 3, (uint32_t[]){5, 7, SQ_BIAS_NAME}, (float[]){2.0f, 3.0f, 1.0f});
    check_row(data, 1, -1.0f, 1, (uint32_t[]){SQ_BIAS_NAME}, (float[]){1.0f});
    check_row(data, 2, 1.0f, 2, (uint32_t[]){6, SQ_BIAS_NAME}, (float[]){4.0f, 1.0f});
    cr_assert(sq_data_add_bias(data, &error) == SQ_BAD_ARGUMENT);
    cr_assert(data->nonzeros == 6);
    sq_data_free(data);
    data = data_of("1\n", SQ_ROWS);
    cr_assert(sq_data_add_bias(data, &error) == SQ_OK);
    check_row(data, 0, 1.0f, 1, (uint32_t[]){SQ_BIAS_NAME}, (float[]){1.0f});
    sq_data_free(data);
    data = data_of("1 1 1\n", SQ_RATINGS);
    cr_assert(sq_data_add_bias(data, &error) == SQ_BAD_ARGUMENT);
    sq_data_free(data);
}
