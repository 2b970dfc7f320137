/* SPDX-License-Identifier: MIT */
#include "gen/memory.h"

#include "trace/header.h"

static const struct ram_entry memory[] = {
    {{0x0}, 0xc0000, false},
    {{0xc0000}, 0x20000, true},
    {{0xe0000}, 0x10000, false},
    {{0xf0000}, 0x10000, true},
    {{0x100000}, 0x7ff00000, false},
    {{0xffff0000}, 0x10000, true},
    {{0x100000000}, 0x80000000, false},
};

int gen_add_memory(struct trace_header *h, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; i < sizeof(memory) / sizeof(*memory) && !rc; i++)
        rc = header_add_ram(h, &memory[i], e);
    return rc;
}
