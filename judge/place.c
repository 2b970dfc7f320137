/* SPDX-License-Identifier: MIT */
#include "place.h"

#define SLOTS_OF_BRIDGE 31u
#define SLOT_HIGHEST    30u /* 1f is the chipset's, and so is 00 */

static unsigned bus_of(bdf_t b)
{
    return b.v >> 8;
}

void place_functions(struct machine_function *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned before = 0, same = 0;

        for (size_t k = 0; k < count; k++)
            if (f[k].at.v == f[i].at.v) {
                same++;
                before += k < i;
            }
        f[i].slot =
            f[i].fixed && same == 1 && bus_of(f[i].at) == 0 ? 0 : 1 + before % SLOTS_OF_BRIDGE;
    }
}

uint32_t place_slots(const bdf_t *at, size_t count)
{
    uint32_t taken = 0;

    for (size_t i = 0; i < count; i++)
        if (bus_of(at[i]) == 0)
            taken |= UINT32_C(1) << (at[i].v >> 3 & 31u);
    return taken;
}

unsigned place_free_slot(const struct machine_function *f, size_t count, uint32_t taken,
                         unsigned skip)
{
    for (size_t i = 0; i < count; i++)
        taken |= place_slots(&f[i].at, 1);
    for (unsigned slot = SLOT_HIGHEST; slot > 0; slot--)
        if (!(taken >> slot & 1u) && skip-- == 0)
            return slot;
    return 0;
}

bool place_first_of_bridge(const struct machine_function *f, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (f[i].slot && f[i].at.v == f[index].at.v)
            return false;
    return f[index].slot != 0;
}

bool place_first_of_bus(const struct machine_function *f, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (bus_of(f[i].at) == bus_of(f[index].at))
            return false;
    return bus_of(f[index].at) != 0;
}
