/* SPDX-License-Identifier: MIT */
/* What each consumer holds, from what it was told and what its side answered. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/html_watch.h"

static struct html_person *person(struct html_watch *w, const char *name)
{
    struct html_person *p;

    for (unsigned i = 0; i < w->persons; i++)
        if (!strcmp(w->person[i]->name, name))
            return w->person[i];
    if (w->persons == HTML_CONSUMERS)
        return NULL;
    p = calloc(1, sizeof(*p));
    if (!p) {
        w->failed = true;
        return NULL;
    }
    snprintf(p->name, sizeof(p->name), "%s", name);
    w->person[w->persons++] = p;
    return p;
}

/* Its count has changed, and what it is made of. */
static void changed(struct html_watch *w, struct html_person *p)
{
    uint64_t now = p->ram.count + p->tables.count;
    unsigned bin[HTML_AXES];

    html_watch_now(w, bin);
    if (now > p->peak)
        p->peak = now;
    for (unsigned a = 0; a < HTML_AXES; a++) {
        html_gauge_set(&p->held[a], bin[a], now);
        p->ram_bits[a][bin[a]] |= (p->ram.count ? 1 : 0) | (p->tables.count ? 2 : 0);
    }
}

/* Its map of IOVA space, made when it first holds something of the tables. */
static struct html_space *space(struct html_watch *w, struct html_person *p)
{
    if (p->space)
        return p->space;
    p->space = malloc(sizeof(*p->space));
    if (!p->space) {
        w->failed = true;
        return NULL;
    }
    html_space_init(p->space);
    return p->space;
}

static struct iova_range inside(struct iova_range a, struct iova_range b)
{
    return iova_range(a.first.v > b.first.v ? a.first.v : b.first.v,
                      a.last.v < b.last.v ? a.last.v : b.last.v);
}

/* What it holds by the tables changes. */
static void mapped(const struct html_watch *w, struct html_person *p)
{
    p->changes += !p->changes || p->changed_record != w->last_record;
    p->changed_record = w->last_record;
}

static void take(struct html_watch *w, struct html_person *p, struct iova_range r)
{
    const struct range_entry *e;
    unsigned bin[HTML_AXES];

    html_watch_now(w, bin);
    for (uint64_t at = r.first.v; p->space && (e = rangemap_at_or_after(&p->tables, iova(at)));) {
        uint64_t last = e->range.last.v;

        if (e->range.first.v > r.last.v)
            break;
        mapped(w, p);
        html_space_remove(p->space, inside(e->range, r), bin);
        if (last >= r.last.v)
            break;
        at = last + 1;
    }
    if (rangemap_cut(&p->ram, r) || rangemap_cut(&p->tables, r))
        w->failed = true;
}

static void give(struct html_watch *w, struct html_person *p, const struct range_entry *e, bool ram)
{
    struct html_space *s = ram ? NULL : space(w, p);
    unsigned bin[HTML_AXES];

    take(w, p, e->range);
    if (rangemap_insert(ram ? &p->ram : &p->tables, e) == -ENOMEM)
        w->failed = true;
    html_watch_now(w, bin);
    if (!ram)
        mapped(w, p);
    if (s)
        html_space_add(s, e->range, bin);
}

static void see_note(struct html_watch *w, const struct note *n)
{
    struct range_entry e = {n->range, n->gpa, n->perm};
    struct html_person *p;

    if ((n->type != NOTE_MAP && n->type != NOTE_UNMAP) ||
        (n->asked ? n->result < 0 : n->why != NULL))
        return;
    p = person(w, n->consumer);
    if (!p)
        return;
    if (n->type == NOTE_MAP)
        give(w, p, &e, n->via == VIA_REGION);
    else
        take(w, p, n->range);
    changed(w, p);
}

/* A device IOTLB is filled by messages of its own, and is empty when its rings stop. */
static void see_vhost(struct html_watch *w, const struct obs *o)
{
    struct range_entry e = {o->u.vhost.range, o->u.vhost.gpa, o->u.vhost.perm};
    enum vhost_what what = o->u.vhost.what;
    struct html_person *p;

    if (o->u.vhost.result < 0 || (what != VHOST_UPDATE && what != VHOST_INVALIDATE &&
                                  what != VHOST_EVICTED && what != VHOST_STOPPED))
        return;
    p = person(w, o->u.vhost.consumer);
    if (!p)
        return;
    if (what == VHOST_UPDATE)
        give(w, p, &e, false);
    else
        take(w, p, e.range);
    changed(w, p);
}

/* It comes with nothing and leaves nothing. */
static void see_consumer(struct html_watch *w, const struct obs *o)
{
    struct html_person *p = person(w, o->u.consumer.name);

    if (!p) {
        w->more_consumers += o->u.consumer.joined;
        return;
    }
    take(w, p, iova_range(0, UINT64_MAX));
    changed(w, p);
}

void html_held_see(struct html_watch *w, const struct obs *o)
{
    switch (o->kind) {
    case OBS_NOTE: see_note(w, o->u.note); break;
    case OBS_VHOST: see_vhost(w, o); break;
    case OBS_CONSUMER: see_consumer(w, o); break;
    default: break;
    }
}
