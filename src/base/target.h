/* Compiling a part of a file for processors that have more than the rest of it asks for.
 *
 *     #if defined(__x86_64__)
 *     SQI_TARGET_PUSH("avx2")
 *     … functions; whoever calls them has asked sqi_isa …
 *     SQI_TARGET_POP
 *     #endif */
#ifndef SQI_BASE_TARGET_H
#define SQI_BASE_TARGET_H

#define SQI_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define SQI_TARGET_PUSH(features)                                                                  \
    SQI_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define SQI_TARGET_POP SQI_PRAGMA(clang attribute pop)
#else
#define SQI_TARGET_PUSH(features) SQI_PRAGMA(GCC push_options) SQI_PRAGMA(GCC target(features))
#define SQI_TARGET_POP SQI_PRAGMA(GCC pop_options)
#endif

#endif
