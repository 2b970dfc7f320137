/* SPDX-License-Identifier: MIT */
#include "consumers/address_space.h"

void space_notifiers(struct notifier *below, struct notifier *above, const struct consumer *owner)
{
    below->owner = owner->how.name;
    *above = *below;
    below->range = iova_range(0, IR_WINDOW_FIRST - 1);
    above->range = iova_range(IR_WINDOW_LAST + 1, UINT64_MAX);
}

bool space_take_up(struct consumer *c, struct notifier *n, bool *refused)
{
    struct err ignored;

    if (*refused || c->gone || fate_ended(c->fate))
        return false;
    *refused = notify_register(c->region, n, &ignored) != 0;
    return !*refused;
}

void space_each_ram(const struct guest_mem *m,
                    void (*piece)(void *arg, const struct ram_block *b, struct iova_range r),
                    void *arg)
{
    size_t count;
    const struct ram_block *b = guest_mem_blocks(m, &count);

    for (size_t i = 0; i < count; i++) {
        uint64_t first = b[i].gpa.v, last = b[i].gpa.v + (b[i].bytes - 1);

        if (first > IR_WINDOW_LAST || last < IR_WINDOW_FIRST) {
            piece(arg, &b[i], iova_range(first, last));
            continue;
        }
        if (first < IR_WINDOW_FIRST)
            piece(arg, &b[i], iova_range(first, IR_WINDOW_FIRST - 1));
        if (last > IR_WINDOW_LAST)
            piece(arg, &b[i], iova_range(IR_WINDOW_LAST + 1, last));
    }
}

const char *space_refuses(const struct guest_mem *m, const struct iommu_event *e, enum perm *rights)
{
    const struct ram_block *b = guest_mem_block_at(m, e->gpa);
    uint64_t span = e->range.last.v - e->range.first.v; /* bytes - 1 */
    uint64_t bytes = span + 1, rest;

    if (!b)
        return "not-ram";
    rest = b->bytes - (e->gpa.v - b->gpa.v);
    if (rest < bytes)
        bytes = rest;
    if (bytes & span)
        return "granularity";
    *rights = (e->perm & PERM_W) && !b->rom ? PERM_RW : PERM_R;
    return NULL;
}
