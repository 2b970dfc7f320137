/* SPDX-License-Identifier: MIT */
/* What a real system was seen to do, against what the model did: COH-READ, COH-EXPECT, dma. */
#include "checks/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull;

void chk_observed_read(struct checks *c, const struct obs *o)
{
    uint64_t mask = o->u.read.bytes == 8 ? UINT64_MAX : UINT32_MAX;
    uint64_t seen = o->u.read.seen & mask, model = o->u.read.model & mask;

    c->compared.reads++;
    if (seen == model)
        return;
    c->differs.reads++;
    if (c->cfg.judge_observed)
        chk_find(c, COH_READ, &(struct where){.cause = 0},
                 "The guest read 0x%llx from register 0x%x (%u bytes), but the model says 0x%llx.",
                 (ull)seen, (unsigned)o->u.read.off, (unsigned)o->u.read.bytes, (ull)model);
}

void chk_observed_dma(struct checks *c, const struct obs *o)
{
    const struct rec *r = o->u.dma.rec;

    if (!r || r->u.dma.seen == DMA_SEEN_NOTHING)
        return;
    c->compared.dma++;
    if (!o->u.dma.differs)
        return;
    c->differs.dma++;
    if (!c->cfg.judge_observed)
        return;

    const struct xlat_result *x = &o->u.dma.result;
    struct where w = {.has_range = true, .range = iova_range(r->u.dma.iova.v, r->u.dma.iova.v)};
    char seen[48], got[48];

    if (r->u.dma.seen == DMA_SEEN_GPA)
        snprintf(seen, sizeof seen, "reached 0x%llx", (ull)r->u.dma.gpa.v);
    else if (r->u.dma.seen == DMA_SEEN_FAULT)
        snprintf(seen, sizeof seen, "faulted with reason 0x%x", (unsigned)r->u.dma.reason);
    else
        snprintf(seen, sizeof seen, "was refused without a record");
    if (x->end == XLAT_OK)
        snprintf(got, sizeof got, "reaches 0x%llx", (ull)x->gpa.v);
    else if (x->end == XLAT_FAULT)
        snprintf(got, sizeof got, "faults with reason 0x%x", (unsigned)x->reason);
    else
        snprintf(got, sizeof got, "is not let through");
    chk_find(c, COH_DMA, &w,
             "The access of %02x:%02x.%x to 0x%llx %s on the real system, but in the model it %s.",
             r->u.dma.bdf.v >> 8, r->u.dma.bdf.v >> 3 & 31, r->u.dma.bdf.v & 7,
             (ull)r->u.dma.iova.v, seen, got);
}

static struct expecting *expecting_of(struct checks *c, const char *name)
{
    for (size_t i = 0; i < c->expectings; i++)
        if (!strcmp(c->expecting[i].name, name))
            return &c->expecting[i];
    return NULL;
}

/* `expectations` makes all of NAME's notes expected; a lone `expect` begins a search of its own. */
static struct expecting *expecting_make(struct checks *c, const char *name,
                                        enum expecting_what what)
{
    struct expecting *e = expecting_of(c, name);

    if (!e) {
        struct expecting *more = realloc(c->expecting, (c->expectings + 1) * sizeof *more);

        if (!more) {
            c->failed = true;
            return NULL;
        }
        c->expecting = more;
        e = &more[c->expectings++];
        *e = (struct expecting){.what = what};
        snprintf(e->name, sizeof e->name, "%s", name);
    }
    if (what != EXPECT_SOME) {
        struct person *p = chk_person(c, name);

        e->what = what;
        if (p)
            p->expected = true;
    }
    return e;
}

int chk_observed_init(struct checks *c)
{
    for (size_t i = 0; i < c->cfg.expectations_count; i++) {
        const struct expectations_rec *x = &c->cfg.expectations[i];

        expecting_make(c, x->name, x->level == EXPECT_IOCTL ? EXPECT_ALL_CALLS : EXPECT_ALL_NOTES);
    }
    return c->failed ? -1 : 0;
}

bool chk_observed_room(struct checks *c)
{
    size_t room = c->heard_room ? c->heard_room * 2 : 64;
    struct heard *more = realloc(c->heard, room * sizeof *more);

    if (!more) {
        c->failed = true;
        return false;
    }
    c->heard = more;
    c->heard_room = room;
    return true;
}

/* Whether a note is of the level that this consumer's expectations speak of. */
static bool of_level(const struct expecting *e, const struct heard *h)
{
    if (!h->who || strcmp(h->who->name, e->name))
        return false;
    return e->what == EXPECT_SOME || (e->what == EXPECT_ALL_CALLS ? h->asked : !h->by_region);
}

/* Rights asked of the kernel for a notified entry: a writable mapping is readable too, ROM never
 * writable. */
static enum perm asked(const struct checks *c, const struct heard *h)
{
    const struct ram_block *b = guest_mem_block_at(c->cfg.mem, h->gpa);

    return b && b->rom ? PERM_R : (enum perm)(h->perm | PERM_R);
}

static bool matches(const struct checks *c, const struct expecting *e, const struct heard *h,
                    const struct expect_rec *x)
{
    static const enum note_type types[] = {
        [EXPECT_MAP] = NOTE_MAP, [EXPECT_UNMAP] = NOTE_UNMAP, [EXPECT_DEVTLB] = NOTE_DEVTLB};

    if (h->type != types[x->op] || h->range.first.v != x->iova.v ||
        h->range.last.v - h->range.first.v != x->size - 1)
        return false;
    if (x->has_result && (!h->asked || h->result != x->result))
        return false;
    if (x->op != EXPECT_MAP)
        return true;
    return h->gpa.v == x->gpa.v &&
           (h->perm == x->perm || (e->what != EXPECT_ALL_NOTES && asked(c, h) == x->perm));
}

static void describe(char *text, size_t bytes, const struct heard *h)
{
    if (!h)
        snprintf(text, bytes, "nothing more came");
    else if (h->type == NOTE_MAP)
        snprintf(text, bytes, "MAP 0x%llx-0x%llx to 0x%llx (%s, result %d) came",
                 (ull)h->range.first.v, (ull)h->range.last.v, (ull)h->gpa.v,
                 chk_perm((enum perm)h->perm), h->result);
    else
        snprintf(text, bytes, "UNMAP 0x%llx-0x%llx (result %d) came", (ull)h->range.first.v,
                 (ull)h->range.last.v, h->result);
}

static void expect_differs(struct checks *c, const struct expect_rec *x, const struct heard *h)
{
    static const char *const ops[] = {"MAP", "UNMAP", "device-TLB UNMAP",
                                      "the end of the emulator"};
    struct where w = {chk_person(c, x->name), x->op != EXPECT_ABORT,
                      iova_range(x->iova.v, x->iova.v + (x->size - 1)), c->event_record};
    char came[128], wanted[64] = "";

    c->differs.expect++;
    if (!c->cfg.judge_observed)
        return;
    describe(came, sizeof came, h);
    if (x->op == EXPECT_MAP)
        snprintf(wanted, sizeof wanted, " to 0x%llx (%s)", (ull)x->gpa.v, chk_perm(x->perm));
    chk_find(c, COH_EXPECT, &w,
             "For record %llu the real system told %s %s 0x%llx-0x%llx%s, but here %s.",
             (ull)c->event_record, x->name, ops[x->op], (ull)w.range.first.v, (ull)w.range.last.v,
             wanted, came);
}

static void judge_expect(struct checks *c, const struct expect_rec *x)
{
    struct expecting *e = expecting_make(c, x->name, EXPECT_SOME);
    size_t i;

    c->compared.expect++;
    if (x->op == EXPECT_ABORT) {
        if (!c->aborted)
            expect_differs(c, x, NULL);
        return;
    }
    if (!e)
        return;
    for (i = e->cursor; i < c->heards; i++)
        if (of_level(e, &c->heard[i]) && (e->what != EXPECT_SOME || matches(c, e, &c->heard[i], x)))
            break;
    if (i == c->heards) {
        if (e->what != EXPECT_SOME || !c->heard_lost)
            expect_differs(c, x, NULL);
        return;
    }
    e->cursor = i + 1;
    if (!matches(c, e, &c->heard[i], x))
        expect_differs(c, x, &c->heard[i]);
}

/* What came beyond the expectations of a consumer all of whose notes are given. */
static void judge_surplus(struct checks *c)
{
    for (size_t k = 0; k < c->expectings; k++) {
        struct expecting *e = &c->expecting[k];
        const struct heard *first = NULL;
        uint64_t surplus = 0;

        for (size_t i = e->cursor; e->what != EXPECT_SOME && i < c->heards; i++)
            if (of_level(e, &c->heard[i])) {
                first = first ? first : &c->heard[i];
                surplus++;
            }
        e->cursor = 0;
        if (!surplus)
            continue;
        c->differs.expect += surplus;
        if (c->cfg.judge_observed) {
            char came[128];

            describe(came, sizeof came, first);
            chk_find(c, COH_EXPECT,
                     &(struct where){first->who, true, first->range, c->event_record},
                     "For record %llu the real system told %s nothing more, but here %s (%llu too "
                     "many).",
                     (ull)c->event_record, e->name, came, (ull)surplus);
        }
    }
}

/* A new record: an expectation about the event before, or the next event. */
void chk_observed_record(struct checks *c, const struct rec *r)
{
    switch (r->kind) {
    case REC_EXPECT:
        if (c->event_record || !c->cfg.from_state) /* else it speaks of an event before the state */
            judge_expect(c, &r->u.expect);
        return;
    case REC_MARK:
    case REC_AT: return;
    default: break;
    }
    chk_observed_end(c);
    c->event_record = c->record;
    if (r->kind == REC_EXPECTATIONS)
        expecting_make(c, r->u.expectations.name,
                       r->u.expectations.level == EXPECT_IOCTL ? EXPECT_ALL_CALLS
                                                               : EXPECT_ALL_NOTES);
}

/* The event whose notes were kept is over. */
void chk_observed_end(struct checks *c)
{
    if (c->expectings)
        judge_surplus(c);
    c->heards = 0;
    c->heard_lost = false;
    if (c->heard_room > HEARD_ROOM_KEPT) {
        free(c->heard);
        c->heard = NULL;
        c->heard_room = 0;
    }
}

void chk_observed_free(struct checks *c)
{
    free(c->heard);
    free(c->expecting);
}
