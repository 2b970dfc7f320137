/* SPDX-License-Identifier: MIT */
#include "campaign/draft.h"

#include <string.h>

static void *copied(struct draft *d, const void *from, size_t n, size_t bytes)
{
    void *to = n ? arena_take(&d->arena, n * bytes) : NULL;

    if (to)
        memcpy(to, from, n * bytes);
    d->failed = d->failed || (n && !to);
    return to;
}

static void copy_header(struct draft *d, const struct trace_header *h)
{
    d->header->has_unit = h->has_unit;
    d->header->unit = h->unit;
    d->header->ram = copied(d, h->ram, h->rams, sizeof(*h->ram));
    d->header->rams = d->failed ? 0 : h->rams;
    d->header->devices = copied(d, h->devices, h->devices_count, sizeof(*h->devices));
    d->header->devices_count = d->failed ? 0 : h->devices_count;
}

void draft_init(struct draft *d, const struct trace_header *h)
{
    memset(d, 0, sizeof(*d));
    d->header = arena_take(&d->arena, sizeof(*d->header));
    d->failed = !d->header;
    if (d->failed)
        return;
    d->header->unit = unit_config_default();
    if (h)
        copy_header(d, h);
}

void draft_free(struct draft *d)
{
    arena_free(&d->arena);
    memset(d, 0, sizeof(*d));
}

/* Twice the room; what was there stays in the arena until the end. */
static bool grow(struct draft *d)
{
    size_t room = d->room ? 2 * d->room : 256;
    const struct rec **rec = arena_take(&d->arena, room * sizeof(*rec));
    uint64_t *origin = arena_take(&d->arena, room * sizeof(*origin));

    if (!rec || !origin)
        return false;
    if (d->count) {
        memcpy(rec, d->rec, d->count * sizeof(*rec));
        memcpy(origin, d->origin, d->count * sizeof(*origin));
    }
    d->rec = rec;
    d->origin = origin;
    d->room = room;
    return true;
}

void draft_add(struct draft *d, const struct rec *r)
{
    struct rec *to;

    if (d->failed || (d->count == d->room && !grow(d))) {
        d->failed = true;
        return;
    }
    to = copied(d, r, 1, sizeof(*r));
    if (to && r->kind == REC_MEM)
        to->u.mem.val = copied(d, r->u.mem.val, r->u.mem.words, sizeof(*r->u.mem.val));
    else if (to && r->kind == REC_ATTACH)
        to->u.attach = copied(d, r->u.attach, 1, sizeof(*r->u.attach));
    else if (to && r->kind == REC_MARK)
        to->u.mark.text = copied(d, r->u.mark.text, strlen(r->u.mark.text) + 1, 1);
    if (d->failed)
        return;
    d->rec[d->count++] = to;
    d->origin[d->count - 1] = d->count;
}

void draft_w32(struct draft *d, unsigned off, uint32_t val)
{
    struct rec r = {.kind = REC_W32, .u.reg = {(uint16_t)off, val}};

    draft_add(d, &r);
}

void draft_w64(struct draft *d, unsigned off, uint64_t val)
{
    struct rec r = {.kind = REC_W64, .u.reg = {(uint16_t)off, val}};

    draft_add(d, &r);
}

void draft_words(struct draft *d, uint64_t at, const uint64_t *words, unsigned count)
{
    struct rec r = {.kind = REC_MEM, .u.mem = {gpa(at), count, words}};

    draft_add(d, &r);
}

void draft_pair(struct draft *d, uint64_t at, uint64_t lo, uint64_t hi)
{
    uint64_t words[2] = {lo, hi};

    draft_words(d, at, words, 2);
}

struct device_rec *draft_devices(struct draft *d, size_t count)
{
    struct device_rec *to =
        d->failed ? NULL : arena_take(&d->arena, count * sizeof(*d->header->devices));

    if (!to) {
        d->failed = true;
        return NULL;
    }
    d->header->devices = to;
    d->header->devices_count = count;
    return to;
}

struct shrink_case draft_case(const struct draft *d)
{
    return (struct shrink_case){d->header, d->rec, d->origin, d->count};
}
