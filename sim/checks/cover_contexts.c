/* SPDX-License-Identifier: MIT */
/* How long root and context entries may be remembered after they were replaced (specification 6.2,
 * 6.5.2; vtd-facts 5.5, 8 O1). */
#include "checks/registry.h"

#include <stdlib.h>
#include <string.h>

static uint64_t device_covered(const struct registry *r, bdf_t bdf, uint16_t tag)
{
    uint32_t key = (uint32_t)bdf.v << 16 | tag;
    size_t lo = 0, hi = r->cc_dev_count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (r->cc_dev[mid].key == key)
            return r->cc_dev[mid].at;
        if (r->cc_dev[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return 0;
}

/*
 * May a context entry (or the root entry before it) replaced at `until` still be used for a device?
 * It lives in the context cache until that is invalidated for its tag. Until then IOTLB entries may
 * be made from it, so it is gone for good only when an IOTLB invalidation has followed (vtd-facts 8
 * O1). A faulting one has no IOTLB entry.
 */
static bool alive_as(const struct registry *r, uint64_t until, bdf_t bdf, uint16_t tag, bool maps)
{
    uint64_t cc = r->cc_all, io = r->iotlb_all, dev;

    dev = device_covered(r, bdf, tag);
    if (did_time(&r->cc_did, tag) > cc)
        cc = did_time(&r->cc_did, tag);
    cc = dev > cc ? dev : cc;
    if (until > cc)
        return true;
    if (!maps)
        return false;
    if (did_time(&r->iotlb_did, tag) > io)
        io = did_time(&r->iotlb_did, tag);
    return io < cc;
}

bool ctx_alive(const struct registry *r, uint64_t until, bdf_t bdf, const struct ctx *x)
{
    if (until == FOREVER ||
        alive_as(r, until, bdf, arch_tag(x), x->kind == CTX_PASS || x->kind == CTX_TABLES))
        return true;
    /* Who insists on the largest width for pass-through keeps a narrower one as faulting. */
    return x->kind == CTX_PASS && x->reasons && alive_as(r, until, bdf, 0, false);
}

void cover_device(struct checks *c, uint16_t sid, uint16_t did)
{
    struct registry *r = c->registry;
    uint32_t key = (uint32_t)sid << 16 | did;
    size_t at = 0;

    while (at < r->cc_dev_count && r->cc_dev[at].key < key)
        at++;
    if (at < r->cc_dev_count && r->cc_dev[at].key == key) {
        r->cc_dev[at].at = r->now;
        return;
    }
    if (r->cc_dev_count >= 4096)
        return; /* remembered longer than needed: accepts more, never less */
    if (r->cc_dev_count == r->cc_dev_room) {
        size_t room = r->cc_dev_room ? r->cc_dev_room * 2 : 16;
        struct device_cover *more = realloc(r->cc_dev, room * sizeof *more);

        if (!more) {
            c->failed = true;
            return;
        }
        r->cc_dev = more;
        r->cc_dev_room = room;
    }
    memmove(&r->cc_dev[at + 1], &r->cc_dev[at], (r->cc_dev_count - at) * sizeof *r->cc_dev);
    r->cc_dev[at] = (struct device_cover){key, r->now};
    r->cc_dev_count++;
}

/* Root and context entries nobody can remember any more. */
void cover_prune_contexts(struct checks *c)
{
    struct registry *r = c->registry;
    struct item *dead = NULL;

    for (struct node *n = r->hist, *next; n; n = next) {
        struct item **link = &n->past->items;

        next = n->past->hist_next;
        while (n->role >= ROLE_CTX && *link) {
            struct item *i = *link;
            bool gone = i->until <= r->cc_all && r->cc_all <= r->iotlb_all;

            if (!gone && n->role == ROLE_CTX && !n->shared && !i->wild) {
                struct ctx x = arch_context(&c->arch, i->lo, i->hi);

                gone = !ctx_alive(r, i->until, bdf((uint16_t)(n->base << 8 | i->index)), &x);
            }
            if (gone)
                item_unlink(r, n, link, &dead);
            else
                link = &i->next;
        }
    }
    for (unsigned k = 0; k < r->old_root_count;) {
        struct old_root *o = &r->old_roots[k];

        if (o->until > r->cc_all || r->cc_all > r->iotlb_all) {
            k++;
            continue;
        }

        struct node *n = reg_find(r, o->page, ROLE_ROOT);

        *o = r->old_roots[--r->old_root_count];
        if (n) {
            n->refs_old -= n->refs_old > 0;
            reg_unref(c, n);
        }
    }
    items_bury(c, dead);
}
