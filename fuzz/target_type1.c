/* SPDX-License-Identifier: MIT */
/* Target type1: type1 with emulated devices that misbehave. The input: guest.h. */
#include "fuzz.h"
#include "pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_pair(MENU_TYPE1, data, size);
    return 0;
}

int fuzz_as_trace(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e)
{
    return fuzz_pair_trace(MENU_TYPE1, data, size, sink, e);
}
