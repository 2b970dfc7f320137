/* SPDX-License-Identifier: MIT */
/* Target unit: the unit with a hostile guest. The input: guest.h. */
#include "fuzz.h"
#include "pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_pair(MENU_UNIT, data, size);
    return 0;
}

int fuzz_as_trace(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e)
{
    return fuzz_pair_trace(MENU_UNIT, data, size, sink, e);
}
