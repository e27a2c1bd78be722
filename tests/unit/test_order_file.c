/* data/order_file: orders from files, well formed and not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sequent/order.h"
#include "support/data_files.h"

/* Reads text as an order of `samples` samples. The message begins behind the file's name. */
static int read_order(sq_order *order, const char *text, size_t samples, int packed,
                      char message[512]) {
    char spec[128];
    sq_error error = {0};
    const char *path = data_file(text, strlen(text), packed);
    snprintf(spec, sizeof spec, "file:%s", path);
    int status = sq_order_init(order, spec, 1, samples, &error);
    remove(path);
    const char *from = error.message;
    if (strncmp(from, path, strlen(path)) == 0)
        from += strlen(path) + 1;
    strcpy(message, from);
    return status;
}

static void expect(const char *text, int packed, size_t samples, size_t steps,
                   const uint32_t *want) {
    sq_order order;
    char message[512];
    int status = read_order(&order, text, samples, packed, message);
    cr_assert(status == SQ_OK, "'%s': %s", text, message);
    cr_assert(order.kind == SQ_ORDER_FILE && order.steps == steps && order.samples == samples);
    cr_assert(sq_order_fixed(&order) && strcmp(sq_order_name(order.kind), "file") == 0);
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        uint32_t pi[16] = {0};
        sq_order_fill(&order, epoch, pi);
        cr_assert(memcmp(pi, want, steps * sizeof *pi) == 0, "'%s'", text);
    }
    sq_order_fini(&order);
    cr_assert(order.file == NULL);
    sq_order_fini(&order);
}

Test(order_file, any_length_and_repeats) {
    expect("0\n", 0, 1, 1, (uint32_t[]){0});
    expect("2\n0\n1\n", 0, 3, 3, (uint32_t[]){2, 0, 1});
    expect("1\n1\n1\n1\n1\n", 0, 3, 5, (uint32_t[]){1, 1, 1, 1, 1});
    expect("2\n", 0, 3, 1, (uint32_t[]){2});
    expect("4294967293\n", 0, 4294967294u, 1, (uint32_t[]){4294967293u});
    expect("007\n", 0, 8, 1, (uint32_t[]){7});
}

Test(order_file, blanks_comments_and_ends) {
    expect("# an order\n\n  2 \n\t0\r\n  # more\n1", 0, 3, 3, (uint32_t[]){2, 0, 1});
    expect("\xEF\xBB\xBF"
           "1\n0\n",
           0, 2, 2, (uint32_t[]){1, 0});
    expect("2\n0\n1\n", 1, 3, 3, (uint32_t[]){2, 0, 1});
}

static void refuse_order(const char *text, size_t samples, const char *want) {
    sq_order order;
    char message[512];
    int status = read_order(&order, text, samples, 0, message);
    cr_assert(status == SQ_BAD_INPUT, "'%s': status %d, %s", text, status, message);
    cr_assert(strncmp(message, want, strlen(want)) == 0, "'%s': got '%s', not '%s'", text, message,
              want);
    cr_assert(order.file == NULL);
    sq_order_fini(&order);
}

Test(order_file, refuses_what_is_no_sample) {
    refuse_order("", 3, "1");
    refuse_order("\n# nothing\n", 3, "3");
    refuse_order("0\nx\n", 3, "2:1: found 'x'");
    refuse_order("0\n-1\n", 3, "2:1: found '-1'");
    refuse_order("+1\n", 3, "1:1: ");
    refuse_order("0\n3\n", 3, "2:1: found '3', expected a sample number from 0 to 2");
    refuse_order("1\n4294967296\n", 3, "2:1: ");
    refuse_order("1\n18446744073709551616\n", 3, "2:1: ");
    refuse_order("1\n99999999999999999999999999999999\n", 3, "2:1: ");
    refuse_order("0 1\n", 3, "1:1: ");
    refuse_order("0 # zero\n", 3, "1:1: ");
    refuse_order("0\n1x\n", 3, "2:1: ");
    refuse_order("1.0\n", 3, "1:1: ");
    refuse_order("1e0\n", 3, "1:1: ");
    refuse_order("0\n1,2\n", 3, "2:1: ");
    refuse_order("0x1\n", 3, "1:1: ");
    refuse_order("0\n\n  \n   7 # late\n", 3, "4:4: ");
}

Test(order_file, a_nul_byte_is_refused) {
    static const char text[] = "1\n0\0\n2\n";
    char spec[128];
    sq_order order;
    const char *path = data_file(text, sizeof text - 1, 0);
    snprintf(spec, sizeof spec, "file:%s", path);
    cr_assert(sq_order_init(&order, spec, 1, 3, NULL) == SQ_BAD_INPUT);
    remove(path);
}

Test(order_file, a_file_that_is_not_there) {
    sq_order order;
    sq_error error = {0};
    cr_assert(sq_order_init(&order, "file:/tmp/sequent-no-such-order", 1, 3, &error) == SQ_IO);
    cr_assert(strstr(error.message, "sequent-no-such-order"), "%s", error.message);
    cr_assert(sq_order_init(&order, "file:", 1, 3, &error) == SQ_IO);
    cr_assert(sq_order_init(&order, "file:/tmp", 1, 3, &error) == SQ_IO);
}

Test(order_file, standard_input) {
    int ends[2];
    cr_assert(pipe(ends) == 0);
    cr_assert(write(ends[1], "1\n0\n1\n", 6) == 6 && close(ends[1]) == 0);
    cr_assert(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    sq_order order;
    cr_assert(sq_order_init(&order, "file:-", 1, 2, NULL) == SQ_OK);
    cr_assert(order.steps == 3 && order.file[0] == 1 && order.file[1] == 0 && order.file[2] == 1);
    sq_order_fini(&order);
}
