/* A library of somebody else, built with -ffast-math: its start-up code makes the processor flush
 * subnormal numbers to zero, for the whole process. */
float somebody_elses(float number);

float somebody_elses(float number) {
    return number * 0.5f;
}
