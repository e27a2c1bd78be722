/* data/triplets: separators, headers, malformed and cut files, random files. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "support/data_files.h"

static void check_rating(const sq_data *data, size_t i, uint32_t user, uint32_t item, float value) {
    cr_assert(data->names[0].name[data->pair[2 * i]] == user);
    cr_assert(data->names[1].name[data->pair[2 * i + 1] - data->names[0].count] == item);
    cr_assert(memcmp(&data->value[i], &value, sizeof value) == 0);
}

/* Users 7, 3, 3 and items 9, 9, 0, in a file with this text. */
static void check_small(const char *text) {
    sq_data *data = data_of(text, SQ_RATINGS);
    cr_assert(data->samples == 3, "%s", text);
    same_names(&data->names[0], 2, (uint32_t[]){3, 7});
    same_names(&data->names[1], 2, (uint32_t[]){0, 9});
    cr_assert(memcmp(data->pair, (uint32_t[]){1, 3, 0, 3, 0, 2}, 24) == 0);
    check_rating(data, 0, 7, 9, 4.5f);
    check_rating(data, 1, 3, 9, -1.0f);
    check_rating(data, 2, 3, 0, 20.0f);
    sq_data_free(data);
}

Test(triplets, separators_headers_comments) {
    check_small("7 9 4.5\n3 9 -1\n3 0 2e1\n");
    check_small("\xEF\xBB\xBF"
                "7\t9\t4.5\r\n3 \t 9 -1 \r\n\r\n  3 0 2e1 978300760 and more, of all\n");
    check_small("7,9,4.5\n3,9,-1,,\n3,0,20,978300760\n");
    check_small(" 7 , 9 ,\t4.5\n3,9,-1 ,x\n3 ,0 , 20");
    check_small("7::9::4.5::978300760\n3::9::-1\n3 :: 0::20::\n");
    check_small("userId,movieId,rating,timestamp\n7,9,4.5,1\n3,9,-1,2\n3,0,20,3\n");
    check_small("# 1 2 3\n% 1 2 3\n\n\"user\" item\r\n7 9 4.5\n#\n3 9 -1\n%1 1 1\n3 0 20\n");
    check_small("information,item,rating\n7,9,4.5\n3,9,-1\n3,0,20\n");
    check_small("\xEF\xBB\xBF"
                "user::item::rating\n7::9::4.5\n3::9::-1\n3::0::20\n");
}

Test(triplets, the_same_pair_twice) {
    sq_data *data = data_of("1 1 1\n1 1 2\n1 1 1\n", SQ_RATINGS);
    cr_assert(data->samples == 3 && data->value[1] == 2.0f);
    sq_data_free(data);
}

Test(triplets, malformed) {
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"", "1:1: found the end of the file, expected at least one sample"},
        {"user item rating\n", "2:1: found the end of the file, expected at least one sample"},
        {"hello world\nfoo\n", "2:1: found 'foo', expected a user (a whole number from 0 to"},
        {"1 2\n3 4\n", "1:4: found the end of the line, expected a rating (a finite number)"},
        {"1 2", "1:4: found the end of the file, expected a rating (a finite number)"},
        {"1\n", "1:2: found the end of the line, expected an item (a whole number from 0 to"},
        {"1 2 3\n1 3 x\n", "2:5: found 'x', expected a rating (a finite number)"},
        {"1 2 3\n-1 3 1\n", "2:1: found '-1', expected a user"},
        {"-1 3 1\n", "1:1: found '-1', expected a user"},
        {"nan 1 1\n", "1:1: found 'nan', expected a user"},
        {"INF,1,1\n", "1:1: found 'INF', expected a user"},
        {"1.0 2 3\n", "1:1: found '1.0', expected a user"},
        {"1 x 3\n", "1:3: found 'x', expected an item"},
        {"1 2 nan\n", "1:5: found 'nan', expected a rating"},
        {"1 2 1e39\n", "1:5: found '1e39', expected a number of at most 3.4028234e38"},
        {"4294967295 1 1\n", "1:1: found '4294967295', expected a user"},
        {"1,4294967295,1\n", "1:3: found '4294967295', expected an item"},
        {",1,2,3\n", "1:1: found ',1', expected a user"},
        {"1,,3\n", "1:3: found ',3', expected an item"},
        {"1,2,\n", "1:5: found the end of the line, expected a rating"},
        {"1,2 3\n", "1:5: found '3', expected ','"},
        {"1,2,3 4\n", "1:7: found '4', expected ','"},
        {"1 2 3\n1,2,3\n", "2:2: found ',2', expected a blank or a tab"},
        {"1 2 3,5\n", "1:6: found ',5', expected a blank or a tab"},
        {"1::2::3\n1,2,3\n", "2:2: found ',2', expected '::'"},
        {"1::2:3\n", "1:5: found ':3', expected '::'"},
        {"1:2:3\n", "1:2: found ':2:3', expected a blank, a tab, ',' or '::'"},
        {"1;2;3\n", "1:1: found '1;2;3', expected a user"},
        {"user item rating\nuser item rating\n", "2:1: found 'user', expected a user"},
        {"\"1\",\"2\",\"3\"\n\"1\",\"2\",\"3\"\n", "2:1: found '\"1\"', expected a user"},
        {"1 2 3 \r4\n1 2 \r\n", "2:5: found the end of the line, expected a rating"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(bad[i].text, SQ_RATINGS, bad[i].want);
    refuse_bytes("1 2 3\n1 2 3 \0\n", 14, SQ_RATINGS, "2:7: found '\\x00', expected text");
    refuse_bytes("user\0\n1 2 3\n", 12, SQ_RATINGS, "1:5: found '\\x00', expected text");
}

Test(triplets, cut_anywhere) {
    cut_everywhere("user,item,rating\r\n12,34,0.5,9\n# c\r\n12,7,-1e-3\n\n4,7,1", SQ_RATINGS);
    cut_everywhere("12::34::3\n5::6::7::8\n", SQ_RATINGS);
    cut_everywhere("12 34\t3\r\n5  6 7.25 8\n", SQ_RATINGS);
}

/* Random ratings in random spellings, plain and packed. */
static void round_trip(uint64_t seed, size_t count, uint32_t users, uint32_t items) {
    static const char *const separator[] = {" ", "\t", ",", "::", "  ", " , ", " ::\t"};
    static const char *const rest[] = {"\n", "\r\n", " \n", "\t\r\n"};
    sqi_words words = sqi_words_at(seed, SQ_STREAM_USER, 0);
    uint32_t *name = malloc(2 * count * sizeof *name);
    float *value = malloc(count * sizeof *value);
    char *text = malloc(100 * count + 100), *p = text;
    const char *between = separator[seed % 7];
    if (seed & 8)
        p += sprintf(p, "user%sitem%srating\n", between, between);
    for (size_t i = 0; i < count; i++) {
        name[2 * i] = sqi_words_below(&words, users);
        name[2 * i + 1] = sqi_words_below(&words, items);
        value[i] = (float)(int32_t)sqi_words_next(&words) / (float)(1u << (i % 31));
        p += sprintf(p, "%s%u%s%u%s%.9g", i % 5 ? "" : " ", name[2 * i], between, name[2 * i + 1],
                     between, (double)value[i]);
        if (i % 3 == 0)
            p += sprintf(p, "%s%s", between, "extra");
        p += sprintf(p, "%s", rest[sqi_words_below(&words, 4)]);
    }
    const char *path = data_file(text, (size_t)(p - text), seed & 1);
    sq_data *data;
    sq_error error;
    cr_assert(sq_data_read(&data, path, SQ_RATINGS, SQ_FORMAT_TRIPLETS, &error) == SQ_OK, "%s",
              error.message);
    remove(path);
    check_data(data);
    cr_assert(data->samples == count);
    for (size_t i = 0; i < count; i++)
        check_rating(data, i, name[2 * i], name[2 * i + 1], value[i]);
    sq_data_free(data);
    free(name);
    free(value);
    free(text);
}

Test(triplets, random_files) {
    for (uint64_t seed = 0; seed < 140; seed++)
        round_trip(seed, 1 + 3 * seed, seed % 2 ? 10 : 4294967295, seed % 3 ? 7 : 4294967295);
    for (uint64_t seed = 1000; seed < 1007; seed++)
        round_trip(seed, 60000, 20000, seed % 2 ? 300 : 4294967295);
}

Test(triplets, standard_input_packed) {
    const char *path = data_file("1,2,3\n", 6, 1);
    int descriptor = open(path, O_RDONLY);
    cr_assert(dup2(descriptor, STDIN_FILENO) == STDIN_FILENO);
    remove(path);
    sq_data *data;
    cr_assert(sq_data_read(&data, "-", SQ_RATINGS, SQ_FORMAT_AUTO, NULL) == SQ_OK);
    check_rating(data, 0, 1, 2, 3.0f);
    sq_data_free(data);
}

/* A message may be unwanted. */
Test(triplets, no_error_buffer) {
    const char *path = data_file("1 2\n", 4, 0);
    sq_data *data;
    cr_assert(sq_data_read(&data, path, SQ_RATINGS, SQ_FORMAT_AUTO, NULL) == SQ_BAD_INPUT && !data);
    remove(path);
    cr_assert(sq_data_read(&data, path, SQ_RATINGS, SQ_FORMAT_AUTO, NULL) == SQ_IO && !data);
}
