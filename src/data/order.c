/* Sample orders, each epoch a function of (kind, seed, epoch). */
#include "sequent/order.h"

#include <string.h>

#include "base/alloc.h"
#include "base/prefetch.h"
#include "data/draws.h"
#include "data/order.h"

static const char *const names[] = {
    [SQ_ORDER_SHUFFLE] = "shuffle",
    [SQ_ORDER_RESHUFFLE] = "reshuffle",
    [SQ_ORDER_SEQUENTIAL] = "sequential",
    [SQ_ORDER_REPLACEMENT] = "replacement",
    [SQ_ORDER_FILE] = "file",
};

const char *sq_order_name(sq_order_kind kind) {
    return names[kind];
}

int sq_order_fixed(const sq_order *order) {
    return order->kind != SQ_ORDER_RESHUFFLE && order->kind != SQ_ORDER_REPLACEMENT;
}

static void fill_sequential(size_t n, uint32_t *pi) {
    typedef uint32_t four __attribute__((vector_size(16)));
    typedef uint32_t four_anywhere __attribute__((vector_size(16), aligned(4), may_alias));
    four numbers = {0, 1, 2, 3};
    size_t i = 0;
    for (; i + 4 <= n; i += 4, numbers += 4)
        *(four_anywhere *)(void *)(pi + i) = numbers;
    for (; i < n; i++)
        pi[i] = (uint32_t)i;
}

/* How many exchanges ahead a place is asked for: places are anywhere in pi. */
enum { AHEAD = 64 };

/* Fisher, Yates; Durstenfeld 1964, algorithm 235: from the last place down. A block's places are
 * drawn before those of the block before it are exchanged, into the other half of j. */
static void fill_shuffled(size_t n, sqi_draws *draws, uint32_t *pi) {
    enum { RING = 2 * SQI_DRAWS };
    uint32_t j[RING] = {0};
    size_t exchanges = n > 0 ? n - 1 : 0, drawn = 0;
    uint32_t *last = pi + exchanges;
    fill_sequential(n, pi);
    for (size_t done = 0; done < exchanges;) {
        while (drawn < exchanges && drawn < done + RING) {
            size_t left = exchanges - drawn, count = left < SQI_DRAWS ? left : SQI_DRAWS;
            sqi_draws_below(draws, (uint32_t)(n - drawn), 1, j + drawn % RING, count);
            drawn += count;
        }
        size_t end = exchanges - done < SQI_DRAWS ? exchanges : done + SQI_DRAWS;
        for (; done < end; done++, last--) {
            sqi_ask_to_write(pi + j[(done + AHEAD) % RING]);
            uint32_t *other = pi + j[done % RING], kept = *last;
            *last = *other;
            *other = kept;
        }
    }
}

static void fill_drawn(size_t n, uint32_t samples, sqi_draws *draws, uint32_t *pi) {
    for (size_t i = 0; i < n; i += SQI_DRAWS)
        sqi_draws_below(draws, samples, 0, pi + i, n - i < SQI_DRAWS ? n - i : SQI_DRAWS);
}

void sq_order_fill(const sq_order *order, uint64_t epoch, uint32_t *pi) {
    uint32_t drawn = sq_order_fixed(order) ? 0 : (uint32_t)epoch;
    sqi_draws draws;
    sqi_draws_init(&draws, order->seed, SQ_STREAM_ORDER, drawn);
    switch (order->kind) {
    case SQ_ORDER_SHUFFLE:
    case SQ_ORDER_RESHUFFLE:
        fill_shuffled(order->steps, &draws, pi);
        break;
    case SQ_ORDER_SEQUENTIAL:
        fill_sequential(order->steps, pi);
        break;
    case SQ_ORDER_REPLACEMENT:
        fill_drawn(order->steps, (uint32_t)order->samples, &draws, pi);
        break;
    case SQ_ORDER_FILE:
        memcpy(pi, order->file, order->steps * sizeof *pi);
        break;
    }
}

int sq_pi_new(uint32_t **pi, const sq_order *order, sq_error *error) {
    *pi = sqi_alloc(order->steps, sizeof **pi, error);
    if (!*pi)
        return SQ_NO_MEMORY;
    sq_order_fill(order, 0, *pi);
    return SQ_OK;
}

void sq_pi_free(uint32_t *pi) {
    sqi_free(pi);
}

int sq_order_init(sq_order *order, const char *spec, uint64_t seed, size_t samples,
                  sq_error *error) {
    *order = (sq_order){.seed = seed, .samples = samples, .steps = samples};
    if (samples == 0 || samples >= UINT32_MAX)
        return sqi_fail(error, SQ_BAD_ARGUMENT, "order: found %zu samples, expected 1 to %u",
                        samples, UINT32_MAX - 1);
    if (strncmp(spec, "file:", 5) == 0) {
        order->kind = SQ_ORDER_FILE;
        return sqi_order_read(order, spec + 5, error);
    }
    for (int kind = 0; kind < SQ_ORDER_FILE; kind++)
        if (strcmp(spec, names[kind]) == 0) {
            order->kind = (sq_order_kind)kind;
            return SQ_OK;
        }
    return sqi_fail(error, SQ_BAD_ARGUMENT,
                    "order: found '%s', expected shuffle, reshuffle, sequential, replacement or "
                    "file:PATH",
                    spec);
}

void sq_order_fini(sq_order *order) {
    order->file = sqi_free(order->file);
}
