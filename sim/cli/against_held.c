/* SPDX-License-Identifier: MIT */
/* What each side tells, and what its consumers hold by it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/against_inside.h"

static const struct against_held *find(const struct against_side *s, const char *name)
{
    for (size_t i = 0; i < s->helds; i++)
        if (!strcmp(s->held[i].name, name))
            return &s->held[i];
    return NULL;
}

static struct rangemap *map_of(struct against_side *s, const char *name)
{
    struct against_held *h = (struct against_held *)(uintptr_t)find(s, name);

    if (h)
        return &h->map;
    if (s->helds == s->room) {
        size_t room = s->room ? 2 * s->room : 8;

        h = realloc(s->held, room * sizeof(*h));
        if (!h)
            return NULL;
        s->held = h;
        s->room = room;
    }
    h = &s->held[s->helds++];
    memset(h, 0, sizeof(*h));
    snprintf(h->name, sizeof(h->name), "%s", name);
    return &h->map;
}

/* A callback whose answer was no error changes what the consumer holds. */
static void keep(struct against_side *s, const struct note *n)
{
    struct range_entry e = {n->range, n->gpa, n->perm};
    struct rangemap *m;

    if (n->type == NOTE_DEVTLB || (n->asked ? n->result < 0 : n->why != NULL))
        return;
    m = map_of(s, n->consumer);
    if (!m || rangemap_cut(m, n->range) ||
        (n->type == NOTE_MAP && rangemap_insert(m, &e) == -ENOMEM))
        s->failed = true;
}

/* A device IOTLB is filled by messages of its own. */
static void keep_vhost(struct against_side *s, const struct obs *o)
{
    struct range_entry e = {o->u.vhost.range, o->u.vhost.gpa, o->u.vhost.perm};
    bool update = o->u.vhost.what == VHOST_UPDATE;
    struct rangemap *m;

    if (!update && o->u.vhost.what != VHOST_INVALIDATE && o->u.vhost.what != VHOST_EVICTED)
        return;
    m = o->u.vhost.result < 0 ? NULL : map_of(s, o->u.vhost.consumer);
    if (o->u.vhost.result >= 0 &&
        (!m || rangemap_cut(m, e.range) || (update && rangemap_insert(m, &e) == -ENOMEM)))
        s->failed = true;
}

static void see(void *ctx, const struct obs *o)
{
    struct against_side *s = ctx;
    char text[PAIRING_TEXT];

    if (o->kind == OBS_ABORT) {
        snprintf(s->why, sizeof(s->why), "%s", o->u.abort.why ? o->u.abort.why : "");
        pairing_add(&s->all->differ, s->which, NULL, pairing_abort_text(text, o->u.abort.why));
    } else if (o->kind == OBS_NOTE) {
        pairing_note_text(text, o->u.note, (struct pairing_form){.seq = false});
        pairing_add(&s->all->differ, s->which, o->u.note->consumer, text);
        keep(s, o->u.note);
    } else if (o->kind == OBS_VHOST) {
        keep_vhost(s, o);
    } else if (o->kind == OBS_CONSUMER && find(s, o->u.consumer.name)) {
        rangemap_clear(
            map_of(s, o->u.consumer.name)); /* it comes with nothing, it leaves nothing */
    }
    s->all->at_ns = o->at_ns;
}

int against_listen(struct against_side *s)
{
    return engine_observe(s->engine, (struct observer){.see = see, .ctx = s});
}

void against_forget(struct against_side *s)
{
    for (size_t i = 0; i < s->helds; i++)
        rangemap_clear(&s->held[i].map);
    free(s->held);
    free(s->policy);
    if (s->engine)
        engine_free(s->engine);
}

static const struct range_entry *first(const struct rangemap *m)
{
    return m ? rangemap_at_or_after(m, iova(0)) : NULL;
}

static const struct range_entry *behind(const struct rangemap *m, const struct range_entry *e)
{
    return e->range.last.v == UINT64_MAX ? NULL
                                         : rangemap_at_or_after(m, iova_add(e->range.last, 1));
}

static bool same(const struct range_entry *a, const struct range_entry *b)
{
    return a->range.first.v == b->range.first.v && a->range.last.v == b->range.last.v &&
           a->gpa.v == b->gpa.v && a->perm == b->perm;
}

struct against_only against_compare_held(const struct against *a, const char *name)
{
    const struct against_held *h[2] = {find(&a->side[0], name), find(&a->side[1], name)};
    const struct rangemap *m[2] = {h[0] ? &h[0]->map : NULL, h[1] ? &h[1]->map : NULL};
    const struct range_entry *e[2] = {first(m[0]), first(m[1])};
    struct against_only o = {{m[0] ? m[0]->count : 0, m[1] ? m[1]->count : 0}, {0, 0}};

    while (e[0] || e[1]) {
        unsigned s = !e[0] || (e[1] && e[1]->range.first.v < e[0]->range.first.v);

        if (e[0] && e[1] && same(e[0], e[1])) {
            e[0] = behind(m[0], e[0]);
            e[1] = behind(m[1], e[1]);
            continue;
        }
        o.only[s]++;
        e[s] = behind(m[s], e[s]);
    }
    return o;
}
