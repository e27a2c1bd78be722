/* The one place that writes an sq_error. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

int sqi_fail(sq_error *error, int code, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

const char *sq_version(void) {
    return SQ_VERSION;
}

int sq_arithmetic_version(void) {
    return 1;
}
