/* Runs on request. */
#include "faults/seam/serve.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int __real_close(int descriptor); /* libc.c wraps close */

void fault_serve(void) {
    serve_request request;
    while (read(SERVE_REQUESTS, &request, sizeof request) == (ssize_t)sizeof request) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            (void)__real_close(SERVE_REQUESTS);
            (void)__real_close(SERVE_RESULTS);
            (void)setenv("SEQUENT_FAULT", request.fault, 1);
            if (!request.keep)
                (void)unsetenv("SEQUENT_FAULT_KEEP");
            (void)alarm(SERVE_SECONDS);
            return;
        }
        if (child < 0 || waitpid(child, &status, 0) != child ||
            write(SERVE_RESULTS, &status, sizeof status) != (ssize_t)sizeof status)
            break;
    }
    _exit(0);
}
