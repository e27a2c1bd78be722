/* data/terminals: the format, what is refused and where, cut and random files. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sequent/hash.h"
#include "support/chance.h"
#include "support/data_files.h"

/* By way of a file; NULL where it is refused: message (size 512) is then what was said behind the
 * file's name. */
static sq_terminals *terminals_of(const char *text, size_t size, int packed, char *message) {
    sq_terminals *t = (sq_terminals *)text;
    sq_error error = {""};
    const char *path = data_file(text, size, packed);
    int status = sq_terminals_read(&t, path, &error);
    unlink(path);
    cr_assert((status == SQ_OK) == (t != NULL));
    if (t)
        return t;
    cr_assert(status == SQ_BAD_INPUT && strncmp(error.message, path, strlen(path)) == 0, "%d: %s",
              status, error.message);
    strcpy(message, error.message + strlen(path) + 1);
    return NULL;
}

static void check_small(const char *text, int packed) {
    char message[512] = "";
    sq_terminals *t = terminals_of(text, strlen(text), packed, message);
    cr_assert(t, "%s: %s", text, message);
    cr_assert(t->count == 3 && memcmp(t->node, (uint32_t[]){0, 5, 4294967294u}, 12) == 0);
    cr_assert(memcmp(t->label, (float[]){1.5f, 0.0f, -2}, 12) == 0, "%s", text);
    cr_assert(sq_terminals_free(t) == NULL);
}

Test(terminals, separators_headers_comments) {
    check_small("5 0\n0 1.5\n4294967294 -2\n", 0);
    check_small("# seeds\n0,1.5\n% more\n\n 5 , -0 , x\r\n4294967294,-2e0", 0);
    check_small("node label\n5\t-0.0\n4294967294 -2 # no\n00 15e-1\n5 0\n5 +0", 1);
    check_small("\xEF\xBB\xBF"
                "0::1.5\n5::0\n4294967294::-2\n",
                0);
}

Test(terminals, malformed) {
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"", "1:1: found the end of the file, expected terminals of at least two labels"},
        {"# none\n", "2:1: found the end of the file, expected terminals of at least two labels"},
        {"1 2\n3 2\n", "3:1: found the end of the file, expected terminals of at least two labels"},
        {"1 0\n2 -0", "3:1: found the end of the file, expected terminals of at least two labels"},
        {"1\n", "1:2: found the end of the line, expected a label (a finite number)"},
        {"1 2\n-1 3", "2:1: found '-1', expected a node (a whole number from 0 to 4294967294)"},
        {"1 2\n1.5 3", "2:1: found '1.5', expected a node"},
        {"4294967295 1", "1:1: found '4294967295', expected a node"},
        {"1 nan", "1:3: found 'nan', expected a label (a finite number)"},
        {"1 1e39", "1:3: found "},
        {"1 a", "1:3: found 'a', expected a label"},
        {"1,2\n3 4\n", "2:3: found '4', expected ','"},
        {"1 2\n3,4\n", "2:2: found ',4', expected a blank or a tab"},
        {"1 2x", "1:3: found '2x', expected a label"},
        {"7 1\n8 2\n7 1\n\n7 3\n8 1\n",
         "5:1: found node 7 with the label 3, expected 1 as in line 1"},
        {"8 2\n7 1\n  8 1\n7 3\n", "3:3: found node 8 with the label 1, expected 2 as in line 1"},
        {"8 2\n7 1\n7 3\n8 1\n", "3:1: found node 7 with the label 3, expected 1 as in line 2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[512] = "accepted";
        sq_terminals *t = terminals_of(bad[i].text, strlen(bad[i].text), i % 2, message);
        cr_assert(!t && strncmp(message, bad[i].want, strlen(bad[i].want)) == 0,
                  "%s: '%s', not '%s'", bad[i].text, message, bad[i].want);
    }
    char message[512];
    cr_assert(!terminals_of("1 2\n3 \0\n", 8, 0, message) && strncmp(message, "2:3: ", 5) == 0,
              "%s", message);
}

Test(terminals, no_file) {
    sq_terminals *t = NULL;
    sq_error error;
    cr_assert(sq_terminals_read(&t, "/nowhere/at/all", &error) == SQ_IO && !t);
    cr_assert(sq_terminals_read(&t, "/nowhere/at/all", NULL) == SQ_IO && !t);
}

/* Every beginning is refused with a place, or has no more terminals than the whole. */
Test(terminals, cut_anywhere) {
    static const char text[] = "# x\nn l\n1 2\n22 3.25e0\n1 2\n\n333 -1 more\n";
    for (size_t size = 0; size < sizeof text; size++) {
        char message[512] = "";
        sq_terminals *t = terminals_of(text, size, size % 2, message);
        cr_assert(t ? t->count >= 2 && t->count <= 3 : strchr(message, ':') != NULL);
        sq_terminals_free(t);
    }
}

/* Thousands of lines in any order, some of them twice, against a table by node. */
Test(terminals, random_files) {
    enum { NODES = 3000 };
    static float label[NODES];
    for (uint64_t seed = 0; seed < 20; seed++) {
        chance draw = {seed};
        char *text = NULL, message[512] = "";
        size_t size = 0, lines = 2 + chance_size(&draw, 13), count = 0;
        FILE *out = open_memstream(&text, &size);
        for (size_t i = 0; i < NODES; i++)
            label[i] = NAN;
        for (size_t i = 0; i < lines || count < 2; i++) {
            uint32_t node = chance_below(&draw, NODES);
            if (isnan(label[node])) {
                label[node] = count < 2 ? (float)count : (float)chance_below(&draw, 50) / 8;
                count++;
            }
            fprintf(out, "%u %.9g\n", node, (double)label[node]);
        }
        fclose(out);
        sq_terminals *t = terminals_of(text, size, seed % 2, message);
        cr_assert(t && t->count == count, "%s", message);
        for (size_t i = 0; i < count; i++) {
            cr_assert(i == 0 || t->node[i - 1] < t->node[i]);
            cr_assert(t->label[i] == label[t->node[i]]);
        }
        sq_terminals_free(t);
        free(text);
    }
}

/* By content, not by the order of the lines or how a number is written. */
Test(terminals, hash) {
    static const char *const texts[] = {"3 1\n1 0.5\n", "1,5e-1,x\n1,.5\n\n3,1.0\n",
                                        "3 1\n1 0.25\n", "4 1\n1 0.5\n", "3 1\n1 0.5\n4 1\n"};
    sq_hash hash[5];
    char message[512];
    for (int i = 0; i < 5; i++) {
        sq_terminals *t = terminals_of(texts[i], strlen(texts[i]), 0, message);
        hash[i] = sq_terminals_hash(t);
        for (int j = 0; j < i; j++)
            cr_assert((strcmp(hash[i].hex, hash[j].hex) == 0) == (i == 1), "%d, %d", i, j);
        sq_terminals_free(t);
    }
    cr_assert_str_eq(hash[0].hex, "3a22f369b60df9d18d04c0af22ea63c8");
}
