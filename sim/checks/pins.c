/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of containers: PIN-UNMAP, PIN-DEVICE, PIN-LOCK, PIN-RETRY, ACC-LIMIT,
 * CST-LOCK-CYCLE. Known of each container: pinned pages with their counts, locks held and in which
 * order they were taken, devices on the list or the chain, callbacks under way, mappings.
 */
#include "checks/pins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE       UINT64_C(0x1000)
#define CALL_PAGES 512u /* in one call */

typedef unsigned long long ull;

void chk_pins_free(struct checks *c)
{
    struct pin_book *b = c->pins;

    if (!b)
        return;
    for (size_t i = 0; i < b->boxes; i++) {
        spans_free(&b->box[i]->pins);
        free(b->box[i]->listed);
        free(b->box[i]);
    }
    free(b->box);
    free(b);
}

static struct pin_book *book(struct checks *c)
{
    if (!c->pins)
        c->pins = calloc(1, sizeof *c->pins);
    c->failed |= !c->pins;
    return c->pins;
}

void chk_pins_fail(struct checks *c, const struct fail_rec *f)
{
    if (f->op != FAIL_UNMAP && f->error == ENOSPC && book(c))
        c->pins->no_space += f->count;
}

static bool injected(struct pin_book *b)
{
    return b->no_space && b->no_space--;
}

static struct box *add_box(struct pin_book *b, const char *name)
{
    struct box *x;

    if (b->boxes == b->room) {
        size_t room = b->room ? 2 * b->room : 8;
        struct box **grown = realloc(b->box, room * sizeof(*grown));

        if (!grown)
            return NULL;
        b->box = grown;
        b->room = room;
    }
    x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    strncpy(x->name, name, sizeof x->name - 1);
    return b->box[b->boxes++] = x;
}

APART static struct box *box_named(struct checks *c, const char *name)
{
    struct pin_book *b = book(c);

    if (!b)
        return NULL;
    b->named = name;
    b->named_record = c->record;
    if (b->last && !strcmp(b->last->name, name))
        return b->last;
    for (size_t i = 0; i < b->boxes; i++)
        if (!strcmp(b->box[i]->name, name))
            return b->last = b->box[i];
    b->last = add_box(b, name);
    c->failed |= !b->last;
    b->named = b->last ? name : NULL;
    return b->last;
}

static struct box *box_of(struct checks *c, const char *name)
{
    struct pin_book *b = c->pins;

    if (name && b && b->named == name && b->named_record == c->record)
        return b->last;
    return box_named(c, name ? name : "");
}

/* --- pins ------------------------------------------------------------------------------- */

static void pin_page(struct checks *c, struct box *x, uint64_t at, bool unpin)
{
    struct span_pos ignored;
    struct span *s = spans_seek(&x->pins, at, &ignored);
    bool there = s && s->first <= at;

    if (!unpin && there)
        s->meta++;
    else if (!unpin)
        c->failed |= !spans_put(&x->pins, (struct span){at, at + PAGE - 1, 0, 1});
    else if (there && !--s->meta)
        c->failed |= !spans_cut(&x->pins, at, at + PAGE - 1);
}

static void pinned(struct checks *c, struct box *x, const struct obs *o)
{
    uint64_t at = o->u.pin.iova.v;
    struct where w = {chk_person(c, o->u.pin.consumer), true,
                      iova_range(at, at + o->u.pin.pages * PAGE - 1), 0};

    if (o->u.pin.result || (at & (PAGE - 1)) || !o->u.pin.pages || o->u.pin.pages > CALL_PAGES ||
        o->u.pin.pages - 1 > (UINT64_MAX - at) / PAGE)
        return; /* refused, or nothing that could be granted */
    if (!o->u.pin.unpin && !x->listeds)
        chk_find(c, PIN_DEVICE, &w,
                 "Pinning was expected to be refused, for no device of container %s is registered "
                 "that could be asked to unpin; however it is done.",
                 x->name);
    for (uint64_t n = 0; n + o->u.pin.passed_over < o->u.pin.pages; n++)
        pin_page(c, x, at + n * PAGE, o->u.pin.unpin);
}

APART static void unmapped(struct checks *c, struct box *x, struct iova_range r)
{
    struct span_pos p;
    struct span *s = spans_seek(&x->pins, r.first.v, &p);
    uint64_t first, last, pages = 0;

    if (r.first.v > r.last.v || !s || s->first > r.last.v)
        return;
    first = s->first;
    for (last = first; s && s->first <= r.last.v; s = spans_step(&x->pins, &p), pages++)
        last = s->last;
    chk_find(c, PIN_UNMAP, &(struct where){.has_range = true, .range = iova_range(first, last)},
             "When the unmap of 0x%llx-0x%llx ends no page in it was expected to be pinned; "
             "however container %s has %llu, the first at 0x%llx.",
             (ull)r.first.v, (ull)r.last.v, x->name, (ull)pages, (ull)first);
    c->failed |= !spans_cut(&x->pins, r.first.v, r.last.v);
}

/* --- accounting ------------------------------------------------------------------------- */

APART static void judge_accounts(struct checks *c, const struct box *x, const struct obs *o)
{
    uint64_t maps = o->u.type1.maps, limit = o->u.type1.limit;
    int result = o->u.type1.result;

    if (limit && maps > limit)
        chk_find(c, ACC_LIMIT, &(struct where){.has_range = true, .range = o->u.type1.range},
                 "Container %s was expected to hold at most %llu mappings; however it holds %llu.",
                 x->name, (ull)limit, (ull)maps);
    if (!o->u.type1.unmap && result == -ENOSPC && limit && maps < limit && !injected(c->pins) &&
        !c->cfg.refusals_injected)
        chk_find(c, ACC_LIMIT, &(struct where){.has_range = true, .range = o->u.type1.range},
                 "Container %s holds %llu of %llu mappings, so one more was expected to fit; "
                 "however it is refused: the accounting did not return to its start.",
                 x->name, (ull)maps, (ull)limit);
    if (x->counted && (o->u.type1.unmap ? (result ? maps != x->maps : maps > x->maps)
                                        : maps != x->maps + (result == 0)))
        chk_find(c, ACC_LIMIT, &(struct where){.has_range = true, .range = o->u.type1.range},
                 "Container %s held %llu mappings before this %s, which answered %d; however it "
                 "holds %llu now.",
                 x->name, (ull)x->maps, o->u.type1.unmap ? "unmap" : "map", result, (ull)maps);
}

/* The usual: what was asked is done, and as many more or fewer are held. */
static bool adds_up(const struct box *x, const struct obs *o)
{
    uint64_t maps = o->u.type1.maps;

    if (o->u.type1.result || !x->counted || (o->u.type1.limit && maps > o->u.type1.limit))
        return false;
    return o->u.type1.unmap ? maps <= x->maps : maps == x->maps + 1;
}

static void accounts(struct checks *c, struct box *x, const struct obs *o)
{
    if (!adds_up(x, o))
        judge_accounts(c, x, o);
    x->maps = o->u.type1.maps;
    x->counted = true;
}

void chk_pins_ioctl(struct checks *c, const struct obs *o)
{
    struct box *x = box_of(c, o->u.type1.container);

    if (!x)
        return;
    if (o->u.type1.begin) {
        for (size_t i = 0; i < x->listeds; i++)
            x->listed[i].asks = 0;
        return;
    }
    accounts(c, x, o);
    if (o->u.type1.unmap && !o->u.type1.result && x->pins.count)
        unmapped(c, x, o->u.type1.range);
}

/* All but ioctls. */
void chk_pins(struct checks *c, const struct obs *o)
{
    const char *name = o->kind == OBS_LOCK           ? o->u.lock.container
                       : o->kind == OBS_TYPE1_DEVICE ? o->u.type1_device.container
                       : o->kind == OBS_DMA_UNMAP    ? o->u.dma_unmap.container
                                                     : o->u.pin.container;
    struct box *x = box_of(c, name);

    if (!x)
        return;
    switch (o->kind) {
    case OBS_LOCK: pins_lock(c, x, o->u.lock.lock, o->u.lock.taken); break;
    case OBS_TYPE1_DEVICE: pins_device(c, x, o); break;
    case OBS_DMA_UNMAP: pins_asked(c, x, o); break;
    default: pinned(c, x, o); break;
    }
}
