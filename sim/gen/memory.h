/* SPDX-License-Identifier: MIT */
/* The memory that all made traces have. */
#ifndef VTR_GEN_MEMORY_H
#define VTR_GEN_MEMORY_H

#include "base/err.h"
#include "trace/record.h"

/** `ram` and `rom` records as a q35 machine with 4 GiB has them. 0 or a negative errno. */
int gen_add_memory(struct trace_header *h, struct err *e);

#endif
