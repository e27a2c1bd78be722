/* Projections by sorting, by trying, by halving. */
#include "oracle/simplex.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static int descending(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p < q) - (p > q);
}

void oracle_project(const double *a, size_t count, float *x) {
    double *mu = malloc(count * sizeof *mu), most = a[0], sum = 0, theta = 0;
    for (size_t c = 0; c < count; c++)
        most = a[c] > most ? a[c] : most;
    for (size_t c = 0; c < count; c++)
        mu[c] = a[c] - most;
    qsort(mu, count, sizeof *mu, descending);
    for (size_t j = 1; j <= count; j++) {
        sum = sum + mu[j - 1];
        if (!(1 + (double)j * mu[j - 1] > sum))
            break;
        theta = (sum - 1) / (double)j;
    }
    for (size_t c = 0; c < count; c++)
        x[c] = (a[c] - most) - theta > 0 ? (float)((a[c] - most) - theta) : 0;
    free(mu);
}

void oracle_project_by_supports(const double *a, size_t count, long double *x) {
    for (unsigned set = 1; set < 1u << count; set++) {
        long double sum = 0, theta;
        int size = 0, fits = 1;
        for (size_t c = 0; c < count; c++)
            if (set >> c & 1) {
                sum += (long double)a[c];
                size++;
            }
        theta = (sum - 1) / size;
        for (size_t c = 0; c < count; c++)
            fits &= (set >> c & 1) ? (long double)a[c] >= theta : (long double)a[c] <= theta;
        for (size_t c = 0; c < count && fits; c++)
            x[c] = (set >> c & 1) ? (long double)a[c] - theta : 0;
        if (fits)
            return;
    }
    cr_assert(0, "no support fits");
}

static long double sum_above(const double *a, size_t count, long double tau) {
    long double sum = 0;
    for (size_t c = 0; c < count; c++)
        sum += (long double)a[c] > tau ? (long double)a[c] - tau : 0;
    return sum;
}

void oracle_project_by_bisection(const double *a, size_t count, long double *x) {
    long double high = (long double)a[0], low;
    for (size_t c = 0; c < count; c++)
        high = (long double)a[c] > high ? (long double)a[c] : high;
    low = high - 1;
    for (int i = 0; i < 200; i++) {
        long double middle = low + (high - low) / 2;
        if (sum_above(a, count, middle) >= 1)
            low = middle;
        else
            high = middle;
    }
    for (size_t c = 0; c < count; c++)
        x[c] = (long double)a[c] > low ? (long double)a[c] - low : 0;
}
