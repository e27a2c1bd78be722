/* The commands. Each returns an exit status: 0 done, 2 trouble (told on standard error), and as the
 * command's help says. */
#ifndef SQI_CLI_COMMANDS_H
#define SQI_CLI_COMMANDS_H

#include <jansson.h>

#include "cli/settings.h"

enum exit_status { EXIT_DONE = 0, EXIT_DIFFERENT = 1, EXIT_TROUBLE = 2 };

int command_train(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_predict(int argc, char **argv);
int command_hash(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_bisect(int argc, char **argv);
int command_plan(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_generate(int argc, char **argv);

/* Prints the message of a failure and returns EXIT_TROUBLE. */
int trouble(const sq_error *error);

/* Prints a warning, unless -q. */
__attribute__((format(printf, 2, 3))) void warn(const settings *s, const char *format, ...);

/* Prints on standard error what -v asks for. */
__attribute__((format(printf, 2, 3))) void note(const settings *s, const char *format, ...);

/* Parses the options of a command; returns -1 to go on, else the exit status. */
int begin(settings *s, int argc, char **argv, unsigned groups, const char *usage);

/* Ends a command: whatever standard output could not take is trouble too. */
int end(int status, const sq_error *error);

/* Between these two SIGINT and SIGTERM are remembered instead of ending the program. Whoever has a
 * temporary file open is between them, so that it does not stay behind. */
void signals_catch(void);
void signals_release(void);
int signal_caught(void); /* 0: none */

/* Prints one JSON object and releases it. Returns an sq_status. */
int print_json(json_t *object, sq_error *error);

/* A number, or null where JSON has none. */
json_t *json_number(double value);

/* A text; where it is no UTF-8, as names of files may be, with all bytes that are not ASCII as \xNN. */
json_t *json_text(const char *text);

/* 64 bits as a number where JSON's readers have room for it, else as text. */
json_t *json_wide(uint64_t value);

/* What built the program ("gcc 12.2.0"), and what runs it ("x86_64, avx2 kernels"). */
const char *compiler(void);
json_t *json_processor(void);

/* 1234567 as "1,234,567" in a buffer of the caller's. */
typedef struct grouped {
    char text[32];
} grouped;
grouped group_digits(uint64_t value);

#endif
