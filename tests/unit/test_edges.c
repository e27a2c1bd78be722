/* data/edges: weights that may be absent, loops, malformed and cut files, random files. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "support/data_files.h"

static void check_edge(const sq_data *data, size_t i, uint32_t a, uint32_t b, float weight) {
    cr_assert(data->names[0].name[data->pair[2 * i]] == a);
    cr_assert(data->names[0].name[data->pair[2 * i + 1]] == b);
    cr_assert(memcmp(&data->value[i], &weight, sizeof weight) == 0);
}

/* Edges 9-4 (1), 4-4 (0.5), 0-9 (-2): a node first met on the right has a place as well. */
static void check_small(const char *text) {
    sq_data *data = data_of(text, SQ_EDGES);
    cr_assert(data->samples == 3, "%s", text);
    same_names(&data->names[0], 3, (uint32_t[]){0, 4, 9});
    cr_assert(data->names[1].count == 0);
    check_edge(data, 0, 9, 4, 1.0f);
    check_edge(data, 1, 4, 4, 0.5f);
    check_edge(data, 2, 0, 9, -2.0f);
    sq_data_free(data);
}

Test(edges, separators_headers_comments) {
    check_small("9 4\n4 4 .5\n0 9 -2\n");
    check_small("# Nodes: 3\n# FromNodeId\tToNodeId\n9\t4\r\n4\t4\t0.5\tx\r\n\n0\t9\t-2");
    check_small("% asym\nsource,target,weight\n9,4\n4,4,5e-1,x\n0,9,-2,\n");
    check_small("9::4 \n4::4::0.5\n0 :: 9::-2");
    check_small("from to\n 9 4 1 \n4 4 0.5 \n 0 9 -2\n");
}

Test(edges, malformed) {
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"", "1:1: found the end of the file, expected at least one sample"},
        {"1\n", "1:2: found the end of the line, expected a node (a whole number from 0 to"},
        {"1 2\n3", "2:2: found the end of the file, expected a node (a whole number from 0 to"},
        {"1 2\n3 x\n", "2:3: found 'x', expected a node"},
        {"1 2\na b\n", "2:1: found 'a', expected a node"},
        {"-1 2\n", "1:1: found '-1', expected a node"},
        {"1 4294967295\n", "1:3: found '4294967295', expected a node"},
        {"1 2 x\n", "1:5: found 'x', expected a weight (a finite number)"},
        {"1 2 inf\n", "1:5: found 'inf', expected a weight (a finite number)"},
        {"1 2 1e40\n", "1:5: found '1e40', expected a number of at most 3.4028234e38"},
        {"1 2,3\n", "1:4: found ',3', expected a blank or a tab"},
        {"1,2 3\n", "1:5: found '3', expected ','"},
        {"1,2,\n", "1:5: found the end of the line, expected a weight"},
        {"1-2\n", "1:1: found '1-2', expected a node"},
        {"1 2 {'weight': 3}\n", "1:5: found '{'weight':', expected a weight (a finite number)"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(bad[i].text, SQ_EDGES, bad[i].want);
    refuse_bytes("1 2\n\0", 5, SQ_EDGES, "2:1: found '\\x00', expected a node");
}

Test(edges, cut_anywhere) {
    cut_everywhere("# c\nfrom to w\n12 34\r\n5 6 7.5e1 x\n\n7 8\n", SQ_EDGES);
    cut_everywhere("12,34\n5,6,7,x", SQ_EDGES);
}

static void round_trip(uint64_t seed, size_t count, uint32_t nodes) {
    static const char *const separator[] = {" ", "\t", ",", "::", " \t ", ", "};
    sqi_words words = sqi_words_at(seed, SQ_STREAM_USER, 0);
    uint32_t *name = malloc(2 * count * sizeof *name);
    float *weight = malloc(count * sizeof *weight);
    char *text = malloc(80 * count + 80), *p = text;
    const char *between = separator[seed % 6];
    for (size_t i = 0; i < count; i++) {
        name[2 * i] = sqi_words_below(&words, nodes);
        name[2 * i + 1] = sqi_words_below(&words, nodes);
        weight[i] = i % 3 ? (float)sqi_words_next(&words) / 65536.0f : 1.0f;
        p += sprintf(p, "%u%s%u", name[2 * i], between, name[2 * i + 1]);
        if (i % 3)
            p += sprintf(p, "%s%.9g", between, (double)weight[i]);
        p += sprintf(p, i % 4 ? "\n" : "\r\n");
    }
    const char *path = data_file(text, (size_t)(p - text), seed & 1);
    sq_data *data;
    sq_error error;
    cr_assert(sq_data_read(&data, path, SQ_EDGES, SQ_FORMAT_EDGES, &error) == SQ_OK, "%s",
              error.message);
    remove(path);
    check_data(data);
    cr_assert(data->samples == count);
    for (size_t i = 0; i < count; i++)
        check_edge(data, i, name[2 * i], name[2 * i + 1], weight[i]);
    sq_data_free(data);
    free(name);
    free(weight);
    free(text);
}

Test(edges, random_files) {
    for (uint64_t seed = 0; seed < 120; seed++)
        round_trip(seed, 1 + 3 * seed, seed % 2 ? 10 : 4294967295);
    for (uint64_t seed = 1000; seed < 1006; seed++)
        round_trip(seed, 100000, seed % 2 ? 30000 : 4294967295);
}
