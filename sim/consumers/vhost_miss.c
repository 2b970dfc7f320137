/* SPDX-License-Identifier: MIT */
/* Misses: asked, answered by an UPDATE or a failure, or given up (vtd-facts 9.4; museum 3.G). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "consumers/vhost_inside.h"

static struct iova_range byte_at(iova_t at)
{
    return (struct iova_range){at, at};
}

static void show_pending(struct vhost *v, enum vhost_what what, const struct vhost_pending *p,
                         int result)
{
    vhost_show(v, what, byte_at(p->at), gpa(0), p->write ? PERM_W : PERM_R, result);
}

static void forget(struct vhost *v, size_t index)
{
    v->pending_count--;
    memmove(v->pending + index, v->pending + index + 1,
            (v->pending_count - index) * sizeof(*v->pending));
}

void vhost_drop_pending(struct vhost *v, bool wake)
{
    for (size_t i = 0; i < v->pending_count; i++) {
        show_pending(v, VHOST_DROPPED, &v->pending[i], 0);
        if (wake)
            show_pending(v, VHOST_WOKEN, &v->pending[i], 0);
    }
    v->pending_count = 0;
}

bool vhost_runs(const struct consumer *c)
{
    const struct vhost *v = (const struct vhost *)c;

    return vhost_on_demand(c) && !c->gone && !v->stopped && !v->refused;
}

bool vhost_lookup(const struct consumer *c, iova_t at, struct range_entry *out)
{
    return vhost_side_held((const struct vhost *)c, at, out);
}

/* The same miss twice waits twice: nobody looks for duplicates. */
void vhost_miss(struct consumer *c, iova_t at, bool write)
{
    struct vhost *v = (struct vhost *)c;
    struct vhost_pending p = {at, write};

    if (v->pending_count == VHOST_MISSES_MAX) {
        show_pending(v, VHOST_DROPPED, &v->pending[0], 0);
        forget(v, 0);
    }
    if (v->pending_count == v->pending_room) {
        size_t room = v->pending_room ? 2 * v->pending_room : 8;
        struct vhost_pending *grown = realloc(v->pending, room * sizeof(*grown));

        if (!grown) {
            fate_no_memory(c->fate);
            return;
        }
        v->pending = grown;
        v->pending_room = room;
    }
    v->pending[v->pending_count++] = p;
    show_pending(v, VHOST_MISS, &p, 0);
}

/* An entry was given: every ring that waits for a byte of it goes on, whatever the right. */
static void wake(struct vhost *v, struct iova_range r)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->pending_count; i++) {
        struct vhost_pending p = v->pending[i];

        if (iova_range_has(r, p.at))
            show_pending(v, VHOST_WOKEN, &p, 0);
        else
            v->pending[kept++] = p;
    }
    v->pending_count = kept;
}

/*
 * No translation. Linux has no message for it, so with the kernel's backend nobody learns of it and
 * the ring goes on waiting; a backend in user space sees the reply to its request. As architected
 * everyone is told.
 */
static void fail(struct vhost *v, iova_t at, bool write)
{
    if (!vhost_policy(v)->vhost_failure_told && v->base.how.backend == BACKEND_KERNEL)
        return;
    if (vhost_policy(v)->vhost_late_miss_lost && !v->base.region->translated)
        return;
    for (size_t i = v->pending_count; i-- > 0;) {
        struct vhost_pending p = v->pending[i];

        if (p.at.v != at.v || p.write != write)
            continue;
        show_pending(v, VHOST_FAILURE, &p, -EFAULT);
        show_pending(v, VHOST_WOKEN, &p, 0);
        forget(v, i);
        return;
    }
}

/* The whole page, cut to what follows in its block of RAM (9.4), whether or not that leaves the
 * byte asked for (seen on 7.2.22); always with both rights (#45). */
static bool entry_emulated(const struct vhost *v, iova_t at, const struct xlat_result *x,
                           struct range_entry *e)
{
    gpa_t page = gpa(x->gpa.v & ~x->mask);
    const struct ram_block *b = guest_mem_block_at(v->base.mem, page);
    uint64_t last = x->mask; /* bytes - 1 */

    if (!b || b->rom)
        return false;
    if (b->bytes - (page.v - b->gpa.v) - 1 < last)
        last = b->bytes - (page.v - b->gpa.v) - 1;
    e->range.first = iova(at.v & ~x->mask);
    e->range.last = iova_add(e->range.first, last);
    e->gpa = page;
    e->perm = PERM_RW;
    return true;
}

/* Beyond the range nobody hears what becomes of it. */
static void cut_to(struct range_entry *e, struct iova_range r)
{
    if (e->range.first.v < r.first.v) {
        e->gpa = gpa_add(e->gpa, r.first.v - e->range.first.v);
        e->range.first = r.first;
    }
    if (e->range.last.v > r.last.v)
        e->range.last = r.last;
}

/* The part of the page around `at` that is RAM and clear of the interrupt window, with its rights.
 */
static bool entry_real(const struct vhost *v, iova_t at, bool write, const struct xlat_result *x,
                       struct range_entry *e)
{
    const struct ram_block *b = guest_mem_block_at(v->base.mem, x->gpa);
    uint64_t first = x->gpa.v & ~x->mask, last = x->gpa.v | x->mask;

    if (!b || (write && b->rom))
        return false;
    if (first < b->gpa.v)
        first = b->gpa.v;
    if (last > b->gpa.v + (b->bytes - 1))
        last = b->gpa.v + (b->bytes - 1);
    if (x->gpa.v < IR_WINDOW_FIRST && last >= IR_WINDOW_FIRST)
        last = IR_WINDOW_FIRST - 1;
    if (x->gpa.v > IR_WINDOW_LAST && first <= IR_WINDOW_LAST)
        first = IR_WINDOW_LAST + 1;
    e->range = iova_range(at.v - (x->gpa.v - first), at.v + (last - x->gpa.v));
    e->gpa = gpa(first);
    cut_to(e, at.v < IR_WINDOW_FIRST ? v->below.range : v->above.range);
    e->perm = b->rom ? PERM_R : x->perm;
    return true;
}

void vhost_answer(struct consumer *c, iova_t at, bool write, const struct xlat_result *x)
{
    struct vhost *v = (struct vhost *)c;
    struct range_entry e;
    bool ok;

    if (c->gone || fate_ended(c->fate))
        return;
    ok = x->end == XLAT_OK && (vhost_policy(v)->vhost_real_rights ? entry_real(v, at, write, x, &e)
                                                                  : entry_emulated(v, at, x, &e));
    if (ok && vhost_side_update(v, &e) == 0)
        wake(v, e.range);
    else
        fail(v, at, write);
}
