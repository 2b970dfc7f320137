/* SPDX-License-Identifier: MIT */
#include "report/story_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/show.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

static uint64_t width_mask(unsigned bits)
{
    return (UINT64_C(1) << bits) - 1;
}

static struct step *add_step(const struct check_config *c, struct story_walk *w,
                             enum step_kind kind, unsigned level, gpa_t at)
{
    struct step *s = &w->step[w->steps++];

    *s = (struct step){.kind = kind, .level = level, .gpa = at};
    s->readable = guest_mem_read(c->mem, at, &s->lo);
    if (s->readable && kind != STEP_TABLE)
        s->readable = guest_mem_read(c->mem, gpa_add(at, 8), &s->hi);
    return s;
}

static void fault(struct story_walk *w, unsigned reason, uint64_t mask)
{
    w->end = WALK_FAULT;
    w->reason = (uint8_t)reason;
    w->mask = mask;
}

static uint64_t beyond_width(const struct check_config *c)
{
    return width_mask(52) & ~width_mask(c->aw_bits < 52 ? c->aw_bits : 52);
}

uint64_t story_reserved(const struct check_config *c, uint64_t entry, unsigned level)
{
    bool leaf = level == 1 || (level < 4 && (entry & SS_LARGE));
    uint64_t bits = beyond_width(c) | SS_TM | SS_SNP;

    if (level >= 4)
        bits |= SS_LARGE;
    if (!leaf)
        return bits;
    bits |= level_mask(level) & ~PAGE_4K_MASK;
    bits &= ~((c->snp_allowed ? SS_SNP : 0) | (c->tm_allowed ? SS_TM : 0));
    return bits;
}

/* A pass-through entry of less than the unit's largest width, where that is insisted on. */
static bool narrow_pt(const struct check_config *c, unsigned aw)
{
    return c->pt_widest && aw < 3 && c->cap >> (CAP_SAGAW_SHIFT + aw + 1) & 1;
}

static unsigned context_fault(const struct check_config *c, struct context x)
{
    unsigned aw = context_aw(x), tt = context_tt(x);

    if (!(x.lo & ENTRY_P))
        return FR_CONTEXT_ABSENT;
    if ((x.lo & (CONTEXT_RSVD_LO | beyond_width(c))) || (x.hi & CONTEXT_RSVD_HI))
        return FR_CONTEXT_RESERVED;
    if (aw < 1 || aw > 3 || !(c->cap >> (CAP_SAGAW_SHIFT + aw) & 1) || tt == 3 ||
        (tt == TT_PASS_THROUGH && (!(c->ecap & ECAP_PT) || narrow_pt(c, aw))) ||
        (tt == TT_DEV_IOTLB && !(c->ecap & ECAP_DT)))
        return FR_CONTEXT_INVALID;
    return 0;
}

static void walk_levels(const struct check_config *c, struct story_walk *w, struct context x,
                        iova_t at)
{
    gpa_t table = entry_gpa(x.lo, c->aw_bits);
    enum perm perm = PERM_RW;

    for (unsigned level = context_levels(x);; level--) {
        const struct step *s =
            add_step(c, w, STEP_TABLE, level, gpa_add(table, level_index(at, level) * 8u));

        if (!s->readable) {
            fault(w, FR_TABLE_ACCESS, level_mask(level));
            return;
        }
        perm = (enum perm)((uint64_t)perm & s->lo & SS_PERM);
        if (perm == PERM_NONE) {
            fault(w, FR_READ, level_mask(level));
            return;
        }
        if (s->lo & story_reserved(c, s->lo, level)) {
            fault(w, FR_ENTRY_RESERVED, level_mask(level));
            return;
        }
        table = entry_gpa(s->lo, c->aw_bits);
        if (level == 1 || (level < 4 && (s->lo & SS_LARGE))) {
            w->end = WALK_MAPPED;
            w->mask = level_mask(level);
            w->gpa = gpa(table.v & ~w->mask);
            w->perm = perm;
            return;
        }
    }
}

struct story_walk story_walk(const struct check_config *c, bool has_root, gpa_t root, bdf_t bdf,
                             iova_t at)
{
    struct story_walk w = {.end = WALK_NO_ROOT};
    const struct step *s;
    struct context x;
    unsigned why, bits;

    if (!has_root)
        return w;
    s = add_step(c, &w, STEP_ROOT, 0, gpa_add(root, (uint64_t)(bdf.v >> 8) * 16));
    if (!s->readable || !(s->lo & ENTRY_P) || (s->lo & (ROOT_RSVD_LO | beyond_width(c))) || s->hi) {
        fault(&w,
              !s->readable         ? FR_ROOT_ACCESS
              : !(s->lo & ENTRY_P) ? FR_ROOT_ABSENT
                                   : FR_ROOT_RESERVED,
              UINT64_MAX);
        return w;
    }
    s = add_step(c, &w, STEP_CONTEXT, 0,
                 gpa_add(entry_gpa(s->lo, c->aw_bits), (uint64_t)(bdf.v & 0xff) * 16));
    x = (struct context){s->lo, s->hi};
    why = s->readable ? context_fault(c, x) : FR_CONTEXT_ACCESS;
    if (why) {
        fault(&w, why, UINT64_MAX);
        return w;
    }
    w.has_did = true;
    w.did = context_did(x);
    if (context_tt(x) == TT_PASS_THROUGH) {
        w.end = WALK_PASS_THROUGH;
        return w;
    }
    bits = 30 + 9 * context_aw(x);
    if (at.v > width_mask(bits < c->aw_bits ? bits : c->aw_bits))
        fault(&w, FR_BEYOND_WIDTH, 0);
    else
        walk_levels(c, &w, x, at);
    return w;
}

bool story_walk_same(const struct story_walk *a, const struct story_walk *b)
{
    if (a->end != b->end || (a->has_did && b->has_did && a->did.v != b->did.v))
        return false;
    if (a->end == WALK_MAPPED)
        return a->gpa.v == b->gpa.v && a->mask == b->mask && a->perm == b->perm;
    return a->end != WALK_FAULT || a->reason == b->reason;
}

bool story_walk_touches(const struct story_walk *w, gpa_t first, uint64_t bytes)
{
    for (size_t i = 0; i < w->steps; i++) {
        uint64_t size = w->step[i].kind == STEP_TABLE ? 8 : 16;

        if (w->step[i].gpa.v < first.v + bytes && first.v < w->step[i].gpa.v + size)
            return true;
    }
    return false;
}
