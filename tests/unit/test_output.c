/* base/output: files appear whole or not at all, whatever fails. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/output.h"
#include "support/small_models.h"

static void begin(void) {
    new_folder();
}

TestSuite(output, .init = begin, .fini = remove_folder);

static sqi_output *open_output(const char *path) {
    sq_error error = {0};
    sqi_output *output = NULL;
    cr_assert(sqi_output_open(&output, path, &error) == SQ_OK, "%s", error.message);
    return output;
}

static void write_text(sqi_output *output, const char *text) {
    cr_assert(sqi_output_write(output, text, strlen(text), NULL) == SQ_OK);
}

/* Whether the file has exactly this content; text NULL: whether there is no such file. */
static int has(const char *path, const char *text) {
    size_t count = 0;
    char *bytes = bytes_of(path, &count);
    int same = bytes && text ? count == strlen(text) && memcmp(bytes, text, count) == 0
                             : bytes == NULL && text == NULL;
    free(bytes);
    return same;
}

Test(output, appears_at_commit) {
    const char *path = in_folder("new");
    sqi_output *output = open_output(path);
    write_text(output, "whole");
    cr_assert(has(path, NULL), "visible before commit");
    cr_assert(sqi_output_commit(output, NULL) == SQ_OK);
    cr_assert(has(path, "whole") && folder_count() == 1);
}

Test(output, replaces_at_commit) {
    const char *path = in_folder("old");
    put_file(path, "earlier", 7);
    sqi_output *output = open_output(path);
    write_text(output, "la");
    write_text(output, "ter");
    cr_assert(has(path, "earlier"));
    cr_assert(sqi_output_commit(output, NULL) == SQ_OK);
    cr_assert(has(path, "later") && folder_count() == 1);
}

Test(output, nothing_written_is_an_empty_file) {
    cr_assert(sqi_output_commit(open_output(in_folder("empty")), NULL) == SQ_OK);
    cr_assert(has(in_folder("empty"), ""));
}

Test(output, abandoning_leaves_all_as_it_was) {
    const char *path = in_folder("old"), *none = in_folder("none");
    put_file(path, "earlier", 7);
    sqi_output *output = open_output(path);
    write_text(output, "later");
    cr_assert(sqi_output_abandon(output) == NULL);
    output = open_output(none);
    write_text(output, "later");
    cr_assert(sqi_output_abandon(output) == NULL && sqi_output_abandon(NULL) == NULL);
    cr_assert(has(path, "earlier") && has(none, NULL) && folder_count() == 1);
}

/* Sizes around the buffer's, in pieces of every kind. */
Test(output, bytes_of_every_length) {
    static const size_t sizes[] = {1, 65535, 65536, 65537, 131072, 300001};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t piece = 1; piece <= 300001; piece = piece * 37 + 1) {
            unsigned char *bytes = malloc(sizes[s]);
            for (size_t i = 0; i < sizes[s]; i++)
                bytes[i] = (unsigned char)(i * 131 >> 3);
            sqi_output *output = open_output(in_folder("large"));
            for (size_t done = 0; done < sizes[s]; done += piece) {
                size_t n = sizes[s] - done < piece ? sizes[s] - done : piece;
                cr_assert(sqi_output_write(output, bytes + done, n, NULL) == SQ_OK);
            }
            cr_assert(sqi_output_commit(output, NULL) == SQ_OK);
            size_t count = 0;
            char *got = bytes_of(in_folder("large"), &count);
            cr_assert(count == sizes[s] && memcmp(got, bytes, count) == 0, "%zu by %zu", sizes[s],
                      piece);
            free(got);
            free(bytes);
        }
}

/* What fails while writing is told by write or by commit, and leaves no trace. */
static void expect_failure(sqi_output *output, size_t bytes, const char *reason) {
    char block[1000] = {0};
    sq_error error = {0};
    int status = SQ_OK;
    for (size_t done = 0; done < bytes; done += sizeof block) {
        int now = sqi_output_write(output, block, sizeof block, &error);
        cr_assert(status == SQ_OK || now == status, "a failure is forgotten");
        status = now;
    }
    int last = sqi_output_commit(output, &error);
    cr_assert(last == SQ_IO && strstr(error.message, reason), "%d: %s", last, error.message);
}

Test(output, a_full_disk) {
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {100000, 100000};
    const char *path = in_folder("old");
    put_file(path, "earlier", 7);
    cr_assert(setrlimit(RLIMIT_FSIZE, &small) == 0);
    expect_failure(open_output(path), 110000, "File too large"); /* seen by commit */
    expect_failure(open_output(path), 500000, "File too large"); /* seen by write */
    expect_failure(open_output(in_folder("none")), 500000, "File too large");
    cr_assert(has(path, "earlier") && folder_count() == 1);
}

Test(output, a_device_is_written_directly) {
    sq_error error = {0};
    expect_failure(open_output("/dev/full"), 1000, "No space left");
    expect_failure(open_output("/dev/full"), 200000, "No space left");
    sqi_output *output = open_output("/dev/null");
    write_text(output, "gone");
    cr_assert(sqi_output_commit(output, &error) == SQ_OK, "%s", error.message);
    struct stat info;
    cr_assert(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
    cr_assert(stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode));
}

Test(output, a_pipe_is_written_directly) {
    const char *path = in_folder("pipe");
    cr_assert(mkfifo(path, 0600) == 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    sqi_output *output = open_output(path);
    write_text(output, "through");
    cr_assert(sqi_output_commit(output, NULL) == SQ_OK);
    char bytes[20] = {0};
    cr_assert(read(reader, bytes, sizeof bytes) == 7 && strcmp(bytes, "through") == 0);
    close(reader);
    struct stat info;
    cr_assert(stat(path, &info) == 0 && S_ISFIFO(info.st_mode));
}

static void expect_refusal(const char *path, const char *reason) {
    sq_error error = {0};
    sqi_output *output = (sqi_output *)&error; /* must be overwritten */
    cr_assert(sqi_output_open(&output, path, &error) == SQ_IO && !output, "%s", path);
    cr_assert(strncmp(error.message, path, strlen(path)) == 0 && strstr(error.message, reason),
              "'%s', expected '%s'", error.message, reason);
}

Test(output, places_that_take_no_file) {
    expect_refusal(in_folder("missing/file"), "No such file");
    expect_refusal(in_folder(""), "Is a directory");
    expect_refusal("/tmp", "Is a directory");
    put_file(in_folder("plain"), "x", 1);
    expect_refusal(in_folder("plain/file"), "Not a directory");
    char name[300];
    memset(name, 'n', 299);
    name[299] = '\0';
    expect_refusal(name, "File name too long");
    cr_assert(folder_count() == 1);
}

Test(output, an_empty_name) {
    cr_assert(chdir(in_folder("")) == 0);
    sqi_output *output = NULL;
    int status = sqi_output_open(&output, "", NULL);
    if (status == SQ_OK)
        sqi_output_abandon(output);
    cr_assert(status != SQ_OK && !output, "a file without a name was opened");
}

/* As another user where the tests run as root, who may write everywhere. */
Test(output, a_folder_that_is_not_writable) {
    put_file(in_folder("old"), "earlier", 7);
    cr_assert(chmod(in_folder(""), 0555) == 0);
    pid_t child = fork();
    if (child == 0) {
        sq_error error = {0};
        sqi_output *output = NULL;
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(3);
        int status = sqi_output_open(&output, in_folder("old"), &error);
        _exit(status == SQ_IO && !output && strstr(error.message, "Permission denied") ? 0 : 1);
    }
    int code;
    cr_assert(waitpid(child, &code, 0) == child);
    cr_assert(chmod(in_folder(""), 0755) == 0);
    cr_assert(WIFEXITED(code) && WEXITSTATUS(code) == 0, "status %d", WEXITSTATUS(code));
    cr_assert(has(in_folder("old"), "earlier") && folder_count() == 1);
}

Test(output, a_link_stays_one) {
    const char *target = in_folder("target"), *link = in_folder("link");
    put_file(target, "earlier", 7);
    cr_assert(symlink("target", link) == 0);
    sqi_output *output = open_output(link);
    write_text(output, "later");
    cr_assert(has(target, "earlier"));
    cr_assert(sqi_output_commit(output, NULL) == SQ_OK);
    struct stat info;
    cr_assert(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    cr_assert(has(target, "later") && folder_count() == 2);
}

/* As with a shell's redirection: the file that the link names comes into being. */
Test(output, a_link_to_a_file_that_is_not_yet_there) {
    const char *link = in_folder("link");
    cr_assert(symlink("target", link) == 0);
    sqi_output *output = open_output(link);
    write_text(output, "first");
    cr_assert(sqi_output_commit(output, NULL) == SQ_OK);
    struct stat info;
    cr_assert(lstat(link, &info) == 0 && S_ISLNK(info.st_mode), "the link was replaced");
    cr_assert(has(in_folder("target"), "first"));
}

static mode_t mode_of(const char *path) {
    struct stat info;
    cr_assert(stat(path, &info) == 0);
    return info.st_mode & 07777;
}

static void rewrite(const char *path) {
    sqi_output *output = open_output(path);
    write_text(output, "later");
    cr_assert(sqi_output_commit(output, NULL) == SQ_OK);
}

Test(output, new_files_have_the_usual_mode) {
    umask(027);
    rewrite(in_folder("new"));
    cr_assert(mode_of(in_folder("new")) == 0640, "%o", mode_of(in_folder("new")));
}

/* A file that was made private must not become readable to all because it was written again. */
Test(output, an_earlier_files_mode_stays) {
    static const mode_t modes[] = {0600, 0640, 0664, 0444};
    umask(022);
    for (int i = 0; i < 4; i++) {
        put_file(in_folder("old"), "earlier", 7);
        cr_assert(chmod(in_folder("old"), modes[i]) == 0);
        rewrite(in_folder("old"));
        cr_expect(mode_of(in_folder("old")) == modes[i], "%o became %o", modes[i],
                  mode_of(in_folder("old")));
        cr_assert(remove(in_folder("old")) == 0);
    }
}

/* Killed in the middle: the earlier file is whole, and a later run is not in the way of what was
 * left behind. */
Test(output, a_killed_writer) {
    const char *path = in_folder("old");
    put_file(path, "earlier", 7);
    for (int round = 0; round < 3; round++) {
        pid_t child = fork();
        if (child == 0) {
            char block[70000] = {1};
            sqi_output *output = NULL;
            if (sqi_output_open(&output, path, NULL) != SQ_OK ||
                sqi_output_write(output, block, sizeof block, NULL) != SQ_OK)
                _exit(1);
            raise(SIGKILL);
        }
        int code;
        cr_assert(waitpid(child, &code, 0) == child && WIFSIGNALED(code));
        cr_assert(has(path, "earlier"));
    }
    rewrite(path);
    cr_assert(has(path, "later"));
}

Test(output, a_name_without_a_folder) {
    cr_assert(chdir(in_folder("")) == 0);
    rewrite("bare");
    cr_assert(has(in_folder("bare"), "later") && folder_count() == 1);
}

/* Two writers of one name: whichever commits last wins, whole. */
Test(output, two_writers) {
    const char *path = in_folder("both");
    sqi_output *one = open_output(path), *two = open_output(path);
    write_text(one, "one");
    write_text(two, "two");
    cr_assert(sqi_output_commit(two, NULL) == SQ_OK && has(path, "two"));
    cr_assert(sqi_output_commit(one, NULL) == SQ_OK && has(path, "one"));
    cr_assert(folder_count() == 1);
}
