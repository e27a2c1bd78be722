/* gnuplot reads its script from, and writes picture and messages to, files that only live in memory:
 * nothing can be left behind, and no pipe can fill up while nobody reads it. */
#include "cli/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/status.h"

enum { IN, OUT, MESSAGES, FILES };

static int fail(const char *what, int number, sq_error *error) {
    return sqi_fail(error, SQ_IO, "gnuplot: cannot %s: %s", what, strerror(number));
}

/* A nameless file, never one of the three standard ones: where those are closed, the child's would
 * be taken from each other. */
static int open_file(int *file, sq_error *error) {
    int made = memfd_create("gnuplot", MFD_CLOEXEC);
    *file = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, 3);
    int number = errno;
    if (made >= 0)
        (void)close(made);
    return *file < 0 ? fail("get a file in memory", number, error) : SQ_OK;
}

static int write_all(int file, const char *bytes, size_t count, sq_error *error) {
    for (size_t done = 0; done < count;) {
        ssize_t n = pwrite(file, bytes + done, count - done, (off_t)done);
        if (n < 0 && errno != EINTR)
            return fail("pass its script", errno, error);
        done += n > 0 ? (size_t)n : 0;
    }
    return SQ_OK;
}

/* All of a file, as a text of the caller's. */
static int read_all(char **text, int file, sq_error *error) {
    off_t size = lseek(file, 0, SEEK_END);
    if (size < 0)
        return fail("read what it wrote", errno, error);
    *text = sqi_alloc((size_t)size + 1, 1, error);
    if (!*text)
        return SQ_NO_MEMORY;
    for (off_t done = 0; done < size;) {
        ssize_t n = pread(file, *text + done, (size_t)(size - done), done);
        if (n == 0 || (n < 0 && errno != EINTR))
            return fail("read what it wrote", n == 0 ? EIO : errno, error);
        done += n > 0 ? n : 0;
    }
    return SQ_OK;
}

/* The line of its messages that says most: the last one with a letter, without "gnuplot> ". */
static const char *last_words(char *messages) {
    char *best = NULL;
    for (char *line = strtok(messages, "\n"); line; line = strtok(NULL, "\n"))
        if (strpbrk(line, "abcdefghijklmnopqrstuvwxyz"))
            best = line;
    return best ? best + strspn(best, " \t") : "it says nothing";
}

/* Runs it; *ended is what waitpid tells. */
static int run(char *const argv[], const int file[FILES], int *ended, sq_error *error) {
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int number = posix_spawn_file_actions_init(&actions);
    if (number != 0)
        return fail("start it", number, error);
    for (int i = 0; i < FILES && number == 0; i++)
        number = posix_spawn_file_actions_adddup2(&actions, file[i], i);
    if (number == 0)
        number = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (number == ENOENT)
        return sqi_fail(error, SQ_IO,
                        "gnuplot, which draws the plots, was not found: install Debian's package "
                        "gnuplot-nox");
    if (number != 0)
        return fail("start it", number, error);
    while (waitpid(child, ended, 0) < 0)
        if (errno != EINTR)
            return fail("wait for it", errno, error);
    return SQ_OK;
}

/* Runs it with a script; *picture is what it wrote, the caller's. */
static int run_script(char *const argv[], const growing *script, char **picture, sq_error *error) {
    int file[FILES] = {-1, -1, -1}, ended = 0, status = SQ_OK;
    char *messages = NULL;
    for (int i = 0; i < FILES && status == SQ_OK; i++)
        status = open_file(&file[i], error);
    if (status == SQ_OK && script)
        status = write_all(file[IN], script->text, script->length, error);
    if (status == SQ_OK)
        status = run(argv, file, &ended, error);
    if (status == SQ_OK)
        status = read_all(picture, file[OUT], error);
    if (status == SQ_OK)
        status = read_all(&messages, file[MESSAGES], error);
    if (status == SQ_OK && !(WIFEXITED(ended) && WEXITSTATUS(ended) == 0))
        status = sqi_fail(error, SQ_IO, "gnuplot failed: %.300s", last_words(messages));
    sqi_free(messages);
    for (int i = 0; i < FILES; i++)
        if (file[i] >= 0)
            (void)close(file[i]);
    return status;
}

int gnuplot_check(sq_error *error) {
    char name[] = "gnuplot", option[] = "--version", *nothing = NULL;
    char *const argv[] = {name, option, NULL};
    int status = run_script(argv, NULL, &nothing, error);
    sqi_free(nothing);
    return status;
}

int gnuplot_draw(growing *svg, const growing *script, sq_error *error) {
    char name[] = "gnuplot", option[] = "--default-settings", input[] = "-", *picture = NULL;
    char *const argv[] = {name, option, input, NULL};
    int status = growing_check(script, error);
    if (status == SQ_OK)
        status = run_script(argv, script, &picture, error);
    const char *begin = status == SQ_OK && picture ? strstr(picture, "<svg") : NULL;
    if (status == SQ_OK && (!begin || !strstr(begin, "</svg>")))
        status = sqi_fail(error, SQ_IO, "gnuplot failed: what it wrote is no whole SVG picture");
    if (status == SQ_OK) {
        growing_add(svg, "%s", begin);
        status = growing_check(svg, error);
    }
    sqi_free(picture);
    return status;
}
