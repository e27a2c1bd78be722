/* Running the program. */
#include "faults/sweep/outcome.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/seam/serve.h"

static void die(const char *what) {
    perror(what);
    exit(2);
}

static const char *note(const command *c, const char *name) {
    static char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", c->notes, name);
    return path;
}

/* Everything that the program writes is behind what is there, so that a file can be emptied between
 * two runs. */
static void redirect(const char *path, int to) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0 || dup2(descriptor, to) < 0)
        _exit(97);
}

static void become(const command *c, int requests, int results) {
    redirect(note(c, "err"), STDERR_FILENO);
    redirect(note(c, "out"), STDOUT_FILENO);
    (void)setenv("SEQUENT_FAULT_SERVE", "1", 1);
    (void)setenv("SEQUENT_FAULT_COUNT", note(c, "count"), 1);
    (void)setenv("SEQUENT_FAULT_KEEP", note(c, "keep"), 1);
    (void)signal(SIGINT, SIG_DFL); /* a shell's background job ignores it */
    if (dup2(requests, SERVE_REQUESTS) < 0 || dup2(results, SERVE_RESULTS) < 0 ||
        chdir(c->work) != 0)
        _exit(97);
    (void)execv(c->argv[0], c->argv);
    perror(c->argv[0]);
    _exit(97);
}

void command_start(command *c) {
    int requests[2], results[2];
    if (pipe2(requests, O_CLOEXEC) != 0 || pipe2(results, O_CLOEXEC) != 0)
        die("pipe");
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0)
        become(c, requests[0], results[1]);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)close(requests[0]);
    (void)close(results[1]);
    c->to = requests[1];
    c->from = results[0];
}

void command_stop(command *c) {
    (void)close(c->to);
    (void)close(c->from);
    (void)wait(NULL);
}

/* The rest of the report's line that begins with key and a blank. */
static const char *line_of(const kept_file *report, const char *key) {
    size_t length = strlen(key);
    for (const char *p = report->bytes; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        if (strncmp(p, key, length) == 0 && p[length] == ' ')
            return p + length + 1;
    return "0";
}

static void take_line(char *to, size_t size, const char *line) {
    (void)snprintf(to, size, "%.*s", (int)strcspn(line, "\n"), line);
}

static tally read_tally(const char *path, const char *kind) {
    tally t = {0};
    kept_file report = file_read(path);
    if (report.bytes) {
        t.told = 1;
        t.calls = strtol(line_of(&report, kind), NULL, 10);
        t.struck = strtol(line_of(&report, "struck"), NULL, 10);
        t.memory = strtol(line_of(&report, "memory"), NULL, 10);
        t.threads = strtol(line_of(&report, "threads"), NULL, 10);
        t.descriptors = strtol(line_of(&report, "descriptors"), NULL, 10);
        take_line(t.caller, sizeof t.caller, line_of(&report, "caller"));
        take_line(t.place, sizeof t.place, line_of(&report, "place"));
    }
    free(report.bytes);
    return t;
}

/* Has the command run; returns wait's status. */
static int request_run(const command *c, const char *fault, int keep) {
    serve_request request = {.keep = keep};
    int status = 0;
    (void)snprintf(request.fault, sizeof request.fault, "%s", fault);
    if (write(c->to, &request, sizeof request) != (ssize_t)sizeof request ||
        read(c->from, &status, sizeof status) != (ssize_t)sizeof status) {
        kept_file err = file_read(note(c, "err"));
        (void)fprintf(stderr, "sweep: the program does not run: %s\n", err.bytes ? err.bytes : "");
        exit(2);
    }
    return status;
}

outcome outcome_of(const command *c, const char *fault, const char *kind, int keep) {
    outcome o = {.status = -1};
    (void)unlink(note(c, "count"));
    file_write(note(c, "out"), "", 0);
    file_write(note(c, "err"), "", 0);
    int status = request_run(c, fault, keep);
    if (WIFEXITED(status))
        o.status = WEXITSTATUS(status);
    else
        o.signal = WTERMSIG(status);
    o.seen = read_tally(note(c, "count"), kind);
    o.out = file_read(note(c, "out"));
    o.err = file_read(note(c, "err"));
    o.after = folder_read(c->work);
    if (o.status == 98 || !o.out.bytes || !o.err.bytes) {
        (void)fprintf(stderr, "sweep: the seams failed: %s\n", o.err.bytes ? o.err.bytes : "");
        exit(2);
    }
    return o;
}

void outcome_free(outcome *o) {
    free(o->out.bytes);
    free(o->err.bytes);
    folder_free(&o->after);
}
