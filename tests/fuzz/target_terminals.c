/* Terminals: what is accepted keeps the rules of data.h, every line of it is in the file, and written
 * and read again it is the same; what is refused is so with a place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char PATH[] = "/fuzz/terminals", AGAIN[] = "/fuzz/again";

static void check(const sq_terminals *t) {
    int several = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (t->node[i] > 4294967294u || (i > 0 && t->node[i - 1] >= t->node[i]))
            fuzz_breach("node %u at %zu", t->node[i], i);
        if (!isfinite(t->label[i]) || (t->label[i] == 0 && signbit(t->label[i])))
            fuzz_breach("label %g of node %u", (double)t->label[i], t->node[i]);
        several |= t->label[i] != t->label[0];
    }
    if (!several)
        fuzz_breach("%zu terminals of one label", t->count);
}

/* Two labels of a node would have been refused, so every line that begins with a number and a
 * separator says what was read. */
static void check_lines(const sq_terminals *t, const uint8_t *bytes, size_t size) {
    char *text = malloc(size + 1), *rest = text;
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        rest += 3;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *p = line + strspn(line, " \t"), *end;
        if (*p < '0' || *p > '9')
            continue;
        unsigned long node = strtoul(p, &end, 10);
        float label = strtof(end + strspn(end, " \t,:"), NULL);
        size_t low = 0;
        while (low < t->count && t->node[low] < node)
            low++;
        if (low == t->count || t->node[low] != node || t->label[low] != label)
            fuzz_breach("another label than the line says: %s", p);
    }
    free(text);
}

static void read_again(const sq_terminals *t) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = t->count; i-- > 0;)
        fprintf(out, "%u %.9g\n", t->node[i], (double)t->label[i]);
    fclose(out);
    sq_terminals *other = NULL;
    sq_error error = {""};
    fuzz_file(AGAIN, text, size);
    if (sq_terminals_read(&other, AGAIN, &error) != SQ_OK)
        fuzz_breach("what was read is refused when it is written: %s", error.message);
    if (other->count != t->count || memcmp(other->node, t->node, 4 * t->count) != 0 ||
        memcmp(other->label, t->label, 4 * t->count) != 0)
        fuzz_breach("what was read differs when it is written and read again");
    sq_terminals_free(other);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    sq_terminals *t = NULL;
    sq_error error = {""};
    if (size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B)
        return -1;
    fuzz_begin(bytes, size);
    fuzz_file(PATH, bytes, size);
    int status = sq_terminals_read(&t, PATH, &error);
    if ((status == SQ_OK) != (t != NULL))
        fuzz_breach("status %d and terminals %p", status, (void *)t);
    if (status == SQ_BAD_INPUT)
        fuzz_check_place(&error, PATH, bytes, size);
    else if (status != SQ_OK)
        fuzz_breach("status %d: %s", status, error.message);
    if (t) {
        check(t);
        check_lines(t, bytes, size);
        read_again(t);
    }
    sq_terminals_free(t);
    fuzz_end();
    return 0;
}
