/* SPDX-License-Identifier: MIT */
/*
 * Where an assigned function stands in the machine. One that is there from the start, on bus 0, and
 * alone with its requester id, stands there itself. Any other is behind a conventional PCI bridge:
 * such a bridge puts its own id into the requests of what is behind it, takes hot-plug, and can be
 * put on any bus; so a bridge at 00:02.0 makes 00:02.0 come and go.
 */
#ifndef VTR_JUDGE_PLACE_H
#define VTR_JUDGE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/** Group of the function that only shows where memory is: no device of a trace has it. */
#define SPY_GROUP 0xffffffu

struct machine_function {
    unsigned group; /* of /dev/vfio/NUMBER: function_group() */
    bdf_t at;       /* the id that its requests carry */
    bool fixed;     /* never to be unplugged: it may stand there itself */
    bool later;     /* not there at the start */
    unsigned slot;  /* 0: it stands at `at` itself; else behind the bridge there, in this slot */
};

/** The number that stands for the device's nth consumer (0: the first). */
static inline unsigned function_group(bdf_t b, unsigned nth)
{
    return nth << 16 | b.v;
}

/** Choose each function's slot. */
void place_functions(struct machine_function *f, size_t count);

/** The slots of bus 0 that these are in, one bit for each. */
uint32_t place_slots(const bdf_t *at, size_t count);

/** A slot of bus 0 with nobody in it (`taken`: place_slots() of others), from the highest down past
 * `skip` of them; 0: none. */
unsigned place_free_slot(const struct machine_function *f, size_t count, uint32_t taken,
                         unsigned skip);

/** Whether f[index] is the first behind its bridge. */
bool place_first_of_bridge(const struct machine_function *f, size_t index);

/** Whether f[index] is the first on its bus, and the bus is not 0. */
bool place_first_of_bus(const struct machine_function *f, size_t index);

#endif
