/* verify/path: paths relative to the folder of a file, and back. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "support/small_models.h"
#include "verify/lock.h"

static const char *const folders[] = {"a", "a/b", "a/b/c", "ab", "d", "d/b"};
enum { FOLDERS = sizeof folders / sizeof *folders };

/* In a new folder: a, a/b, a/b/c, ab, d, d/b; the link `link` to a/b and `far` to /usr. */
static void begin(void) {
    cr_assert(chdir(new_folder()) == 0);
    for (int i = 0; i < FOLDERS; i++)
        cr_assert(mkdir(folders[i], 0700) == 0);
    cr_assert(symlink("a/b", "link") == 0 && symlink("/usr", "far") == 0);
}

static void end(void) {
    for (int i = FOLDERS - 1; i >= 0; i--)
        rmdir(folders[i]);
    remove_folder();
}

TestSuite(path, .init = begin, .fini = end);

static void expect_relative(const char *target, const char *file, const char *want) {
    char *found;
    sq_error error = {""};
    int status = sqi_path_relative(&found, target, file, &error);
    cr_assert(status == SQ_OK, "%s", error.message);
    cr_expect(strcmp(found, want) == 0, "%s from %s: '%s', expected '%s'", target, file, found,
              want);
    sqi_free(found);
}

Test(path, relative) {
    static const char *const cases[][3] = {
        {"x", "m.lock", "x"},
        {"./x", "m.lock", "x"},
        {"a/x", "m.lock", "a/x"},
        {"x", "a/m.lock", "../x"},
        {"a/x", "a/m.lock", "x"},
        {"a/x", "a/b/c/m.lock", "../../x"},
        {"ab/x", "a/m.lock", "../ab/x"}, /* a common beginning that is no folder */
        {"a/x", "ab/m.lock", "../a/x"},
        {"d/b/x", "a/b/c/m.lock", "../../../d/b/x"},
        {"a/../d/x", "m.lock", "d/x"},
        {"a/b/../x", "a//b/./m.lock", "../x"},
        {"a//x", "m.lock", "a/x"},
        {"link/x", "m.lock", "a/b/x"},
        {"x", "link/m.lock", "../../x"},
        {"link/../x", "m.lock", "a/x"}, /* .. behind a link is the target's */
        {"-", "a/m.lock", "-"},
        {"a/-", "m.lock", "a/-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_relative(cases[i][0], cases[i][1], cases[i][2]);
}

/* Every way to name a file gives the same path: locks of one run do not depend on it. */
Test(path, absolute_paths_become_relative) {
    char here[PATH_MAX], target[PATH_MAX + 20], file[PATH_MAX + 20];
    cr_assert(getcwd(here, sizeof here));
    snprintf(target, sizeof target, "%s/a/x", here);
    snprintf(file, sizeof file, "%s/d/m.lock", here);
    expect_relative(target, "d/m.lock", "../a/x");
    expect_relative("a/x", file, "../a/x");
    expect_relative(target, file, "../a/x");
    expect_relative("/x", "/m.lock", "x");
    expect_relative("/usr/x", "/m.lock", "usr/x");
    expect_relative("/x", "/usr/m.lock", "../x");
    expect_relative("/usr/x", "far/m.lock", "x");
}

/* What was made relative leads back to the same file, also when both have moved. */
Test(path, there_and_back) {
    static const char *const names[] = {"x",       "a/x",    "a/b/x",  "a/b/c/x",
                                        "ab/x",    "d/b/x",  "link/x", "link/../x",
                                        "a/./b/x", "a/../x", "m.lock", "d/m.lock"};
    enum { NAMES = sizeof names / sizeof *names };
    for (int t = 0; t < NAMES; t++)
        for (int f = 0; f < NAMES; f++) {
            char *relative, *back, want[PATH_MAX], found[PATH_MAX];
            cr_assert(sqi_path_relative(&relative, names[t], names[f], NULL) == SQ_OK);
            cr_assert(relative[0] != '/');
            cr_assert(sqi_path_resolve(&back, relative, names[f], NULL) == SQ_OK);
            put_file(names[t], "", 0);
            cr_assert(realpath(names[t], want) && realpath(back, found), "%s", back);
            cr_expect(strcmp(want, found) == 0, "%s from %s: %s, then %s", names[t], names[f],
                      relative, back);
            cr_assert(remove(names[t]) == 0);
            sqi_free(relative);
            sqi_free(back);
        }
}

Test(path, resolve) {
    static const char *const cases[][3] = {{"x", "m.lock", "x"},
                                           {"x", "a/m.lock", "a/x"},
                                           {"../x", "a/m.lock", "a/../x"},
                                           {"x", "/m.lock", "/x"},
                                           {"/x", "a/m.lock", "/x"},
                                           {"-", "a/m.lock", "-"},
                                           {"../../d/x", "a/b/m.lock", "a/b/../../d/x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *found;
        cr_assert(sqi_path_resolve(&found, cases[i][0], cases[i][1], NULL) == SQ_OK);
        cr_expect(strcmp(found, cases[i][2]) == 0, "%s", found);
        sqi_free(found);
    }
}

Test(path, orders) {
    static const char *const cases[][3] = {{"shuffle", "a/m.lock", "shuffle"},
                                           {"file", "a/m.lock", "file"},
                                           {"file:x", "a/m.lock", "file:../x"},
                                           {"file:-", "a/m.lock", "file:-"},
                                           {"file:file:x", "a/m.lock", "file:../file:x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *stored, *back;
        cr_assert(sqi_order_relative(&stored, cases[i][0], cases[i][1], NULL) == SQ_OK);
        cr_expect(strcmp(stored, cases[i][2]) == 0, "%s", stored);
        cr_assert(sqi_order_resolve(&back, stored, cases[i][1], NULL) == SQ_OK);
        cr_expect(strncmp(cases[i][0], "file:", 5) != 0 || strcmp(stored, "file:-") == 0 ||
                      strncmp(back, "file:a/../", 10) == 0,
                  "%s", back);
        sqi_free(stored);
        sqi_free(back);
    }
}

Test(path, missing_folders_are_named) {
    char *found = (char *)"";
    sq_error error = {""};
    cr_assert(sqi_path_relative(&found, "none/x", "m.lock", &error) == SQ_IO && !found);
    cr_assert(strstr(error.message, "none/: No such file"), "%s", error.message);
    cr_assert(sqi_path_relative(&found, "x", "other/m.lock", &error) == SQ_IO && !found);
    cr_assert(strstr(error.message, "other/: No such file"), "%s", error.message);
    cr_assert(sqi_order_relative(&found, "file:none/x", "m.lock", &error) == SQ_IO && !found);
    cr_assert(sqi_path_relative(&found, "none/x", "m.lock", NULL) == SQ_IO && !found);
}
