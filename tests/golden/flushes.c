/* Exit 0 where the process flushes subnormal numbers to zero: whether the library of fast_math.c did
 * its work. */
int main(void) {
    volatile float tiny = 0x1p-126f, half = 0.5f;
    return tiny * half != 0;
}
