/* SPDX-License-Identifier: MIT */
/* What consumers are told, one notification at a time: ORD-*, and the record of what was told. */
#include "checks/internal.h"

typedef unsigned long long ull;

/* A MAP over what is held, from `s` at `pos` on: not preceded by its UNMAP, or superfluous. */
APART static void judge_map(struct checks *c, struct person *p, const struct note *n,
                            struct span *s, struct span_pos pos)
{
    const struct span *same = NULL;

    for (; s && s->first <= n->range.last.v; s = spans_step(&p->told, &pos)) {
        if (told_state(s->meta) != TOLD_HELD)
            continue;
        if (s->gpa - s->first == n->gpa.v - n->range.first.v && told_perm(s->meta) == n->perm) {
            same = same ? same : s;
            continue;
        }
        chk_find(c, ORD_INPLACE, &(struct where){p, true, n->range, told_record(s->meta)},
                 "%s held 0x%llx-0x%llx as 0x%llx (%s) since record %llu; it should have been told "
                 "UNMAP "
                 "before the MAP of 0x%llx-0x%llx to 0x%llx (%s), but it was not.",
                 p->name, (ull)s->first, (ull)s->last, (ull)s->gpa, chk_perm(told_perm(s->meta)),
                 (ull)told_record(s->meta), (ull)n->range.first.v, (ull)n->range.last.v,
                 (ull)n->gpa.v, chk_perm(n->perm));
        return;
    }
    if (same)
        chk_find(c, ORD_DUP_MAP, &(struct where){p, true, n->range, told_record(same->meta)},
                 "%s already held 0x%llx-0x%llx as 0x%llx (%s) since record %llu, yet it was told "
                 "to MAP "
                 "0x%llx-0x%llx to the same target.",
                 p->name, (ull)same->first, (ull)same->last, (ull)same->gpa,
                 chk_perm(told_perm(same->meta)), (ull)told_record(same->meta),
                 (ull)n->range.first.v, (ull)n->range.last.v);
}

/* An UNMAP of what is held, from `s` at `pos` on. */
static void judge_unmap(struct checks *c, struct person *p, const struct note *n, struct span *s,
                        struct span_pos pos)
{
    const struct span *cut = NULL;
    bool whole;

    for (; s && s->first <= n->range.last.v;
         s = s->last < n->range.last.v ? spans_step(&p->told, &pos) : NULL) {
        if (told_state(s->meta) != TOLD_HELD)
            continue;
        whole = s->first >= n->range.first.v && s->last <= n->range.last.v;
        if (!whole && !cut)
            cut = s;
        chk_stale_unmapped(c, p, n, s);
        chk_transient_unmapped(c, p, n, s);
        if (whole && n->via == VIA_NOTIFIER)
            chk_redundant_taken(c, p, s);
    }
    if (cut)
        chk_find(c, ORD_SPLIT_UNMAP, &(struct where){p, true, n->range, told_record(cut->meta)},
                 "%s held 0x%llx-0x%llx in one mapping since record %llu; an UNMAP must take it "
                 "whole, but "
                 "the UNMAP of 0x%llx-0x%llx cuts it.",
                 p->name, (ull)cut->first, (ull)cut->last, (ull)told_record(cut->meta),
                 (ull)n->range.first.v, (ull)n->range.last.v);
}

static enum told_state state_of(const struct note *n)
{
    if (n->asked)
        return n->result < 0 ? TOLD_REFUSED : TOLD_HELD;
    return n->why ? TOLD_NOT_ASKED : TOLD_HELD;
}

/*
 * Keep the record of what was told in step; it ends as the notification says, whatever was judged.
 * `held`: the first that it touches, at `pos`, or NULL. (What a device IOTLB refused to forget
 * stays beside the entry of a MAP.)
 */
static void remember(struct checks *c, struct person *p, const struct note *n, struct span *held,
                     struct span_pos *pos)
{
    uint64_t first = n->range.first.v, last = n->range.last.v;
    bool ok = !held || spans_cut_from(&p->told, first, last, held, pos);

    if (n->type == NOTE_MAP) {
        struct span s = {first, last, n->gpa.v,
                         told_meta(n->perm, state_of(n), n->via == VIA_NOTIFIER, c->record)};

        ok &= spans_put_back(&p->told, &s) || spans_put(&p->told, s);
    }
    if (p->refused.count && n->asked && n->result >= 0 && !(n->type == NOTE_MAP && p->on_demand))
        ok &= spans_cut(&p->refused, first, last);
    ok &= dirty_add(&p->dirty, first, last);
    if (!ok)
        c->failed = true;
}

APART static void comes_late(struct checks *c, const struct person *p, const struct note *n)
{
    if (c->late_notes++)
        return;
    c->late_first = *n;
    c->late_person = p;
}

/* Its side refused it. */
APART static void remember_refusal(struct checks *c, struct person *p, const struct note *n)
{
    if (!spans_add(&p->refused, n->range.first.v, n->range.last.v))
        c->failed = true;
    if (n->type == NOTE_UNMAP && p->fail_unmaps)
        p->fail_unmaps--;
}

void chk_note(struct checks *c, const struct note *n)
{
    struct person *p = chk_person(c, n->consumer);
    bool refused = n->asked && n->result < 0;
    struct span *held;
    struct span_pos pos;

    if (!p || n->range.first.v > n->range.last.v)
        return;
    chk_observed_note(c, p, n);
    chk_filters(c, p, n);
    if (n->via == VIA_NOTIFIER && n->entry != n->delivery)
        chk_life_note(c, p, n);
    if (c->done_shown && !(c->in_inval && c->inval.type != DESC_WAIT))
        comes_late(c, p, n);
    if (!p->joined || (n->type != NOTE_MAP && n->type != NOTE_UNMAP) || !chk_keeps(p))
        return;
    held = spans_seek(&p->told, n->range.first.v, &pos);
    if (held && held->first > n->range.last.v)
        held = NULL;
    if (n->type == NOTE_MAP) {
        if (held)
            judge_map(c, p, n, held, pos);
        if (p->tooks)
            chk_redundant_map(c, p, n);
    } else if (held) {
        judge_unmap(c, p, n, held, pos);
    } else {
        chk_redundant_unmap(c, p, n);
    }
    if (refused || p->owes)
        chk_converge_note(c, p, n);
    remember(c, p, n, held, &pos);
    if (refused)
        remember_refusal(c, p, n);
    if (c->rec_kind == REC_RESET || !(c->gsts & ARCH_TE))
        c->judge_empty = true;
}

void chk_replay(struct checks *c, const struct obs *o)
{
    struct person *p = chk_person(c, o->u.reg.consumer);
    struct iova_range r = o->u.reg.range;
    struct ctx x;
    struct leaf leaf = {0};
    struct span_pos pos;

    if (!p || !chk_keeps(p) || r.first.v > r.last.v)
        return;
    if (o->kind == OBS_REPLAY_BEGIN) {
        p->replaying = spans_touch(&p->told, r.first.v, r.last.v);
        return;
    }
    if (!p->replaying)
        return;
    p->replaying = false;
    x = chk_context(c, p->bdf);
    for (struct span *s = spans_seek(&p->told, r.first.v, &pos); s && s->first <= r.last.v;
         s = spans_step(&p->told, &pos)) {
        uint64_t at = s->first > r.first.v ? s->first : r.first.v;

        if (told_state(s->meta) == TOLD_REFUSED)
            continue;
        chk_lookup(c, &x, at, &leaf);
        if (leaf.present && leaf.gpa + (at - leaf.first) == s->gpa + (at - s->first) &&
            leaf.perm == told_perm(s->meta))
            continue;
        chk_find(c, ORD_REPLAY,
                 &(struct where){p, true, iova_range(s->first, s->last), told_record(s->meta)},
                 "%s held 0x%llx-0x%llx as 0x%llx (%s) since record %llu, before the replay; the "
                 "tables no "
                 "longer say so, so it should have been unmapped, but the replay left it.",
                 p->name, (ull)s->first, (ull)s->last, (ull)s->gpa, chk_perm(told_perm(s->meta)),
                 (ull)told_record(s->meta));
        return;
    }
}

/* A wait landed, or GSTS moved. What came after an earlier move of GSTS belongs to this one. */
void chk_done_shown(struct checks *c, bool gsts)
{
    c->done_shown = c->rec_kind != REC_RESET;
    if (gsts)
        c->late_notes = 0;
}

/* With translation off, or after a reset, what the tables made is gone. */
static void judge_empty(struct checks *c)
{
    for (size_t i = 0; i < c->persons; i++) {
        struct person *p = c->people[i];
        struct span_pos pos;

        if (!p->joined || !chk_keeps(p))
            continue;
        for (struct span *s = spans_seek(&p->told, 0, &pos); s; s = spans_step(&p->told, &pos)) {
            if (!told_by_tables(s->meta) || told_state(s->meta) == TOLD_REFUSED)
                continue;
            chk_find(c, RST_EMPTY,
                     &(struct where){p, true, iova_range(s->first, s->last), told_record(s->meta)},
                     "With translation off %s should hold nothing that the tables made, but it was "
                     "never "
                     "told to UNMAP 0x%llx-0x%llx (to 0x%llx, %s, since record %llu).",
                     p->name, (ull)s->first, (ull)s->last, (ull)s->gpa,
                     chk_perm(told_perm(s->meta)), (ull)told_record(s->meta));
            break;
        }
    }
}

void chk_notes_record_end(struct checks *c)
{
    if (c->late_notes)
        chk_find(c, ORD_WAIT, &(struct where){c->late_person, true, c->late_first.range, c->record},
                 "The guest was shown \"done\" (status written, or GSTS) while %llu notification%s "
                 "of that "
                 "work were still to come, the first %s 0x%llx-0x%llx to %s; all should have been "
                 "delivered "
                 "before.",
                 (ull)c->late_notes, c->late_notes == 1 ? "" : "s",
                 c->late_first.type == NOTE_MAP ? "MAP" : "UNMAP", (ull)c->late_first.range.first.v,
                 (ull)c->late_first.range.last.v, c->late_person->name);
    if (c->judge_empty && !(c->gsts & ARCH_TE))
        judge_empty(c);
    c->late_notes = 0;
    c->done_shown = c->judge_empty = false;
}
