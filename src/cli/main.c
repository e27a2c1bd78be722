/* The program: finds the command, and what all commands share. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/growing.h"
#include "num/isa.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"train", command_train, "train a model and print its hash"},
    {"eval", command_eval, "loss and metric of a model on data"},
    {"predict", command_predict, "one prediction a line"},
    {"hash", command_hash, "the hashes of model files"},
    {"verify", command_verify, "train again from a lock file and compare"},
    {"bisect", command_bisect, "the first step at which two traced runs differ"},
    {"plan", command_plan, "what the conflicts of data allow"},
    {"bench", command_bench, "compare modes, planners and threads on this machine"},
    {"generate", command_generate, "write a synthetic data set"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_usage(FILE *to) {
    (void)fprintf(to, "sequent trains sparse models on many threads and gives, bit for bit, the "
                      "model that one thread gives.\n\n"
                      "Usage: sequent COMMAND [OPTIONS] [FILES]\n\n");
    for (int i = 0; i < COMMANDS; i++)
        (void)fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    (void)fprintf(to, "\nsequent COMMAND --help says more; sequent --version names the versions.\n"
                      "Exit status: 0 done or same, 1 different, 2 trouble; 130 and 143 after "
                      "SIGINT and SIGTERM.\n");
}

int trouble(const sq_error *error) {
    /* A message that names a place begins with it. */
    const char *colon = strchr(error->message, ':');
    int placed = colon && colon[1] >= '0' && colon[1] <= '9';
    (void)fprintf(stderr, "%s%s\n", placed ? "" : "sequent: ", error->message);
    return EXIT_TROUBLE;
}

static void say(const char *before, const char *format, va_list arguments) {
    (void)fputs(before, stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
}

void warn(const settings *s, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!s->quiet)
        say("sequent: warning: ", format, arguments);
    va_end(arguments);
}

void note(const settings *s, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (s->verbose && !s->quiet)
        say("sequent: ", format, arguments);
    va_end(arguments);
}

int begin(settings *s, int argc, char **argv, unsigned groups, const char *usage) {
    sq_error error = {0};
    int parsed = settings_parse(s, argc, argv, groups, usage, &error);
    if (parsed < 0)
        return trouble(&error);
    if (parsed)
        return end(SQ_OK, &error);
    note(s, "version %s, arithmetic %d, built by %s; %s kernels, %u processors", sq_version(),
         sq_arithmetic_version(), compiler(), sqi_isa_name(sqi_isa()), sq_processors());
    return -1;
}

int end(int status, const sq_error *error) {
    if (status != SQ_OK)
        return trouble(error);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "sequent: standard output: %s\n", strerror(errno));
        return EXIT_TROUBLE;
    }
    return EXIT_DONE;
}

int print_json(json_t *object, sq_error *error) {
    if (!object)
        return sqi_fail(error, SQ_NO_MEMORY, "out of memory for the JSON report");
    int failed = json_dumpf(object, stdout, JSON_INDENT(2)), number = errno;
    json_decref(object);
    if (failed && !ferror(stdout))
        return sqi_fail(error, SQ_NO_MEMORY, "out of memory for the JSON report");
    (void)putchar('\n');
    return failed ? sqi_fail(error, SQ_IO, "standard output: %s", strerror(number)) : SQ_OK;
}

json_t *json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_text(const char *text) {
    size_t ascii = 0;
    while (text[ascii] && (unsigned char)text[ascii] < 0x80)
        ascii++;
    json_t *whole = json_string(text);
    if (whole || !text[ascii]) /* NULL: no memory */
        return whole;
    growing escaped = {0};
    for (; *text; text++)
        growing_add(&escaped, (unsigned char)*text < 0x80 ? "%c" : "\\x%02x", (unsigned char)*text);
    whole = escaped.failed ? NULL : json_string(escaped.text);
    growing_free(&escaped);
    return whole;
}

json_t *json_wide(uint64_t value) {
    return value <= INT64_MAX ? json_integer((json_int_t)value)
                              : json_sprintf("%llu", (unsigned long long)value);
}

const char *compiler(void) {
#ifdef __clang__
    return __VERSION__; /* "Clang …" */
#else
    return "gcc " __VERSION__;
#endif
}

json_t *json_processor(void) {
    struct utsname system = {.machine = "?"};
    (void)uname(&system);
    return json_sprintf("%s, %s kernels", system.machine, sqi_isa_name(sqi_isa()));
}

grouped group_digits(uint64_t value) {
    char digits[24];
    grouped out;
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value), m = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out.text[m++] = ',';
        out.text[m++] = digits[i];
    }
    out.text[m] = '\0';
    return out;
}

int main(int argc, char **argv) {
    sq_error error = {0};
    /* A file that may not grow is an error of write, told with its name; no reason to die. */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_TROUBLE;
    }
    if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return end(SQ_OK, &error);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("sequent %s, arithmetic %d\n", sq_version(), sq_arithmetic_version());
        return end(SQ_OK, &error);
    }
    if (strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return end(SQ_OK, &error);
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "sequent: no command '%s'; see sequent --help\n", argv[1]);
    return EXIT_TROUBLE;
}
