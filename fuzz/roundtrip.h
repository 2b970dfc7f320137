/* SPDX-License-Identifier: MIT */
/* The oracle of the targets that read: what was read, written and read again is the same. */
#ifndef VTR_FUZZ_ROUNDTRIP_H
#define VTR_FUZZ_ROUNDTRIP_H

#include "fuzz.h"

/** Read the file `data` up to its end or damage; write that as text and packed; read both again and
 * write them as text: all texts are the same. */
void fuzz_roundtrip(const uint8_t *data, size_t size);

/** The records before the damage, as text. */
int fuzz_reread(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e);

#endif
