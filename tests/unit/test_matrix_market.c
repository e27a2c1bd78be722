/* data/matrix_market: heads of every kind, sizes that lie, malformed and cut files, random files.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/data_files.h"

#define REAL "%%MatrixMarket matrix coordinate real general\n"
#define SYMMETRIC "%%MatrixMarket matrix coordinate integer symmetric\n"
#define PATTERN "%%MatrixMarket matrix coordinate pattern general\n"

static void check_samples(const sq_data *data, size_t count, const uint32_t (*name)[2],
                          const float *value) {
    size_t second = data->kind == SQ_EDGES ? 0 : 1, base = second ? data->names[0].count : 0;
    cr_assert(data->samples == count);
    for (size_t i = 0; i < count; i++) {
        cr_assert(data->names[0].name[data->pair[2 * i]] == name[i][0]);
        cr_assert(data->names[second].name[data->pair[2 * i + 1] - base] == name[i][1]);
        cr_assert(memcmp(&data->value[i], &value[i], sizeof *value) == 0);
    }
}

Test(matrix_market, general) {
    sq_data *data = data_of("%%MatrixMarket  MATRIX\tcoordinate Real General \r\n"
                            "%\n% comments\n\n 3 9 3 \r\n3 9 -1.5\n\n%\n1 2 2e2 \n3 2 0\r\n",
                            SQ_RATINGS);
    same_names(&data->names[0], 2, (uint32_t[]){1, 3});
    same_names(&data->names[1], 2, (uint32_t[]){2, 9});
    check_samples(data, 3, (const uint32_t[][2]){{3, 9}, {1, 2}, {3, 2}},
                  (float[]){-1.5f, 200.0f, 0.0f});
    sq_data_free(data);
    data = data_of(PATTERN "4294967294 4294967294 1\n4294967294 1", SQ_EDGES);
    check_samples(data, 1, (const uint32_t[][2]){{4294967294, 1}}, (float[]){1.0f});
    sq_data_free(data);
}

/* Ratings have both triangles, edges the stored one. */
Test(matrix_market, symmetric) {
    const char *text = SYMMETRIC "3 3 3\n2 1 5\n2 2 6\n3 1 7\n";
    sq_data *data = data_of(text, SQ_RATINGS);
    check_samples(data, 5, (const uint32_t[][2]){{2, 1}, {1, 2}, {2, 2}, {3, 1}, {1, 3}},
                  (float[]){5.0f, 5.0f, 6.0f, 7.0f, 7.0f});
    sq_data_free(data);
    data = data_of(text, SQ_EDGES);
    check_samples(data, 3, (const uint32_t[][2]){{2, 1}, {2, 2}, {3, 1}},
                  (float[]){5.0f, 6.0f, 7.0f});
    sq_data_free(data);
}

Test(matrix_market, malformed) {
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"%%MatrixMarket\n", "1:15: found the end of the line, expected 'matrix'"},
        {"%%MatrixMarket vector coordinate real general\n", "1:16: found 'vector', expected"},
        {"%%MatrixMarket matrix array real general\n1 1\n1\n",
         "1:23: found 'array', expected 'coordinate' (dense arrays are not read)"},
        {"%%MatrixMarket matrix coordinate complex general\n",
         "1:34: found 'complex', expected 'real', 'integer' or 'pattern'"},
        {"%%MatrixMarket matrix coordinate real hermitian\n",
         "1:39: found 'hermitian', expected 'general' or 'symmetric'"},
        {"%%MatrixMarket matrix coordinate real skew-symmetric\n",
         "1:39: found 'skew-symmetric', expected 'general' or 'symmetric'"},
        {"%%MatrixMarket matrix coordinate real generally\n", "1:39: found 'generally', expected"},
        {REAL, "2:1: found the end of the file, expected the matrix's size"},
        {REAL "% 1 1 1\n", "3:1: found the end of the file, expected the matrix's size"},
        {REAL "2 2\n", "2:4: found the end of the line, expected the number of entries"},
        {REAL "2 2 1 1\n", "2:7: found '1', expected the end of the line"},
        {REAL "2.0 2 1\n", "2:1: found '2.0', expected the number of rows (at most 4294967294)"},
        {REAL "2 4294967295 1\n", "2:3: found '4294967295', expected the number of columns"},
        {REAL "2 2 99999999999999999999\n", "2:5: found '99999999999999999999', expected"},
        {REAL "2 2 4000000000\n1 1 1\n",
         "4:1: found the end of the file, expected as many entries as the file's head declares"},
        {REAL "2 2 1\n", "3:1: found the end of the file, expected as many entries"},
        {REAL "2 2 0\n", "3:1: found the end of the file, expected at least one sample"},
        {REAL "2 2 1\n1 1 1\n2 2 1\n", "4:1: found '2', expected the end of the file: all"},
        {REAL "2 2 1\n3 1 1\n", "3:1: found '3', expected a row's number (from 1 to the declared"},
        {REAL "2 2 1\n0 1 1\n", "3:1: found '0', expected a row's number"},
        {REAL "2 2 1\n-1 1 1\n", "3:1: found '-1', expected a row's number"},
        {REAL "3 2 1\n3 3 1\n", "3:3: found '3', expected a column's number (from 1 to the"},
        {REAL "2 2 1\n1 0 1\n", "3:3: found '0', expected a column's number"},
        {REAL "2 2 1\n1 1\n", "3:4: found the end of the line, expected the entry's value"},
        {REAL "2 2 1\n1 1 x\n", "3:5: found 'x', expected the entry's value (a finite number)"},
        {REAL "2 2 1\n1 1 nan\n", "3:5: found 'nan', expected the entry's value"},
        {REAL "2 2 1\n1 1 1,0\n", "3:5: found '1', expected the entry's value"},
        {REAL "2 2 1\n1 1 1e39\n", "3:5: found '1e39', expected a number of at most"},
        {REAL "2 2 1\n1 1 1 0\n", "3:7: found '0', expected the end of the line"},
        {PATTERN "2 2 1\n1 1 1\n", "3:5: found '1', expected the end of the line"},
        {SYMMETRIC "2 3 1\n2 1 1\n", "2:3: found '3', expected as many columns as rows"},
        {SYMMETRIC "3 3 1\n1 3 1\n", "3:3: found '3', expected a column's number up to the row's"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(bad[i].text, SQ_RATINGS, bad[i].want);
    refuse(REAL "2 3 1\n1 1 1\n", SQ_EDGES, "2:3: found '3', expected as many columns as rows");
    refuse(REAL "2 2 1\n1 1 1\n", SQ_ROWS, "1:1: found '%%MatrixMarket', expected a label");
    refuse_bytes(REAL "1 1 1\n1 1 1\n\0", sizeof(REAL) + 12, SQ_RATINGS, "4:1: found '\\x00'");
}

/* A file without a banner is no Matrix Market file, even if one is asked for. */
Test(matrix_market, banner) {
    char message[512];
    int status;
    static const char text[] = "%MatrixMarket\n1 1 1\n";
    cr_assert(!data_of_bytes(text, sizeof text - 1, SQ_RATINGS, SQ_FORMAT_MATRIX_MARKET, message,
                             &status));
    cr_assert_str_eq(message, "1:1: found '%MatrixMarket', expected '%%MatrixMarket'");
    cr_assert(!data_of_bytes("", 0, SQ_RATINGS, SQ_FORMAT_MATRIX_MARKET, message, &status));
    cr_assert_str_eq(message, "1:1: found the end of the file, expected '%%MatrixMarket'");
}

/* Cut before its last entry's end the file must be refused; what is then left may be a number. */
Test(matrix_market, cut_anywhere) {
    static const char text[] = REAL "% c\r\n20 30 2\r\n12 30 1.5\n20 7 -12.25\n";
    cut_everywhere(text, SQ_RATINGS);
    cut_everywhere(PATTERN "20 20 2\n12 7\n20 10", SQ_EDGES);
    for (size_t count = 0; count < sizeof text - 1; count++) {
        sq_data *data = data_of_bytes(text, count, SQ_RATINGS, SQ_FORMAT_MATRIX_MARKET, NULL, NULL);
        cr_assert(!data || text + count >= strstr(text, "20 7 -1") + 7, "cut at %zu", count);
        sq_data_free(data);
    }
}

static void round_trip(uint64_t seed, size_t count, uint32_t size) {
    sqi_words words = sqi_words_at(seed, SQ_STREAM_USER, 0);
    int pattern = seed % 3 == 0, symmetric = seed % 4 == 0, edges = seed % 5 == 0;
    uint32_t(*name)[2] = malloc(2 * count * sizeof *name);
    float *value = malloc(2 * count * sizeof *value);
    char *text = malloc(80 * count + 300), *p = text;
    size_t samples = 0;
    p += sprintf(p, "%%%%matrixmarket matrix coordinate %s %s\n%% c\n%u %u %zu\n",
                 pattern ? "pattern" : "real", symmetric ? "symmetric" : "general", size, size,
                 count);
    for (size_t i = 0; i < count; i++) {
        uint32_t a = 1 + sqi_words_below(&words, size), b = 1 + sqi_words_below(&words, size);
        uint32_t row = symmetric && b > a ? b : a, column = symmetric && b > a ? a : b;
        float v = pattern ? 1.0f : (float)(int32_t)sqi_words_next(&words) / 65536.0f;
        p += sprintf(p, i % 3 ? "%u %u" : " %u\t%u", row, column);
        if (!pattern)
            p += sprintf(p, i % 2 ? " %.9g" : " %.9e ", (double)v);
        p += sprintf(p, i % 7 ? "\n" : "\r\n\n");
        for (int twin = 0; twin <= (symmetric && !edges && row != column); twin++) {
            name[samples][0] = twin ? column : row;
            name[samples][1] = twin ? row : column;
            value[samples++] = v;
        }
    }
    const char *path = data_file(text, (size_t)(p - text), seed & 1);
    sq_data *data;
    sq_error error;
    cr_assert(sq_data_read(&data, path, edges ? SQ_EDGES : SQ_RATINGS, SQ_FORMAT_AUTO, &error) ==
                  SQ_OK,
              "%s", error.message);
    remove(path);
    check_data(data);
    check_samples(data, samples, (const uint32_t(*)[2])name, value);
    sq_data_free(data);
    free(name);
    free(value);
    free(text);
}

Test(matrix_market, random_files) {
    for (uint64_t seed = 0; seed < 120; seed++)
        round_trip(seed, 1 + 3 * seed, seed % 2 ? 10 : 4294967294);
    for (uint64_t seed = 1000; seed < 1006; seed++)
        round_trip(seed, 60000, 20000);
}
