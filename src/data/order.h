/* Reading an order from a file. */
#ifndef SQI_DATA_ORDER_H
#define SQI_DATA_ORDER_H

#include "sequent/order.h"

/* Sets order->file and order->steps from the sample numbers in path, one a line, each below
 * order->samples. On failure order->file stays NULL. */
int sqi_order_read(sq_order *order, const char *path, sq_error *error);

#endif
