/* Named atomics: C11's <stdatomic.h> with the memory order in the operation's name.
 *
 * The threading code reads as a list of these operations; at each use a comment gives its tag, what
 * it pairs with, what it publishes and what would break without it. There are no fences here, and
 * none may be added: ThreadSanitizer does not follow them, so that it would report races that do
 * not exist and the tests would lose their strongest oracle. */
#ifndef SQI_SYNC_ATOMICS_H
#define SQI_SYNC_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What several threads write stands on a cache line of its own: 64 bytes on x86-64 and most Arm. */
#define SQI_LINE 64

typedef struct sqi_word {
    _Atomic uint32_t value;
} sqi_word;

/* Plain initialisation, before the word is shared or while nobody else can reach it. */
static inline void sqi_word_init(sqi_word *word, uint32_t value) {
    atomic_init(&word->value, value);
}

static inline uint32_t sqi_load_relaxed(const sqi_word *word) {
    return atomic_load_explicit(&word->value, memory_order_relaxed);
}

static inline uint32_t sqi_load_acquire(const sqi_word *word) {
    return atomic_load_explicit(&word->value, memory_order_acquire);
}

static inline uint32_t sqi_load_seq_cst(const sqi_word *word) {
    return atomic_load_explicit(&word->value, memory_order_seq_cst);
}

static inline void sqi_store_relaxed(sqi_word *word, uint32_t value) {
    atomic_store_explicit(&word->value, value, memory_order_relaxed);
}

static inline void sqi_store_release(sqi_word *word, uint32_t value) {
    atomic_store_explicit(&word->value, value, memory_order_release);
}

static inline void sqi_store_seq_cst(sqi_word *word, uint32_t value) {
    atomic_store_explicit(&word->value, value, memory_order_seq_cst);
}

/* These return the value before the operation. */
static inline uint32_t sqi_add_seq_cst(sqi_word *word, uint32_t amount) {
    return atomic_fetch_add_explicit(&word->value, amount, memory_order_seq_cst);
}

static inline uint32_t sqi_sub_seq_cst(sqi_word *word, uint32_t amount) {
    return atomic_fetch_sub_explicit(&word->value, amount, memory_order_seq_cst);
}

static inline uint32_t sqi_sub_acq_rel(sqi_word *word, uint32_t amount) {
    return atomic_fetch_sub_explicit(&word->value, amount, memory_order_acq_rel);
}

static inline uint32_t sqi_swap_acquire(sqi_word *word, uint32_t value) {
    return atomic_exchange_explicit(&word->value, value, memory_order_acquire);
}

static inline uint32_t sqi_swap_release(sqi_word *word, uint32_t value) {
    return atomic_exchange_explicit(&word->value, value, memory_order_release);
}

/* Whether the word was `from` and is now `to`. */
static inline bool sqi_claim_acquire(sqi_word *word, uint32_t from, uint32_t to) {
    return atomic_compare_exchange_strong_explicit(&word->value, &from, to, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline bool sqi_claim_relaxed(sqi_word *word, uint32_t from, uint32_t to) {
    return atomic_compare_exchange_strong_explicit(&word->value, &from, to, memory_order_relaxed,
                                                   memory_order_relaxed);
}

#endif
