/* One execution of a reader of training data. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sequent/hash.h"

static const char PATH[] = "/fuzz/data";
static const char AGAIN[] = "/fuzz/again";

/* The data in the plain format of their kind. */
static char *to_text(const sq_data *data, size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    for (size_t i = 0; i < data->samples; i++) {
        if (data->kind == SQ_ROWS) {
            fprintf(out, "%.9g", (double)data->label[i]);
            for (uint64_t j = data->row[i]; j < data->row[i + 1]; j++)
                fprintf(out, " %u:%.9g", data->names[0].name[data->column[j]],
                        (double)data->value[j]);
        } else {
            uint32_t a = data->pair[2 * i], b = data->pair[2 * i + 1];
            size_t first = data->kind == SQ_RATINGS ? data->names[0].count : 0;
            fprintf(out, "%u,%u,%.9g", data->names[0].name[a],
                    data->names[first ? 1 : 0].name[b - first], (double)data->value[i]);
        }
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

/* What was read, written as text, must read as the same. */
static void read_again(const sq_data *data) {
    size_t size;
    char *text = to_text(data, &size);
    sq_data *other = NULL;
    sq_error error = {""};
    fuzz_file(AGAIN, text, size);
    if (sq_data_read(&other, AGAIN, data->kind, SQ_FORMAT_AUTO, &error) != SQ_OK)
        fuzz_breach("what was read is refused when it is written: %s", error.message);
    sq_hash a = sq_data_hash(data), b = sq_data_hash(other);
    if (strcmp(a.hex, b.hex) != 0 || data->nonzeros != other->nonzeros)
        fuzz_breach("what was read differs when it is written and read again");
    for (int side = 0; side < 2; side++)
        if (data->names[side].count != other->names[side].count)
            fuzz_breach("names differ when they are written and read again");
    sq_data_free(other);
    free(text);
}

int fuzz_data(const uint8_t *bytes, size_t size, sq_data_kind kind, sq_format format) {
    sq_error error = {""};
    sq_data *data = NULL;
    fuzz_begin(bytes, size);
    fuzz_file(PATH, bytes, size);
    int status = sq_data_read(&data, PATH, kind, format, &error);
    int packed = size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
    if ((status == SQ_OK) != (data != NULL))
        fuzz_breach("status %d and data %p", status, (void *)data);
    if (status == SQ_BAD_INPUT && !packed)
        fuzz_check_place(&error, PATH, bytes, size);
    else if (status == SQ_IO && packed)
        fuzz_check_message(&error);
    else if (status != SQ_OK && !packed)
        fuzz_breach("status %d: %s", status, error.message);
    if (data) {
        fuzz_check_data(data, kind);
        if (!packed)
            fuzz_check_plain(data, format, bytes, size);
        read_again(data);
    }
    sq_data_free(data);
    fuzz_end();
    return 0;
}
