/* SPDX-License-Identifier: MIT */
/* Regions and registrations as bytes, and back without a word to anybody. */
#include "notifier.h"
#include "policy_fields.h"

void notify_region_save(const struct notify_region *r, struct state_out *o)
{
    state_put_bool(o, r->translated);
    state_put(o, r->flags, 4);
}

void notify_region_load(struct notify_region *r, struct state_in *i)
{
    bool translated = state_take_bool(i);

    r->translated = translated && !r->policy->restore_forgets_regions;
    r->flags = (uint32_t)state_take(i, 4);
}

void notify_relink(struct notify_region *r, struct notifier *n, bool registered)
{
    struct notifier **link = &r->head;

    while (*link)
        link = &(*link)->next;
    n->region = r;
    n->registered = registered;
    n->next = NULL;
    *link = n;
}
