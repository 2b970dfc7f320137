/* SPDX-License-Identifier: MIT */
/*
 * What a fuzz target is: one file that defines these, linked with a fuzzer's engine or with main.c
 * (docs/fuzzing.md). A target keeps memory between executions, so it is not for several threads.
 */
#ifndef VTR_FUZZ_FUZZ_H
#define VTR_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trace/writer.h"

/** One execution. Always 0; what is found ends the program (finding). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The input as a trace, text form, to `sink`: 0, or a negative errno with a sentence. */
int fuzz_as_trace(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e);

/** Print the sentence as "finding: ..." on standard error, and abort. */
_Noreturn void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
