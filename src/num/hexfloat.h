/* binary64 numbers as text that is exact, short to compare and the same on every machine:
 * [-]0x1.<hex digits, no trailing zeros>p<exponent>, with 0x0p+0 for zero and 0x0.… for subnormal
 * numbers (ISO C's %a, whose leading digit is the implementation's choice, made definite). */
#ifndef SQI_NUM_HEXFLOAT_H
#define SQI_NUM_HEXFLOAT_H

typedef struct sqi_hexfloat {
    char text[32];
} sqi_hexfloat;

/* The text of a finite number. */
sqi_hexfloat sqi_hexfloat_of(double number);

/* The number of such a text; 0 where it is one, -1 where it is not exactly what sqi_hexfloat_of
 * writes. */
int sqi_hexfloat_read(const char *text, double *number);

#endif
