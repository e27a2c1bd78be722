/* Where a thread begins. */
#ifndef SQI_SYNC_PLACE_H
#define SQI_SYNC_PLACE_H

/* The processor of the calling thread, or -1. */
int sqi_place_here(void);

/* Moves the calling thread to the number-th processor behind `from` of those that it may use, and
 * leaves it as free to be moved again as it was. A hint: where it cannot be done, nothing happens. */
void sqi_place(int from, unsigned number);

#endif
