/* The tables of powers. */
#include "opt/powers.h"

#include "base/alloc.h"

int sqi_powers_init(sqi_powers *powers, size_t most, sq_error *error) {
    powers->most = most;
    powers->low = sqi_alloc(SQI_POWERS_LOW, sizeof *powers->low, error);
    powers->high = sqi_alloc(most / SQI_POWERS_LOW + 1, sizeof *powers->high, error);
    return powers->low && powers->high ? SQ_OK : SQ_NO_MEMORY;
}

void sqi_powers_fini(sqi_powers *powers) {
    powers->low = sqi_free(powers->low);
    powers->high = sqi_free(powers->high);
}

void sqi_powers_fill(sqi_powers *powers, double q) {
    sqi_power p = {1, 0};
    for (size_t i = 0; i < SQI_POWERS_LOW; i++) {
        powers->low[i] = p;
        p = (sqi_power){p.keep * q, p.sum + p.keep};
    }
    sqi_power all = p; /* q^256 and its sum */
    p = (sqi_power){1, 0};
    for (size_t a = 0; a <= powers->most / SQI_POWERS_LOW; a++) {
        powers->high[a] = p;
        p = (sqi_power){p.keep * all.keep, p.sum + p.keep * all.sum};
    }
}
