/* Orders from files: 0-based sample numbers, one a line; blank lines and # comments are skipped. */
#include "data/order.h"

#include <stdio.h>

#include "data/grow.h"
#include "data/number.h"
#include "data/text.h"

static int read_line(sq_order *order, size_t *room, sqi_text *text, sq_error *error) {
    const char *p = sqi_skip_blanks(text->at);
    if (sqi_line_ends(p) || *p == '#')
        return sqi_text_skip(text, p, error);
    uint64_t sample = 0;
    const char *end = sqi_integer_read(p, order->samples - 1, &sample);
    if (!end || !sqi_line_ends(sqi_skip_blanks(end))) {
        char expected[64];
        (void)snprintf(expected, sizeof expected, "a sample number from 0 to %zu",
                       order->samples - 1);
        return sqi_text_fail(text, p, expected, error);
    }
    if (order->steps == UINT32_MAX - 1)
        return sqi_text_fail(text, p, "at most 2^32 - 2 sample numbers", error);
    if (order->steps == *room) {
        uint32_t *grown = sqi_grow(order->file, room, order->steps + 1, sizeof *grown, error);
        if (!grown)
            return SQ_NO_MEMORY;
        order->file = grown;
    }
    order->file[order->steps++] = (uint32_t)sample;
    return sqi_text_skip(text, end, error);
}

int sqi_order_read(sq_order *order, const char *path, sq_error *error) {
    sqi_text text = {0};
    size_t room = 0;
    order->steps = 0;
    int status = sqi_text_open(&text, path, error);
    if (status != SQ_OK)
        return status;
    while ((status = sqi_text_line(&text, error)) == 1) {
        status = read_line(order, &room, &text, error);
        if (status != SQ_OK)
            break;
    }
    if (status == SQ_OK && order->steps == 0)
        status = sqi_text_fail_end(&text, "a sample number", error);
    sqi_text_close(&text);
    if (status != SQ_OK)
        sq_order_fini(order);
    return status;
}
