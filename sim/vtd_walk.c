/* SPDX-License-Identifier: MIT */
/* Root and context entries, and translation from the root (vtd-facts 3.1-3.9). */
#include "vtd_unit.h"

static uint64_t width_mask(unsigned bits)
{
    return (UINT64_C(1) << bits) - 1;
}

void rules_init(struct entry_rules *r, const struct policy *p, const struct unit_config *c)
{
    uint64_t high = width_mask(52) & ~width_mask(c->aw_bits);
    uint64_t base = high | SS_TM | SS_SNP;
    uint64_t leaf_free = 0;

    if (c->snoop_control)
        leaf_free |= SS_SNP;
    if (c->device_iotlb && !p->tm_reserved && (!p->tm_needs_property || c->stale_tm))
        leaf_free |= SS_TM;
    *r = (struct entry_rules){.address = entry_gpa(UINT64_MAX, c->aw_bits).v,
                              .all_ones_unreadable = p->all_ones_unreadable,
                              .absent_before_reserved = !p->reserved_before_absent};
    for (unsigned level = 1; level <= LEVELS_MAX; level++) {
        r->reserved[level] = base | (level >= 4 ? SS_LARGE : 0);
        r->reserved_large[level] = (base | (level_mask(level) & ~PAGE_4K_MASK)) & ~leaf_free;
    }
    r->reserved[1] &= ~leaf_free;
}

static bool levels_supported(const struct vtd_unit *u, unsigned aw)
{
    return aw >= 1 && aw <= 3 && (u->cap >> (CAP_SAGAW_SHIFT + aw) & 1);
}

static bool type_supported(const struct vtd_unit *u, struct context c)
{
    switch (context_tt(c)) {
    case TT_MULTI_LEVEL: return true;
    case TT_DEV_IOTLB: return u->ecap & ECAP_DT;
    case TT_PASS_THROUGH:
        if (u->policy->pt_needs_largest_aw && levels_supported(u, context_aw(c) + 1))
            return false;
        return u->ecap & ECAP_PT;
    default: return false;
    }
}

/* *r is filled in when it is good. Such pages are held: they stay where they are. */
static int context_judge(const struct vtd_unit *u, bdf_t b, struct context *c,
                         struct context_read *r)
{
    uint64_t beyond = ~width_mask(u->config.aw_bits < 52 ? u->config.aw_bits : 52);
    const uint64_t *root = guest_mem_pair(u->mem, gpa_add(u->root, (uint64_t)(b.v >> 8) * 16));
    const uint64_t *entry;

    *c = (struct context){0, 0};
    if (!root)
        return FR_ROOT_ACCESS;
    if (!(root[0] & ENTRY_P))
        return FR_ROOT_ABSENT;
    if ((root[0] & (ROOT_RSVD_LO | beyond)) || root[1])
        return FR_ROOT_RESERVED;
    entry = guest_mem_pair(
        u->mem, gpa_add(entry_gpa(root[0], u->config.aw_bits), (uint64_t)(b.v & 0xff) * 16));
    if (!entry)
        return FR_CONTEXT_ACCESS;
    *c = (struct context){entry[0], entry[1]};
    if (!(c->lo & ENTRY_P))
        return FR_CONTEXT_ABSENT;
    if ((c->lo & (CONTEXT_RSVD_LO | beyond)) || (c->hi & CONTEXT_RSVD_HI))
        return FR_CONTEXT_RESERVED;
    if (!levels_supported(u, context_aw(*c)) || !type_supported(u, *c))
        return FR_CONTEXT_INVALID;
    *r = (struct context_read){u->root, root, entry, root[0], *c};
    return 0;
}

int context_load(const struct vtd_unit *u, bdf_t b, struct context *c)
{
    struct context_read ignored;

    return context_judge(u, b, c, &ignored);
}

int dev_context_anew(struct vtd_dev *d, struct context *c)
{
    return context_judge(d->unit, d->bdf, c, &d->read);
}

struct table_view context_view(const struct vtd_unit *u, struct context c)
{
    unsigned agaw = 30 + 9 * context_aw(c);
    unsigned bits = agaw < u->config.aw_bits ? agaw : u->config.aw_bits;

    return (struct table_view){.mem = u->mem,
                               .rules = &u->rules,
                               .top = entry_gpa(c.lo, u->config.aw_bits),
                               .levels = context_levels(c),
                               .limit_last = width_mask(bits)};
}

/* A target in the interrupt range is refused: by the page's extent, or by the address itself. */
static bool hits_window(const struct vtd_unit *u, gpa_t page, uint64_t mask, iova_t at)
{
    uint64_t first = page.v, last = page.v | mask;

    if (u->policy->window_as_target)
        return false;
    if (!u->policy->window_by_extent)
        first = last = page.v | (at.v & mask);
    return first <= IR_WINDOW_LAST && last >= IR_WINDOW_FIRST;
}

static struct walk_result leaf_result(const struct vtd_unit *u, uint64_t entry, unsigned level,
                                      enum perm perm, iova_t at)
{
    struct walk_result r = {.level = level, .mask = level_mask(level), .perm = perm};

    r.gpa = gpa(entry_gpa(entry, u->config.aw_bits).v & ~r.mask);
    if (hits_window(u, r.gpa, r.mask, at))
        r.fault = FR_INTERRUPT_RANGE;
    return r;
}

struct walk_result walk_translate(const struct vtd_unit *u, struct context c, iova_t at, bool write)
{
    struct table_view v = context_view(u, c);
    gpa_t table = v.top;
    enum perm perm = PERM_RW;

    if (at.v > v.limit_last)
        return (struct walk_result){.fault = FR_BEYOND_WIDTH};
    for (unsigned level = v.levels;; level--) {
        uint64_t entry;

        if (!guest_mem_read(u->mem, gpa_add(table, level_index(at, level) * 8u), &entry) ||
            (entry == UINT64_MAX && u->policy->all_ones_unreadable))
            return (struct walk_result){.fault = level == v.levels ? FR_CONTEXT_INVALID
                                                                   : FR_TABLE_ACCESS};
        perm = (enum perm)((uint64_t)perm & entry & SS_PERM);
        if (!(entry & (write ? PERM_W : PERM_R)))
            return (struct walk_result){.fault = write ? FR_WRITE : FR_READ};
        if (entry_reserved(&u->rules, entry, level))
            return (struct walk_result){.fault = FR_ENTRY_RESERVED};
        if (entry_is_leaf(entry, level))
            return leaf_result(u, entry, level, perm, at);
        table = entry_gpa(entry, u->config.aw_bits);
    }
}

static struct xlat_result reached(gpa_t page, uint64_t mask, enum perm perm, iova_t at)
{
    return (struct xlat_result){
        .end = XLAT_OK, .gpa = gpa_add(page, at.v & mask), .mask = mask, .perm = perm};
}

static struct xlat_result identity(iova_t at)
{
    struct xlat_result r = reached(gpa(at.v & ~PAGE_4K_MASK), PAGE_4K_MASK, PERM_RW, at);

    r.bypass = true;
    return r;
}

/* The context entry: cached, or from memory and then cached. */
static int context_cached(struct vtd_unit *u, struct vtd_dev *d, struct context *c)
{
    int fault;

    if (d->context_gen == u->context_gen) {
        *c = d->context;
        return 0;
    }
    fault = dev_context(d, c);
    if (!fault) {
        d->context = *c;
        d->context_gen = u->context_gen;
    }
    return fault;
}

static struct xlat_result faulted(struct vtd_unit *u, int why, struct context c, bdf_t b, iova_t at,
                                  bool write, bool from_walk)
{
    struct xlat_result r = {.reason = (uint8_t)why};

    r.end = fault_report(u, (enum fault_reason)why, c.lo & CONTEXT_FPD, b, at, write, from_walk);
    return r;
}

static struct xlat_result from_iotlb(struct vtd_unit *u, struct vtd_dev *d,
                                     const struct iotlb_entry *e, iova_t at, bool write)
{
    struct xlat_result r = reached(e->gpa, e->mask, (enum perm)e->perm, at);
    struct context c = d->context;

    u->iotlb_hits++;
    r.from_iotlb = true;
    if (!(e->perm & (write ? PERM_W : PERM_R))) {
        if (u->policy->cached_right_faults)
            return faulted(u, write ? FR_WRITE : FR_READ, c, d->bdf, at, write, true);
        r.end = XLAT_REFUSED;
    } else if (hits_window(u, e->gpa, e->mask, at)) {
        return faulted(u, FR_INTERRUPT_RANGE, c, d->bdf, at, write, true);
    }
    return r;
}

/* The IOTLB's answer; `c` is the context entry in use, whose domain tags what the device finds. */
static const struct iotlb_entry *cached_page(const struct vtd_unit *u, const struct vtd_dev *d,
                                             struct context c, iova_t at)
{
    const struct iotlb_entry *e = iotlb_find(&u->iotlb, d->bdf.v & u->policy->iotlb_sid_mask, at);

    if (e && u->policy->iotlb_by_context &&
        (e->did.v != context_did(c).v || context_tt(c) == TT_PASS_THROUGH))
        return NULL;
    return e;
}

struct xlat_result vtd_translate(struct vtd_unit *u, bdf_t b, iova_t at, bool write)
{
    struct vtd_dev *d = dev_of(u, b);
    const struct iotlb_entry *hit = NULL;
    struct walk_result w;
    struct context c = {0, 0};
    int fault = 0;

    if (at.v >= IR_WINDOW_FIRST && at.v <= IR_WINDOW_LAST)
        return (struct xlat_result){.end = XLAT_WINDOW};
    if (!d || !u->translating || !d->region.translated)
        return identity(at);
    if (u->blocked)
        return faulted(u, FR_ROOT_PROGRAMMING, c, d->bdf, at, write, false);
    if (u->policy->iotlb_by_context)
        fault = context_cached(u, d, &c);
    if (!fault)
        hit = cached_page(u, d, c, at);
    if (hit)
        return from_iotlb(u, d, hit, at, write);
    u->iotlb_misses++;
    if (!u->policy->iotlb_by_context)
        fault = context_cached(u, d, &c);
    if (fault)
        return faulted(u, fault, c, d->bdf, at, write, false);
    if (context_tt(c) == TT_PASS_THROUGH) {
        if (u->policy->pt_seen_by_dma)
            dev_switch(d);
        return identity(at);
    }
    w = walk_translate(u, c, at, write);
    if (w.fault)
        return faulted(u, w.fault, c, d->bdf, at, write, true);
    iotlb_add(&u->iotlb, &(struct iotlb_entry){.page = at.v & ~w.mask,
                                               .mask = w.mask,
                                               .gpa = w.gpa,
                                               .sid = d->bdf.v & u->policy->iotlb_sid_mask,
                                               .did = context_did(c),
                                               .level = (uint8_t)w.level,
                                               .perm = (uint8_t)w.perm});
    return reached(w.gpa, w.mask, w.perm, at);
}

bool vtd_grants(const struct vtd_unit *u, bdf_t b, iova_t at, bool write)
{
    const struct vtd_dev *d = dev_of(u, b);
    const struct iotlb_entry *hit;
    struct context c;
    bool none = false;

    if (!d || !u->translating || !d->region.translated)
        return true;
    if (d->context_gen == u->context_gen)
        c = d->context;
    else
        none = context_load(u, d->bdf, &c);
    hit = none && u->policy->iotlb_by_context ? NULL : cached_page(u, d, c, at);
    if (hit)
        return hit->perm & (write ? PERM_W : PERM_R);
    if (none)
        return false;
    return context_tt(c) == TT_PASS_THROUGH || walk_translate(u, c, at, write).fault == 0;
}
