/* How sweep asks the faulty program for runs: its start-up under a sanitizer costs more than a run, so
 * it starts once and forks. With SEQUENT_FAULT_SERVE set it reads requests from SERVE_REQUESTS and
 * runs its command for each, in a process of its own, with the descriptors and the folder that it
 * has; wait's status (an int) goes to SERVE_RESULTS. */
#ifndef TEST_FAULTS_SERVE_H
#define TEST_FAULTS_SERVE_H

enum { SERVE_REQUESTS = 198, SERVE_RESULTS = 199, SERVE_SECONDS = 60 };

typedef struct serve_request {
    char fault[60]; /* for SEQUENT_FAULT; empty: none */
    int keep;       /* whether SEQUENT_FAULT_KEEP stays set */
} serve_request;

/* Returns in every process that is to run the command. One that does not end within SERVE_SECONDS is
 * ended by SIGALRM. */
void fault_serve(void);

#endif
