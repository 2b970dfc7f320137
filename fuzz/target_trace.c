/* SPDX-License-Identifier: MIT */
/* Target trace: the input is a trace file of any form, damaged or not. */
#include "fuzz.h"
#include "roundtrip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_roundtrip(data, size);
    return 0;
}

int fuzz_as_trace(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e)
{
    return fuzz_reread(data, size, sink, e);
}
