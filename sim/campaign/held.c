/* SPDX-License-Identifier: MIT */
#include "campaign/held.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct held_one *find(const struct held *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (!strcmp(h->one[i].name, name))
            return &h->one[i];
    return NULL;
}

static struct held_one *one_of(struct held *h, const char *name)
{
    struct held_one *o = find(h, name);

    if (o)
        return o;
    if (h->count == h->room) {
        size_t room = h->room ? 2 * h->room : 8;

        o = realloc(h->one, room * sizeof(*o));
        if (!o) {
            h->failed = true;
            return NULL;
        }
        h->one = o;
        h->room = room;
    }
    o = &h->one[h->count++];
    memset(o, 0, sizeof(*o));
    snprintf(o->name, sizeof(o->name), "%s", name);
    return o;
}

/* What was refused, or not asked of anybody, is not held. */
static void keep(struct held *h, const struct note *n)
{
    struct range_entry e = {n->range, n->gpa, n->perm};
    struct held_one *o;

    if ((n->type != NOTE_MAP && n->type != NOTE_UNMAP) ||
        (n->asked ? n->result < 0 : n->why != NULL))
        return;
    o = one_of(h, n->consumer);
    if (o && (rangemap_cut(&o->map, n->range) ||
              (n->type == NOTE_MAP && rangemap_insert(&o->map, &e) == -ENOMEM)))
        h->failed = true;
}

static void see(void *ctx, const struct obs *o)
{
    struct held *h = ctx;
    struct held_one *who;

    if (o->kind == OBS_NOTE)
        keep(h, o->u.note);
    if (o->kind != OBS_CONSUMER)
        return;
    who = one_of(h, o->u.consumer.name);
    if (!who)
        return;
    who->there = o->u.consumer.joined;
    rangemap_clear(&who->map);
}

struct observer held_observer(struct held *h)
{
    return (struct observer){.see = see, .ctx = h};
}

void held_free(struct held *h)
{
    for (size_t i = 0; i < h->count; i++)
        rangemap_clear(&h->one[i].map);
    free(h->one);
    memset(h, 0, sizeof(*h));
}

/* The run of mappings that starts at or above `at`: one after the other, targets in step. */
static bool run_from(const struct rangemap *m, iova_t at, struct range_entry *run)
{
    const struct range_entry *e = rangemap_at_or_after(m, at);

    if (!e)
        return false;
    *run = *e;
    while (run->range.last.v != UINT64_MAX) {
        e = rangemap_at(m, iova_add(run->range.last, 1));
        if (!e || e->perm != run->perm ||
            e->gpa.v != run->gpa.v + (e->range.first.v - run->range.first.v))
            break;
        run->range.last = e->range.last;
    }
    return true;
}

static bool same_map(const struct rangemap *a, const struct rangemap *b, uint64_t *where)
{
    iova_t at = iova(0);
    struct range_entry x = {0}, y = {0};

    for (;;) {
        bool more = run_from(a, at, &x);

        *where = more ? x.range.first.v : at.v;
        if (more != run_from(b, at, &y))
            return false;
        if (!more)
            return true;
        if (x.range.first.v != y.range.first.v || x.range.last.v != y.range.last.v ||
            x.gpa.v != y.gpa.v || x.perm != y.perm)
            return false;
        if (x.range.last.v == UINT64_MAX)
            return true;
        at = iova_add(x.range.last, 1);
    }
}

static const struct held_one *there(const struct held *h, const char *name)
{
    const struct held_one *o = find(h, name);

    return o && o->there ? o : NULL;
}

static bool covers(const struct held *a, const struct held *b, char *why, size_t room)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct held_one *x = &a->one[i], *y = there(b, x->name);
        uint64_t where = 0;

        if (!x->there)
            continue;
        if (!y) {
            snprintf(why, room, "consumer %s is there in one of them alone", x->name);
            return false;
        }
        if (!same_map(&x->map, &y->map, &where)) {
            snprintf(why, room, "consumer %s holds something else from 0x%" PRIx64 " on", x->name,
                     where);
            return false;
        }
    }
    return true;
}

bool held_same(const struct held *a, const struct held *b, char *why, size_t room)
{
    return covers(a, b, why, room) && covers(b, a, why, room);
}
