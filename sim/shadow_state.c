/* SPDX-License-Identifier: MIT */
/* What was notified, as bytes: the leaves in ascending order. */
#include <errno.h>

#include "shadow.h"

#define LEAF_BYTES (1 + 8 + 8)
#define LEAF_WRONG "what was notified, as the saved state has it, is no set of pages"

static void save_leaf(void *arg, struct iova_range r, uint64_t leaf)
{
    struct state_out *o = arg;
    unsigned level = 1;

    while (level_mask(level) != r.last.v - r.first.v)
        level++;
    state_put(o, level, 1);
    state_put(o, r.first.v, 8);
    state_put(o, leaf, 8);
}

void shadow_save(const struct shadow *s, struct state_out *o)
{
    state_put(o, s->leaves, 8);
    shadow_visit(s, iova_range(0, UINT64_MAX), save_leaf, o);
}

static bool leaf_sound(const struct shadow *s, uint64_t level, uint64_t at, uint64_t leaf)
{
    struct iova_range around;

    if (level < 1 || level > s->levels || (at & level_mask((unsigned)level)) ||
        at > level_mask(s->levels + 1))
        return false;
    if (!(leaf & SHADOW_LEAF) || !(leaf & SS_PERM) ||
        (leaf & (SHADOW_ONLY_INDEX | ~((UINT64_C(1) << 52) - 1))))
        return false;
    return shadow_meet(s, iova(at), (unsigned)level, leaf, &around) == MEET_NONE;
}

void shadow_load(struct shadow *s, struct state_in *i)
{
    uint64_t count = state_take_count(i, LEAF_BYTES);

    for (uint64_t n = 0; n < count && !i->trouble; n++) {
        uint64_t level = state_take(i, 1), at = state_take(i, 8), leaf = state_take(i, 8);

        if (i->trouble)
            return;
        if (!leaf_sound(s, level, at, leaf)) {
            state_trouble(i, LEAF_WRONG);
            return;
        }
        switch (shadow_set(s, iova(at), (unsigned)level, leaf)) {
        case 0: break;
        case -E2BIG: state_trouble(i, LEAF_WRONG); break;
        default: state_no_memory(i);
        }
    }
}
