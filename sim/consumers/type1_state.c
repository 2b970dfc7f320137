/* SPDX-License-Identifier: MIT */
#include "consumers/type1.h"

void type1_save(const struct type1 *t, struct state_out *o)
{
    state_put(o, t->limit, 8);
    state_put(o, t->aperture_last, 8);
    state_put_bool(o, t->v1);
    rangemap_save(&t->maps, o);
}

/* What type1_map would not have taken, no unmap takes away. */
static void whole_pages(const struct type1 *t, struct state_in *i)
{
    const struct range_entry *e = rangemap_at_or_after(&t->maps, iova(0));

    while (e && !i->trouble) {
        uint64_t last = e->range.last.v;

        if ((e->range.first.v & PAGE_4K_MASK) || (last & PAGE_4K_MASK) != PAGE_4K_MASK)
            state_trouble(i, "a container in the saved state maps what is no whole page");
        e = last == UINT64_MAX ? NULL : rangemap_at_or_after(&t->maps, iova(last + 1));
    }
}

void type1_load(struct type1 *t, struct state_in *i)
{
    t->limit = state_take(i, 8);
    t->aperture_last = state_take(i, 8);
    t->v1 = state_take_bool(i);
    rangemap_load(&t->maps, i);
    whole_pages(t, i);
}
