/* SPDX-License-Identifier: MIT */
/* COH-SHADOW: what a consumer's side holds against what it was told. */
#include "checks/shadow.h"

bool chk_right_held(const struct checks *c, uint64_t target, enum perm told, enum perm held)
{
    const struct ram_block *b;

    if (held == told || ((told & PERM_W) && held == (told | PERM_R)))
        return true;
    b = guest_mem_block_at(c->cfg.mem, gpa(target));
    return b && b->rom && held == PERM_R;
}

enum mismatch_kind shadow_judge_held(const struct checks *c, struct person *p, const struct span *s,
                                     uint64_t first, uint64_t last)
{
    if (told_state(s->meta) == TOLD_NOT_ASKED) {
        struct iova_range told = {{s->first}, {s->last}};
        const struct ram_block *b;

        /* Beyond what the device of a vdpa or iommufd backend can address nothing is asked. */
        if (p->kind == CONSUMER_VHOST && !iova_range_overlap(told, p->range))
            return NOTHING_WRONG;
        b = guest_mem_block_at(c->cfg.mem, gpa(s->gpa));

        return b && !b->rom && s->gpa + (s->last - s->first) <= b->gpa.v + (b->bytes - 1)
                   ? UNASKED
                   : NOTHING_WRONG;
    }
    if (told_state(s->meta) != TOLD_HELD || !c->cfg.world.held)
        return NOTHING_WRONG;
    for (uint64_t at = first;;) {
        struct held_xlat h;

        if (!chk_held(c, p, at, &h))
            return p->on_demand ? NOTHING_WRONG : UNHELD; /* that one drops entries to make room */
        if (at < h.range.first.v || at > h.range.last.v ||
            h.gpa.v + (at - h.range.first.v) != s->gpa + (at - s->first) ||
            !chk_right_held(c, s->gpa, told_perm(s->meta), h.perm))
            return UNHELD;
        if (h.range.last.v >= last)
            return NOTHING_WRONG;
        at = h.range.last.v + 1;
    }
}
