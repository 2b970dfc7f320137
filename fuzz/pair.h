/* SPDX-License-Identifier: MIT */
/*
 * The oracle of the targets that simulate: a guest obeyed by one engine with the checks on and,
 * under `ideal`, by a second with another strategy, record by record. Both must show the same, no
 * violation may be found and `ideal` may not abort. What is found ends the program (finding).
 */
#ifndef VTR_FUZZ_PAIR_H
#define VTR_FUZZ_PAIR_H

#include "fuzz.h"
#include "guest.h"

/** One execution. */
void fuzz_pair(enum fuzz_menu menu, const uint8_t *data, size_t size);

/** The same guest as a trace (fuzz_as_trace): what is obeyed, without a record that is refused. */
int fuzz_pair_trace(enum fuzz_menu menu, const uint8_t *data, size_t size, struct trace_sink sink,
                    struct err *e);

#endif
