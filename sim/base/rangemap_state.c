/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/rangemap.h"

#define ENTRY_BYTES (8 + 8 + 8 + 1)

void rangemap_save(const struct rangemap *m, struct state_out *o)
{
    const struct range_entry *e = rangemap_at_or_after(m, iova(0));

    state_put(o, m->count, 8);
    while (e) {
        state_put(o, e->range.first.v, 8);
        state_put(o, e->range.last.v, 8);
        state_put(o, e->gpa.v, 8);
        state_put(o, e->perm, 1);
        if (e->range.last.v == UINT64_MAX)
            break;
        e = rangemap_at_or_after(m, iova(e->range.last.v + 1));
    }
}

void rangemap_load(struct rangemap *m, struct state_in *i)
{
    uint64_t count = state_take_count(i, ENTRY_BYTES);

    for (uint64_t n = 0; n < count && !i->trouble; n++) {
        uint64_t first = state_take(i, 8), last = state_take(i, 8);
        struct range_entry e = {iova_range(first, last), gpa(state_take(i, 8)), PERM_NONE};
        uint64_t perm = state_take(i, 1);

        e.perm = (enum perm)(perm & PERM_RW);
        if (i->trouble)
            return;
        if (first > last || perm > PERM_RW) {
            state_trouble(i, "a mapping in the saved state is none");
            return;
        }
        switch (rangemap_insert(m, &e)) {
        case 0: break;
        case -EEXIST: state_trouble(i, "mappings in the saved state overlap"); break;
        default: state_no_memory(i);
        }
    }
}
