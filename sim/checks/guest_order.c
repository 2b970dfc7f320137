/* SPDX-License-Identifier: MIT */
/* The order of the guest's commands: GST-G2, GST-G5, GST-G6, GST-O1, GST-O2. */
#include "checks/guest.h"

typedef unsigned long long ull;

enum { GSTS_OFF = 0x1c };

#define SIRTP    UINT32_C(0x01000000)
#define IRE      UINT32_C(0x02000000)
#define WBF      UINT32_C(0x08000000)
#define FOLLOWED (ARCH_TE | ARCH_QIE | IRE) /* levels that a unit must take over */

/* What GSTS has to show before the next command may be given. */
static void command_given(struct checks *c, uint32_t val)
{
    struct guest_watch *w = c->watch;
    uint32_t levels = (val ^ c->gsts) & FOLLOWED;

    w->gcmd_record = c->record;
    w->want_mask = levels | (val & (ARCH_SRTP | SIRTP | WBF));
    w->want = (val & levels) | (val & (ARCH_SRTP | SIRTP));
}

static void status_read(struct checks *c, uint32_t seen)
{
    struct guest_watch *w = c->watch;

    w->gsts_read = true;
    if ((seen & w->want_mask) == w->want)
        w->want_mask = w->want = 0;
}

static void translation_on(struct checks *c)
{
    struct guest_watch *w = c->watch;

    if (!w->oweds)
        return;
    chk_find(
        c, GST_O1, &(struct where){.cause = w->owed[0].record},
        "Translation is switched on, but the context-cache invalidation of record %llu was not "
        "followed by an IOTLB invalidation of equal or coarser scope.",
        (ull)w->owed[0].record);
    w->oweds = 0;
}

static void command(struct checks *c, uint32_t val)
{
    struct guest_watch *w = c->watch;
    uint32_t on = val & ~c->gsts;

    if (w->gsts_read && w->want_mask)
        chk_find(c, GST_G2, &(struct where){.cause = w->gcmd_record},
                 "GCMD 0x%x is written, but the guest has not seen GSTS say that the command of "
                 "record %llu is done (bits 0x%x as 0x%x).",
                 (unsigned)val, (ull)w->gcmd_record, (unsigned)w->want_mask, (unsigned)w->want);
    command_given(c, val);
    if (on & ARCH_TE)
        translation_on(c);
    if ((val & SIRTP) && !c->arch.esirtps)
        w->sirtp_record = c->record;
    if ((on & IRE) && w->sirtp_record) {
        chk_find(c, GST_G6, &(struct where){.cause = w->sirtp_record},
                 "GCMD 0x%x switches interrupt remapping on, but since its table was set in record "
                 "%llu the interrupt entry cache had no global invalidation.",
                 (unsigned)val, (ull)w->sirtp_record);
        w->sirtp_record = 0;
    }
}

static struct ats_watch *ats_of(struct checks *c, bdf_t bdf, bool make)
{
    struct guest_watch *w = c->watch;

    bdf = chk_requester(c, bdf); /* descriptors say it */
    for (unsigned i = 0; i < w->ats_count; i++)
        if (w->ats[i].bdf.v == bdf.v)
            return &w->ats[i];
    if (!make || w->ats_count == ATS_MAX)
        return NULL;
    w->ats[w->ats_count] = (struct ats_watch){.bdf = bdf};
    return &w->ats[w->ats_count++];
}

static void ats_switched(struct checks *c, bdf_t bdf, bool on)
{
    struct ats_watch *a = ats_of(c, bdf, true);

    if (!a)
        return;
    a->on = on;
    a->told = true;
    spans_free(&a->owed);
}

void order_record(struct checks *c, const struct rec *r)
{
    struct ats_watch *a;

    if (r->kind == REC_W32 || r->kind == REC_W64) {
        if (r->u.reg.off == ARCH_GCMD)
            command(c, (uint32_t)r->u.reg.val);
    } else if (r->kind == REC_R32 && r->u.reg.off == GSTS_OFF) {
        status_read(c, (uint32_t)r->u.reg.val);
    } else if (r->kind == REC_R64 && r->u.reg.off == ARCH_GCMD) {
        status_read(c, (uint32_t)(r->u.reg.val >> 32));
    } else if (r->kind == REC_ATS) {
        ats_switched(c, r->u.ats.bdf, r->u.ats.on);
    } else if (r->kind == REC_DEVICE && r->u.device.ats) {
        ats_switched(c, r->u.device.bdf, true);
    } else if (r->kind == REC_GONE && (a = ats_of(c, r->u.gone.bdf, false))) {
        a->on = false;
        spans_free(&a->owed);
    }
}

/* A root table is latched. */
void order_root(struct checks *c, uint64_t rtaddr)
{
    struct guest_watch *w = c->watch;
    unsigned ttm = rtaddr >> 10 & 3;

    if (w->root_latched && ttm != w->ttm && (c->gsts & ARCH_TE) && !c->arch.esrtps)
        chk_find(c, GST_G5, &(struct where){.cause = c->srtp_record},
                 "A root table of another mode (RTADDR.TTM %u, before %u) is set while translation "
                 "is on.",
                 ttm, w->ttm);
    w->root_latched = true;
    w->ttm = ttm;
    if (c->arch.esrtps)
        w->oweds = 0;
}

/* One of a device's own cache begins. */
APART static void devtlb_begins(struct checks *c, const struct desc *d)
{
    struct ats_watch *a;

    if (!c->arch.device_tlb || !(a = ats_of(c, bdf(d->sid), true)))
        return;
    if (!a->told)
        a->on = true;
    if (a->owed.count && !spans_cut(&a->owed, d->first, d->last))
        c->failed = true;
}

/* The unit begins an invalidation. */
void order_begin(struct checks *c, uint64_t lo, const struct desc *d)
{
    if (d->type == DESC_IEC && !(lo & 0x10))
        c->watch->sirtp_record = 0;
    if (d->type == DESC_DEVTLB)
        devtlb_begins(c, d);
}

static void owe(struct guest_watch *w, struct owed_iotlb o)
{
    for (unsigned i = 0; i < w->oweds; i++)
        if (w->owed[i].all == o.all && w->owed[i].did == o.did)
            return;
    if (w->oweds < OWED_MAX)
        w->owed[w->oweds++] = o;
}

/* An invalidation of contexts, or a wide one of the IOTLB, has completed. */
APART static void settle_owed(struct checks *c, const struct desc *d)
{
    struct guest_watch *w = c->watch;
    unsigned kept = 0;

    if (d->type == DESC_CC) {
        owe(w, (struct owed_iotlb){c->record, d->did, d->scope == SCOPE_GLOBAL});
        return;
    }
    /* A device-selective one under domain 0 speaks of an entry that was faulting (caching mode):
     * any domain may be the one that it is in now. */
    for (unsigned i = 0; i < w->oweds; i++) {
        const struct owed_iotlb *o = &w->owed[i];

        if (d->scope == SCOPE_DOMAIN && (o->all || (o->did && o->did != d->did)))
            w->owed[kept++] = *o;
    }
    w->oweds = kept;
}

/* An invalidation has completed. */
void order_done(struct checks *c, const struct desc *d)
{
    if (d->scope != SCOPE_BAD &&
        (d->type == DESC_CC || (d->type == DESC_IOTLB && d->scope != SCOPE_FINE)))
        settle_owed(c, d);
}

/* The tables of a device that may hold translations in a TLB of its own, 0: none. */
static uint64_t ats_top(const struct checks *c, const struct ats_watch *a)
{
    struct ctx x = chk_context(c, a->bdf);

    return a->on && x.kind == CTX_TABLES && x.device_tlb ? x.top : 0;
}

/* The IOTLB forgets a present translation of the tables that n belongs to. */
void order_retired(struct checks *c, const struct node *n, uint64_t first, uint64_t last)
{
    struct guest_watch *w = c->watch;

    for (unsigned i = 0; i < w->ats_count; i++) {
        struct ats_watch *a = &w->ats[i];

        if (ats_top(c, a) != n->top)
            continue;
        if (a->top != n->top || a->owed.count >= ATS_SPANS_MAX)
            spans_free(&a->owed);
        a->top = n->top;
        if (!spans_add(&a->owed, first, last))
            c->failed = true;
    }
}

/* [first, last] becomes present. */
void order_present(struct checks *c, const struct node *n, uint64_t first, uint64_t last)
{
    struct guest_watch *w = c->watch;

    for (unsigned i = 0; i < w->ats_count; i++) {
        struct ats_watch *a = &w->ats[i];

        if (a->top != n->top || !a->owed.count || !spans_touch(&a->owed, first, last) ||
            ats_top(c, a) != n->top)
            continue;
        chk_find(c, GST_O2,
                 &(struct where){
                     .has_range = true, .range = iova_range(first, last), .cause = c->record},
                 "0x%llx is made present again, but since the IOTLB forgot what was there, no "
                 "device-TLB invalidation of it was queued for %02x:%02x.%x, which uses ATS.",
                 (ull)first, a->bdf.v >> 8, a->bdf.v >> 3 & 31, a->bdf.v & 7);
        if (!spans_cut(&a->owed, first, last))
            c->failed = true;
        return;
    }
}
