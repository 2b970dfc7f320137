/* SPDX-License-Identifier: MIT */
/* The rules about the guest that need a memory of their own: what is shown to which of them. */
#include "checks/guest.h"

#include <stdlib.h>

bool chk_watch_new(struct checks *c)
{
    c->watch = calloc(1, sizeof *c->watch);
    if (c->watch)
        c->watch->gones = malloc(GONE_MAX * sizeof *c->watch->gones);
    return c->watch && c->watch->gones;
}

static void forget_ats(struct guest_watch *w)
{
    for (unsigned i = 0; i < w->ats_count; i++)
        spans_free(&w->ats[i].owed);
    w->ats_count = 0;
}

void chk_watch_free(struct checks *c)
{
    if (!c->watch)
        return;
    forget_ats(c->watch);
    free(c->watch->gones);
    free(c->watch);
}

/* That the trace shows reads of GSTS, and that this guest waits, is as true after a reset. */
void chk_watch_reset(struct checks *c)
{
    struct guest_watch *w = c->watch;

    forget_ats(w);
    w->want_mask = w->want = 0;
    w->root_latched = false;
    w->sirtp_record = 0;
    w->oweds = w->gone_count = 0;
    w->q.on = w->q.stopped = w->q.has_bad = w->q.mended = false;
    w->q.iqa = 0;
    w->q.tail = 0;
}

void chk_watch_wait(struct checks *c, uint64_t lo, uint64_t hi)
{
    queue_wait(c, lo, hi);
    queue_taken(c);
    if (lo & 0x30) { /* a fence alone tells nobody */
        c->watch->waits = true;
        c->watch->gone_count = 0;
    }
}

void chk_watch_done(struct checks *c, const struct desc *d)
{
    order_done(c, d);
}

/* An invalidation takes an older value of an entry from the caches. */
void chk_guest_retired(struct checks *c, const struct node *n, const struct item *i)
{
    if (guest_counts_gone(c) && n->role < ROLE_CTX && (i->lo & 3))
        reuse_retired(c, n, i);
}

/* A page-selective invalidation meets an older value; `whole`: all of what it covered. */
void chk_guest_met(struct checks *c, const struct node *n, const struct item *i,
                   const struct desc *d, bool whole)
{
    if (!whole && n->role > 1)
        pages_partial(c, n, i, d);
}
