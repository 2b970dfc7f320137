/* SPDX-License-Identifier: MIT */
/* Regions and registrations as bytes, and back without a word to anybody. */
#include "notifier.h"
#include "policy_fields.h"

void notify_region_save(const struct notify_region *r, struct state_out *o)
{
    state_put_bool(o, r->translated);
    state_put(o, r->flags, 4);
    state_put(o, r->entry_next, 1);
}

void notify_region_load(struct notify_region *r, struct state_in *i)
{
    bool translated = state_take_bool(i);

    r->translated = translated && !r->policy->restore_forgets_regions;
    r->flags = (uint32_t)state_take(i, 4);
    r->entry_next = (unsigned)state_take(i, 1);
    if (r->entry_next >= ENTRY_SLOTS) {
        state_trouble(i, "the saved state hands out an entry that there is not");
        r->entry_next = 0;
    }
    for (unsigned n = 0; n < ENTRY_SLOTS; n++)
        r->entry[n] = event_dead(); /* between records all of them are */
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
