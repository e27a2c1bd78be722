/* Projection by sorting. Which way the numbers are sorted changes no bit. Few of them are sorted, and
 * their sums formed, without branches, which would be guessed wrong half of the times. */
#include "num/simplex.h"

#include <string.h>

enum { FEW = 16 };

/* Insertion sort, in descending order, that always goes all the way. */
static void sort_few(double *a, size_t count) {
    for (size_t i = 1; i < count; i++) {
        double carried = a[i];
        for (size_t j = 0; j < i; j++) {
            double here = a[j];
            a[j] = here < carried ? carried : here;
            carried = here < carried ? here : carried;
        }
        a[i] = carried;
    }
}

/* Lets the number at the root sink into a heap whose least number is on top. */
static void sink(double *a, size_t root, size_t count) {
    double number = a[root];
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && a[child + 1] < a[child])
            child++;
        if (!(a[child] < number))
            break;
        a[root] = a[child];
    }
    a[root] = number;
}

/* Sorts in descending order (Williams 1964; Floyd 1964). */
static void heap_sort(double *a, size_t count) {
    for (size_t root = count / 2; root-- > 0;)
        sink(a, root, count);
    for (size_t end = count; end-- > 1;) {
        double least = a[0];
        a[0] = a[end];
        a[end] = least;
        sink(a, 0, end);
    }
}

/* θ for numbers (size count) in descending order, of which the first is 0. */
static double threshold(const double *mu, size_t count) {
    double sum = 0, last_sum = 0, last = 1;
    int goes_on = 1;
    for (size_t j = 0; j < count; j++) {
        double n = (double)(j + 1);
        sum += mu[j];
        goes_on &= 1 + n * mu[j] > sum;
        last_sum = goes_on ? sum : last_sum;
        last = goes_on ? n : last;
    }
    return (last_sum - 1) / last;
}

void sqi_simplex_project(double *a, size_t count, float *x) {
    double mu[SQI_SIMPLEX_MAX], most = a[0];
    for (size_t c = 1; c < count; c++)
        most = a[c] > most ? a[c] : most;
    for (size_t c = 0; c < count; c++)
        a[c] -= most;
    memcpy(mu, a, count * sizeof *mu);
    if (count <= FEW)
        sort_few(mu, count);
    else
        heap_sort(mu, count);
    double theta = threshold(mu, count);
    for (size_t c = 0; c < count; c++)
        x[c] = (float)sqi_above(a[c], theta);
}
