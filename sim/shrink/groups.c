/* SPDX-License-Identifier: MIT */
/* Records that belong together: of a kind, a device, a consumer, a page. */
#include <stdio.h>
#include <string.h>

#include "shrink/inside.h"

/* Records that all trials of a pass together may replay. */
#define WORK_MAX 3000000u

void pass_kinds(struct shrink *s)
{
    static const enum rec_kind kinds[] = {
        REC_AT,   REC_MARK,  REC_R32, REC_R64,  REC_DMA, REC_EXPECT, REC_EXPECTATIONS,
        REC_ZERO, REC_RESET, REC_PIN, REC_MISS, REC_ATS, REC_FAIL,
    };
    struct arena_mark m = arena_mark(&s->t->arena);
    bool *drop = shrink_take(s, s->t->now.count, sizeof(*drop));
    bool taken = false;

    for (size_t k = 0; drop && k < sizeof(kinds) / sizeof(*kinds); k++) {
        size_t n = 0;

        for (size_t i = 0; i < s->t->now.count; i++) {
            drop[i] = s->t->now.rec[i]->kind == kinds[k];
            n += drop[i];
        }
        taken = (n > 1 && shrink_try_without(s, drop, NULL)) || taken;
    }
    if (!taken)
        arena_release(&s->t->arena, m);
}

/* The device that a record is about, or -1. */
static int device_of(const struct rec *r)
{
    switch (r->kind) {
    case REC_DMA: return r->u.dma.bdf.v;
    case REC_DEVICE: return r->u.device.bdf.v;
    case REC_GONE: return r->u.gone.bdf.v;
    case REC_ATS: return r->u.ats.bdf.v;
    case REC_ATTACH: return r->u.attach->bdf.v;
    default: return -1;
    }
}

/* The consumer that a record names, or NULL. */
static const char *name_of(const struct rec *r)
{
    switch (r->kind) {
    case REC_ATTACH: return r->u.attach->name;
    case REC_DETACH:
    case REC_STOP:
    case REC_START: return r->u.named.name;
    case REC_MISS: return r->u.miss.name;
    case REC_PIN:
    case REC_UNPIN: return r->u.pin.name;
    case REC_FAIL: return r->u.fail.name;
    case REC_EXPECT: return r->u.expect.name;
    case REC_EXPECTATIONS: return r->u.expectations.name;
    default: return NULL;
    }
}

/* Is it a consumer of the device: by an `attach`, or by a default name, KIND@BDF? */
static bool name_on(const struct shrink_list *l, const char *name, int b)
{
    const char *at = strchr(name, '@');
    char text[16];

    for (size_t i = 0; i < l->count; i++)
        if (l->rec[i]->kind == REC_ATTACH && !strcmp(l->rec[i]->u.attach->name, name))
            return l->rec[i]->u.attach->bdf.v == b;
    snprintf(text, sizeof(text), "@%02x:%02x.%x", (unsigned)b >> 8, (unsigned)b >> 3 & 31, b & 7);
    return at && !strcmp(at, text);
}

static struct trace_header *header_without(struct shrink *s, int b)
{
    struct trace_header *h = shrink_header_copy(&s->t->arena, s->t->header);
    size_t n = 0;

    for (size_t i = 0; h && i < h->devices_count; i++)
        if (h->devices[i].bdf.v != b)
            h->devices[n++] = h->devices[i];
    if (h)
        h->devices_count = n;
    return h;
}

static void try_device(struct shrink *s, bool *drop, int b)
{
    const struct shrink_list *l = &s->t->now;

    for (size_t i = 0; i < l->count; i++) {
        const char *name = name_of(l->rec[i]);

        drop[i] = device_of(l->rec[i]) == b || (name && name_on(l, name, b));
    }
    shrink_try_without(s, drop, header_without(s, b));
}

/* Is record `i` the last that is about this device? */
static bool last_of(const struct shrink_list *l, size_t i)
{
    for (size_t k = i + 1; k < l->count; k++)
        if (device_of(l->rec[k]) == device_of(l->rec[i]))
            return false;
    return true;
}

static void devices(struct shrink *s, bool *drop)
{
    const struct shrink_list *l = &s->t->now;

    for (size_t i = s->t->header->devices_count; i-- > 0 && !shrink_over(s);)
        if (i < s->t->header->devices_count)
            try_device(s, drop, s->t->header->devices[i].bdf.v);
    for (size_t i = l->count; i-- > 0 && !shrink_over(s);)
        if (i < l->count && device_of(l->rec[i]) >= 0 && last_of(l, i))
            try_device(s, drop, device_of(l->rec[i]));
}

static void names(struct shrink *s, bool *drop)
{
    for (size_t i = s->t->now.count; i-- > 0 && !shrink_over(s);) {
        const struct shrink_list *l = &s->t->now;
        const char *name = i < l->count ? name_of(l->rec[i]) : NULL;
        bool first = name != NULL;

        for (size_t k = i + 1; first && k < l->count; k++) /* once each */
            first = !name_of(l->rec[k]) || strcmp(name_of(l->rec[k]), name) != 0;
        if (!first)
            continue;
        for (size_t k = 0; k < l->count; k++)
            drop[k] = name_of(l->rec[k]) && !strcmp(name_of(l->rec[k]), name);
        shrink_try_without(s, drop, NULL);
    }
}

static bool page_of(const struct rec *r, uint64_t *page)
{
    if (r->kind != REC_MEM && r->kind != REC_ZERO)
        return false;
    *page = (r->kind == REC_MEM ? r->u.mem.gpa.v : r->u.zero.gpa.v) >> 12;
    return true;
}

static void pages(struct shrink *s, bool *drop)
{
    for (size_t i = s->t->now.count; i-- > 0 && !shrink_over(s);) {
        const struct shrink_list *l = &s->t->now;
        uint64_t page = 0, other;
        bool last = i < l->count && page_of(l->rec[i], &page);

        for (size_t k = i + 1; last && k < l->count; k++)
            last = !page_of(l->rec[k], &other) || other != page;
        if (!last)
            continue;
        for (size_t k = 0; k < l->count; k++)
            drop[k] = page_of(l->rec[k], &other) && other == page;
        shrink_try_without(s, drop, NULL);
    }
}

void pass_groups(struct shrink *s)
{
    size_t n = s->t->now.count;
    bool *drop;

    if (n * n > WORK_MAX)
        return;
    drop = shrink_take(s, n, sizeof(*drop));
    if (!drop)
        return;
    devices(s, drop);
    names(s, drop);
    pages(s, drop);
}
