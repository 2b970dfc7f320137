/* SPDX-License-Identifier: MIT */
/* The trace in memory: reading and copying. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shrink/inside.h"

static void *copy(struct arena *a, const void *from, size_t n, size_t bytes, bool *ok)
{
    void *to = n ? arena_take(a, n * bytes) : NULL;

    if (to)
        memcpy(to, from, n * bytes);
    *ok = *ok && (!n || to);
    return to;
}

static char *copy_text(struct arena *a, const char *s, bool *ok)
{
    return copy(a, s, strlen(s) + 1, 1, ok);
}

const struct rec *shrink_rec_copy(struct arena *a, const struct rec *r)
{
    bool ok = true;
    struct rec *to = copy(a, r, 1, sizeof(*r), &ok);

    if (!to)
        return NULL;
    if (r->kind == REC_MEM)
        to->u.mem.val = copy(a, r->u.mem.val, r->u.mem.words, sizeof(*r->u.mem.val), &ok);
    else if (r->kind == REC_ATTACH)
        to->u.attach = copy(a, r->u.attach, 1, sizeof(*r->u.attach), &ok);
    else if (r->kind == REC_MARK)
        to->u.mark.text = copy_text(a, r->u.mark.text, &ok);
    return ok ? to : NULL;
}

struct trace_header *shrink_header_copy(struct arena *a, const struct trace_header *h)
{
    bool ok = true;
    struct trace_header *to = copy(a, h, 1, sizeof(*h), &ok);

    if (!to)
        return NULL;
    to->meta = copy(a, h->meta, h->metas, sizeof(*h->meta), &ok);
    for (size_t i = 0; ok && i < h->metas; i++) {
        to->meta[i].key = copy_text(a, h->meta[i].key, &ok);
        to->meta[i].text = copy_text(a, h->meta[i].text, &ok);
    }
    to->ram = copy(a, h->ram, h->rams, sizeof(*h->ram), &ok);
    to->devices = copy(a, h->devices, h->devices_count, sizeof(*h->devices), &ok);
    to->expectations =
        copy(a, h->expectations, h->expectations_count, sizeof(*h->expectations), &ok);
    return ok ? to : NULL;
}

/* One more record at the end. */
static bool append(struct shrink_trace *t, size_t *room, const struct rec *r, uint64_t number)
{
    struct shrink_list *l = &t->now;

    if (l->count == *room) {
        size_t more = *room ? 2 * *room : 1024;
        const struct rec **rec = arena_take(&t->arena, more * sizeof(*rec));
        uint64_t *origin = arena_take(&t->arena, more * sizeof(*origin));

        if (!rec || !origin)
            return false;
        if (l->count) {
            memcpy(rec, l->rec, l->count * sizeof(*rec));
            memcpy(origin, l->origin, l->count * sizeof(*origin));
        }
        l->rec = rec;
        l->origin = origin;
        *room = more;
    }
    l->origin[l->count] = number;
    l->rec[l->count] = shrink_rec_copy(&t->arena, r);
    return l->rec[l->count++] != NULL;
}

static int no_memory(struct shrink_trace *t, struct trace_damage *d)
{
    *d = (struct trace_damage){.byte = 0};
    memcpy(d->why, "out of memory", sizeof("out of memory"));
    shrink_free(t);
    return -ENOMEM;
}

int shrink_read(struct trace_reader *r, struct shrink_trace **out, struct trace_damage *d)
{
    struct shrink_trace *t = calloc(1, sizeof(*t));
    size_t room = 0;
    struct rec rec;
    int rc;

    *out = NULL;
    if (!t)
        return no_memory(NULL, d);
    t->header = shrink_header_copy(&t->arena, trace_header(r));
    if (!t->header)
        return no_memory(t, d);
    while ((rc = trace_next(r, &rec, d)) > 0)
        if (!append(t, &room, &rec, trace_records(r)))
            return no_memory(t, d);
    if (rc < 0) {
        shrink_free(t);
        return -EBADMSG;
    }
    *out = t;
    return 0;
}

void shrink_free(struct shrink_trace *t)
{
    if (t)
        arena_free(&t->arena);
    free(t);
}

struct shrink_case shrink_now(const struct shrink_trace *t)
{
    return (struct shrink_case){t->header, t->now.rec, t->now.origin, t->now.count};
}
