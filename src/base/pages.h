/* Huge pages for large arrays. Random visits to an array of small pages cost a walk of the page tables
 * each, and a first one a fault for every 4 KiB. Where the system has none nothing changes. */
#ifndef SQI_BASE_PAGES_H
#define SQI_BASE_PAGES_H

#include <stddef.h>

/* Asks for them where memory is touched for the first time. */
void sqi_pages_ask(void *memory, size_t bytes);

/* Has memory that is in use, and grew piece by piece, moved to them now: once, when its size is final.
 * Costs a copy. */
void sqi_pages_collapse(void *memory, size_t bytes);

#endif
