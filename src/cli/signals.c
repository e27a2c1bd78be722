/* SIGINT and SIGTERM ask a command to end in good order. */
#include <signal.h>
#include <stddef.h>

#include "cli/commands.h"

static const int numbers[] = {SIGINT, SIGTERM};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* All that a handler can reach. */
static volatile sig_atomic_t caught;
static struct sigaction earlier[NUMBERS];

static int catching;

static void remember(int number) {
    caught = number;
}

void signals_catch(void) {
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    for (int i = 0; i < NUMBERS && !catching; i++)
        (void)sigaction(numbers[i], &action, &earlier[i]);
    catching = 1;
}

void signals_release(void) {
    for (int i = 0; i < NUMBERS && catching; i++)
        (void)sigaction(numbers[i], &earlier[i], NULL);
    catching = 0;
}

int signal_caught(void) {
    return caught;
}
