/* Projection by sorting. Which way the numbers are sorted changes no bit. */
#include "num/simplex.h"

#include <string.h>

enum { FEW = 24 };

static void insertion_sort(double *a, size_t count) {
    for (size_t i = 1; i < count; i++) {
        double number = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1] < number; j--)
            a[j] = a[j - 1];
        a[j] = number;
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
    double sum = 0, theta = -1;
    for (size_t j = 0; j < count; j++) {
        double n = (double)(j + 1);
        sum += mu[j];
        if (!(1 + n * mu[j] > sum))
            break;
        theta = (sum - 1) / n;
    }
    return theta;
}

void sqi_simplex_project(double *a, size_t count, float *x) {
    double mu[SQI_SIMPLEX_MAX], most = a[0];
    for (size_t c = 1; c < count; c++)
        most = a[c] > most ? a[c] : most;
    for (size_t c = 0; c < count; c++)
        a[c] -= most;
    memcpy(mu, a, count * sizeof *mu);
    if (count <= FEW)
        insertion_sort(mu, count);
    else
        heap_sort(mu, count);
    double theta = threshold(mu, count);
    for (size_t c = 0; c < count; c++)
        x[c] = (float)(a[c] <= theta ? 0 : a[c] - theta);
}
